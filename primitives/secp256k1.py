"""secp256k1 as Ethereum uses it: sign a 32-byte digest, recover the signer's address.

Signatures are `r | s | v` (65 bytes, v is 0 or 1) or EIP-2098's compact `r | vs` (64 bytes, v in the top bit of s).
Only s in the lower half of the order is accepted (EIP-2), so a signature has one form.
"""

from __future__ import annotations

from typing import Final

import coincurve

from primitives.errors import BadSignature, InvalidArgument, InvalidKey
from primitives.keccak import keccak256
from primitives.types import Address

SIGNATURE_SIZE: Final = 65
COMPACT_SIGNATURE_SIZE: Final = 64
ORDER: Final = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
ZERO_ADDRESS: Final = Address(bytes(20))
_HALF_ORDER: Final = (ORDER // 2).to_bytes(32, "big")
_ZERO_WORD: Final = bytes(32)
_DIGEST_SIZE: Final = 32
_TOP_BIT: Final = 0x80


def sign_digest(secret: bytes, digest: bytes) -> bytes:
    """`r | s | v` by the 32-byte `secret` over the 32-byte `digest`; deterministic (RFC 6979), low s."""
    if len(digest) != _DIGEST_SIZE:
        raise InvalidArgument(f"a digest is {_DIGEST_SIZE} bytes, not {len(digest)}")
    return _private_key(secret).sign_recoverable(digest, hasher=None)


def recover_address(digest: bytes, signature: bytes) -> Address:
    """The address whose key signed `digest`. Never the zero address. Raises `BadSignature`.

    Any 65 bytes in range recover to *some* address: compare the result with the one expected.
    """
    if len(signature) != SIGNATURE_SIZE:
        raise BadSignature("signature has the wrong size", expected=SIGNATURE_SIZE, found=len(signature))
    if len(digest) != _DIGEST_SIZE:
        raise BadSignature("signed digest has the wrong size", expected=_DIGEST_SIZE, found=len(digest))
    if signature[64] > 1:
        raise BadSignature("signature's v is out of range", expected="0 or 1", found=signature[64])
    s = signature[32:64]
    if s > _HALF_ORDER or s == _ZERO_WORD:
        raise BadSignature("signature's s is zero or in the upper half", expected="1..order/2", found=s)
    try:
        key = coincurve.PublicKey.from_signature_and_message(signature, digest, hasher=None)
    except ValueError as error:
        raise BadSignature("signature recovers to no key", found=signature) from error
    return _address_of_point(key)


def compact(signature: bytes) -> bytes:
    """EIP-2098's 64 bytes of a 65-byte signature with low s. Raises `BadSignature`."""
    if len(signature) != SIGNATURE_SIZE:
        raise BadSignature("signature has the wrong size", expected=SIGNATURE_SIZE, found=len(signature))
    if signature[64] > 1 or signature[32] & _TOP_BIT:
        raise BadSignature("signature has no compact form", expected="v of 0 or 1 and low s", found=signature)
    return signature[:32] + bytes((signature[32] | signature[64] << 7,)) + signature[33:64]


def expand(signature: bytes) -> bytes:
    """The 65-byte form of EIP-2098's 64 bytes. Raises `BadSignature`."""
    if len(signature) != COMPACT_SIGNATURE_SIZE:
        raise BadSignature(
            "compact signature has the wrong size", expected=COMPACT_SIGNATURE_SIZE, found=len(signature)
        )
    top = signature[32]
    return signature[:32] + bytes((top & ~_TOP_BIT,)) + signature[33:] + bytes((top >> 7,))


def recover_compact(digest: bytes, signature: bytes) -> Address:
    """As `recover_address`, from EIP-2098's 64 bytes."""
    return recover_address(digest, expand(signature))


def address_of(secret: bytes) -> Address:
    """The address of a 32-byte secret. Raises `InvalidArgument` if it is no scalar in 1..order-1."""
    return _address_of_point(_private_key(secret).public_key)


def address_of_public_key(compressed: bytes) -> Address:
    """The address of a 33-byte compressed public key. Raises `InvalidKey`."""
    if len(compressed) != 33:
        raise InvalidKey("SECP256K1 key is not a compressed point", expected="33 bytes", found=compressed)
    try:
        return _address_of_point(coincurve.PublicKey(compressed))
    except ValueError as error:
        raise InvalidKey("SECP256K1 key is not a point of the curve", found=compressed) from error


def _private_key(secret: bytes) -> coincurve.PrivateKey:
    if len(secret) != 32 or not 0 < int.from_bytes(secret, "big") < ORDER:
        raise InvalidArgument("a secp256k1 secret is 32 bytes, a number in 1..order-1")
    return coincurve.PrivateKey(secret)


def _address_of_point(key: coincurve.PublicKey) -> Address:
    """The last 20 bytes of the Keccak-256 of the point's two coordinates (yellow paper, appendix F)."""
    return Address(keccak256(key.format(compressed=False)[1:])[12:])
