"""The Solidity ABI: values to their one canonical encoding, and back. Nothing but that encoding is read.

Types are written canonically: ``uint64``, ``address``, ``bool``, ``bytes4``, ``bytes``, ``string``, ``(a,b)``, ``a[]``;
a list of them is compiled once. Every byte of what is read is looked at once: an offset must lead to where the parts
before it end, so that a second encoding of the same values cannot pass, and nothing can be unpacked to more than came.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, Protocol

from primitives.errors import DecodeError, InvalidArgument

WORD: Final = 32
_ZEROS: Final = bytes(WORD)
_ADDRESS_BYTES: Final = 20
_ADDRESS_PAD: Final = bytes(WORD - _ADDRESS_BYTES)
_SIZED: Final = re.compile(r"(uint|bytes)([1-9][0-9]{0,2})")


class Kind(Protocol):
    """One type."""

    @property
    def is_dynamic(self) -> bool:
        """Whether it stands behind its neighbours, and an offset in its place."""

    @property
    def size(self) -> int:
        """What it takes among its neighbours, in bytes: a word for an offset."""

    def encode(self, value: Any) -> bytes:  # noqa: ANN401  # of whatever type this is
        """Raises `InvalidArgument` for a value that is not of this type."""

    def decode(self, data: bytes, at: int) -> tuple[Any, int]:
        """The value that begins at ``at``, and where it ends. Raises `DecodeError`."""


@dataclass(frozen=True, slots=True)
class _Uint:
    most: int
    is_dynamic: bool = False
    size: int = WORD

    def encode(self, value: Any) -> bytes:  # noqa: ANN401 # see Kind
        if type(value) is bool or not isinstance(value, int) or not 0 <= value <= self.most:
            raise InvalidArgument(f"not an unsigned integer up to {self.most}: {value!r}")
        return value.to_bytes(WORD, "big")

    def decode(self, data: bytes, at: int) -> tuple[int, int]:
        value, end = _number(data, at)
        if value > self.most:
            raise DecodeError("number is out of range", expected=f"at most {self.most}", found=data[at:end])
        return value, end


@dataclass(frozen=True, slots=True)
class _Bool:
    is_dynamic: bool = False
    size: int = WORD

    def encode(self, value: Any) -> bytes:  # noqa: ANN401 # see Kind
        if type(value) is not bool:
            raise InvalidArgument(f"neither true nor false: {value!r}")
        return value.to_bytes(WORD, "big")

    def decode(self, data: bytes, at: int) -> tuple[bool, int]:
        value, end = _number(data, at)
        if value > 1:
            raise DecodeError("word is neither true nor false", expected="0 or 1", found=data[at:end])
        return value == 1, end


@dataclass(frozen=True, slots=True)
class _Address:
    """Taken as 20 bytes or in hexadecimal, given in hexadecimal."""

    is_dynamic: bool = False
    size: int = WORD

    def encode(self, value: Any) -> bytes:  # noqa: ANN401 # see Kind
        try:
            found = bytes.fromhex(value.removeprefix("0x")) if isinstance(value, str) else bytes(value)
        except (TypeError, ValueError) as error:
            raise InvalidArgument(f"not an address: {value!r}") from error
        if len(found) != _ADDRESS_BYTES:
            raise InvalidArgument(f"not an address: {value!r}")
        return _ADDRESS_PAD + found

    def decode(self, data: bytes, at: int) -> tuple[str, int]:
        word = _taken(data, at, WORD)
        if word[: len(_ADDRESS_PAD)] != _ADDRESS_PAD:
            raise DecodeError("word is not an address", expected="12 zero bytes first", found=word)
        return "0x" + word[len(_ADDRESS_PAD) :].hex(), at + WORD


@dataclass(frozen=True, slots=True)
class _FixedBytes:
    """Taken shorter, too, as Solidity's literals are."""

    count: int
    is_dynamic: bool = False
    size: int = WORD

    def encode(self, value: Any) -> bytes:  # noqa: ANN401 # see Kind
        if not isinstance(value, bytes) or len(value) > self.count:
            raise InvalidArgument(f"not {self.count} bytes: {value!r}")
        return value.ljust(WORD, b"\x00")

    def decode(self, data: bytes, at: int) -> tuple[bytes, int]:
        word = _taken(data, at, WORD)
        _require_zeros(word[self.count :])
        return word[: self.count], at + WORD


@dataclass(frozen=True, slots=True)
class _Bytes:
    is_dynamic: bool = True
    size: int = WORD

    def encode(self, value: Any) -> bytes:  # noqa: ANN401 # see Kind
        if not isinstance(value, (bytes, bytearray)):
            raise InvalidArgument(f"not bytes: {value!r}")
        return len(value).to_bytes(WORD, "big") + value + bytes(-len(value) % WORD)

    def decode(self, data: bytes, at: int) -> tuple[bytes, int]:
        length, start = _number(data, at)
        value = _taken(data, start, length)
        end = start + length
        padding = -length % WORD
        _require_zeros(_taken(data, end, padding))
        return value, end + padding


