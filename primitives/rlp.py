"""Strict RLP (yellow paper, appendix B): one encoding for one value, anything else refused with `DecodeError`.

`split_list` looks one level deep and no further. It is the hot path of trie proofs, and leaves parts of a header, such
as fields of later forks, exactly as they came.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from primitives.errors import DecodeError

RlpItem = bytes | list["RlpItem"]
"""A byte string, or a list of items."""

MAX_DEPTH: Final = 16
EMPTY_STRING: Final = b"\x80"
_SHORT_LIMIT: Final = 55
_STRING_OFFSET: Final = 0x80
_LONG_STRING_OFFSET: Final = 0xB7
_LIST_OFFSET: Final = 0xC0
_LONG_LIST_OFFSET: Final = 0xF7


def decode(data: bytes, *, max_depth: int = MAX_DEPTH) -> RlpItem:
    """The one item that `data` encodes, lists nested at most `max_depth` deep."""
    if not data:
        raise DecodeError("RLP is empty", expected="one item")
    if data[0] < _LIST_OFFSET:
        return string_payload(data)
    if max_depth == 0:
        raise DecodeError("RLP lists are nested too deep", found=data)
    return [decode(item, max_depth=max_depth - 1) for item in split_list(data)]


def split_list(data: bytes) -> list[bytes]:
    """The encoded items of the list that `data` encodes. The contents of nested lists are not looked at."""
    position = _list_start(data)
    end = len(data)
    items: list[bytes] = []
    while position < end:
        first = data[position]
        if first == 0xA0:  # a 32-byte string: what trie nodes are made of
            following = position + 33
        elif first <= _STRING_OFFSET:  # a byte that stands for itself, or the empty string
            following = position + 1
        elif first <= _LONG_STRING_OFFSET:
            following = position + 1 + first - _STRING_OFFSET
            if first == 0x81 and following <= end and data[position + 1] < _STRING_OFFSET:
                raise DecodeError("RLP byte below 0x80 stands for itself", found=data[position:following])
        elif first < _LIST_OFFSET:
            start, size = _long_size(data, position, _LONG_STRING_OFFSET)
            following = start + size
        elif first <= _LONG_LIST_OFFSET:
            following = position + 1 + first - _LIST_OFFSET
        else:
            start, size = _long_size(data, position, _LONG_LIST_OFFSET)
            following = start + size
        if following > end:
            raise DecodeError("RLP item reaches beyond its list", expected=f"{end} bytes", found=following)
        items.append(data[position:following])
        position = following
    return items


def string_payload(item: bytes) -> bytes:
    """The byte string that `item` encodes."""
    if not item or item[0] >= _LIST_OFFSET:
        raise DecodeError("RLP item is not a byte string", found=item)
    first = item[0]
    if first < _STRING_OFFSET:
        start, size = 0, 1
    elif first <= _LONG_STRING_OFFSET:
        start, size = 1, first - _STRING_OFFSET
    else:
        start, size = _long_size(item, 0, _LONG_STRING_OFFSET)
    if len(item) != start + size:
        raise DecodeError("RLP string has the wrong size", expected=start + size, found=len(item))
    if first == 0x81 and item[1] < _STRING_OFFSET:
        raise DecodeError("RLP byte below 0x80 stands for itself", found=item)
    return item[start:]


def uint_payload(item: bytes, max_bytes: int = 32) -> int:
    """The unsigned integer that `item` encodes: big-endian, no leading zero byte, zero is the empty string."""
    payload = string_payload(item)
    if len(payload) > max_bytes or payload[:1] == b"\x00":
        raise DecodeError(
            "RLP integer is too long or has a leading zero", expected=f"<= {max_bytes} bytes", found=payload
        )
    return int.from_bytes(payload, "big")


def encode(item: bytes | Sequence[object]) -> bytes:
    """The encoding of a byte string, or of a sequence of such or of sequences.

    Raises `DecodeError` for anything else in it: integers must be made bytes by `uint_bytes` first.
    """
    if isinstance(item, bytes):
        if len(item) == 1 and item[0] < _STRING_OFFSET:
            return item
        return _prefix(len(item), _STRING_OFFSET) + item
    if isinstance(item, (list, tuple)):
        return join_list(encode(part) for part in item)
    raise DecodeError("RLP has byte strings and lists only", found=type(item).__name__)


def join_list(encoded_items: Iterable[bytes]) -> bytes:
    """The list of items that are encoded already: the reverse of `split_list`."""
    body = b"".join(encoded_items)
    return list_header(len(body)) + body


def list_header(payload_size: int) -> bytes:
    """What stands before the items of a list that take so many bytes together."""
    return _prefix(payload_size, _LIST_OFFSET)


def uint_bytes(value: int) -> bytes:
    """An unsigned integer as RLP keeps it: big-endian, no leading zero byte, zero is the empty string."""
    return value.to_bytes((value.bit_length() + 7) // 8, "big")


def _prefix(size: int, offset: int) -> bytes:
    if size <= _SHORT_LIMIT:
        return bytes((offset + size,))
    size_bytes = uint_bytes(size)
    return bytes((offset + _SHORT_LIMIT + len(size_bytes),)) + size_bytes


def _list_start(data: bytes) -> int:
    """Where the first item begins, given that `data` is one list and nothing after it."""
    if not data or data[0] < _LIST_OFFSET:
        raise DecodeError("RLP item is not a list", found=data)
    if data[0] <= _LONG_LIST_OFFSET:
        start, size = 1, data[0] - _LIST_OFFSET
    else:
        start, size = _long_size(data, 0, _LONG_LIST_OFFSET)
    if len(data) != start + size:
        raise DecodeError("RLP list has the wrong size", expected=start + size, found=len(data))
    return start


def _long_size(data: bytes, position: int, offset: int) -> tuple[int, int]:
    """(where the payload starts, its size) of an item whose size does not fit in its first byte."""
    start = position + 1 + data[position] - offset
    if start == position + 2 <= len(data) and data[position + 1] > _SHORT_LIMIT:
        return start, data[position + 1]  # one byte of size, as in most nodes
    size_bytes = data[position + 1 : start]
    size = int.from_bytes(size_bytes, "big")
    if start > len(data) or size_bytes[0] == 0 or size <= _SHORT_LIMIT:
        raise DecodeError("RLP size is not in its shortest form", expected="more than 55, no zero in front", found=size)
    return start, size
