"""Signing and verifying with the ledger's three schemes; keys and scheme numbers are re-exported from here.

ECDSA is over SHA-256, the signature is `r | s` (64 bytes) with s in the lower half of the order: each signature has one
form. Ed25519 is RFC 8032 with the key rules of `public_key`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial
from typing import Final, Protocol

import coincurve
from coincurve.ecdsa import cdata_to_der, deserialize_compact
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from nacl.bindings import crypto_sign, crypto_sign_open, crypto_sign_seed_keypair
from nacl.exceptions import BadSignatureError

from primitives.apart import Apart
from primitives.composite_key import CompositeKey, Key, decode_key
from primitives.errors import BadSignature, InvalidArgument
from primitives.hashing import sha256
from primitives.public_key import PublicKey, SignatureScheme

__all__ = [
    "SIGNATURE_SIZE",
    "PublicKey",
    "SignatureScheme",
    "Signer",
    "SoftwareSigner",
    "decode_public_key",
    "verify",
]

SIGNATURE_SIZE: Final = 64
SECP256K1_ORDER: Final = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
SECP256R1_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_SEED_SIZE: Final = 32
_ORDERS: Final = {SignatureScheme.SECP256K1: SECP256K1_ORDER, SignatureScheme.SECP256R1: SECP256R1_ORDER}


class Signer(Protocol):
    """Somebody who holds one private key. What is signed is decided by the caller; nothing is remembered."""

    @property
    def public_key(self) -> PublicKey:
        """The key that `verify` takes for what `sign` returns."""
        ...

    @property
    def apart(self) -> Apart | None:
        """How to have it sign without holding up an event loop; None where the key is in this process's memory."""
        ...

    def sign(self, message: bytes) -> bytes:
        """64 bytes that `verify` accepts. May raise `UnavailableError` where the key is kept elsewhere."""
        ...


def decode_public_key(data: bytes) -> PublicKey | CompositeKey:
    """The key, single or composite, that `data` encodes. Raises `DecodeError`."""
    return decode_key(data)


def verify(public_key: Key, message: bytes, signature: bytes) -> None:
    """Return if `signature` is `public_key`'s over `message`; raise `BadSignature` otherwise.

    A composite key signs nothing itself: its leaves do, and `is_fulfilled_by` counts them.
    """
    if isinstance(public_key, CompositeKey):
        raise BadSignature("a composite key has no signature of its own; verify its leaves", expected="a single key")
    if len(signature) != SIGNATURE_SIZE:
        raise BadSignature("signature has the wrong size", expected=SIGNATURE_SIZE, found=len(signature))
    if public_key.scheme is SignatureScheme.ED25519:
        holds = _verify_ed25519(public_key, message, signature)
    else:
        _check_low_s(_ORDERS[public_key.scheme], signature)
        holds = _VERIFY_ECDSA[public_key.scheme](public_key, message, signature)
    if not holds:
        raise BadSignature("signature is not by this key over this message", expected=repr(public_key), found=signature)


def _check_low_s(order: int, signature: bytes) -> None:
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    if not 0 < r < order:
        raise BadSignature("signature's r is out of range", expected="1..order-1", found=signature[:32])
    if not 0 < s <= order // 2:
        raise BadSignature("signature's s is zero or in the upper half", expected="1..order/2", found=signature[32:])


def _verify_ed25519(public_key: PublicKey, message: bytes, signature: bytes) -> bool:
    """OpenSSL's verdict. libsodium takes two thirds of its time, and refuses some that OpenSSL accepts (ADR 0022).

    Both compare the bytes of [s]B - [h]A with those of R; libsodium asks more of R, A and s before. So its yes is
    OpenSSL's yes; its no proves nothing, and OpenSSL is asked.
    """
    try:
        crypto_sign_open(signature + message, public_key.data)
    except BadSignatureError:
        return _openssl_accepts(public_key, message, signature)
    return True


def _openssl_accepts(public_key: PublicKey, message: bytes, signature: bytes) -> bool:
    try:
        _ed25519_key(public_key.data).verify(signature, message)
    except InvalidSignature:
        return False
    return True


@lru_cache(maxsize=1024)
def _ed25519_key(data: bytes) -> Ed25519PublicKey:
    return Ed25519PublicKey.from_public_bytes(data)


