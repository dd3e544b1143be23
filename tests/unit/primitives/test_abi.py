"""The Solidity ABI: the same bytes as the reference library's, and nothing but those bytes is read."""

from __future__ import annotations

from typing import Any

import pytest
from eth_abi.abi import decode as reference_decode
from eth_abi.abi import encode as reference_encode
from eth_abi.exceptions import DecodingError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from primitives import abi
from primitives.errors import DecodeError, InvalidArgument

PLAIN: dict[str, st.SearchStrategy[Any]] = {
    "uint8": st.integers(0, 2**8 - 1),
    "uint64": st.integers(0, 2**64 - 1),
    "uint256": st.integers(0, 2**256 - 1),
    "bool": st.booleans(),
    "address": st.binary(min_size=20, max_size=20).map(lambda raw: "0x" + raw.hex()),
    "bytes4": st.binary(min_size=4, max_size=4),
    "bytes32": st.binary(min_size=32, max_size=32),
    "bytes": st.binary(max_size=80),
    "string": st.text(max_size=40),
}
Typed = tuple[str, st.SearchStrategy[Any]]


def arrays_of(typed: Typed) -> Typed:
    written, values = typed
    return written + "[]", st.lists(values, max_size=3).map(tuple)


def tuples_of(parts: list[Typed]) -> Typed:
    return f"({','.join(written for written, _ in parts)})", st.tuples(*(values for _, values in parts))


TYPES: st.SearchStrategy[Typed] = st.recursive(
    st.sampled_from(sorted(PLAIN)).map(lambda written: (written, PLAIN[written])),
    lambda inner: st.one_of(inner.map(arrays_of), st.lists(inner, min_size=1, max_size=3).map(tuples_of)),
    max_leaves=6,
)


@st.composite
def typed_values(draw: st.DrawFn) -> tuple[list[str], list[Any]]:
    types = draw(st.lists(TYPES, max_size=4))
    return [written for written, _ in types], [draw(values) for _, values in types]


ANY_PACE = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


@ANY_PACE
@given(typed_values())
def test_values_are_encoded_as_the_reference_does_and_read_back(typed: tuple[list[str], list[Any]]) -> None:
    types, values = typed
    encoded = abi.encode(types, values)
    assert encoded == reference_encode(types, values)
    assert abi.decode(types, encoded) == tuple(values) == reference_decode(types, encoded)


@ANY_PACE
@given(typed_values(), st.data())
def test_of_changed_bytes_exactly_those_are_read_that_the_reference_writes_again(
    typed: tuple[list[str], list[Any]], data: st.DataObject
) -> None:
    types, values = typed
    encoded = bytearray(abi.encode(types, values))
    for _ in range(data.draw(st.integers(1, 3))):
        if encoded:
            encoded[data.draw(st.integers(0, len(encoded) - 1))] = data.draw(st.integers(0, 255))
    changed = bytes(encoded[: data.draw(st.integers(0, len(encoded)))]) if data.draw(st.booleans()) else bytes(encoded)
    try:
        expected = reference_decode(types, changed)
        is_canonical = reference_encode(types, expected) == changed
    except (DecodingError, OverflowError, UnicodeDecodeError):
        is_canonical = False
    if is_canonical:
        assert abi.decode(types, changed) == expected
    else:
        with pytest.raises(DecodeError):
            abi.decode(types, changed)


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("uint64", 2**64),
        ("uint64", -1),
        ("uint64", True),
        ("uint64", "1"),
        ("bool", 1),
        ("address", "0x1234"),
        ("address", b"short"),
        ("address", "0x" + "zz" * 20),
        ("address", None),
        ("bytes4", b"12345"),
        ("bytes", "text"),
        ("string", b"bytes"),
        ("(uint8,uint8)", (1,)),
        ("uint8[]", [256]),
    ],
)
def test_a_value_of_another_type_is_refused(written: str, value: object) -> None:
    with pytest.raises(InvalidArgument):
        abi.encode([written], [value])


@pytest.mark.parametrize("written", ["int64", "uint7", "uint512", "bytes33", "uint8[2]", "tuple", "", "(uint8", "uint"])
def test_a_type_that_is_not_known_is_refused(written: str) -> None:
    with pytest.raises(InvalidArgument):
        abi.encode([written], [1])


def test_an_array_that_says_it_is_huge_is_refused_before_anything_is_made_of_it() -> None:
    with pytest.raises(DecodeError, match="longer than what holds it"):
        abi.decode(["uint8[]"], (32).to_bytes(32, "big") + b"\xff" * 32)
