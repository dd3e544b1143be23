"""A settlement between the gateway's value and the message that callers, events and the store share.

The message is all there is of a settlement, but for who instructed: that is its platform's own business, and is kept
beside it.
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Final, cast

from crossdvp.gateway.v1 import settlement_service_pb2 as pb
from google.protobuf.timestamp_pb2 import Timestamp

from ibc.dvp import SettlementTerms
from relayer.gateway.lifecycle import SettlementState
from relayer.gateway.matching import Difference, Side
from relayer.gateway.model import (
    Alarm,
    Doubt,
    Fact,
    Instruction,
    Ledger,
    Priority,
    Said,
    Settlement,
    Uncertainty,
    Waiting,
)
from relayer.gateway.settlement_codec import HOLDS, SIDES, decode_terms, encode_terms

STATE_NUMBERS: Final[dict[SettlementState, pb.SettlementState]] = {
    state: cast("pb.SettlementState", pb.SettlementState.Value(f"SETTLEMENT_STATE_{state.name}"))
    for state in SettlementState
}
_STATE_OF: Final[dict[int, SettlementState]] = {number: state for state, number in STATE_NUMBERS.items()}
SIDE_NUMBERS: Final = {side: cast("pb.Side", number) for number, side in SIDES.items()}
_HOLD_NUMBERS: Final = {hold: number for number, hold in HOLDS.items()}
_DOUBTS: Final = {doubt.value: doubt for doubt in Doubt}


@lru_cache(maxsize=4096)
def _terms_message(terms: SettlementTerms) -> pb.SettlementTerms:
    """Encoded once for both sides' instructions and every change; never changed."""
    return encode_terms(terms)


def encode_settlement(settlement: Settlement) -> pb.Settlement:
    """A settlement as callers see it."""
    terms = settlement.terms
    waiting, doubt = settlement.waiting, settlement.uncertainty
    message = pb.Settlement(
        name=settlement.name,
        terms=_terms_message(terms),
        terms_hash=settlement.terms_hash,
        state=STATE_NUMBERS[settlement.state],
        waiting=_encode_waiting(waiting) if waiting else None,
        facts=[_encode_fact(fact) for fact in settlement.facts],
        mismatched_fields=settlement.mismatched,
        create_time=Timestamp(seconds=settlement.created_s),
        update_time=Timestamp(seconds=settlement.updated_s),
        packet_sequence=settlement.packet_sequence,
        alarms=[_encode_alarm(alarm) for alarm in settlement.alarms],
        etag=settlement.etag,
        differences=[_encode_difference(each) for each in settlement.differences],
        tolerated=[_encode_difference(each) for each in settlement.tolerated],
        priority=cast("pb.Priority", settlement.priority.value),
        on_hold=bool(settlement.held_sides),
        certainty=pb.CERTAINTY_INDETERMINATE if doubt else pb.CERTAINTY_EVIDENCED,
        uncertain_reason=f"{doubt.doubt.value}: {doubt.detail}" if doubt else "",
        uncertain_since=Timestamp(seconds=doubt.since_s) if doubt else None,
    )
    for side in Side:
        own = settlement.instructions.get(side)
        if own is None:
            continue
        message.instructions.append(_encode_instruction(side, own))
        if own.terms != terms:
            told = message.seller_terms if side is Side.SELLER else message.buyer_terms
            told.CopyFrom(_terms_message(own.terms))
    return message


def _encode_instruction(side: Side, own: Instruction) -> pb.Instruction:
    said = own.said
    return pb.Instruction(
        side=SIDE_NUMBERS[side],
        reference=said.reference,
        trade_reference=said.trade_reference,
        holds=[cast("pb.HoldReason", _HOLD_NUMBERS[hold]) for hold in sorted(said.holds, key=lambda hold: hold.name)],
        priority=cast("pb.Priority", said.priority.value),
        intended_settlement_date=said.intended_day,
        create_time=Timestamp(seconds=own.created_s),
    )


def _encode_difference(difference: Difference) -> pb.Difference:
    return pb.Difference(
        field=difference.field,
        seller_value=difference.seller,
        buyer_value=difference.buyer,
        agreed_value=difference.agreed,
    )


