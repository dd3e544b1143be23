"""Two libraries verify Ed25519; what one says yes to, the other does, and the verdict is OpenSSL's (ADR 0022)."""

from __future__ import annotations

import hashlib

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st
from nacl.bindings import crypto_sign_open
from nacl.exceptions import BadSignatureError

from primitives.errors import BadSignature, InvalidKey
from primitives.public_key import PublicKey, SignatureScheme
from primitives.signatures import SoftwareSigner, verify

ORDER = 2**252 + 27742317777372353535851937790883648493
PRIME = 2**255 - 19
SIGNER = SoftwareSigner.from_seed(SignatureScheme.ED25519, b"s" * 32)
MESSAGE = b"m" * 44

SMALL_ORDER = [
    bytes.fromhex(point)
    for point in (
        "0100000000000000000000000000000000000000000000000000000000000000",  # the neutral point
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0000000000000000000000000000000000000000000000000000000000000080",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    )
]
NON_CANONICAL = [(PRIME + y).to_bytes(32, "little") for y in range(19)]


def openssl_says(key: bytes, message: bytes, signature: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except InvalidSignature:
        return False
    return True


def libsodium_says(key: bytes, message: bytes, signature: bytes) -> bool:
    try:
        crypto_sign_open(signature + message, key)
    except BadSignatureError:
        return False
    return True


def we_say(key: PublicKey, message: bytes, signature: bytes) -> bool:
    try:
        verify(key, message, signature)
    except BadSignature:
        return False
    return True


def secret_scalar() -> int:
    hashed = bytearray(hashlib.sha512(b"s" * 32).digest()[:32])
    hashed[0] &= 248
    hashed[31] = hashed[31] & 127 | 64
    return int.from_bytes(hashed, "little")


def signed_with(r: bytes) -> bytes:
    """What the holder of the key can make with the neutral point, or any encoding, for R: s = h a."""
    challenge = hashlib.sha512(r + SIGNER.public_key.data + MESSAGE).digest()
    s = int.from_bytes(challenge, "little") * secret_scalar() % ORDER
    return r + s.to_bytes(32, "little")


def agree(signature: bytes, message: bytes = MESSAGE) -> bool:
    """Our verdict, which is OpenSSL's; libsodium accepts nothing else."""
    ours = we_say(SIGNER.public_key, message, signature)
    assert ours == openssl_says(SIGNER.public_key.data, message, signature)
    assert ours or not libsodium_says(SIGNER.public_key.data, message, signature)
    return ours


def test_the_neutral_point_for_r_is_accepted_by_openssl_alone_and_so_by_us() -> None:
    signature = signed_with(SMALL_ORDER[0])
    assert openssl_says(SIGNER.public_key.data, MESSAGE, signature)
    assert not libsodium_says(SIGNER.public_key.data, MESSAGE, signature)
    assert agree(signature)


@pytest.mark.parametrize("r", [*SMALL_ORDER, *NON_CANONICAL], ids=bytes.hex)
def test_whatever_r_is_the_verdict_is_openssls(r: bytes) -> None:
    agree(signed_with(r))


@pytest.mark.parametrize("times", range(1, 16))
def test_an_s_beyond_the_order_is_refused_by_all(times: int) -> None:
    good = SIGNER.sign(MESSAGE)
    s = int.from_bytes(good[32:], "little") + times * ORDER
    if s < 2**256:
        assert not agree(good[:32] + s.to_bytes(32, "little"))


@given(message=st.binary(max_size=200), at=st.integers(0, 63), flip=st.integers(1, 255))
def test_a_changed_byte_is_refused_by_all(message: bytes, at: int, flip: int) -> None:
    signature = bytearray(SIGNER.sign(message))
    assert agree(bytes(signature), message)
    signature[at] ^= flip
    assert not agree(bytes(signature), message)


@given(seed=st.binary(min_size=32, max_size=32), message=st.binary(max_size=200))
def test_a_seed_and_a_message_have_one_signature(seed: bytes, message: bytes) -> None:
    by_openssl = Ed25519PrivateKey.from_private_bytes(seed).sign(message)
    assert SoftwareSigner.from_seed(SignatureScheme.ED25519, seed).sign(message) == by_openssl


@given(st.binary(min_size=64, max_size=64))
def test_noise_is_refused_by_all(signature: bytes) -> None:
    assert not agree(signature)


@pytest.mark.parametrize("key", SMALL_ORDER, ids=bytes.hex)
def test_a_key_on_which_they_disagree_does_not_exist(key: bytes) -> None:
    with pytest.raises(InvalidKey, match="small order"):
        PublicKey(SignatureScheme.ED25519, key)
