"""Contract ``execution``: what a venue (PTS) publishes about a match, to the two custodian nodes concerned.

``Publish`` makes one notice, ``Withdraw`` consumes one and says why. The venue signs; its membership of the ST network
with role EXCHANGE is referenced, and to publish also those of the two custodians. A trade id follows from venue,
security and the execution's number, so no venue publishes under another's ids. That a venue does not publish two
notices of one number no ledger rule says: that would need a provable write, and so everybody who vouches for writes
would see every match. Whoever holds both resolves neither (``flows/executions``).

A settlement does not consume the notice: the venue is no participant of settlements and learns nothing of them.
"""

from __future__ import annotations

from typing import Final

from chains.progmat.contracts.errors import ExecutionViolation
from chains.progmat.contracts.execution_codec import (
    ExecutionNotice,
    WithdrawalNote,
    decode_notice,
    decode_withdrawal,
    trade_id_of,
)
from chains.progmat.contracts.membership import BusinessNetwork, MemberRole, ReferencedMembers
from chains.progmat.contracts.names import EXECUTION
from chains.progmat.contracts.package import ContractPackage
from chains.progmat.contracts.rules import RuleBook
from chains.progmat.transactions.ledger import LedgerTransaction
from chains.progmat.transactions.model import Party, ProvableWrite, TransactionState
from chains.progmat.transactions.network_parameters import NetworkParameters
from primitives.composite_key import Key

__all__ = [
    "PUBLISH",
    "WITHDRAW",
    "ExecutionContract",
    "ExecutionNotice",
    "WithdrawalNote",
    "notice_of",
    "notice_output",
]

PUBLISH: Final = "Publish"
WITHDRAW: Final = "Withdraw"

_rules = RuleBook(ExecutionViolation)


def notice_of(state: TransactionState) -> ExecutionNotice:
    """The notice in a state of this contract; raises ExecutionViolation for another contract's, DecodeError."""
    _rules.equal("the state is an execution notice", expected=EXECUTION, found=state.contract)
    return decode_notice(state.data)


def notice_output(notice: ExecutionNotice, notary: Party) -> TransactionState:
    """A notice as an output of a transaction."""
    return TransactionState(EXECUTION, notice.encode(), notary)


class ExecutionContract:
    """See the module's docstring."""

    name = EXECUTION
    version = 1

    def verify(
        self,
        ledger_tx: LedgerTransaction,
        package: ContractPackage,  # noqa: ARG002 # the protocol's signature; nothing of another chain is proved
        parameters: NetworkParameters,  # noqa: ARG002 # as above
    ) -> tuple[ProvableWrite, ...]:
        """Nothing provable is written: always the empty tuple. Raises ExecutionViolation, MembershipViolation."""
        command = _rules.one("an execution's command is the only one", ledger_tx.commands)
        _rules.equal("the command is an execution's", expected=EXECUTION, found=command.contract)
        states = [state.state for state in ledger_tx.inputs] + list(ledger_tx.outputs)
        _rules.none("no other state is touched", [state for state in states if state.contract != EXECUTION])
        _rules.none("no state is encumbered", [state for state in states if state.encumbrance is not None])
        match command.name:
            case "Publish":
                _rules.equal("a publication carries no data", expected=b"", found=command.data)
                notice = _verify_publication(ledger_tx)
            case "Withdraw":
                decode_withdrawal(command.data)
                notice = _verify_withdrawal(ledger_tx)
            case _:
                raise _rules.broken("the command is known", expected=f"{PUBLISH}, {WITHDRAW}", found=command.name)
        _rules.signed_by(f"the venue {notice.venue.name} signs", signer=notice.venue.key, signers=ledger_tx.signers)
        members = ReferencedMembers(ledger_tx)
        members.active_party(notice.venue, BusinessNetwork.ST, MemberRole.EXCHANGE)
        return ()

    def participants(
        self,
        state: TransactionState,  # noqa: ARG002 # the protocol's signature
        parameters: NetworkParameters,  # noqa: ARG002 # as above
    ) -> tuple[Key, ...]:
        """Nobody: a notice is of a few days' use and named by its ledger_tx, so none is ever replaced."""
        return ()


def _verify_publication(ledger_tx: LedgerTransaction) -> ExecutionNotice:
    _rules.none("a publication consumes nothing", ledger_tx.inputs)
    notice = notice_of(_rules.one("one execution is published", ledger_tx.outputs))
    derived = trade_id_of(notice.venue.name, notice.token_id, notice.registrar, notice.number)
    _rules.equal("the trade id is that of the venue's execution", expected=derived, found=notice.trade_id)
    if notice.sell_order_id == notice.buy_order_id:
        raise _rules.broken("two orders are matched", expected="two order ids", found=notice.sell_order_id)
    members = ReferencedMembers(ledger_tx)
    for custodian in {notice.seller.name: notice.seller, notice.buyer.name: notice.buyer}.values():
        members.active_party(custodian, BusinessNetwork.ST, MemberRole.CUSTODIAN)
    if notice.seller.name == notice.buyer.name:
        _rules.equal("one custodian has one key", expected=notice.seller.key, found=notice.buyer.key)
    return notice


def _verify_withdrawal(ledger_tx: LedgerTransaction) -> ExecutionNotice:
    _rules.none("a withdrawal makes nothing", ledger_tx.outputs)
    return notice_of(_rules.one("one execution is withdrawn", ledger_tx.inputs).state)