def _encode_alarm(alarm: Alarm) -> pb.Alarm:
    return pb.Alarm(
        name=alarm.name,
        detail=alarm.detail,
        advice=alarm.advice,
        tx_id=alarm.tx_id,
        height=alarm.height,
        since=Timestamp(seconds=alarm.since_s),
    )


def _encode_fact(fact: Fact) -> pb.LedgerFact:
    return pb.LedgerFact(
        ledger=fact.ledger.value,
        what=fact.what,
        tx_id=fact.tx_id,
        height=fact.height,
        at=Timestamp(seconds=fact.at_s),
        proof_bytes=fact.proof_bytes,
    )


def _encode_waiting(waiting: Waiting) -> pb.Waiting:
    return pb.Waiting(
        on=waiting.on,
        what=waiting.what,
        since=Timestamp(seconds=waiting.since_s),
        next_attempt=Timestamp(seconds=waiting.next_attempt_s) if waiting.next_attempt_s else None,
        attempts=waiting.attempts,
        last_error=waiting.last_error,
        retry_asked=Timestamp(seconds=waiting.retry_asked_s) if waiting.retry_asked_s else None,
    )


def instructed_by(settlement: Settlement) -> str:
    """Who gave each instruction, as kept beside the message."""
    return json.dumps(
        {side.value: [each.said.platform, each.said.user] for side, each in settlement.instructions.items()}
    )


def decode_told(message: pb.Settlement) -> Settlement:
    """A settlement as a caller was told it: without the people who instructed."""
    nobody = json.dumps({side.value: ["", ""] for side in Side})
    return decode_settlement(message, nobody, bytes.fromhex(message.name.removeprefix("settlements/")))


def decode_settlement(message: pb.Settlement, by: str, trade_id: bytes) -> Settlement:
    """A settlement read back from the gateway's own store; ``by``: of ``instructed_by``."""
    state = _STATE_OF[message.state]
    terms = decode_terms(message.terms)
    people: dict[str, list[str]] = json.loads(by)
    instructions: dict[Side, Instruction] = {}
    for told in message.instructions:
        side = SIDES[told.side]
        own = f"{side.value}_terms"
        own_terms = decode_terms(getattr(message, own)) if message.HasField(own) else terms
        instructions[side] = Instruction(own_terms, _said(told, *people[side.value]), told.create_time.seconds)
    agreed = terms if state is SettlementState.WITHIN_TOLERANCE else None
    return Settlement(
        trade_id=trade_id,
        state=state,
        instructions=instructions,
        created_s=message.create_time.seconds,
        updated_s=message.update_time.seconds,
        waiting=_decode_waiting(message.waiting) if message.HasField("waiting") else None,
        facts=tuple(
            Fact(Ledger(f.ledger), f.what, f.tx_id, f.height, f.at.seconds, f.proof_bytes) for f in message.facts
        ),
        differences=_decode_differences(message.differences),
        tolerated=_decode_differences(message.tolerated),
        agreed=agreed,
        packet_sequence=message.packet_sequence,
        alarms=tuple(Alarm(a.name, a.detail, a.advice, a.tx_id, a.height, a.since.seconds) for a in message.alarms),
        uncertainty=_decode_uncertainty(message),
        revision=int(message.etag, 16),
    )


def _said(told: pb.Instruction, platform: str, user: str) -> Said:
    return Said(
        platform=platform,
        user=user,
        reference=told.reference,
        trade_reference=told.trade_reference,
        holds=frozenset(HOLDS[hold] for hold in told.holds),
        priority=Priority(told.priority),
        intended_day=told.intended_settlement_date,
    )


def _decode_waiting(told: pb.Waiting) -> Waiting:
    return Waiting(
        told.on,
        told.what,
        told.since.seconds,
        told.next_attempt.seconds,
        told.attempts,
        told.last_error,
        told.retry_asked.seconds,
    )


def _decode_differences(told: object) -> tuple[Difference, ...]:
    return tuple(
        Difference(each.field, each.seller_value, each.buyer_value, each.agreed_value)
        for each in cast("list[pb.Difference]", told)
    )


def _decode_uncertainty(message: pb.Settlement) -> Uncertainty | None:
    if message.certainty != pb.CERTAINTY_INDETERMINATE:
        return None
    doubt, _, detail = message.uncertain_reason.partition(": ")
    return Uncertainty(_DOUBTS[doubt], detail, message.uncertain_since.seconds)
