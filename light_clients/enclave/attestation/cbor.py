"""A strict reader of CBOR (RFC 8949), as much as attestation documents use.

Integers, byte and text strings, arrays, maps, null and booleans; definite lengths in their shortest form, no tags, no
floats, no key twice, no rest. General decoders accept several encodings of one document; this one must not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from light_clients.enclave.errors import MalformedAttestation

CborValue = int | bytes | str | bool | None | list["CborValue"] | dict["CborValue", "CborValue"]

MAX_DEPTH: Final = 8
MAX_ITEMS: Final = 1024
_SIMPLE: Final[dict[int, bool | None]] = {20: False, 21: True, 22: None}


def decode_cbor(data: bytes, *, max_bytes: int) -> CborValue:
    """The one item that `data` is; MalformedAttestation."""
    if len(data) > max_bytes:
        raise MalformedAttestation("CBOR is too long", expected=max_bytes, found=len(data))
    reader = _Reader(data)
    value = reader.item(0)
    if reader.position != len(data):
        raise MalformedAttestation("CBOR has bytes left over", expected=reader.position, found=len(data))
    return value


def encode_head(major: int, number: int) -> bytes:
    """The shortest head of an item: major type 0..7 and its argument below 2^64."""
    if number < 24:
        return bytes((major << 5 | number,))
    for code, size in ((24, 1), (25, 2), (26, 4), (27, 8)):
        if number < 1 << (8 * size):
            return bytes((major << 5 | code,)) + number.to_bytes(size, "big")
    raise MalformedAttestation("CBOR argument is too large", expected="below 2^64", found=number)


@dataclass(slots=True)
class _Reader:
    data: bytes
    position: int = 0
    items: int = 0

    def item(self, depth: int) -> CborValue:
        self.items += 1
        if depth > MAX_DEPTH or self.items > MAX_ITEMS:
            raise MalformedAttestation("CBOR is nested too deep or has too many items", expected=MAX_ITEMS)
        major, number = self._head()
        match major:
            case 0 | 1:
                return number if major == 0 else -1 - number
            case 2 | 3:
                return self._take(number) if major == 2 else self._text(number)
            case 4:
                return [self.item(depth + 1) for _ in range(self._count(number))]
            case 5:
                return self._map(self._count(number), depth + 1)
            case 7 if number in _SIMPLE:
                return _SIMPLE[number]
            case _:
                raise MalformedAttestation("CBOR item is of a kind not used here", found=major)

    def _head(self) -> tuple[int, int]:
        start = self.position
        first = self._take(1)[0]
        major, code = first >> 5, first & 0x1F
        if code < 24:
            return major, code
        if code > 27 or major == 7:
            raise MalformedAttestation("CBOR length is indefinite, or the item a float", found=first)
        number = int.from_bytes(self._take(1 << (code - 24)), "big")
        if encode_head(major, number) != self.data[start : self.position]:
            raise MalformedAttestation("CBOR head is not in its shortest form", found=self.data[start : self.position])
        return major, number

    def _take(self, size: int) -> bytes:
        end = self.position + size
        if end > len(self.data):
            raise MalformedAttestation("CBOR is cut off", expected=end, found=len(self.data))
        taken = self.data[self.position : end]
        self.position = end
        return taken

    def _count(self, number: int) -> int:
        if number > len(self.data) - self.position:
            raise MalformedAttestation("CBOR is cut off", expected=number, found=len(self.data) - self.position)
        return number

    def _text(self, size: int) -> str:
        try:
            return self._take(size).decode()
        except UnicodeDecodeError as error:
            raise MalformedAttestation("CBOR text is no UTF-8") from error

    def _map(self, size: int, depth: int) -> dict[CborValue, CborValue]:
        found: dict[CborValue, CborValue] = {}
        for _ in range(size):
            key = self.item(depth)
            if isinstance(key, list | dict | bool) or key is None or key in found:
                raise MalformedAttestation("CBOR map has a key twice, or one of a kind not used here")
            found[key] = self.item(depth)
        return found