@dataclass(frozen=True, slots=True)
class _String:
    is_dynamic: bool = True
    size: int = WORD

    def encode(self, value: Any) -> bytes:  # noqa: ANN401 # see Kind
        if not isinstance(value, str):
            raise InvalidArgument(f"not a string: {value!r}")
        return _BYTES.encode(value.encode())

    def decode(self, data: bytes, at: int) -> tuple[str, int]:
        value, end = _BYTES.decode(data, at)
        try:
            return value.decode(), end
        except UnicodeDecodeError as error:
            raise DecodeError("string is not UTF-8", found=value) from error


@dataclass(frozen=True, slots=True)
class _Tuple:
    parts: tuple[Kind, ...]
    is_dynamic: bool
    size: int

    def encode(self, value: Any) -> bytes:  # noqa: ANN401 # see Kind
        return _joined(self.parts, value)

    def decode(self, data: bytes, at: int) -> tuple[tuple[Any, ...], int]:
        return _split(self.parts, data, at)


@dataclass(frozen=True, slots=True)
class _Array:
    item: Kind
    is_dynamic: bool = True
    size: int = WORD

    def encode(self, value: Any) -> bytes:  # noqa: ANN401 # see Kind
        return len(value).to_bytes(WORD, "big") + _joined((self.item,) * len(value), value)

    def decode(self, data: bytes, at: int) -> tuple[tuple[Any, ...], int]:
        count, start = _number(data, at)
        if count > (len(data) - start) // self.item.size:
            raise DecodeError(
                "array is longer than what holds it", expected=f"{len(data)} bytes", found=str(count)[:20]
            )
        return _split((self.item,) * count, data, start)


_BYTES: Final = _Bytes()
_WORDLESS: Final[dict[str, Kind]] = {
    "address": _Address(),
    "bool": _Bool(),
    "bytes": _BYTES,
    "string": _String(),
}


def encode(types: Sequence[str], values: Sequence[Any]) -> bytes:
    """`abi.encode` of the values. Raises `InvalidArgument` where one is not of its type."""
    return _joined(_kinds(tuple(types)), values)


def decode(types: Sequence[str], data: bytes) -> tuple[Any, ...]:
    """The values of which ``data`` is the canonical encoding, lists as tuples. Raises `DecodeError`."""
    values, end = _split(_kinds(tuple(types)), data, 0)
    if end != len(data):
        raise DecodeError("something follows the values", expected=f"{end} bytes", found=len(data))
    return values


def _joined(kinds: Sequence[Kind], values: Sequence[Any]) -> bytes:
    if len(kinds) != len(values):
        raise InvalidArgument(f"{len(values)} values for {len(kinds)} types")
    heads: list[bytes] = []
    tails: list[bytes] = []
    offset = sum([kind.size for kind in kinds])
    for kind, value in zip(kinds, values, strict=True):
        encoded = kind.encode(value)
        if kind.is_dynamic:
            heads.append(offset.to_bytes(WORD, "big"))
            tails.append(encoded)
            offset += len(encoded)
        else:
            heads.append(encoded)
    return b"".join(heads + tails)


def _split(kinds: Sequence[Kind], data: bytes, start: int) -> tuple[tuple[Any, ...], int]:
    values: list[Any] = []
    at, tail = start, start + sum([kind.size for kind in kinds])
    for kind in kinds:
        if kind.is_dynamic:
            offset, at = _number(data, at)
            if start + offset != tail:
                raise DecodeError(
                    "not in canonical encoding", expected=f"offset {tail - start}", found=str(offset)[:20]
                )
            value, tail = kind.decode(data, tail)
        else:
            value, at = kind.decode(data, at)
        values.append(value)
    return tuple(values), tail


def _number(data: bytes, at: int) -> tuple[int, int]:
    return int.from_bytes(_taken(data, at, WORD), "big"), at + WORD


def _taken(data: bytes, at: int, size: int) -> bytes:
    taken = data[at : at + size]
    if len(taken) != size:
        raise DecodeError("too short", expected=f"{size} bytes more", found=len(taken))
    return taken


def _require_zeros(padding: bytes) -> None:
    if padding != _ZEROS[: len(padding)]:
        raise DecodeError("not in canonical encoding", expected="zeros after a value", found=padding)


@cache
def _kinds(types: tuple[str, ...]) -> tuple[Kind, ...]:
    return tuple(_kind(written) for written in types)


def _kind(written: str) -> Kind:
    if written.endswith("[]"):
        return _Array(_kind(written[:-2]))
    if written.startswith("(") and written.endswith(")"):
        parts = tuple(_kind(part) for part in _parts(written[1:-1]))
        is_dynamic = any(part.is_dynamic for part in parts)
        return _Tuple(parts, is_dynamic, WORD if is_dynamic else sum(part.size for part in parts))
    if written in _WORDLESS:
        return _WORDLESS[written]
    sized = _SIZED.fullmatch(written)
    if sized is not None:
        number = int(sized[2])
        if sized[1] == "bytes" and number <= WORD:
            return _FixedBytes(number)
        if sized[1] == "uint" and number <= WORD * 8 and number % 8 == 0:
            return _Uint((1 << number) - 1)
    raise InvalidArgument(f"not a type of the ABI that is read here: {written!r}")


def _parts(written: str) -> list[str]:
    """Types between the commas that stand in no inner bracket."""
    parts, depth, begin = [], 0, 0
    for at, sign in enumerate(written):
        depth += (sign == "(") - (sign == ")")
        if sign == "," and depth == 0:
            parts.append(written[begin:at])
            begin = at + 1
    return [*parts, written[begin:]]
