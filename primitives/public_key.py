"""Single public keys: one encoding each, refused at construction when they must not be used.

Scheme numbers are Corda's (net.corda.core.crypto.Crypto). Implementations of Ed25519 disagree about small-order and
non-canonical keys (RFC 8032 leaves it open), and every node must reach the same verdict: such keys do not exist here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from functools import lru_cache
from typing import Final

import coincurve
from cryptography.hazmat.primitives.asymmetric import ec

from primitives.errors import InvalidKey

_ED25519_PRIME: Final = 2**255 - 19
_ED25519_SIZE: Final = 32
_COMPRESSED_POINT_SIZE: Final = 33
_ORDER_8_Y: Final = 0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7
_ED25519_D: Final = -121665 * pow(121666, -1, _ED25519_PRIME) % _ED25519_PRIME
_SMALL_ORDER_Y: Final = frozenset({0, 1, _ED25519_PRIME - 1, _ORDER_8_Y, _ED25519_PRIME - _ORDER_8_Y})
"""The y coordinates of the eight points whose order divides 8."""


class SignatureScheme(IntEnum):
    """Corda's numbers of the schemes in use."""

    SECP256K1 = 2
    SECP256R1 = 3
    ED25519 = 4
    COMPOSITE = 6


@dataclass(frozen=True, slots=True)
class PublicKey:
    """One key. `data` is 32 raw bytes for Ed25519, a 33-byte compressed point for the two ECDSA curves.

    Raises `InvalidKey` when constructed from anything that is not a usable key in its only encoding.
    """

    scheme: SignatureScheme
    data: bytes
    _encoded: bytes = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        _check_key(self.scheme, self.data)
        object.__setattr__(self, "_encoded", bytes((self.scheme,)) + self.data)  # asked for all the time

    def __hash__(self) -> int:
        return hash(self.data)  # an enum's own hash costs more than all the rest

    def encoded(self) -> bytes:
        """`u8 scheme | key bytes`."""
        return self._encoded

    def __repr__(self) -> str:
        return f"PublicKey({self.scheme.name}:{self.data.hex()})"


@lru_cache(maxsize=4096)
def _check_key(scheme: SignatureScheme, data: bytes) -> None:
    match scheme:
        case SignatureScheme.ED25519:
            _check_ed25519(data)
        case SignatureScheme.SECP256K1 | SignatureScheme.SECP256R1:
            _check_compressed_point(scheme, data)
        case _:
            raise InvalidKey("a composite key is not a single key", expected="scheme 2, 3 or 4", found=int(scheme))


def _check_ed25519(data: bytes) -> None:
    if len(data) != _ED25519_SIZE:
        raise InvalidKey("Ed25519 key has the wrong size", expected=_ED25519_SIZE, found=len(data))
    y = int.from_bytes(data, "little") & (2**255 - 1)
    if y >= _ED25519_PRIME:
        raise InvalidKey("Ed25519 key is not canonical", expected="y below 2^255-19", found=data)
    if y in _SMALL_ORDER_Y:
        raise InvalidKey("Ed25519 key is of small order", expected="a point of large order", found=data)
    if not _is_on_ed25519(y):
        raise InvalidKey("Ed25519 key is not a point of the curve", found=data)


def _is_on_ed25519(y: int) -> bool:
    """Whether (y^2 - 1) / (d y^2 + 1) is a square, by Euler's criterion (RFC 8032, 5.1.3)."""
    p = _ED25519_PRIME
    x_squared = (y * y - 1) * pow(_ED25519_D * y * y + 1, -1, p) % p
    return pow(x_squared, (p - 1) // 2, p) == 1


def _check_compressed_point(scheme: SignatureScheme, data: bytes) -> None:
    if len(data) != _COMPRESSED_POINT_SIZE or data[0] not in {2, 3}:
        raise InvalidKey(f"{scheme.name} key is not a compressed point", expected="02 or 03, then 32 bytes", found=data)
    try:
        if scheme is SignatureScheme.SECP256K1:
            coincurve.PublicKey(data)
        else:
            ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), data)
    except ValueError as error:
        raise InvalidKey(f"{scheme.name} key is not a point of the curve", found=data) from error
