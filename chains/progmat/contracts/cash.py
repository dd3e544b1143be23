"""Contract ``cash``: the trust-type stablecoin. One unit is one yen, held in trust by the issuer.

Outside a DvP lock a transaction with coins has one command under the rules of ``holdings``: the issuer keeps the coin,
members are those of the SC network. Under a command of ``dvp_lock`` or ``dvp_receipt`` coins in equal the coins out,
and the rest is that contract's: who owns what, which outputs are locked, what may unlock them. Encumbered coins move in
no other way than by ``dvp_lock``.

A coin has one ``kind``, set when it is issued and never changed. A kind comes from the coin's registration (contract
``coin``), which an issue of a registered coin references; a wholesale coin goes to admitted accounts (contract
``holder``).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from chains.progmat.contracts.cash_codec import CoinKind, OwnerKind, decode_cash, encode_cash
from chains.progmat.contracts.coin import referenced_coin
from chains.progmat.contracts.coin_holder import require_receivers_admitted
from chains.progmat.contracts.errors import CashViolation
from chains.progmat.contracts.holding_nouns import Asset, Holdings
from chains.progmat.contracts.holdings import ISSUE, HoldingRules
from chains.progmat.contracts.membership import BusinessNetwork, MemberRole
from chains.progmat.contracts.names import CASH, DVP_LOCK, DVP_RECEIPT
from chains.progmat.contracts.package import ContractPackage
from chains.progmat.contracts.rules import RuleBook
from chains.progmat.transactions.ledger import LedgerTransaction
from chains.progmat.transactions.model import (
    Party,
    ProvableWrite,
    TransactionState,
    check_name,
    check_range,
)
from chains.progmat.transactions.network_parameters import NetworkParameters
from primitives.composite_key import Key
from primitives.public_key import PublicKey
from primitives.types import MAX_YEN

_rules = RuleBook(CashViolation)


def _approvers(ledger_tx: LedgerTransaction, coin: Asset) -> tuple[PublicKey, ...]:
    return referenced_coin(_rules, ledger_tx, *coin).approvers


_holding_rules: Final = HoldingRules(_rules, "coin", "issuer", BusinessNetwork.SC, MemberRole.SC_ISSUER, _approvers)


@dataclass(frozen=True, slots=True)
class CashState:
    """``amount_yen`` (1..10^15) of a coin, owned by ``owner``: an account's key that custodian node ``node`` keeps.

    Or, as ``owner_kind`` says, a fresh key of such an account. To the contracts a key is a key; that the issuer knows
    the holder is its condition for countersigning (``flows.fresh_key_register``).
    """

    coin_id: str
    issuer: Party
    amount_yen: int
    owner: PublicKey
    node: str
    owner_kind: OwnerKind = OwnerKind.ACCOUNT
    kind: CoinKind = CoinKind.NONE
    frozen: bool = False

    def __post_init__(self) -> None:
        check_name("CashState.coin_id", self.coin_id)
        check_range("CashState.amount_yen", self.amount_yen, 1, MAX_YEN)
        check_name("CashState.node", self.node)

    @property
    def asset(self) -> Asset:
        """What this is an amount of: coins are fungible within one coin id of one issuer."""
        return (self.coin_id, self.issuer)

    @property
    def amount(self) -> int:
        """The amount in yen, as ``holdings`` asks for it."""
        return self.amount_yen

    def encode(self) -> bytes:
        """Canonical bytes."""
        whose = (self.owner, self.node, self.owner_kind)
        return encode_cash(self.coin_id, self.issuer, self.amount_yen, *whose, self.kind, frozen=self.frozen)

    def as_output(self, notary: Party, encumbrance: int | None = None) -> TransactionState:
        """This amount as an output of a transaction."""
        return TransactionState(CASH, self.encode(), notary, encumbrance)

    @classmethod
    def of(cls, state: TransactionState) -> CashState:
        """The cash in a state of this contract; raises CashViolation for another contract's, DecodeError."""
        if state.contract != CASH:
            raise _rules.broken("the state is cash", expected=CASH, found=state.contract)
        return _decoded(state.data)


@lru_cache(maxsize=4096)
def _decoded(data: bytes) -> CashState:
    return CashState(*decode_cash(data))


class CashContract:
    """See the module's docstring."""

    name = CASH
    version = 4

    def verify(
        self,
        ledger_tx: LedgerTransaction,
        package: ContractPackage,  # noqa: ARG002 # the protocol's signature; cash needs no light client
        parameters: NetworkParameters,  # noqa: ARG002 # as above
    ) -> tuple[ProvableWrite, ...]:
        """Cash writes nothing provable: always the empty tuple.

        Raises CashViolation, CoinHolderViolation or MembershipViolation.
        """
        commands = ledger_tx.commands_of(CASH)
        before = tuple([CashState.of(state.state) for state in ledger_tx.inputs_of(CASH)])
        after = tuple(map(CashState.of, ledger_tx.outputs_of(CASH)))
        coins = Holdings(before, after)
        _kinds_stay(before, after)
        if ledger_tx.commands_of(DVP_LOCK) or ledger_tx.commands_of(DVP_RECEIPT):
            _rules.none("coins under a DvP lock or receipt need no command of their own", commands)
            _holding_rules.conserved(coins)
            _holding_rules.unfrozen(coins)
            return ()
        command = _holding_rules.the_command(commands)
        _no_coin_is_locked(ledger_tx)
        _holding_rules.verify(command, ledger_tx, coins)
        if command.name == ISSUE:
            _kind_is_the_registered_one(after[0], ledger_tx)
        require_receivers_admitted(ledger_tx, before, after)
        return ()

    def participants(
        self,
        state: TransactionState,
        parameters: NetworkParameters,  # noqa: ARG002 # the protocol's signature
    ) -> tuple[Key, ...]:
        """The owner and the issuer, as for a move."""
        cash = CashState.of(state)
        return (cash.owner, cash.issuer.key)


def _kinds_stay(before: tuple[CashState, ...], after: tuple[CashState, ...]) -> None:
    kinds: dict[Asset, CoinKind] = {}
    for coin in (*before, *after):
        kind = kinds.setdefault(coin.asset, coin.kind)
        if coin.kind is not kind:
            rule = f"all of coin {coin.coin_id} is of one kind"
            raise _rules.broken(rule, expected=kind.name, found=coin.kind.name)


def _kind_is_the_registered_one(issued: CashState, ledger_tx: LedgerTransaction) -> None:
    if issued.kind is not CoinKind.NONE:
        coin = referenced_coin(_rules, ledger_tx, issued.coin_id, issued.issuer)
        _rules.equal("what is issued is of the registered kind", expected=coin.kind.name, found=issued.kind.name)


def _no_coin_is_locked(ledger_tx: LedgerTransaction) -> None:
    states = [state.state for state in ledger_tx.inputs_of(CASH)] + list(ledger_tx.outputs_of(CASH))
    locked = [state for state in states if state.encumbrance is not None]
    _rules.none("locked coins move only with their DvP lock", locked)
