"""Contract ``cash``: the trust-type stablecoin. One unit is one yen, held in trust by the issuer.

Outside a DvP lock every transaction with coins has one command: ``Issue`` (by the issuer), ``Move`` (by each owner and
each issuer) or ``Redeem`` (owners and issuer). Under a command of ``dvp_lock`` coins in equal the coins out, and the
rest is that contract's: who owns what, which outputs are locked, what may unlock them. Encumbered coins move in no
other way.

Each command references the active SC memberships of every custodian node whose account gives or takes, and ``Issue``
and ``Redeem`` that of the issuer. ``Move`` does not: it changes nothing of what the trust owes, and holders are not to
be shut in because their issuer is suspended.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from chains.progmat.contracts.cash_codec import OwnerKind, decode_cash, encode_cash
from chains.progmat.contracts.errors import CashViolation
from chains.progmat.contracts.membership import BusinessNetwork, MemberRole, ReferencedMembers
from chains.progmat.contracts.names import CASH, DVP_LOCK
from chains.progmat.contracts.package import ContractPackage
from chains.progmat.contracts.rules import RuleBook
from chains.progmat.transactions.ledger import LedgerTransaction
from chains.progmat.transactions.model import (
    Command,
    Party,
    ProvableWrite,
    TransactionState,
    check_name,
    check_range,
)
from chains.progmat.transactions.network_parameters import NetworkParameters
from primitives.public_key import PublicKey
from primitives.types import MAX_YEN

ISSUE: Final = "Issue"
MOVE: Final = "Move"
REDEEM: Final = "Redeem"

Coin = tuple[str, Party]
"""Coins are fungible within one coin id of one issuer."""

_rules = RuleBook(CashViolation)


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

    def __post_init__(self) -> None:
        check_name("CashState.coin_id", self.coin_id)
        check_range("CashState.amount_yen", self.amount_yen, 1, MAX_YEN)
        check_name("CashState.node", self.node)

    @property
    def coin(self) -> Coin:
        """What this is an amount of."""
        return (self.coin_id, self.issuer)

    def encode(self) -> bytes:
        """Canonical bytes."""
        return encode_cash(self.coin_id, self.issuer, self.amount_yen, self.owner, self.node, self.owner_kind)

    def as_output(self, notary: Party, encumbrance: int | None = None) -> TransactionState:
        """This amount as an output of a transaction."""
        return TransactionState(CASH, self.encode(), notary, encumbrance)

    @classmethod
    def of(cls, state: TransactionState) -> CashState:
        """The cash in a state of this contract; raises CashViolation for another contract's, DecodeError."""
        _rules.equal("the state is cash", expected=CASH, found=state.contract)
        return _decoded(state.data)


@lru_cache(maxsize=4096)
def _decoded(data: bytes) -> CashState:
    return CashState(*decode_cash(data))


@dataclass(frozen=True, slots=True)
class _Coins:
    """The cash of one transaction, decoded."""

    inputs: tuple[CashState, ...]
    outputs: tuple[CashState, ...]

    @property
    def owners(self) -> frozenset[PublicKey]:
        return frozenset(cash.owner for cash in self.inputs)

    @property
    def nodes(self) -> frozenset[str]:
        return frozenset(cash.node for cash in (*self.inputs, *self.outputs))

    @property
    def issuers(self) -> frozenset[Party]:
        return frozenset(cash.issuer for cash in (*self.inputs, *self.outputs))


class CashContract:
    """See the module's docstring."""

    name = CASH
    version = 2

    def verify(
        self,
        ledger_tx: LedgerTransaction,
        package: ContractPackage,  # noqa: ARG002 # the protocol's signature; cash needs no light client
        parameters: NetworkParameters,  # noqa: ARG002 # as above
    ) -> tuple[ProvableWrite, ...]:
        """Cash writes nothing provable: always the empty tuple. Raises CashViolation or MembershipViolation."""
        commands = ledger_tx.commands_of(CASH)
        coins = _Coins(
            tuple(CashState.of(state.state) for state in ledger_tx.inputs_of(CASH)),
            tuple(CashState.of(state) for state in ledger_tx.outputs_of(CASH)),
        )
        if ledger_tx.commands_of(DVP_LOCK):
            _rules.none("coins under a DvP lock need no command of their own", commands)
            _coins_in_equal_coins_out(coins)
            return ()
        command = _rules.one("a transaction with coins has one cash command", commands)
        _rules.equal("a cash command carries no data", expected=b"", found=command.data)
        _no_coin_is_locked(ledger_tx)
        _verify_command(command, ledger_tx, coins)
        return ()


