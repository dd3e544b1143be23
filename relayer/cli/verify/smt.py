"""``crossdvp verify smt FILE.json``: proofs of a sparse Merkle tree by leaf and siblings, absence by two neighbours.

``{"present": [{"root", "key", "value", "siblings"}], "absent": [{"root", "key", "left_neighbour",
"right_neighbour"}]}`` with ``siblings`` ``[{"side": "left" | "right", "sibling": hash}]``, deepest first, and a
neighbour ``{"key", "value", "siblings"}`` or null. Source of the hashes: ICS-23's SmtSpec; proofs of the ledger's own
tree are in ``checkpoint`` files. A key's place is its SHA-256. It is absent if its place lies between two present ones
with nothing in between: their paths part once, and from there the left one's keeps to the right, the right one's to the
left.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from primitives.hashing import sha256
from primitives.smt_proof import EMPTY_HASH, INNER_PREFIX, LEAF_PREFIX, PATH_BITS, path_bit
from relayer.cli.verify.claims import check_bytes
from relayer.cli.verify.errors import Refused, Unreadable
from relayer.cli.verify.json_reader import JsonField
from relayer.cli.verify.report import Fact, VerifyReport, shown_bytes

LEFT: Final = "left"
RIGHT: Final = "right"


@dataclass(frozen=True, slots=True)
class _Leaf:
    """A present key's place, and its siblings with the side each is on, from the root down."""

    place: bytes
    siblings: tuple[tuple[str, bytes], ...]


def verify_smt_file(data: object) -> VerifyReport:
    """Any number of proofs of presence and absence, at least one. Raises Refused, Unreadable."""
    file = JsonField(data)
    present, absent = file.get("present"), file.get("absent")
    facts = [_check_present(entry) for entry in (present.items() if present is not None else ())]
    facts += [_check_absent(entry) for entry in (absent.items() if absent is not None else ())]
    if not facts:
        raise Unreadable("expected 'present' or 'absent', with one proof or more", place=file.place)
    return VerifyReport(tuple(facts))


def _check_present(entry: JsonField) -> Fact:
    _leaf_under(entry, entry.at("root"))
    return Fact("present", f"{shown_bytes(entry.at('key').hex())} under {shown_bytes(entry.at('root').hex(32))}")


def _check_absent(entry: JsonField) -> Fact:
    place = sha256(entry.at("key").hex())
    left, right = (_neighbour(entry, f"{side}_neighbour") for side in (LEFT, RIGHT))
    if left is None and right is None:
        check_bytes(entry.at("root"), EMPTY_HASH)
    if left is not None and not left.place < place:
        raise Refused(f"{entry.place}: the key is not right of its left neighbour", expected=place, found=left.place)
    if right is not None and not place < right.place:
        raise Refused(f"{entry.place}: the key is not left of its right neighbour", expected=place, found=right.place)
    _require_adjacent(entry, left, right)
    return Fact("absent", f"{shown_bytes(entry.at('key').hex())} under {shown_bytes(entry.at('root').hex(32))}")


def _neighbour(entry: JsonField, name: str) -> _Leaf | None:
    field = entry.get(name)
    return None if field is None else _leaf_under(field, entry.at("root"))


def _leaf_under(field: JsonField, root: JsonField) -> _Leaf:
    """The leaf of a key and value, whose siblings must lead to the root on the sides that its place demands."""
    key, entries = field.at("key").hex(), field.at("siblings").items()
    if len(entries) > PATH_BITS:
        raise Unreadable(f"expected at most {PATH_BITS} siblings", place=f"{field.place}.siblings")
    place = sha256(key)
    digest = sha256(LEAF_PREFIX + place + sha256(field.at("value").hex()))
    siblings = []
    for depth, entry in zip(range(len(entries) - 1, -1, -1), entries, strict=True):
        side, sibling = entry.at("side").text(), entry.at("sibling").hex(32)
        demanded = LEFT if path_bit(place, depth) else RIGHT
        if side != demanded:
            raise Refused(f"{entry.place}: the key's place has its sibling on the other side", cause="SMT_SIDE")
        digest = sha256(INNER_PREFIX + (digest + sibling if side == RIGHT else sibling + digest))
        siblings.append((side, sibling))
    check_bytes(root, digest)
    return _Leaf(place, tuple(reversed(siblings)))


def _require_adjacent(entry: JsonField, left: _Leaf | None, right: _Leaf | None) -> None:
    """Nothing lies between the two, or beyond the only one."""
    parts = 0
    if left is not None and right is not None:
        bits = (int.from_bytes(left.place, "big") ^ int.from_bytes(right.place, "big")).bit_length()
        parts = PATH_BITS - bits + 1
    for leaf, empty_side in ((left, RIGHT), (right, LEFT)):
        if leaf is not None and any(
            side == empty_side and sibling != EMPTY_HASH for side, sibling in leaf.siblings[parts:]
        ):
            raise Refused(f"{entry.place}: something lies between the key's neighbours", cause="SMT_NOT_ADJACENT")