def _verify_secp256k1(public_key: PublicKey, message: bytes, signature: bytes) -> bool:
    der = cdata_to_der(deserialize_compact(signature))
    return coincurve.PublicKey(public_key.data).verify(der, sha256(message), hasher=None)


def _verify_secp256r1(public_key: PublicKey, message: bytes, signature: bytes) -> bool:
    der = encode_dss_signature(int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big"))
    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), public_key.data)
    try:
        key.verify(der, message, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True


_VERIFY_ECDSA: Final = {
    SignatureScheme.SECP256K1: _verify_secp256k1,
    SignatureScheme.SECP256R1: _verify_secp256r1,
}


class SoftwareSigner:
    """A `Signer` whose private key lives in this process. Signatures are deterministic (RFC 8032, RFC 6979)."""

    def __init__(self, key: Ed25519PrivateKey | coincurve.PrivateKey | ec.EllipticCurvePrivateKey) -> None:
        self._public_key = _public_key_of(key)
        self._sign = _signing_with(key)

    @classmethod
    def from_seed(cls, scheme: SignatureScheme, seed: bytes) -> SoftwareSigner:
        """The signer of a 32-byte secret: an Ed25519 seed, or an ECDSA scalar in 1..order-1.

        Raises `InvalidArgument`.
        """
        if len(seed) != _SEED_SIZE:
            raise InvalidArgument(f"a {scheme.name} seed is {_SEED_SIZE} bytes, not {len(seed)}")
        if scheme is SignatureScheme.ED25519:
            return cls(Ed25519PrivateKey.from_private_bytes(seed))
        if scheme is SignatureScheme.COMPOSITE:
            raise InvalidArgument("a composite key has no secret of its own; make a signer for each leaf")
        scalar = int.from_bytes(seed, "big")
        if not 0 < scalar < _ORDERS[scheme]:
            raise InvalidArgument(f"the seed is not a {scheme.name} scalar in 1..order-1")
        if scheme is SignatureScheme.SECP256K1:
            return cls(coincurve.PrivateKey(seed))
        return cls(ec.derive_private_key(scalar, ec.SECP256R1()))

    @property
    def public_key(self) -> PublicKey:
        """The key that `verify` takes for what `sign` returns."""
        return self._public_key

    @property
    def apart(self) -> None:
        """It signs at once."""
        return None

    def sign(self, message: bytes) -> bytes:
        """64 bytes that `verify` accepts."""
        return self._sign(message)


def _signing_with(
    key: Ed25519PrivateKey | coincurve.PrivateKey | ec.EllipticCurvePrivateKey,
) -> Callable[[bytes], bytes]:
    if isinstance(key, Ed25519PrivateKey):
        _, secret = crypto_sign_seed_keypair(key.private_bytes_raw())
        return partial(_sign_ed25519, secret)
    if isinstance(key, coincurve.PrivateKey):
        return partial(_sign_secp256k1, key)
    return partial(_sign_secp256r1, key)


def _sign_ed25519(secret: bytes, message: bytes) -> bytes:
    """By libsodium, in two thirds of OpenSSL's time: a seed and a message have one signature (RFC 8032)."""
    return crypto_sign(message, secret)[:SIGNATURE_SIZE]


def _sign_secp256k1(key: coincurve.PrivateKey, message: bytes) -> bytes:
    return key.sign_recoverable(sha256(message), hasher=None)[:SIGNATURE_SIZE]


def _sign_secp256r1(key: ec.EllipticCurvePrivateKey, message: bytes) -> bytes:
    der = key.sign(message, ec.ECDSA(hashes.SHA256(), deterministic_signing=True))
    r, s = decode_dss_signature(der)
    return r.to_bytes(32, "big") + min(s, SECP256R1_ORDER - s).to_bytes(32, "big")


def _public_key_of(key: Ed25519PrivateKey | coincurve.PrivateKey | ec.EllipticCurvePrivateKey) -> PublicKey:
    if isinstance(key, Ed25519PrivateKey):
        return PublicKey(SignatureScheme.ED25519, key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))
    if isinstance(key, coincurve.PrivateKey):
        return PublicKey(SignatureScheme.SECP256K1, key.public_key.format(compressed=True))
    point = key.public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
    return PublicKey(SignatureScheme.SECP256R1, point)
