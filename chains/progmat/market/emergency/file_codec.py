"""The emergency file's bytes: one canonical JSON document a line, so that people can read it and hashes can cover it.

The first line is about the register, then one line a holder, then the registrar's signature; after that one line a
move, each naming the hash of the one before; the last line closes the file. Nothing here verifies a signature.
"""

from __future__ import annotations

import json
from datetime import date
from typing import Annotated, Any, Final, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from chains.progmat.market.emergency.errors import EmergencyFileAltered
from chains.progmat.market.emergency.model import MAX_LINES, Base, Move, Signed, StaffKey
from chains.progmat.market.register.csv_form import MAX_UNITS
from chains.progmat.market.register.model import RegisterLine, RegisterMoment
from chains.progmat.vault.indexing import Asset
from ibc.dvp import CashAccount
from primitives.errors import DecodeError

FORMAT: Final = "crossdvp-emergency-register/1"
MAX_FILE_BYTES: Final = 64 * 1024 * 1024
MAX_LINE_BYTES: Final = 64 * 1024
MAX_STAFF: Final = 32

_Count = Annotated[int, Field(ge=0, lt=2**63)]
_Units = Annotated[int, Field(ge=0, le=MAX_UNITS)]
_Name = Annotated[str, StringConstraints(min_length=1, max_length=128)]
_Reference = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._:/()-]{0,64}$")]
_Code = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]{0,39}$")]
_Hex = Annotated[str, StringConstraints(pattern=r"^([0-9a-f]{2}){1,1024}$")]
_Hash = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
_TradeId = Annotated[str, StringConstraints(pattern=r"^([0-9a-f]{64})?$")]
_Day = Annotated[str, StringConstraints(pattern=r"^([0-9]{4}-[0-9]{2}-[0-9]{2})?$")]
_Staff = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")]