def _verify_command(command: Command, ledger_tx: LedgerTransaction, coins: _Coins) -> None:
    match command.name:
        case "Issue":
            _verify_issue(ledger_tx, coins)
        case "Move":
            _verify_move(ledger_tx, coins)
        case "Redeem":
            _verify_redeem(ledger_tx, coins)
        case _:
            raise _rules.broken("the cash command is known", expected=f"{ISSUE}, {MOVE}, {REDEEM}", found=command.name)


def _verify_issue(ledger_tx: LedgerTransaction, coins: _Coins) -> None:
    _rules.none("an issue consumes no coins", coins.inputs)
    _rules.some("an issue makes coins", coins.outputs)
    coin = _rules.one("an issue is of one coin", sorted({cash.coin for cash in coins.outputs}, key=str))
    _issuers_sign(ledger_tx, coins)
    members = ReferencedMembers(ledger_tx)
    members.active_party(coin[1], BusinessNetwork.SC, MemberRole.SC_ISSUER)
    members.active_custodians(coins.nodes, BusinessNetwork.SC)


def _verify_move(ledger_tx: LedgerTransaction, coins: _Coins) -> None:
    _rules.some("a move consumes coins", coins.inputs)
    _coins_in_equal_coins_out(coins)
    _owners_sign(ledger_tx, coins)
    _issuers_sign(ledger_tx, coins)
    ReferencedMembers(ledger_tx).active_custodians(coins.nodes, BusinessNetwork.SC)


def _verify_redeem(ledger_tx: LedgerTransaction, coins: _Coins) -> None:
    _rules.some("a redemption consumes coins", coins.inputs)
    coin = _rules.one("a redemption is of one coin", sorted({c.coin for c in (*coins.inputs, *coins.outputs)}, key=str))
    for change in coins.outputs:
        if change.owner not in coins.owners:
            raise _rules.broken("change goes back to an owner", expected="an owner of the inputs", found=change.owner)
    total_in, total_out = (sum(c.amount_yen for c in side) for side in (coins.inputs, coins.outputs))
    _rules.at_most("a redemption destroys coins", limit=total_in - 1, found=total_out)
    _owners_sign(ledger_tx, coins)
    _issuers_sign(ledger_tx, coins)
    members = ReferencedMembers(ledger_tx)
    members.active_party(coin[1], BusinessNetwork.SC, MemberRole.SC_ISSUER)
    members.active_custodians(coins.nodes, BusinessNetwork.SC)


def _coins_in_equal_coins_out(coins: _Coins) -> None:
    consumed, made = _totals(coins.inputs), _totals(coins.outputs)
    _rules.equal("coins in equal coins out, coin by coin", expected=consumed, found=made)


def _owners_sign(ledger_tx: LedgerTransaction, coins: _Coins) -> None:
    for owner in sorted(coins.owners, key=PublicKey.encoded):
        _rules.signed_by("each owner signs", signer=owner, signers=ledger_tx.signers)


def _issuers_sign(ledger_tx: LedgerTransaction, coins: _Coins) -> None:
    for issuer in sorted(coins.issuers, key=lambda party: party.name):
        _rules.signed_by(f"issuer {issuer.name} signs", signer=issuer.key, signers=ledger_tx.signers)


def _no_coin_is_locked(ledger_tx: LedgerTransaction) -> None:
    states = [state.state for state in ledger_tx.inputs_of(CASH)] + list(ledger_tx.outputs_of(CASH))
    locked = [state for state in states if state.encumbrance is not None]
    _rules.none("locked coins move only with their DvP lock", locked)


def _totals(coins: Iterable[CashState]) -> Counter[Coin]:
    totals: Counter[Coin] = Counter()
    for cash in coins:
        totals[cash.coin] += cash.amount_yen
    return totals
