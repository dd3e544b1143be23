"""Solidity's ABI encoding, by the library that web3 uses too; it is loaded with the first value.

Whatever knows packets or checkpoints imports this module, and most of it encodes none: clients and commands, which
start in half the time without the library and what it brings.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from primitives.errors import DecodeError


def encode(types: Sequence[str], values: Sequence[Any]) -> bytes:
    """`abi.encode(values)` of these Solidity types; the values are ours, and fit."""
    from eth_abi.abi import encode as abi_encode  # noqa: PLC0415  # see the head of this file

    return bytes(abi_encode(types, values))


def decode(types: Sequence[str], data: bytes) -> tuple[Any, ...]:
    """The values that `data` begins with, in this encoding or in another one of them; raises `DecodeError`."""
    from eth_abi.abi import decode as abi_decode  # noqa: PLC0415  # see the head of this file
    from eth_abi.exceptions import DecodingError  # noqa: PLC0415  # as above

    try:
        return abi_decode(types, data)
    except (DecodingError, OverflowError, UnicodeDecodeError) as error:
        raise DecodeError(str(error)) from error
