"""One signature, one form: high s, zero, overflow, other lengths and other messages are refused everywhere."""

from __future__ import annotations

import coincurve
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from primitives import secp256k1
from primitives.composite_key import CompositeKey
from primitives.errors import BadSignature
from primitives.public_key import SignatureScheme
from primitives.signatures import SECP256K1_ORDER, SECP256R1_ORDER, SoftwareSigner, verify

SEED = bytes(range(1, 33))
OTHER_SEED = bytes(range(2, 34))
MESSAGE = b"pay the seller"
SCHEMES = [SignatureScheme.SECP256K1, SignatureScheme.SECP256R1, SignatureScheme.ED25519]
ECDSA = [(SignatureScheme.SECP256K1, SECP256K1_ORDER), (SignatureScheme.SECP256R1, SECP256R1_ORDER)]
ED25519_ORDER = 2**252 + 27742317777372353535851937790883648493
DIGEST = bytes(range(32))


def word(number: int) -> bytes:
    return number.to_bytes(32, "big")


@pytest.mark.parametrize(("scheme", "order"), ECDSA)
def test_the_high_s_twin_of_a_valid_signature_is_refused(scheme: SignatureScheme, order: int) -> None:
    signer = SoftwareSigner.from_seed(scheme, SEED)
    signature = signer.sign(MESSAGE)
    twin = signature[:32] + word(order - int.from_bytes(signature[32:], "big"))
    with pytest.raises(BadSignature, match="upper half"):
        verify(signer.public_key, MESSAGE, twin)


@pytest.mark.parametrize(("scheme", "order"), ECDSA)
def test_zero_and_overflowing_numbers_are_refused(scheme: SignatureScheme, order: int) -> None:
    signer = SoftwareSigner.from_seed(scheme, SEED)
    signature = signer.sign(MESSAGE)
    r, s = signature[:32], signature[32:]
    for forged in (word(0) + s, r + word(0), word(order) + s, r + word(order), word(2**256 - 1) + s, bytes(64)):
        with pytest.raises(BadSignature):
            verify(signer.public_key, MESSAGE, forged)


def test_an_ed25519_signature_with_an_unreduced_scalar_is_refused() -> None:
    signer = SoftwareSigner.from_seed(SignatureScheme.ED25519, SEED)
    signature = signer.sign(MESSAGE)
    scalar = int.from_bytes(signature[32:], "little") + ED25519_ORDER
    with pytest.raises(BadSignature):
        verify(signer.public_key, MESSAGE, signature[:32] + scalar.to_bytes(32, "little"))


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("size", [0, 1, 63, 65, 72, 128])
def test_a_signature_of_another_size_is_refused(scheme: SignatureScheme, size: int) -> None:
    signer = SoftwareSigner.from_seed(scheme, SEED)
    with pytest.raises(BadSignature, match="size"):
        verify(signer.public_key, MESSAGE, (signer.sign(MESSAGE) * 2)[:size])


@pytest.mark.parametrize("scheme", SCHEMES)
def test_somebody_elses_signature_is_refused(scheme: SignatureScheme) -> None:
    signer, other = SoftwareSigner.from_seed(scheme, SEED), SoftwareSigner.from_seed(scheme, OTHER_SEED)
    with pytest.raises(BadSignature):
        verify(signer.public_key, MESSAGE, other.sign(MESSAGE))


@pytest.mark.parametrize("scheme", SCHEMES)
@given(bit=st.integers(0, 511))
@settings(max_examples=40)
def test_no_bit_of_a_signature_may_change(scheme: SignatureScheme, bit: int) -> None:
    signer = SoftwareSigner.from_seed(scheme, SEED)
    forged = (int.from_bytes(signer.sign(MESSAGE), "big") ^ 1 << bit).to_bytes(64, "big")
    with pytest.raises(BadSignature):
        verify(signer.public_key, MESSAGE, forged)


def test_a_secp256k1_signature_is_not_one_of_the_other_curve() -> None:
    koblitz = SoftwareSigner.from_seed(SignatureScheme.SECP256K1, SEED)
    random_curve = SoftwareSigner.from_seed(SignatureScheme.SECP256R1, SEED)
    with pytest.raises(BadSignature):
        verify(random_curve.public_key, MESSAGE, koblitz.sign(MESSAGE))


