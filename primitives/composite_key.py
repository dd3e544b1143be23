"""Composite keys: a weighted threshold over keys, nested at most four deep.

The rules are those of Corda's `CompositeKey.checkValidity`: two children or more, all different, positive weights, a
positive threshold that the children's total weight reaches. Bounds on depth and leaves are ours. There are no cycles:
values are immutable.
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from primitives.errors import DecodeError, InvalidKey
from primitives.public_key import PublicKey, SignatureScheme

MAX_DEPTH: Final = 4
MAX_LEAVES: Final = 64
MAX_ENCODED_SIZE: Final = 8192
_UINT16_MAX: Final = 0xFFFF
_HEADER_SIZE: Final = 5
_CHILD_HEADER_SIZE: Final = 4


@dataclass(frozen=True, slots=True)
class CompositeKey:
    """Fulfilled when the weights of fulfilled children add up to `threshold`.

    `children` are (weight, key) pairs. Their order carries no meaning, so they are kept in the order of their encoding:
    equal keys are equal values. Raises `InvalidKey`.
    """

    threshold: int
    children: tuple[tuple[int, Key], ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "children", tuple(sorted(self.children, key=_child_order)))
        _check_composite(self)

    def encoded(self) -> bytes:
        """`u8 6 | u16 threshold | u16 count | (u16 weight | u16 length | encoded child)*`, big-endian."""
        parts = [
            bytes((SignatureScheme.COMPOSITE,)),
            self.threshold.to_bytes(2, "big"),
            len(self.children).to_bytes(2, "big"),
        ]
        for weight, child in self.children:
            child_bytes = child.encoded()
            parts += (weight.to_bytes(2, "big"), len(child_bytes).to_bytes(2, "big"), child_bytes)
        return b"".join(parts)

    def is_fulfilled_by(self, keys: AbstractSet[PublicKey]) -> bool:
        """Whether signatures by `keys` together count as one by this key."""
        weight = sum(weight for weight, child in self.children if is_fulfilled_by(child, keys))
        return weight >= self.threshold

    def leaf_keys(self) -> frozenset[PublicKey]:
        """Every single key in the tree."""
        return frozenset(key for _, child in self.children for key in leaf_keys(child))


Key = PublicKey | CompositeKey
"""What may own, sign or be required to sign."""


def is_fulfilled_by(key: Key, keys: AbstractSet[PublicKey]) -> bool:
    """Whether signatures by `keys` fulfil `key`, single or composite."""
    return key in keys if isinstance(key, PublicKey) else key.is_fulfilled_by(keys)


def leaf_keys(key: Key) -> frozenset[PublicKey]:
    """The single keys of `key`."""
    return frozenset((key,)) if isinstance(key, PublicKey) else key.leaf_keys()


@lru_cache(maxsize=4096)
def decode_key(data: bytes) -> Key:
    """The key that `data` is the encoding of. Raises `DecodeError` for anything else, and for any other encoding."""
    if len(data) > MAX_ENCODED_SIZE:
        raise DecodeError("key is too long", expected=f"at most {MAX_ENCODED_SIZE} bytes", found=len(data))
    return _decode(data, depth=1)


def _decode(data: bytes, depth: int) -> Key:
    if not data:
        raise DecodeError("key is empty", expected="a scheme number")
    if data[0] == SignatureScheme.COMPOSITE:
        return _decode_composite(data, depth)
    try:
        scheme = SignatureScheme(data[0])
    except ValueError as error:
        raise DecodeError("unknown signature scheme", expected="2, 3, 4 or 6", found=data[0]) from error
    return PublicKey(scheme, data[1:])


def _decode_composite(data: bytes, depth: int) -> CompositeKey:
    if depth > MAX_DEPTH:
        raise DecodeError("composite key is nested too deep", expected=f"at most {MAX_DEPTH} levels", found=depth)
    if len(data) < _HEADER_SIZE:
        raise DecodeError("composite key is cut short", expected=f"{_HEADER_SIZE} bytes or more", found=len(data))
    threshold, count = int.from_bytes(data[1:3], "big"), int.from_bytes(data[3:5], "big")
    if count > MAX_LEAVES:
        raise DecodeError("composite key has too many children", expected=f"at most {MAX_LEAVES}", found=count)
    children: list[tuple[int, Key]] = []
    position = _HEADER_SIZE
    for _ in range(count):
        body = position + _CHILD_HEADER_SIZE
        end = body + int.from_bytes(data[position + 2 : body], "big")
        if end > len(data) or body > len(data):
            raise DecodeError("composite key is cut short", expected=f"{end} bytes or more", found=len(data))
        weight = int.from_bytes(data[position : position + 2], "big")
        children.append((weight, _decode(data[body:end], depth + 1)))
        position = end
    if position != len(data):
        raise DecodeError("composite key has trailing bytes", expected=position, found=len(data))
    key = CompositeKey(threshold, tuple(children))
    if key.children != tuple(children):
        raise DecodeError("composite key's children are not in the order of their encodings", found=data)
    return key


def _child_order(child: tuple[int, Key]) -> tuple[bytes, int]:
    weight, key = child
    return key.encoded(), weight


def _check_composite(key: CompositeKey) -> None:
    weights = [weight for weight, _ in key.children]
    if len(weights) < 2:
        raise InvalidKey("composite key needs two or more children; use a single key", found=len(weights))
    if len({child for _, child in key.children}) != len(weights):
        raise InvalidKey("composite key names a child twice")
    if not all(0 < weight <= _UINT16_MAX for weight in weights):
        raise InvalidKey("composite key has a weight out of range", expected=f"1..{_UINT16_MAX}", found=str(weights))
    if not 0 < key.threshold <= min(sum(weights), _UINT16_MAX):
        raise InvalidKey(
            "composite key can never or always be fulfilled", expected=f"1..{sum(weights)}", found=key.threshold
        )
    if _depth(key) > MAX_DEPTH:
        raise InvalidKey("composite key is nested too deep", expected=f"at most {MAX_DEPTH} levels", found=_depth(key))
    if _leaf_count(key) > MAX_LEAVES:
        raise InvalidKey("composite key has too many leaves", expected=f"at most {MAX_LEAVES}", found=_leaf_count(key))


def _depth(key: Key) -> int:
    """Levels of composite keys: 0 for a single key."""
    return 0 if isinstance(key, PublicKey) else 1 + max(_depth(child) for _, child in key.children)


def _leaf_count(key: Key) -> int:
    return 1 if isinstance(key, PublicKey) else sum(_leaf_count(child) for _, child in key.children)
