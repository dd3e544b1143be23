"""What the vault knows of a state besides its bytes; one small value per kind, made by an indexer per contract."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from chains.progmat.transactions.model import TransactionState

SC: Final = "SC"
"""The business network of coins; those of tokens are ``ST`` and ``UT``, by the contracts' names for them."""


class Asset(NamedTuple):
    """What an amount is of: a coin or a token, by its business network, its id and who answers for it.

    ``issuer`` is a coin's issuer or a token's registrar. The smallest unit of a coin is one yen, of a token one unit.
    """

    network: str
    asset_id: str
    issuer: str

    @property
    def unit(self) -> str:
        """What amounts are counted in, for people."""
        return "yen" if self.network == SC else "units"


@dataclass(frozen=True, slots=True)
class IndexedHolding:
    """An amount of a coin or of a token in the account ``owner_key``; ``network`` to ``issuer`` are the ``Asset``.

    ``fresh_key`` is the key that a coin names, if that is not the account's own; an indexer, which knows no accounts,
    gives it as ``owner_key`` as well (``fresh_keys.attributed`` finds the account). Tokens have none. What is
    ``frozen`` moves by its keeper's hand only: selection passes over it, and the books count it as locked.
    """

    network: str
    asset_id: str
    issuer: str
    amount: int
    node: str
    owner_key: bytes
    fresh_key: bytes | None = None
    frozen: bool = False

    @property
    def asset(self) -> Asset:
        """What the amount is of."""
        return Asset(self.network, self.asset_id, self.issuer)


@dataclass(frozen=True, slots=True)
class IndexedLock:
    """A lock that encumbers cash until a packet's outcome is proved."""

    trade_id: bytes
    client_id: str
    sequence: int
    timeout_s: int
    issuer: str
    buyer_node: str
    seller_node: str


@dataclass(frozen=True, slots=True)
class IndexedClient:
    """A light client's record."""

    client_id: str
    client_type: str
    counterparty_client_id: str


@dataclass(frozen=True, slots=True)
class IndexedConsensus:
    """A verified height of another chain."""

    client_id: str
    height: int
    timestamp_s: int


@dataclass(frozen=True, slots=True)
class IndexedMembership:
    """A member of a business network; ``roles`` are comma-separated names, ``status`` the contract's name for it."""

    network: str
    party: str
    roles: str
    status: str


@dataclass(frozen=True, slots=True)
class IndexedProposal:
    """A proposal, a ballot or a result: ``record`` says which, ``says`` its choice or outcome.

    ``proposal_tx`` is empty where the state's own ledger_tx is the proposal's; ``package_hash`` and ``voter`` where the
    record has none.
    """

    record: str
    network: str
    proposal_tx: bytes
    package_hash: bytes
    voter: str
    says: str


@dataclass(frozen=True, slots=True)
class IndexedRule:
    """What other transactions reference: ``keeper`` alone changes it (empty: the network operator).

    ``rule_key`` names it within its contract and keeper; ``standing`` is the contract's word for how it stands.
    """

    contract: str
    rule_key: str
    keeper: str
    standing: str


Indexed = (
    IndexedHolding | IndexedLock | IndexedClient | IndexedConsensus | IndexedMembership | IndexedProposal | IndexedRule
)


class AccountAsset(NamedTuple):
    """An account and what is counted in it; the first three are the ``Asset``."""

    network: str
    asset_id: str
    issuer: str
    node: str
    owner_key: bytes

    @property
    def asset(self) -> Asset:
        """What is counted."""
        return Asset(self.network, self.asset_id, self.issuer)


def holding_of(indexed: Indexed) -> tuple[AccountAsset, int] | None:
    """Whose account a state is an amount in, and the amount in the asset's smallest unit; None for other states."""
    if not isinstance(indexed, IndexedHolding):
        return None
    account = AccountAsset(indexed.network, indexed.asset_id, indexed.issuer, indexed.node, indexed.owner_key)
    return account, indexed.amount


StateIndexer = Callable[[TransactionState], Indexed]
"""Decodes a state of one contract; the vault knows no contract itself. Raises ``DecodeError``."""


@dataclass(frozen=True, slots=True)
class VaultRules:
    """Which states a node keeps, and how it reads them. States of contracts without an indexer are not kept."""

    indexers: Mapping[str, StateIndexer]
    is_relevant: Callable[[Indexed], bool]


def keep_everything(_indexed: Indexed) -> bool:
    """Relevance of a node that sees all it receives: an issuer, a Validator."""
    return True


def keep_for_custodian(node: str) -> Callable[[Indexed], bool]:
    """Relevance of a custodian: cash and tokens in its accounts, locks it is a side of, and all shared records."""

    def is_relevant(indexed: Indexed) -> bool:
        match indexed:
            case IndexedHolding():
                return indexed.node == node
            case IndexedLock():
                return node in {indexed.buyer_node, indexed.seller_node}
            case _:
                return True

    return is_relevant
