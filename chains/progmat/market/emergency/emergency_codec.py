"""Outages as messages of ``emergency_service.proto`` and back: for the API's server and its client."""

from __future__ import annotations

from collections.abc import Iterable

from crossdvp.ledger.v1 import emergency_service_pb2 as pb

from chains.progmat.market.emergency.difference import Decisions
from chains.progmat.market.emergency.model import StaffKey
from chains.progmat.market.emergency.outage import Outage, OutageLine
from chains.progmat.market.register.register_codec import security_from_message, security_to_message


def outage_to_message(outage: Outage) -> pb.Outage:
    """How far a file has come."""
    return pb.Outage(
        outage_id=outage.outage_id,
        security=security_to_message(outage.security),
        head=outage.head,
        base_sequence=outage.base_sequence,
        closed_sequence=outage.closed_sequence or 0,
        is_closed=outage.closed_sequence is not None,
        author=outage.author,
        approver=outage.approver,
        lines=[
            pb.OutageLine(line=line.number, units=line.units, tx_id=line.tx_id, counted=line.counted)
            for line in outage.lines
        ],
    )


def outage_from_message(message: pb.Outage) -> Outage:
    """As ``outage_to_message``; how often a line was tried stays with the node."""
    return Outage(
        outage_id=message.outage_id,
        security=security_from_message(message.security),
        head=message.head,
        base_sequence=message.base_sequence,
        author=message.author,
        approver=message.approver,
        closed_sequence=message.closed_sequence if message.is_closed else None,
        lines=tuple(OutageLine(line.line, line.units, 0, line.tx_id, tuple(line.counted)) for line in message.lines),
    )


def decisions_to_messages(decisions: Decisions) -> list[pb.LedgerMoveDecision]:
    """What people say of the ledger's own moves."""
    parts = [pb.LedgerMoveDecision(tx_id=tx_id, line=line) for tx_id, line in decisions.counted.items()]
    return [*parts, *(pb.LedgerMoveDecision(tx_id=tx_id) for tx_id in sorted(decisions.separate))]


def decisions_from_messages(messages: Iterable[pb.LedgerMoveDecision]) -> Decisions:
    """As ``decisions_to_messages``; what is said of a ledger_tx last counts."""
    said = {message.tx_id: message.line for message in messages}
    return Decisions(
        counted={tx_id: line for tx_id, line in said.items() if line},
        separate=frozenset(tx_id for tx_id, line in said.items() if not line),
    )


def staff_to_messages(people: Iterable[StaffKey]) -> list[pb.StaffKey]:
    """People's keys."""
    return [pb.StaffKey(staff_id=person.staff_id, key=person.key) for person in people]


def staff_from_messages(messages: Iterable[pb.StaffKey]) -> tuple[StaffKey, ...]:
    """As ``staff_to_messages``."""
    return tuple(StaffKey(message.staff_id, message.key) for message in messages)
