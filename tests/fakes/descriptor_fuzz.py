"""Requests made from descriptors alone: boundary values, wrong lengths, unknown enums, huge texts, spoiled bytes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from hypothesis import strategies as st

Seeds = Mapping[str, Sequence[Message]]
"""By full name of a message: good ones, of which a request has one as it is or with some fields replaced."""

_MOST_DEPTH = 4
_SIGNED = {FieldDescriptor.CPPTYPE_INT32: 31, FieldDescriptor.CPPTYPE_INT64: 63}
_UNSIGNED = {FieldDescriptor.CPPTYPE_UINT32: 32, FieldDescriptor.CPPTYPE_UINT64: 64}
_FLOATS = (0.0, -1.0, float("inf"), float("nan"))
_PLAIN: dict[int, tuple[Any, ...]] = {
    FieldDescriptor.CPPTYPE_BOOL: (False, True),
    FieldDescriptor.CPPTYPE_FLOAT: _FLOATS,
    FieldDescriptor.CPPTYPE_DOUBLE: _FLOATS,
}
_LENGTHS = (0, 1, 19, 20, 21, 31, 32, 33, 64, 65, 1000)
_UNKNOWN_FIELDS = (b"\xf8\x7f\x01", b"\xfa\x7f\x02hi", b"\x0a", b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01")
_TEXTS = (
    *("", " ", "-", "0", "-1", "1e3", "999999999999999999", str(2**64), "NaN", "null", "\0", "é", "\uff11", "a" * 300),
    *("x" * 100_000, "../../etc/passwd", "' OR 1=1 --", "%s%n", "{}", "\u202e", "00000000-0000-0000-0000-000000000000"),
)


def requests(descriptor: Descriptor, texts: Sequence[str], seeds: Seeds) -> st.SearchStrategy[bytes]:
    """Bytes of a request of a kind: whole, with unknown fields, cut, with a byte changed, or made of nothing at all."""
    whole = messages(descriptor, texts, seeds).map(lambda made: made.SerializeToString())
    return st.one_of(
        whole,
        whole,
        st.tuples(whole, st.sampled_from(_UNKNOWN_FIELDS)).map(lambda both: both[0] + both[1]),
        st.tuples(whole, st.integers(0, 400)).map(lambda both: both[0][: both[1]]),
        st.tuples(whole, st.integers(min_value=0), st.integers(1, 255)).map(_with_byte_changed),
        st.binary(max_size=80),
    )


def _with_byte_changed(parts: tuple[bytes, int, int]) -> bytes:
    content, where, change = parts
    if not content:
        return b""
    where %= len(content)
    return content[:where] + bytes([content[where] ^ change]) + content[where + 1 :]


@st.composite
def messages(
    draw: Callable[..., Any], descriptor: Descriptor, texts: Sequence[str], seeds: Seeds, depth: int = 0
) -> Message:
    """A message of a kind: from nothing, or from a seed; some of its fields are set to what they should not be."""
    known = seeds.get(descriptor.full_name, ())
    made = GetMessageClass(descriptor)()
    if known and draw(st.integers(0, 3)):
        made.CopyFrom(draw(st.sampled_from(known)))
    fields = list(descriptor.fields)
    if not fields or depth >= _MOST_DEPTH:
        return made
    for field in draw(
        st.lists(st.sampled_from(fields), max_size=3 if known else len(fields), unique_by=lambda f: f.number)
    ):
        made.ClearField(field.name)
        if field.is_repeated:
            _repeat(draw, made, field, texts, seeds, depth)
        elif field.message_type is not None:
            getattr(made, field.name).CopyFrom(draw(messages(field.message_type, texts, seeds, depth + 1)))
        else:
            setattr(made, field.name, draw(values(field, texts)))
    return made


def _repeat(
    draw: Callable[..., Any], made: Message, field: FieldDescriptor, texts: Sequence[str], seeds: Seeds, depth: int
) -> None:
    target = getattr(made, field.name)
    for _ in range(draw(st.sampled_from((0, 1, 2, 3, 40)))):
        if field.message_type is None:
            target.append(draw(values(field, texts)))
        elif field.message_type.GetOptions().map_entry:
            return
        else:
            target.add().CopyFrom(draw(messages(field.message_type, texts, seeds, depth + 1)))


def values(field: FieldDescriptor, texts: Sequence[str]) -> st.SearchStrategy[Any]:
    """What a field of a plain kind may be sent with."""
    kind = field.cpp_type
    if kind in _SIGNED:
        bits = _SIGNED[kind]
        return st.sampled_from((0, 1, -1, 2, 100, 501, 2**31 - 1, -(2**31), 2**bits - 1, -(2**bits)))
    if kind in _UNSIGNED:
        return st.sampled_from((0, 1, 2, 1337, 10**6, 2**31, 2 ** _UNSIGNED[kind] - 1))
    if field.enum_type is not None:
        numbers = [value.number for value in field.enum_type.values]
        return st.sampled_from([*numbers, -1, 99, 2**31 - 1, -(2**31)])
    if kind in _PLAIN:
        return st.sampled_from(_PLAIN[kind])
    if field.type == FieldDescriptor.TYPE_BYTES:
        return st.one_of(st.sampled_from(_LENGTHS).map(lambda size: b"\x01" * size), st.binary(max_size=40))
    return st.one_of(st.sampled_from((*texts, *_TEXTS)), st.text(max_size=40))
