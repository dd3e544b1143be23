"""Securities to bytes and back, strictly."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

from crossdvp.ledger.v1 import securities_states_pb2 as pb
from crossdvp.ledger.v1 import states_pb2

from chains.progmat.transactions.component_codec import decode_single_key, party_from_message, party_to_message
from chains.progmat.transactions.model import MAX_STATE_DATA_BYTES, Party
from primitives.codec import deterministic_bytes, strict_parse
from primitives.public_key import PublicKey

if TYPE_CHECKING:
    from chains.progmat.contracts.security import SecurityState
    from chains.progmat.contracts.security_terms import SecurityTerms


def encode_security(security: SecurityState) -> bytes:
    """Canonical bytes of a security."""
    return deterministic_bytes(
        pb.SecurityState(
            network=states_pb2.BusinessNetwork.Name(security.network),
            security_id=security.security_id,
            registrar=party_to_message(security.registrar),
            gate_id=security.gate_id,
            terms=terms_to_message(security.terms),
            status=pb.SecurityStatus.Name(security.status),
            approvers=[key.encoded() for key in security.approvers],
        )
    )


def parse_security(data: bytes) -> tuple[pb.SecurityState, Party, tuple[PublicKey, ...]]:
    """The message, the registrar and the approvers in ``data``; raises DecodeError."""
    message = strict_parse(pb.SecurityState, data, max_bytes=MAX_STATE_DATA_BYTES)
    return message, party_from_message(message.registrar), tuple(map(decode_single_key, message.approvers))


def terms_to_message(terms: SecurityTerms) -> pb.SecurityTerms:
    """A security's terms, for states and requests."""
    return pb.SecurityTerms(
        isin=terms.isin,
        kind=pb.SecurityKind.Name(terms.kind),
        trust_contract_id=terms.trust_contract_id,
        units=terms.units,
        issue_date=terms.issue_date.isoformat(),
        redemption_date=_day(terms.redemption_date),
        record_dates=_month_days(terms.record_dates),
        holiday_adjustment=pb.HolidayAdjustment.Name(terms.holiday_adjustment),
    )


def _day(day: date | None) -> str:
    return "" if day is None else day.isoformat()


def _month_days(days: Sequence[tuple[int, int]]) -> list[pb.MonthDay]:
    return [pb.MonthDay(month=month, day=day) for month, day in days]
