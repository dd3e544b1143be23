"""A secp256k1 signature as key management services give it, made one that Ethereum takes. Pure."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import load_der_public_key

from primitives.errors import BadSignature, InvalidKey
from primitives.keccak import keccak256
from primitives.secp256k1 import ORDER, recover_address

_MOST_DER_BYTES = 256


def recoverable(digest: bytes, der: bytes, address: bytes) -> bytes:
    """``r | s | v`` of an ASN.1 signature by ``address``: s in the lower half, v found by trial.

    Raises ``BadSignature`` if it is none over the digest by that address.
    """
    if not 0 < len(der) <= _MOST_DER_BYTES:
        raise BadSignature("signature has a wrong size", expected=f"1..{_MOST_DER_BYTES} bytes", found=len(der))
    try:
        r, s = decode_dss_signature(der)
    except ValueError as error:
        raise BadSignature("signature is not a pair of numbers in DER", found=der) from error
    if not (0 < r < ORDER and 0 < s < ORDER):
        raise BadSignature("signature's numbers are out of range", found=der)
    words = r.to_bytes(32, "big") + min(s, ORDER - s).to_bytes(32, "big")
    for v in (0, 1):
        signature = words + bytes((v,))
        try:
            if recover_address(digest, signature) == address:
                return signature
        except BadSignature:
            continue
    raise BadSignature("signature is not by the key", expected=address, found=der)


def address_of_spki(der: bytes) -> bytes:
    """The address of a public key in DER (SubjectPublicKeyInfo). Raises ``InvalidKey`` for another curve's."""
    try:
        key = load_der_public_key(der)
    except ValueError as error:
        raise InvalidKey("public key is not one in DER", found=der[:64]) from error
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256K1):
        raise InvalidKey("public key is of another curve", expected="secp256k1", found=type(key).__name__)
    numbers = key.public_numbers()
    return keccak256(numbers.x.to_bytes(32, "big") + numbers.y.to_bytes(32, "big"))[12:]
