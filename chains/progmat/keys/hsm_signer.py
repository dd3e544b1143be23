"""Keys that are made in an HSM and never leave it, for the ledger's three schemes and for Ethereum's digests.

An HSM is given digests, answers ``r | s`` with s in either half, and knows nothing of v: s is brought into the lower
half, v is found by recovery, and what comes back is verified before anybody else sees it.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from chains.progmat.keys.envelopes import HsmKeyReference
from chains.progmat.keys.errors import KeyServiceUnavailable
from chains.progmat.keys.hsm_token import HsmToken, pkcs11_package
from primitives.apart import Apart
from primitives.errors import BadSignature, InvalidArgument, InvalidKey
from primitives.hashing import sha256
from primitives.public_key import PublicKey, SignatureScheme
from primitives.secp256k1 import address_of_public_key, recover_address
from primitives.signatures import SECP256K1_ORDER, SECP256R1_ORDER, SIGNATURE_SIZE, verify
from primitives.types import Address

_CURVES: Final = {
    SignatureScheme.SECP256K1: "secp256k1",
    SignatureScheme.SECP256R1: "secp256r1",
    SignatureScheme.ED25519: "1.3.101.112",
}
_ORDERS: Final = {SignatureScheme.SECP256K1: SECP256K1_ORDER, SignatureScheme.SECP256R1: SECP256R1_ORDER}
_ID_BYTES: Final = 16
_OCTET_STRING: Final = 0x04


@dataclass(frozen=True)
class HsmSigner:
    """``Signer`` with a key of an HSM; ``sign`` raises as ``HsmToken.use``."""

    token: HsmToken
    key_id: bytes
    public_key: PublicKey

    @property
    def apart(self) -> Apart:
        """The token's."""
        return self.token.patience.apart

    def sign(self, message: bytes) -> bytes:
        """64 bytes that ``verify`` accepts, verified here."""
        if self.public_key.scheme is SignatureScheme.ED25519:
            signature = _asked(self.token, self.key_id, message, self.public_key.scheme)
        else:
            answered = _asked(self.token, self.key_id, sha256(message), self.public_key.scheme)
            signature = low_s(answered, _ORDERS[self.public_key.scheme])
        try:
            verify(self.public_key, message, signature)
        except BadSignature as error:
            raise _lies(self.token, error) from error
        return signature


@dataclass(frozen=True)
class HsmDigestSigner:
    """Signs 32-byte digests as Ethereum does, with a secp256k1 key of an HSM. Raises as ``HsmSigner``."""

    token: HsmToken
    key_id: bytes
    public_key: PublicKey

    @property
    def address(self) -> Address:
        """What EVM chains know the key by."""
        return address_of_public_key(self.public_key.data)

    @property
    def apart(self) -> Apart:
        """The token's."""
        return self.token.patience.apart

    def sign_digest(self, digest: bytes) -> bytes:
        """65 bytes ``r | s | v``, low s, v found by recovery."""
        if len(digest) != 32:
            raise InvalidArgument(f"a digest is 32 bytes, not {len(digest)}")
        words = low_s(_asked(self.token, self.key_id, digest, SignatureScheme.SECP256K1), SECP256K1_ORDER)
        for v in (b"\0", b"\1"):
            try:
                if recover_address(digest, words + v) == self.address:
                    return words + v
            except BadSignature:
                continue
        raise _lies(self.token, None)


def make_hsm_key(token: HsmToken, label: str, scheme: SignatureScheme) -> tuple[PublicKey, HsmKeyReference]:
    """A new key pair inside the HSM, not extractable; raises as ``HsmToken.use``."""
    package, key_id = pkcs11_package(), secrets.token_bytes(_ID_BYTES)
    is_edwards = scheme is SignatureScheme.ED25519
    key_type = package.KeyType.EC_EDWARDS if is_edwards else package.KeyType.EC
    made_by = package.Mechanism.EC_EDWARDS_KEY_PAIR_GEN if is_edwards else package.Mechanism.EC_KEY_PAIR_GEN

    def make(session: Any) -> bytes:  # noqa: ANN401  # a session of an optional package
        from pkcs11.util.ec import encode_named_curve_parameters  # noqa: PLC0415  # as hsm_token

        named = {package.Attribute.EC_PARAMS: encode_named_curve_parameters(_CURVES[scheme])}
        curve = session.create_domain_parameters(key_type, named, local=True)
        public, _ = curve.generate_keypair(store=True, label=label, id=key_id, mechanism=made_by)
        point: bytes = public[package.Attribute.EC_POINT]
        return point

    point = token.use(make)
    return _public_key(scheme, point), HsmKeyReference(token.label, key_id)


def low_s(signature: bytes, order: int) -> bytes:
    """``r | s`` with s in the lower half; raises ``KeyServiceUnavailable`` for what is no signature."""
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    if len(signature) != SIGNATURE_SIZE or not (0 < r < order and 0 < s < order):
        raise KeyServiceUnavailable("HSM", "what it gave is no signature of the curve")
    return signature[:32] + min(s, order - s).to_bytes(32, "big")


def _asked(token: HsmToken, key_id: bytes, data: bytes, scheme: SignatureScheme) -> bytes:
    package = pkcs11_package()
    how = package.Mechanism.EDDSA if scheme is SignatureScheme.ED25519 else package.Mechanism.ECDSA

    def sign(session: Any) -> bytes:  # noqa: ANN401  # as above
        key = session.get_key(package.ObjectClass.PRIVATE_KEY, id=key_id)
        signature: bytes = key.sign(data, mechanism=how)
        return signature

    return token.use(sign)


def _public_key(scheme: SignatureScheme, der: bytes) -> PublicKey:
    """Of an EC_POINT: an octet string of an uncompressed point, or of 32 bytes."""
    if len(der) < 2 or der[0] != _OCTET_STRING or der[1] != len(der) - 2:
        raise InvalidKey("an HSM's public key is a short octet string", found=der)
    if scheme is SignatureScheme.ED25519:
        return PublicKey(scheme, der[2:])
    curve = ec.SECP256K1() if scheme is SignatureScheme.SECP256K1 else ec.SECP256R1()
    point = ec.EllipticCurvePublicKey.from_encoded_point(curve, der[2:])
    return PublicKey(scheme, point.public_bytes(Encoding.X962, PublicFormat.CompressedPoint))


def _lies(token: HsmToken, error: BadSignature | None) -> KeyServiceUnavailable:
    return KeyServiceUnavailable(
        f"HSM token {token.label!r}", f"its signature does not verify ({error or 'no v fits'})"
    )
