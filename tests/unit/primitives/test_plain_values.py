"""Sized values, hashes, RLP and errors."""

from __future__ import annotations

import inspect
import pickle

import pytest
import rlp as rlp_library
from hypothesis import given
from hypothesis import strategies as st

import ibc.errors
import primitives.errors
from primitives import rlp
from primitives.errors import (
    BadSignature,
    CallerError,
    CrossDvpError,
    DecodeError,
    MissingNode,
    PeerError,
    UnavailableError,
    shown,
)
from primitives.hashing import sha256, sha256d
from primitives.keccak import EMPTY_KECCAK, keccak256
from primitives.types import MAX_YEN, address, hash32, height, sequence, yen

ITEMS: st.SearchStrategy[object] = st.recursive(
    st.binary(max_size=70), lambda items: st.lists(items, max_size=6), max_leaves=20
)


def test_hashes_are_those_of_the_standards() -> None:
    assert sha256(b"abc").hex() == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert sha256d(b"hello").hex() == "9595c9df90075148eb06860365df33584b75bff782a510c6cd4883a419833d50"
    assert keccak256(b"abc").hex() == "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45"
    assert keccak256(b"") == EMPTY_KECCAK


def test_values_in_their_domain_are_returned_unchanged() -> None:
    assert hash32(b"\x01" * 32) == b"\x01" * 32
    assert address(b"\x01" * 20) == b"\x01" * 20
    assert (yen(0), yen(MAX_YEN), height(0), height(2**64 - 1), sequence(1)) == (0, MAX_YEN, 0, 2**64 - 1, 1)


@pytest.mark.parametrize("value", [b"", b"\x01" * 31, b"\x01" * 33, bytearray(32), "0" * 32, 32])
def test_what_is_not_32_bytes_is_no_hash(value: bytes) -> None:
    with pytest.raises(DecodeError):
        hash32(value)


@pytest.mark.parametrize("value", [b"", b"\x01" * 19, b"\x01" * 21, memoryview(bytes(20))])
def test_what_is_not_20_bytes_is_no_address(value: bytes) -> None:
    with pytest.raises(DecodeError):
        address(value)


@pytest.mark.parametrize("value", [-1, MAX_YEN + 1, 1.0, True, "1", None])
def test_what_is_no_whole_number_of_yen_in_range_is_no_amount(value: int) -> None:
    with pytest.raises(DecodeError):
        yen(value)


@pytest.mark.parametrize("value", [0, -1, 2**64, 1.5, True])
def test_a_sequence_is_one_or_more(value: int) -> None:
    with pytest.raises(DecodeError):
        sequence(value)


@pytest.mark.parametrize("value", [-1, 2**64, 0.5])
def test_heights_are_unsigned_64_bit_integers(value: int) -> None:
    with pytest.raises(DecodeError):
        height(value)


# --- RLP --------------------------------------------------------------------------------------------------------------


@given(ITEMS)
def test_rlp_is_encoded_and_decoded_as_the_library_does(item: bytes | list[object]) -> None:
    encoded = rlp.encode(item)
    assert encoded == rlp_library.encode(item)
    assert rlp.decode(encoded) == item


@given(st.lists(ITEMS, max_size=20))
def test_a_split_list_joins_to_the_same_bytes(items: list[object]) -> None:
    encoded = rlp.encode(items)
    assert rlp.split_list(encoded) == [rlp_library.encode(item) for item in items]
    assert rlp.join_list(rlp.split_list(encoded)) == encoded


@given(st.integers(0, 2**256 - 1))
def test_integers_survive_rlp(number: int) -> None:
    encoded = rlp.encode(rlp.uint_bytes(number))
    assert encoded == rlp_library.encode(number)
    assert rlp.uint_payload(encoded) == number


def test_rlp_of_a_long_string_survives() -> None:
    for size in (55, 56, 255, 256, 65_536):
        assert rlp.decode(rlp.encode(bytes(size))) == bytes(size)
        assert rlp.string_payload(rlp.encode(bytes(size))) == bytes(size)


@pytest.mark.parametrize("item", [1, "text", None, [b"", 1]])
def test_rlp_has_strings_and_lists_only(item: bytes) -> None:
    with pytest.raises(DecodeError, match="only"):
        rlp.encode(item)


# --- errors -----------------------------------------------------------------------------------------------------------


def error_classes() -> list[type[CrossDvpError]]:
    modules = (primitives.errors, ibc.errors)
    found = [value for module in modules for value in vars(module).values() if inspect.isclass(value)]
    return sorted({value for value in found if issubclass(value, CrossDvpError)}, key=lambda cls: cls.__name__)


@pytest.mark.parametrize("cls", error_classes(), ids=lambda cls: cls.__name__)
def test_every_error_has_a_reason_of_its_own_and_one_blame(cls: type[CrossDvpError]) -> None:
    assert "reason" in vars(cls)
    assert cls.reason == cls.reason.upper()
    assert [other for other in error_classes() if other.reason == cls.reason] == [cls]
    if cls is not CrossDvpError:
        assert sum(issubclass(cls, blame) for blame in (CallerError, PeerError, UnavailableError)) == 1


def test_an_error_shows_its_evidence() -> None:
    error = BadSignature("wrong", expected="this", found=b"\xab")
    assert str(error) == "wrong; expected this; found 0xab"
    assert (error.subject, error.expected, error.found) == ("wrong", "this", b"\xab")


def test_long_evidence_is_cut() -> None:
    assert shown(bytes(100)) == "0x" + "00" * 64 + "… (100 bytes)"


@pytest.mark.parametrize(
    "error",
    [
        DecodeError("bad", expected=1, found=b"\x01"),
        MissingNode(bytes(32)),
        ibc.errors.TimeoutNotReached(5, 6),
    ],
)
def test_errors_cross_process_boundaries_whole(error: CrossDvpError) -> None:
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301  # our own bytes
    assert type(copy) is type(error)
    assert str(copy) == str(error)
    assert vars(copy) == vars(error)
