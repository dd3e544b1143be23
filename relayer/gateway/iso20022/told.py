"""What messages tell of a settlement: one side's standing, and what both ledgers recorded of a settled one."""

from __future__ import annotations

from typing import Final

from ibc.dvp import LeadLeg
from relayer.gateway.errors import NotInstructed
from relayer.gateway.iso20022.confirmation import Settled, write_cash_transfer, write_confirmation
from relayer.gateway.iso20022.errors import AlreadySettled, CannotCarry, EvidenceAwaited, NotSettled, SchemaViolated
from relayer.gateway.iso20022.schemas import MessageType
from relayer.gateway.iso20022.status import Standing, write_status
from relayer.gateway.lifecycle import SettlementState
from relayer.gateway.matching import Side
from relayer.gateway.model import Fact, Instruction, Ledger, Settlement

NO_REFERENCE: Final = "NONREF"
"""Stands where a message must have a reference, and the instruction was given without one."""

_EVIDENCE: Final[dict[LeadLeg, dict[Ledger, str]]] = {
    LeadLeg.CASH: {Ledger.EVM: "delivered", Ledger.PROGMAT: "cash released to seller"},
    LeadLeg.SECURITIES: {Ledger.EVM: "securities delivered", Ledger.PROGMAT: "cash paid"},
}
"""The facts that delivery and payment are, by the order of the legs."""


def reference_told(own: Instruction) -> str:
    """An instruction's own reference as messages carry it."""
    return own.said.reference or NO_REFERENCE


def message_about(settlement: Settlement, kind: MessageType, side: Side, now_s: int) -> bytes:
    """A status, a confirmation or the cash leg, for a side.

    Raises ``NotInstructed``, ``NotSettled``, ``AlreadySettled``, ``EvidenceAwaited``, ``CannotCarry``.
    """
    own = _own(settlement, side)
    try:
        if kind is MessageType.STATUS:
            xml = write_status(_standing(settlement, side, own))
            if xml is None:
                raise AlreadySettled(settlement.name)
            return xml
        settled = _settled(settlement)
        if kind is MessageType.CONFIRMATION:
            return write_confirmation(settled, side, reference_told(own))
        return write_cash_transfer(settled, now_s)
    except SchemaViolated as unfit:
        raise CannotCarry(settlement.name, unfit.message_type, unfit.problems) from None


def status_advice(settlement: Settlement, side: Side) -> bytes:
    """A sese.024 to answer with; empty where there is none to give: what was asked for has happened all the same."""
    try:
        return message_about(settlement, MessageType.STATUS, side, settlement.updated_s)
    except (AlreadySettled, CannotCarry, NotInstructed):
        return b""


def _own(settlement: Settlement, side: Side) -> Instruction:
    own = settlement.instructions.get(side)
    if own is None:
        raise NotInstructed(settlement.name, side.value)
    return own


def _standing(settlement: Settlement, side: Side, own: Instruction) -> Standing:
    waiting = settlement.waiting
    differing = tuple(each.field for each in (*settlement.differences, *settlement.tolerated))
    words = f"waits for {waiting.on}: {waiting.what}" if waiting is not None else ""
    if differing and settlement.state in {SettlementState.MISMATCHED, SettlementState.WITHIN_TOLERANCE}:
        words = f"{', '.join(differing)} differ; {words}"
    return Standing(side, own.terms, reference_told(own), settlement.state, words, differing, settlement.held_sides)


def _settled(settlement: Settlement) -> Settled:
    """Raises ``NotSettled``, ``EvidenceAwaited``."""
    if settlement.state is not SettlementState.SETTLED:
        raise NotSettled(settlement.name, settlement.state.value)
    delivery, payment = (_fact(settlement, ledger) for ledger in (Ledger.EVM, Ledger.PROGMAT))
    settled_s = max(delivery.at_s, payment.at_s)
    return Settled(settlement.terms, settled_s, delivery.tx_id, payment.tx_id)


def _fact(settlement: Settlement, ledger: Ledger) -> Fact:
    what = _EVIDENCE[settlement.terms.lead_leg][ledger]
    for fact in reversed(settlement.facts):
        if fact.ledger is ledger and fact.what == what:
            return fact
    raise EvidenceAwaited(settlement.name, ledger.value)
