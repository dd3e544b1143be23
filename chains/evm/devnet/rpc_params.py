"""Strict reading of JSON-RPC parameters. Every failure is `InvalidParams`, naming the argument."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

from eth_typing import Address

from chains.evm.devnet.errors import InvalidParams
from chains.evm.devnet.simulation import CallRequest
from chains.evm.json_value import Json

_QUANTITY: Final = re.compile(r"0x(0|[1-9a-fA-F][0-9a-fA-F]{0,63})")
_DATA: Final = re.compile(r"0x(?:[0-9a-fA-F]{2})*")
_UINT64_MAX: Final = 2**64 - 1
_UINT256_MAX: Final = 2**256 - 1

_CALL_FIELDS: Final = frozenset(
    {"from", "to", "gas", "gasPrice", "value", "data", "input", "nonce", "chainId", "type"}
    | {"maxFeePerGas", "maxPriorityFeePerGas", "accessList"},
)


class BlockTag(Enum):
    """Names of blocks. With immediate finality the last four are the head; `pending` too, as blocks are not preset."""

    EARLIEST = "earliest"
    LATEST = "latest"
    PENDING = "pending"
    SAFE = "safe"
    FINALIZED = "finalized"


@dataclass(frozen=True)
class BlockHash:
    """A block named by its hash (EIP-1898)."""

    value: bytes


BlockId = BlockTag | BlockHash | int


class Params:
    """Positional parameters of one request."""

    def __init__(self, values: Sequence[Json], *, least: int, most: int) -> None:
        if len(values) < least:
            raise InvalidParams(f"missing value for required argument {len(values)}")
        if len(values) > most:
            raise InvalidParams(f"too many arguments, want at most {most}")
        self._values = values

    def has(self, index: int) -> bool:
        """Tell whether the argument was given and is not null."""
        return index < len(self._values) and self._values[index] is not None

    def raw(self, index: int) -> Json:
        """Give an argument as it came, null when left out."""
        return self._values[index] if index < len(self._values) else None

    def boolean(self, index: int) -> bool:
        """Read true or false."""
        value = self.raw(index)
        if not isinstance(value, bool):
            raise _wrong(index, "true or false")
        return value

    def quantity(self, index: int) -> int:
        """Read a hex quantity, or (a courtesy of devnet_ methods) a JSON integer."""
        value = self.raw(index)
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _UINT64_MAX:
            return value
        return parse_quantity(value, index, _UINT64_MAX)

    def data(self, index: int, *, most_bytes: int) -> bytes:
        """Read hex data."""
        return parse_data(self.raw(index), index, most_bytes=most_bytes)

    def hash(self, index: int) -> bytes:
        """Read 32 bytes."""
        return parse_sized(self.raw(index), index, 32)

    def address(self, index: int) -> Address:
        """Read 20 bytes."""
        return Address(parse_sized(self.raw(index), index, 20))

    def slot(self, index: int) -> bytes:
        """Read a storage key: 32 bytes, or shorter and then left-padded."""
        return parse_slot(self.raw(index), index)

    def block(self, index: int) -> BlockId:
        """Read a block: tag, height, or EIP-1898 object; the head when left out."""
        return parse_block(self.raw(index), index) if self.has(index) else BlockTag.LATEST

    def call(self, index: int) -> CallRequest:
        """Read a call object."""
        return parse_call(self.raw(index), index)


def parse_quantity(value: Json, index: int, most: int) -> int:
    """Read a hex quantity without leading zeros."""
    if not isinstance(value, str) or _QUANTITY.fullmatch(value) is None:
        raise _wrong(index, "a hex quantity without leading zeros")
    number = int(value, 16)
    if number > most:
        raise _wrong(index, f"a quantity of at most {most:#x}")
    return number


def parse_data(value: Json, index: int, *, most_bytes: int) -> bytes:
    """Read 0x-hex with whole bytes."""
    if not isinstance(value, str) or _DATA.fullmatch(value) is None:
        raise _wrong(index, "0x-prefixed hex of whole bytes")
    if len(value) > 2 + 2 * most_bytes:
        raise _wrong(index, f"at most {most_bytes} bytes")
    return bytes.fromhex(value[2:])


def parse_sized(value: Json, index: int, size: int) -> bytes:
    """Read exactly so many bytes."""
    data = parse_data(value, index, most_bytes=size)
    if len(data) != size:
        raise _wrong(index, f"exactly {size} bytes")
    return data


def parse_slot(value: Json, index: int) -> bytes:
    """Read a storage key as clients write it: full width, or as a quantity."""
    if not isinstance(value, str) or not re.fullmatch(r"0x[0-9a-fA-F]{1,64}", value):
        raise _wrong(index, "a storage key of at most 32 bytes")
    return int(value, 16).to_bytes(32, "big")


def parse_block(value: Json, index: int) -> BlockId:
    """Read a block tag, a height or an EIP-1898 object."""
    if isinstance(value, dict):
        keys = set(value) - {"requireCanonical"}
        if keys == {"blockHash"}:
            return BlockHash(parse_sized(value["blockHash"], index, 32))
        if keys == {"blockNumber"}:
            return parse_block(value["blockNumber"], index)
        raise _wrong(index, "an object with either blockHash or blockNumber")
    if isinstance(value, str) and not value.startswith("0x"):
        try:
            return BlockTag(value)
        except ValueError:
            raise _wrong(index, "a block tag, a height or a block object") from None
    return parse_quantity(value, index, 2**63 - 1)


def parse_call(value: Json, index: int) -> CallRequest:
    """Read a call object. Fee and nonce fields are checked for form only: nothing is paid for a simulation."""
    if not isinstance(value, dict):
        raise _wrong(index, "a call object")
    unknown = sorted(set(value) - _CALL_FIELDS)
    if unknown:
        raise InvalidParams(f"invalid argument {index}: unknown field {unknown[0][:32]!r} in the call object")
    given = {name: item for name, item in value.items() if item is not None}
    data = given.get("data", given.get("input", "0x"))
    if "data" in given and "input" in given and given["data"] != given["input"]:
        raise InvalidParams('both "data" and "input" are set and not equal; give one of them')
    for name in ("nonce", "chainId", "maxFeePerGas", "maxPriorityFeePerGas", "type"):
        if name in given:
            parse_quantity(given[name], index, _UINT256_MAX)
    return CallRequest(
        sender=Address(parse_sized(given.get("from", "0x" + "00" * 20), index, 20)),
        to=Address(parse_sized(given["to"], index, 20) if "to" in given else b""),
        value_wei=parse_quantity(given.get("value", "0x0"), index, _UINT256_MAX),
        data=parse_data(data, index, most_bytes=1 << 20),
        gas=parse_quantity(given["gas"], index, _UINT64_MAX) if "gas" in given else None,
        gas_price_wei=parse_quantity(given.get("gasPrice", "0x0"), index, _UINT256_MAX),
    )


def _wrong(index: int, expected: str) -> InvalidParams:
    return InvalidParams(f"invalid argument {index}: expected {expected}")
