"""Keys, signers and verification, against published vectors and the libraries used directly."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from eth_account import Account
from hypothesis import given, settings
from hypothesis import strategies as st

from primitives import secp256k1
from primitives.errors import BadSignature, InvalidArgument, InvalidKey
from primitives.keccak import keccak256
from primitives.public_key import PublicKey, SignatureScheme
from primitives.signatures import SECP256K1_ORDER, SECP256R1_ORDER, Signer, SoftwareSigner, decode_public_key, verify

SCHEMES = [SignatureScheme.SECP256K1, SignatureScheme.SECP256R1, SignatureScheme.ED25519]
SECRETS = st.integers(1, min(SECP256K1_ORDER, SECP256R1_ORDER) - 1).map(lambda number: number.to_bytes(32, "big"))


@pytest.mark.parametrize("scheme", SCHEMES)
@given(seed=SECRETS, message=st.binary(max_size=100))
@settings(max_examples=25)
def test_what_a_signer_signs_its_public_key_verifies(scheme: SignatureScheme, seed: bytes, message: bytes) -> None:
    signer: Signer = SoftwareSigner.from_seed(scheme, seed)
    signature = signer.sign(message)
    assert len(signature) == 64
    assert signer.sign(message) == signature
    verify(signer.public_key, message, signature)
    assert decode_public_key(signer.public_key.encoded()) == signer.public_key
    with pytest.raises(BadSignature):
        verify(signer.public_key, message + b"!", signature)


def test_ed25519_is_that_of_rfc_8032() -> None:
    """RFC 8032, 7.1, test 2."""
    seed = bytes.fromhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb")
    signer = SoftwareSigner.from_seed(SignatureScheme.ED25519, seed)
    assert signer.public_key.data.hex() == "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"
    assert signer.sign(b"\x72").hex() == (
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
    )


def test_secp256r1_is_that_of_rfc_6979_in_its_low_form() -> None:
    """RFC 6979, A.2.5, SHA-256, message "test"."""
    seed = bytes.fromhex("c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721")
    r = "f1abb023518351cd71d881567b1ea663ed3efcf6c5132b354f28d3b0b7d38367"
    s = 0x019F4113742A2B14BD25926B49C649155F267E60D3814B4C0CC84250E46F0083
    signer = SoftwareSigner.from_seed(SignatureScheme.SECP256R1, seed)
    assert signer.sign(b"test").hex() == r + f"{min(s, SECP256R1_ORDER - s):064x}"


@given(SECRETS, st.binary(max_size=40))
@settings(max_examples=20)
def test_a_secp256k1_signature_verifies_with_another_library(seed: bytes, message: bytes) -> None:
    signature = SoftwareSigner.from_seed(SignatureScheme.SECP256K1, seed).sign(message)
    der = encode_dss_signature(int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big"))
    public = ec.derive_private_key(int.from_bytes(seed, "big"), ec.SECP256K1()).public_key()
    public.verify(der, message, ec.ECDSA(hashes.SHA256()))


@pytest.mark.parametrize("scheme", [SignatureScheme.SECP256K1, SignatureScheme.SECP256R1])
@pytest.mark.parametrize("secret", [0, SECP256K1_ORDER, 2**256 - 1])
def test_a_seed_that_is_no_scalar_is_refused(scheme: SignatureScheme, secret: int) -> None:
    with pytest.raises(InvalidArgument):
        SoftwareSigner.from_seed(scheme, secret.to_bytes(32, "big"))


@pytest.mark.parametrize("scheme", [*SCHEMES, SignatureScheme.COMPOSITE])
def test_a_seed_of_another_size_and_a_composite_seed_are_refused(scheme: SignatureScheme) -> None:
    with pytest.raises(InvalidArgument):
        SoftwareSigner.from_seed(scheme, bytes(31))
    if scheme is SignatureScheme.COMPOSITE:
        with pytest.raises(InvalidArgument, match="each leaf"):
            SoftwareSigner.from_seed(scheme, b"\x01" * 32)


@pytest.mark.parametrize("scheme", [SignatureScheme.SECP256K1, SignatureScheme.SECP256R1])
@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x04" + b"\x11" * 32,
        b"\x04" + b"\x11" * 64,
        b"\x02" + b"\xff" * 32,
        b"\x00" * 33,
        b"\x02" + bytes(30) + b"\x00\x05",
    ],
)
def test_a_key_that_is_no_compressed_point_is_refused(scheme: SignatureScheme, data: bytes) -> None:
    if scheme is SignatureScheme.SECP256R1 and data[-1:] == b"\x05":
        PublicKey(scheme, data)  # x = 5 is on this curve, and not on the other
        return
    with pytest.raises(InvalidKey):
        PublicKey(scheme, data)


def test_a_composite_scheme_makes_no_single_key() -> None:
    with pytest.raises(InvalidKey):
        PublicKey(SignatureScheme.COMPOSITE, b"\x01" * 32)


# --- Ethereum's secp256k1 ---------------------------------------------------------------------------------------------


@given(SECRETS, st.binary(min_size=32, max_size=32))
@settings(max_examples=25)
def test_recovery_finds_the_address_that_eth_account_gives(secret: bytes, digest: bytes) -> None:
    signature = secp256k1.sign_digest(secret, digest)
    address = bytes.fromhex(Account.from_key(secret).address.removeprefix("0x"))
    assert secp256k1.address_of(secret) == address
    assert secp256k1.recover_address(digest, signature) == address
    assert secp256k1.recover_compact(digest, secp256k1.compact(signature)) == address
    assert secp256k1.expand(secp256k1.compact(signature)) == signature
    public_key = SoftwareSigner.from_seed(SignatureScheme.SECP256K1, secret).public_key
    assert secp256k1.address_of_public_key(public_key.data) == address


def test_the_compact_form_is_that_of_eip_2098() -> None:
    """EIP-2098's two examples."""
    secret = bytes.fromhex("1234567890123456789012345678901234567890123456789012345678901234")

    def signed(message: bytes) -> bytes:
        digest = keccak256(b"\x19Ethereum Signed Message:\n%d" % len(message) + message)
        return secp256k1.compact(secp256k1.sign_digest(secret, digest))

    assert signed(b"Hello World").hex() == (
        "68a020a209d3d56c46f38cc50a33f704f4a9a10a59377f8dd762ac66910e9b90"
        "7e865ad05c4035ab5792787d4a0297a43617ae897930a6fe4d822b8faea52064"
    )
    assert signed(b"It's a small(er) world").hex() == (
        "9328da16089fcba9bececa81663203989f2df5fe1faa6291a45381c81bd17f76"
        "939c6d6b623b42da56557e5e734a43dc83345ddfadec52cbe24d0cc64f550793"
    )


@pytest.mark.parametrize("secret", [b"", bytes(32), b"\xff" * 32, b"\x01" * 31])
def test_what_is_no_secret_signs_nothing(secret: bytes) -> None:
    with pytest.raises(InvalidArgument):
        secp256k1.sign_digest(secret, bytes(32))
    with pytest.raises(InvalidArgument):
        secp256k1.address_of(secret)


def test_what_is_no_digest_is_not_signed() -> None:
    with pytest.raises(InvalidArgument):
        secp256k1.sign_digest(b"\x01" * 32, bytes(31))


@pytest.mark.parametrize("data", [b"", bytes(33), b"\x04" + bytes(64), b"\x02" + bytes(31) + b"\x05"])
def test_what_is_no_public_key_has_no_address(data: bytes) -> None:
    with pytest.raises(InvalidKey):
        secp256k1.address_of_public_key(data)
