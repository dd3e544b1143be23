"""What a transfer is for the register (移転区分 and its circumstances): the data of a command of ``holdings``.

A note says what the ledger cannot tell from the states: why, under which case, who asked and who approved. It never
holds personal data: codes and numbers only, which their shapes see to; an e-mail address is no staff id. An empty note
is no bytes at all; then the kind follows from the command.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from enum import IntEnum
from functools import lru_cache
from typing import Final

from crossdvp.ledger.v1 import securities_states_pb2 as pb

from chains.progmat.transactions.errors import MalformedComponent
from primitives.codec import deterministic_bytes, strict_parse
from primitives.errors import DecodeError

MAX_NOTE_BYTES: Final = 512
_REASON: Final = re.compile(r"[A-Z][A-Z0-9_]{0,39}")
_REFERENCE: Final = re.compile(r"[A-Za-z0-9._:/()-]{1,64}")
_STAFF: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")


class TransferKind(IntEnum):
    """Kind of a transfer (移転区分); NONE: as the command says by itself."""

    NONE = 0
    PRIMARY = 1
    SECONDARY = 2
    FORCED = 3
    REDEMPTION = 4
    CANCELLATION = 5
    COUPON = 6
    GRANT = 7
    USE = 8


@dataclass(frozen=True, slots=True)
class TransferNote:
    """Ids are 32 bytes or none; ``reason`` is a code of capitals; ``author`` and ``approver`` are staff ids."""

    kind: TransferKind = TransferKind.NONE
    trade_id: bytes = b""
    cancelled_tx_id: bytes = b""
    settlement_date: date | None = None
    reason: str = ""
    reference: str = ""
    author: str = ""
    approver: str = ""

    def __post_init__(self) -> None:
        for name, value in (("trade_id", self.trade_id), ("cancelled_tx_id", self.cancelled_tx_id)):
            if len(value) not in (0, 32):
                raise MalformedComponent(f"TransferNote.{name}", expected="32 bytes or none", found=len(value))
        for name, text, shape in (
            ("reason", self.reason, _REASON),
            ("reference", self.reference, _REFERENCE),
            ("author", self.author, _STAFF),
            ("approver", self.approver, _STAFF),
        ):
            if text and not shape.fullmatch(text):
                raise MalformedComponent(f"TransferNote.{name}", expected=f"{shape.pattern}, or empty", found=text)

    def encode(self) -> bytes:
        """Canonical bytes; none at all if the note is empty."""
        return deterministic_bytes(note_to_message(self))


def is_staff_id(text: str) -> bool:
    """Whether a text has the shape of a staff id; names of people have blanks."""
    return bool(_STAFF.fullmatch(text))


@lru_cache(maxsize=1024)
def decode_note(data: bytes) -> TransferNote:
    """The note in a command's data; raises ``DecodeError``."""
    return note_from_message(strict_parse(pb.TransferNote, data, max_bytes=MAX_NOTE_BYTES)) if data else NO_NOTE


def note_to_message(note: TransferNote) -> pb.TransferNote:
    """As ``encode``, for messages that carry one."""
    return pb.TransferNote(
        kind=int(note.kind),  # type: ignore[arg-type] # enum values are ints at run time
        trade_id=note.trade_id,
        cancelled_tx_id=note.cancelled_tx_id,
        settlement_date="" if note.settlement_date is None else note.settlement_date.isoformat(),
        reason=note.reason,
        reference=note.reference,
        author=note.author,
        approver=note.approver,
    )


def note_from_message(message: pb.TransferNote) -> TransferNote:
    """Raises ``DecodeError``."""
    try:
        kind = TransferKind(int(message.kind))
    except ValueError as error:
        known = str(sorted(map(int, TransferKind)))
        raise MalformedComponent("TransferNote.kind", expected=known, found=int(message.kind)) from error
    return TransferNote(
        kind,
        message.trade_id,
        message.cancelled_tx_id,
        date_of("TransferNote.settlement_date", message.settlement_date),
        message.reason,
        message.reference,
        message.author,
        message.approver,
    )


def date_of(what: str, text: str) -> date | None:
    """A calendar day in its one encoding, or None for no text; raises ``DecodeError``."""
    if not text:
        return None
    try:
        found = date.fromisoformat(text)
    except ValueError as error:
        raise DecodeError(what, expected="YYYY-MM-DD", found=text[:32]) from error
    if found.isoformat() != text:
        raise DecodeError(what, expected="YYYY-MM-DD", found=text[:32])
    return found


NO_NOTE: Final = TransferNote()