class _Line(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class _Person(_Line):
    staff_id: _Staff
    key: _Hex


class HeaderLine(_Line):
    """The first line."""

    format: Literal["crossdvp-emergency-register/1"]
    network: _Name
    security_id: _Name
    registrar: _Name
    registrar_key: _Hex
    sequence: _Count
    recorded_ms: _Count
    journal_position: _Count
    begun_ms: _Count
    authors: Annotated[list[_Person], Field(min_length=1, max_length=MAX_STAFF)]
    approvers: Annotated[list[_Person], Field(min_length=1, max_length=MAX_STAFF)]
    holders: Annotated[int, Field(ge=0, le=MAX_LINES)]
    register_hash: _Hash


class HolderLine(_Line):
    """One holder's account."""

    node: _Name
    key: _Hex
    units: Annotated[int, Field(ge=1, le=MAX_UNITS)]
    frozen: _Units


class SignatureLine(_Line):
    """The registrar's signature over the lines before it."""

    signature: _Hex


class _SignedLine(_Line):
    previous: _Hash
    at_ms: _Count
    author: _Staff
    approver: _Staff
    author_signature: _Hex
    approver_signature: _Hex

    @property
    def body(self) -> bytes:
        """What is hashed and signed: the line without its signatures."""
        return canonical(self.model_dump(exclude={"author_signature", "approver_signature"}))

    @property
    def signed(self) -> Signed:
        """Who signed it."""
        signatures = bytes.fromhex(self.author_signature), bytes.fromhex(self.approver_signature)
        return Signed(self.at_ms, self.author, self.approver, *signatures)


class MoveLine(_SignedLine):
    """One move."""

    move: Annotated[int, Field(ge=1)]
    from_node: _Name
    from_key: _Hex
    to_node: _Name
    to_key: _Hex
    units: Annotated[int, Field(ge=1, le=MAX_UNITS)]
    reason: _Code
    reference: _Reference
    trade_id: _TradeId
    settlement_date: _Day

    @property
    def content(self) -> Move:
        """The move; raises DecodeError for a key that is none, ValueError for a day that is none."""
        if self.settlement_date:
            date.fromisoformat(self.settlement_date)
        return Move(
            source=CashAccount(self.from_node, bytes.fromhex(self.from_key)),
            to=CashAccount(self.to_node, bytes.fromhex(self.to_key)),
            units=self.units,
            reason=self.reason,
            reference=self.reference,
            trade_id=bytes.fromhex(self.trade_id),
            settlement_date=self.settlement_date,
        )


class ClosingLine(_SignedLine):
    """The last line: how many moves there are."""

    closed_after: _Count


LineT = TypeVar("LineT", bound=_Line)


def canonical(document: object) -> bytes:
    """One line, with its end."""
    return json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode() + b"\n"


def move_fields(move: Move) -> dict[str, Any]:
    """A move as the fields of its line."""
    return {
        "from_node": move.source.node,
        "from_key": move.source.key.hex(),
        "to_node": move.to.node,
        "to_key": move.to.key.hex(),
        "units": move.units,
        "reason": move.reason,
        "reference": move.reference,
        "trade_id": move.trade_id.hex(),
        "settlement_date": move.settlement_date,
    }


def encode_base(base: Base, register_hash: bytes) -> bytes:
    """The lines that the registrar signs."""
    header = {
        "format": FORMAT,
        "network": base.security.network,
        "security_id": base.security.asset_id,
        "registrar": base.security.issuer,
        "registrar_key": base.registrar_key.hex(),
        "sequence": base.moment.sequence,
        "recorded_ms": base.moment.recorded_ms,
        "journal_position": base.moment.journal_position,
        "begun_ms": base.begun_ms,
        "authors": [{"staff_id": person.staff_id, "key": person.key.hex()} for person in base.authors],
        "approvers": [{"staff_id": person.staff_id, "key": person.key.hex()} for person in base.approvers],
        "holders": len(base.lines),
        "register_hash": register_hash.hex(),
    }
    holders = (
        {"node": line.node, "key": line.key.hex(), "units": line.units, "frozen": line.frozen} for line in base.lines
    )
    return b"".join([canonical(header), *map(canonical, holders)])


def base_of(header: HeaderLine, holders: list[HolderLine]) -> Base:
    """The base of its lines."""
    return Base(
        security=Asset(header.network, header.security_id, header.registrar),
        moment=RegisterMoment(header.sequence, header.recorded_ms, header.journal_position),
        begun_ms=header.begun_ms,
        registrar_key=bytes.fromhex(header.registrar_key),
        authors=tuple(StaffKey(person.staff_id, bytes.fromhex(person.key)) for person in header.authors),
        approvers=tuple(StaffKey(person.staff_id, bytes.fromhex(person.key)) for person in header.approvers),
        lines=tuple(RegisterLine(line.node, bytes.fromhex(line.key), line.units, line.frozen) for line in holders),
    )


def lines_of(content: bytes) -> list[bytes]:
    """The file's lines with their ends. Raises ``EmergencyFileAltered``."""
    if len(content) > MAX_FILE_BYTES:
        raise EmergencyFileAltered(0, f"a file has at most {MAX_FILE_BYTES} bytes, not {len(content)}")
    if not content.endswith(b"\n"):
        raise EmergencyFileAltered(content.count(b"\n") + 1, "it has no end: it was not written as a whole")
    return [line + b"\n" for line in content.split(b"\n")[:-1]]


def decode_line(kind: type[LineT], line: bytes, number: int) -> LineT:
    """A line of the given kind, in its one canonical form. Raises ``EmergencyFileAltered``."""
    if len(line) > MAX_LINE_BYTES:
        raise EmergencyFileAltered(number, f"it is longer than {MAX_LINE_BYTES} bytes")
    try:
        decoded = kind.model_validate_json(line)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"])) or kind.__name__
        raise EmergencyFileAltered(number, f"{where}: {first['msg']}") from error
    if canonical(decoded.model_dump()) != line:
        raise EmergencyFileAltered(number, "it is not written in the one way in which it is hashed")
    return decoded


def move_of(line: MoveLine, number: int) -> Move:
    """The line's move. Raises ``EmergencyFileAltered`` for a key or a day that is none."""
    try:
        return line.content
    except (DecodeError, ValueError) as error:
        raise EmergencyFileAltered(number, str(error)) from error
