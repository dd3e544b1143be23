"""Making and verifying the emergency file: the registrar's base, then lines upon lines that two people sign."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from chains.progmat.market.emergency.errors import (
    BadStaffKeys,
    EmergencyFileAltered,
    EmergencyFileClosed,
    MoveNotPossible,
)
from chains.progmat.market.emergency.file_codec import (
    ClosingLine,
    HeaderLine,
    HolderLine,
    MoveLine,
    SignatureLine,
    base_of,
    canonical,
    decode_line,
    encode_base,
    lines_of,
    move_fields,
    move_of,
)
from chains.progmat.market.emergency.model import (
    MAX_MOVES,
    Base,
    EmergencyFile,
    Move,
    RecordedMove,
    Signed,
    StaffKey,
    apply_move,
    frozen_of,
    validate_move,
)
from chains.progmat.market.register.model import register_hash
from ibc.dvp import CashAccount
from primitives.errors import CrossDvpError, DecodeError
from primitives.hashing import sha256
from primitives.public_key import PublicKey
from primitives.signatures import Signer, decode_public_key, verify

_BASE: Final = b"crossdvp/emergency-base/1\n"
_LINE: Final = b"crossdvp/emergency-line/1\n"
_SIGNED: Final = b"crossdvp/emergency-signed/1\n"
Sign = Callable[[bytes], bytes]


def begin(base: Base, sign: Sign) -> bytes:
    """A new file of a register, signed by the registrar. Raises ``BadStaffKeys``."""
    validate_staff(base.authors, base.approvers)
    content = encode_base(base, register_hash(base.security, base.lines))
    signature = sign(_SIGNED + outage_id_of(content))
    return content + canonical({"signature": signature.hex()})


def outage_id_of(base_bytes: bytes) -> bytes:
    """The id of an outage: the hash of the base that its file starts from."""
    return bytes(sha256(_BASE + base_bytes))


def record_moves(
    content: bytes, moves: Sequence[Move], at_ms: int, author: Signer, approver: Signer
) -> tuple[bytes, EmergencyFile]:
    """The file with moves added, in order, signed by both people; all of them or none.

    Raises what ``verified`` raises, ``EmergencyFileClosed``, ``BadStaffKeys``, ``MoveNotPossible``.
    """
    file = verified(content)
    people = _people(file, author, approver)
    units, frozen = file.units(), frozen_of(file.base.lines)
    added, head = [content], file.head
    for number, move in enumerate(moves, len(file.moves) + 1):
        if number > MAX_MOVES:
            raise MoveNotPossible(f"a file has at most {MAX_MOVES} moves: begin another one after recovery")
        validate_move(move, units, frozen)
        apply_move(units, move)
        body = {"move": number, "previous": head.hex(), "at_ms": at_ms, **move_fields(move), **people}
        line, head = _sign(body, author, approver)
        added.append(line)
    written = b"".join(added)
    return written, verified(written)


def close(content: bytes, at_ms: int, author: Signer, approver: Signer) -> bytes:
    """The file with its closing line. Raises as ``record_moves``."""
    file = verified(content)
    body = {"closed_after": len(file.moves), "previous": file.head.hex(), "at_ms": at_ms}
    return content + _sign(body | _people(file, author, approver), author, approver)[0]


def verified(content: bytes) -> EmergencyFile:
    """The file, if every line of it is as it was signed and every move was possible. Raises ``EmergencyFileAltered``.

    Who the registrar is, the file says itself: compare ``base.registrar_key`` with what the network map has.
    """
    lines = lines_of(content)
    if not lines:
        raise EmergencyFileAltered(1, "it is empty")
    header = decode_line(HeaderLine, lines[0], 1)
    end = header.holders + 1
    if len(lines) <= end:
        raise EmergencyFileAltered(len(lines), f"{header.holders} holders and a signature are wanted")
    holders = [decode_line(HolderLine, line, number) for number, line in enumerate(lines[1:end], 2)]
    base, outage_id = base_of(header, holders), outage_id_of(b"".join(lines[:end]))
    if list(base.lines) != sorted(set(base.lines)) or len(_accounts(base)) != len(base.lines):
        raise EmergencyFileAltered(2, "holders stand in order, each account once")
    if register_hash(base.security, base.lines).hex() != header.register_hash:
        raise EmergencyFileAltered(1, "the holders do not have the register's hash")
    signature = bytes.fromhex(decode_line(SignatureLine, lines[end], end + 1).signature)
    _verify(base.registrar_key, outage_id, signature, end + 1, "the registrar")
    _validate_staff_of_file(base)
    return _verified_moves(EmergencyFile(base, outage_id, signature), lines[end + 1 :], end + 2)


def validate_staff(authors: Sequence[StaffKey], approvers: Sequence[StaffKey]) -> None:
    """That no person and no key is on both sides. Raises ``BadStaffKeys``."""
    if not authors or not approvers:
        raise BadStaffKeys("one author or more, and one approver or more, are wanted")
    for people in (authors, approvers):
        if len({person.staff_id for person in people}) < len(people):
            raise BadStaffKeys("a person is named once, with one key")
    both = [person for person in approvers for author in authors if _is_same(person, author)]
    if both:
        raise BadStaffKeys(f"{both[0].staff_id} cannot be author and approver, by name or by key")
    for person in (*authors, *approvers):
        try:
            decode_public_key(person.key)
        except CrossDvpError as error:
            raise BadStaffKeys(f"{person.staff_id}'s key is none: {error}") from error


def _accounts(base: Base) -> set[CashAccount]:
    accounts = set()
    for number, line in enumerate(base.lines, 2):
        try:
            accounts.add(line.account)
        except DecodeError as error:
            raise EmergencyFileAltered(number, str(error)) from error
    return accounts


def _is_same(one: StaffKey, other: StaffKey) -> bool:
    return one.staff_id == other.staff_id or one.key == other.key


def _validate_staff_of_file(base: Base) -> None:
    try:
        validate_staff(base.authors, base.approvers)
    except BadStaffKeys as error:
        raise EmergencyFileAltered(1, str(error)) from error


def _verified_moves(file: EmergencyFile, lines: Sequence[bytes], first: int) -> EmergencyFile:
    units, frozen = file.units(), frozen_of(file.base.lines)
    moves: list[RecordedMove] = []
    closed: Signed | None = None
    head = file.outage_id
    for number, raw in enumerate(lines, first):
        if closed is not None:
            raise EmergencyFileAltered(number, "nothing comes after the closing line")
        if b'"closed_after":' in raw:
            closing = decode_line(ClosingLine, raw, number)
            _verify_chain(file.base, closing, closing.closed_after, len(moves), head, number)
            closed = closing.signed
            continue
        line = decode_line(MoveLine, raw, number)
        move = move_of(line, number)
        head = _verify_chain(file.base, line, line.move, len(moves) + 1, head, number)
        try:
            validate_move(move, units, frozen)
        except MoveNotPossible as error:
            raise EmergencyFileAltered(number, str(error)) from error
        apply_move(units, move)
        moves.append(RecordedMove(line.move, move, line.signed, head))
    return EmergencyFile(file.base, file.outage_id, file.base_signature, tuple(moves), closed)


def _verify_chain(
    base: Base, line: MoveLine | ClosingLine, found: int, expected: int, head: bytes, number: int
) -> bytes:
    if found != expected:
        raise EmergencyFileAltered(number, f"move {expected} is wanted here, {found} is found")
    if line.previous != head.hex():
        raise EmergencyFileAltered(number, f"it follows upon {line.previous}, not upon the line before ({head.hex()})")
    line_hash = bytes(sha256(_LINE + line.body))
    signed = line.signed
    for people, staff_id, signature, what in (
        (base.authors, signed.author, signed.author_signature, "author"),
        (base.approvers, signed.approver, signed.approver_signature, "approver"),
    ):
        keys = [person.key for person in people if person.staff_id == staff_id]
        if not keys:
            raise EmergencyFileAltered(number, f"{staff_id} is no {what} of this file")
        _verify(keys[0], line_hash, signature, number, f"{what} {staff_id}")
    return line_hash


def _people(file: EmergencyFile, author: Signer, approver: Signer) -> dict[str, str]:
    if file.closed is not None:
        raise EmergencyFileClosed(len(file.moves))
    sides = (("author", file.base.authors, author), ("approver", file.base.approvers, approver))
    return {what: _person(people, signer.public_key, what) for what, people, signer in sides}


def _person(people: Sequence[StaffKey], key: PublicKey, what: str) -> str:
    for person in people:
        if person.key == key.encoded():
            return person.staff_id
    raise BadStaffKeys(f"the key {key.encoded().hex()} is of no {what} of this file")


def _sign(body: dict[str, Any], author: Signer, approver: Signer) -> tuple[bytes, bytes]:
    """A line with both signatures, and its hash."""
    line_hash = bytes(sha256(_LINE + canonical(body)))
    signatures = {
        "author_signature": author.sign(_SIGNED + line_hash).hex(),
        "approver_signature": approver.sign(_SIGNED + line_hash).hex(),
    }
    return canonical(body | signatures), line_hash


def _verify(key: bytes, signed_hash: bytes, signature: bytes, number: int, who: str) -> None:
    try:
        verify(decode_public_key(key), _SIGNED + signed_hash, signature)
    except CrossDvpError as error:
        raise EmergencyFileAltered(number, f"it is not signed by {who}: {error}") from error
