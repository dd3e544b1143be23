"""Sized and named plain values, each with a constructor that checks it.

The types cost nothing at run time; the constructors are for the boundary, where a value is not yet known to be one.
All raise `DecodeError`.
"""

from __future__ import annotations

from typing import Final, NewType

from primitives.errors import DecodeError

Hash32 = NewType("Hash32", bytes)
"""32 bytes: a hash, a root, a storage slot, a trade id."""
Address = NewType("Address", bytes)
"""20 bytes: an EVM account or contract, or a Validator's key as such."""
UnixSeconds = NewType("UnixSeconds", int)
"""Seconds since 1970-01-01 UTC, an unsigned 64-bit integer."""
Yen = NewType("Yen", int)
"""A whole number of yen, zero or more."""
Height = NewType("Height", int)
"""An EVM block number, or a position of the ledger's journal."""
Sequence = NewType("Sequence", int)
"""An IBC packet's number within its source client, 1 or more."""

UINT64_MAX: Final = 2**64 - 1
UINT256_MAX: Final = 2**256 - 1
MAX_YEN: Final = 10**15
"""Above Japan's money stock: anything larger is a mistake."""


def hash32(value: bytes, what: str = "hash") -> Hash32:
    """`value` if it is 32 bytes."""
    return Hash32(_sized(value, 32, what))


def address(value: bytes, what: str = "address") -> Address:
    """`value` if it is 20 bytes. The zero address is an address; whoever must refuse it does so by name."""
    return Address(_sized(value, 20, what))


def yen(value: int, what: str = "amount in yen") -> Yen:
    """`value` if it lies in 0..10^15."""
    return Yen(_ranged(value, 0, MAX_YEN, what))


def height(value: int, what: str = "height") -> Height:
    """`value` if it is an unsigned 64-bit integer."""
    return Height(_ranged(value, 0, UINT64_MAX, what))


def sequence(value: int, what: str = "packet sequence") -> Sequence:
    """`value` if it lies in 1..2^64-1."""
    return Sequence(_ranged(value, 1, UINT64_MAX, what))


def _sized(value: bytes, size: int, what: str) -> bytes:
    if not isinstance(value, bytes):
        raise DecodeError(f"{what} must be bytes", expected="bytes", found=type(value).__name__)
    if len(value) != size:
        raise DecodeError(f"{what} has the wrong size", expected=f"{size} bytes", found=f"{len(value)} bytes")
    return value


def _ranged(value: int, least: int, most: int, what: str) -> int:
    if type(value) is not int:
        raise DecodeError(f"{what} must be an integer", expected="int", found=type(value).__name__)
    if not least <= value <= most:
        raise DecodeError(f"{what} is out of range", expected=f"{least}..{most}", found=value)
    return value
