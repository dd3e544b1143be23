"""Two encodings of one thing are two identities of it: RLP, protobuf and key encodings have one form each."""

from __future__ import annotations

import pytest
import rlp
from google.protobuf import descriptor_pb2, struct_pb2, timestamp_pb2, wrappers_pb2
from hypothesis import given
from hypothesis import strategies as st

from primitives.codec import deterministic_bytes, strict_parse
from primitives.composite_key import CompositeKey
from primitives.errors import DecodeError, InvalidKey
from primitives.public_key import SignatureScheme
from primitives.rlp import decode, split_list, string_payload, uint_payload
from primitives.signatures import SoftwareSigner, decode_public_key

KEYS = [SoftwareSigner.from_seed(SignatureScheme.ED25519, bytes((n,)) * 32).public_key for n in range(1, 6)]
COMPOSITE = CompositeKey(2, tuple((1, key) for key in KEYS[:3]))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x81\x7f",  # a byte that stands for itself
        b"\x81\x00",
        b"\xb8\x37" + bytes(55),  # a long form for a short string
        b"\xb8\x00",
        b"\xb9\x00\x38" + bytes(56),  # a zero before the size
        b"\xf8\x37" + b"\x01" * 55,
        b"\xf9\x00\x38" + b"\x01" * 56,
        b"\x82\x01",  # cut short
        b"\xb8",
        b"\xbf" + b"\xff" * 8,
        b"\xff" + b"\xff" * 8,
        b"\xc2\x01",
        b"\x01\x01",  # something after it
        b"\xc1\x01\x01",
        b"\xc1\x82",  # an item that reaches beyond its list
        b"\xc2\x81\x7f",
        b"\xc1\x81",
        b"\xc1\xb8",
        b"\xc1\xff",
        b"\xc3\xc2\x81\x7f",  # deeper down
        b"\xc2\xc1\x82",
    ],
)
def test_rlp_in_any_but_its_canonical_form_is_refused(data: bytes) -> None:
    with pytest.raises(DecodeError):
        decode(data)


@pytest.mark.parametrize("item", [b"\x00", b"\x82\x00\x01", b"\xc0", b"\xa1" + b"\x01" * 33])
def test_an_rlp_integer_has_no_leading_zero_and_a_bounded_size(item: bytes) -> None:
    with pytest.raises(DecodeError):
        uint_payload(item)


def test_rlp_nested_without_end_is_refused() -> None:
    data = b"\xc0"
    for _ in range(20):
        data = bytes((0xC0 + len(data),)) + data
    with pytest.raises(DecodeError, match="too deep"):
        decode(data)


def test_a_string_is_no_list_and_a_list_no_string() -> None:
    with pytest.raises(DecodeError):
        split_list(b"\x83abc")
    with pytest.raises(DecodeError):
        string_payload(b"\xc1\x01")
    with pytest.raises(DecodeError):
        split_list(b"")


@given(st.binary(max_size=80) | st.binary(max_size=60).map(lambda tail: bytes((0xC0 + min(len(tail), 55),)) + tail))
def test_our_decoder_refuses_what_the_rlp_library_refuses_and_reads_the_rest_alike(data: bytes) -> None:
    try:
        expected = rlp.decode(data)
    except rlp.DecodingError:
        with pytest.raises(DecodeError):
            decode(data)
        return
    assert decode(data) == _as_lists(expected)


def _as_lists(item: object) -> object:
    return [_as_lists(part) for part in item] if isinstance(item, (list, tuple)) else item


def test_a_protobuf_message_with_an_unknown_field_is_refused() -> None:
    with pytest.raises(DecodeError, match="unknown"):
        strict_parse(timestamp_pb2.Timestamp, b"\x08\x01" + b"\x1a\x01x", max_bytes=100)


def test_a_protobuf_message_with_an_unknown_field_deep_inside_is_refused() -> None:
    inner = b"\x0a\x01n" + b"\xca\x3e\x01x"  # FieldDescriptorProto.name, then field 1001
    outer = b"\x12" + bytes((len(inner),)) + inner
    with pytest.raises(DecodeError, match="unknown"):
        strict_parse(descriptor_pb2.DescriptorProto, outer, max_bytes=100)


@pytest.mark.parametrize(
    "data",
    [
        b"\x10\x01\x08\x01",  # fields out of order
        b"\x08\x01\x08\x02",  # a field twice
        b"\x08\x81\x00",  # a varint longer than needed
        b"\x08\x00",  # a default, written
        b"\x08",  # cut short
        b"\x0b",  # a group
        b"\xff" * 12,
    ],
)
def test_a_protobuf_message_in_another_encoding_is_refused(data: bytes) -> None:
    with pytest.raises(DecodeError):
        strict_parse(timestamp_pb2.Timestamp, data, max_bytes=100)


