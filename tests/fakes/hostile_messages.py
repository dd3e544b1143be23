"""Requests as an attacker writes them: drawn from the message descriptors, so that a new field is attacked unasked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from hypothesis import strategies as st

_INTEGERS: Final[Mapping[int, tuple[int, int]]] = {
    FieldDescriptor.TYPE_INT32: (-(2**31), 2**31 - 1),
    FieldDescriptor.TYPE_ENUM: (-(2**31), 2**31 - 1),
    FieldDescriptor.TYPE_INT64: (-(2**63), 2**63 - 1),
    FieldDescriptor.TYPE_UINT32: (0, 2**32 - 1),
    FieldDescriptor.TYPE_UINT64: (0, 2**64 - 1),
}
_TEXTS: Final = (
    *("", " ", "0", "-1", "+1", "1e9", "0x10", "1.0", "\u0663", "1" * 78, "9" * 400, "\x00", "é" * 128, "a" * 5000),
    *("settlements/", "settlements/" + "0" * 64, "settlements/" + "A" * 64, "settlements/" + "f" * 65),
    *("'; DROP TABLE settlements; --", "{__class__}", "%s%n", "../../etc", "[/red]", "null"),
)
_SIZES: Final = (0, 1, 19, 20, 21, 31, 32, 33, 34, 64, 4096)


def hostile_value(field: FieldDescriptor) -> st.SearchStrategy[Any]:
    """Boundary and absurd values of one field (of one item, if it is repeated)."""
    if field.type in _INTEGERS:
        low, high = _INTEGERS[field.type]
        edges = {low, low + 1, -1, 0, 1, 2, 501, 253_402_300_799, 253_402_300_800, 10**15, 10**15 + 1, high - 1, high}
        return st.sampled_from(sorted(edge for edge in edges if low <= edge <= high)) | st.integers(low, high)
    if field.type == FieldDescriptor.TYPE_STRING:
        return st.sampled_from(_TEXTS) | st.text(max_size=40)
    if field.type == FieldDescriptor.TYPE_BYTES:
        fills = st.sampled_from((b"\x00", b"\xff", b"\x02"))
        sized = st.builds(lambda fill, size: fill * size, fills, st.sampled_from(_SIZES))
        return sized | st.binary(max_size=40)
    return st.booleans()


@st.composite
def mutated(draw: st.DrawFn, valid: Message) -> Message:
    """A copy of a valid request with one to three fields, at any depth, replaced by hostile values or left out."""
    message: Any = type(valid)()
    message.CopyFrom(valid)
    for _ in range(draw(st.integers(1, 3))):
        _mutate_one(draw, message)
    return message  # type: ignore[no-any-return]  # a copy of valid


def _mutate_one(draw: st.DrawFn, message: Any) -> None:  # noqa: ANN401  # any generated message
    descriptor: Descriptor = message.DESCRIPTOR
    field = draw(st.sampled_from(list(descriptor.fields)))
    if draw(st.integers(0, 9)) == 0:
        message.ClearField(field.name)
    elif field.is_repeated:
        getattr(message, field.name).extend(draw(st.lists(hostile_value(field), min_size=1, max_size=5)))
    elif field.message_type is not None:
        _mutate_one(draw, getattr(message, field.name))
    else:
        setattr(message, field.name, draw(hostile_value(field)))