def test_a_composite_key_accepts_no_signature_as_its_own() -> None:
    keys = [SoftwareSigner.from_seed(SignatureScheme.ED25519, seed) for seed in (SEED, OTHER_SEED)]
    composite = CompositeKey(1, tuple((1, key.public_key) for key in keys))
    with pytest.raises(BadSignature, match="leaves"):
        verify(composite, MESSAGE, keys[0].sign(MESSAGE))


def test_recovery_refuses_the_high_s_twin() -> None:
    signature = secp256k1.sign_digest(SEED, DIGEST)
    s = secp256k1.ORDER - int.from_bytes(signature[32:64], "big")
    twin = signature[:32] + word(s) + bytes((signature[64] ^ 1,))
    unchecked = coincurve.PublicKey.from_signature_and_message(twin, DIGEST, hasher=None)
    assert unchecked == coincurve.PrivateKey(SEED).public_key, "the twin must be a real one"
    with pytest.raises(BadSignature, match="upper half"):
        secp256k1.recover_address(DIGEST, twin)


@pytest.mark.parametrize("v", [2, 3, 27, 28, 255])
def test_recovery_refuses_any_v_but_zero_and_one(v: int) -> None:
    signature = secp256k1.sign_digest(SEED, DIGEST)
    with pytest.raises(BadSignature, match="v is out of range"):
        secp256k1.recover_address(DIGEST, signature[:64] + bytes((v,)))


@pytest.mark.parametrize("size", [0, 63, 64, 66])
def test_recovery_refuses_other_sizes(size: int) -> None:
    with pytest.raises(BadSignature, match="size"):
        secp256k1.recover_address(DIGEST, (secp256k1.sign_digest(SEED, DIGEST) * 2)[:size])


def test_recovery_refuses_zero_and_overflowing_numbers() -> None:
    signature = secp256k1.sign_digest(SEED, DIGEST)
    r, s, v = signature[:32], signature[32:64], signature[64:]
    order = word(secp256k1.ORDER)
    for forged in (word(0) + s + v, r + word(0) + v, order + s + v, r + order + v, bytes(65)):
        with pytest.raises(BadSignature):
            secp256k1.recover_address(DIGEST, forged)


@pytest.mark.parametrize("size", [0, 31, 33])
def test_recovery_refuses_a_digest_of_another_size(size: int) -> None:
    with pytest.raises(BadSignature, match="digest"):
        secp256k1.recover_address(bytes(size), secp256k1.sign_digest(SEED, DIGEST))


def test_an_r_that_is_no_point_recovers_nothing() -> None:
    signature = word(5) + word(1) + b"\x00"  # x = 5 is not on the curve
    with pytest.raises(BadSignature, match="no key"):
        secp256k1.recover_address(DIGEST, signature)


@given(st.binary(min_size=65, max_size=65))
@settings(max_examples=60)
def test_garbage_never_recovers_to_the_signer(garbage: bytes) -> None:
    try:
        recovered = secp256k1.recover_address(DIGEST, garbage)
    except BadSignature:
        return
    assert recovered not in {secp256k1.address_of(SEED), secp256k1.ZERO_ADDRESS}


@pytest.mark.parametrize("size", [0, 63, 65])
def test_a_compact_signature_of_another_size_is_refused(size: int) -> None:
    with pytest.raises(BadSignature, match="size"):
        secp256k1.recover_compact(DIGEST, bytes(size))


def test_a_high_s_or_odd_v_has_no_compact_form() -> None:
    signature = secp256k1.sign_digest(SEED, DIGEST)
    for forged in (
        signature[:64] + b"\x02",
        signature[:32] + b"\xff" + signature[33:],
        signature[:64],
    ):
        with pytest.raises(BadSignature):
            secp256k1.compact(forged)


def test_the_compact_high_s_twin_is_refused() -> None:
    s = secp256k1.ORDER // 2 + 1  # the least high s: its top bit is clear, so it fits the compact form
    assert s < 2**255
    with pytest.raises(BadSignature, match="upper half"):
        secp256k1.recover_compact(DIGEST, secp256k1.sign_digest(SEED, DIGEST)[:32] + word(s))