def test_a_protobuf_map_in_another_order_is_refused() -> None:
    message = struct_pb2.Struct()
    message.update({"a": 1, "b": 2})
    data = deterministic_bytes(message)
    half = len(data) // 2
    assert strict_parse(struct_pb2.Struct, data, max_bytes=100) == message
    with pytest.raises(DecodeError):
        strict_parse(struct_pb2.Struct, data[half:] + data[:half], max_bytes=100)


def test_an_oversized_protobuf_message_is_refused_before_it_is_parsed() -> None:
    data = deterministic_bytes(wrappers_pb2.BytesValue(value=bytes(200)))
    assert strict_parse(wrappers_pb2.BytesValue, data, max_bytes=len(data)).value == bytes(200)
    with pytest.raises(DecodeError, match="too long"):
        strict_parse(wrappers_pb2.BytesValue, data, max_bytes=len(data) - 1)


def test_a_protobuf_message_nested_without_end_is_refused() -> None:
    data = b""
    for _ in range(200):
        data = b"\x0a" + _varint(len(data)) + data  # Value{list_value?} in any reading: no exception but ours
    with pytest.raises(DecodeError):
        strict_parse(struct_pb2.ListValue, data, max_bytes=10_000)


def _varint(number: int) -> bytes:
    low, high = number & 0x7F, number >> 7
    return bytes((low | 0x80,)) + _varint(high) if high else bytes((low,))


def test_a_composite_key_with_its_children_in_another_order_is_refused() -> None:
    encoded = COMPOSITE.encoded()
    first, second = encoded[5:42], encoded[42:79]
    assert decode_public_key(encoded) == COMPOSITE
    with pytest.raises(DecodeError, match="order"):
        decode_public_key(encoded[:5] + second + first + encoded[79:])


def test_truncated_and_extended_keys_are_refused() -> None:
    for encoded in (COMPOSITE.encoded(), KEYS[0].encoded()):
        for size in range(len(encoded)):
            with pytest.raises(DecodeError):
                decode_public_key(encoded[:size])
        with pytest.raises(DecodeError):
            decode_public_key(encoded + b"\x00")


@pytest.mark.parametrize("scheme", [0, 1, 5, 7, 255])
def test_an_unknown_scheme_is_refused(scheme: int) -> None:
    with pytest.raises(DecodeError, match="unknown"):
        decode_public_key(bytes((scheme,)) + KEYS[0].data)


@pytest.mark.parametrize("threshold", [-1, 0, 4, 65536])
def test_a_threshold_that_is_always_or_never_reached_is_refused(threshold: int) -> None:
    with pytest.raises(InvalidKey):
        CompositeKey(threshold, tuple((1, key) for key in KEYS[:3]))


@pytest.mark.parametrize("weight", [-1, 0, 65536])
def test_a_weight_that_is_not_positive_is_refused(weight: int) -> None:
    with pytest.raises(InvalidKey, match="weight"):
        CompositeKey(1, ((weight, KEYS[0]), (1, KEYS[1])))


def test_a_child_named_twice_is_refused_even_with_another_weight() -> None:
    with pytest.raises(InvalidKey, match="twice"):
        CompositeKey(2, ((1, KEYS[0]), (2, KEYS[0])))


@pytest.mark.parametrize("count", [0, 1])
def test_a_composite_key_of_fewer_than_two_children_is_refused(count: int) -> None:
    with pytest.raises(InvalidKey, match="two or more"):
        CompositeKey(1, tuple((1, key) for key in KEYS[:count]))


def test_composite_keys_nested_too_deep_are_refused() -> None:
    key = CompositeKey(1, ((1, KEYS[0]), (1, KEYS[1])))
    for _ in range(3):
        key = CompositeKey(1, ((1, key), (1, KEYS[2])))
    assert decode_public_key(key.encoded()) == key
    with pytest.raises(InvalidKey, match="deep"):
        CompositeKey(1, ((1, key), (1, KEYS[2])))
    too_deep = b"\x06\x00\x01\x00\x02"
    for child in sorted((key.encoded(), KEYS[2].encoded())):
        too_deep += b"\x00\x01" + len(child).to_bytes(2, "big") + child
    with pytest.raises(DecodeError, match="deep"):
        decode_public_key(too_deep)


def test_composite_keys_with_too_many_leaves_are_refused() -> None:
    leaves = [SoftwareSigner.from_seed(SignatureScheme.ED25519, n.to_bytes(32, "big")).public_key for n in range(65)]
    assert len(CompositeKey(1, tuple((1, key) for key in leaves[:64])).leaf_keys()) == 64
    with pytest.raises(InvalidKey, match="leaves"):
        CompositeKey(1, tuple((1, key) for key in leaves))
    with pytest.raises(DecodeError):
        decode_public_key(b"\x06\x00\x01\xff\xff" + bytes(1000))


@given(st.binary(max_size=120) | st.binary(max_size=120).map(lambda tail: b"\x06\x00\x01\x00\x02" + tail))
def test_garbage_is_no_key_or_is_the_one_encoding_of_it(data: bytes) -> None:
    try:
        key = decode_public_key(data)
    except DecodeError:
        return
    assert key.encoded() == data
