"""One suite for keys in the store and keys in an HSM (SoftHSM2): what they sign is alike, whoever holds the secret."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains.progmat.flows.salts import Salts
from chains.progmat.identity import KeptKey, KeyPurpose, KeyStore, SecretPlace, StoreOptions
from chains.progmat.keys.errors import HsmKeyMissing, HsmPinRefused, KeyKindNotHere, KeyServiceUnavailable
from chains.progmat.keys.hsm_signer import HsmDigestSigner, HsmSigner, low_s, make_hsm_key
from chains.progmat.keys.hsm_token import HsmToken
from chains.progmat.keys.passphrase_wrapper import PassphraseWrapper, ScryptCost
from primitives.errors import BadSignature, InvalidArgument
from primitives.secp256k1 import address_of_public_key, recover_address
from primitives.signatures import SECP256K1_ORDER, SECP256R1_ORDER, SignatureScheme, SoftwareSigner, verify
from tests.fakes.soft_hsm import soft_hsm

SCHEMES = [SignatureScheme.ED25519, SignatureScheme.SECP256K1, SignatureScheme.SECP256R1]
MESSAGES = [b"", b"message", bytes(range(256)) * 4]


@dataclass
class Kept:
    """A store with a key of each scheme in one place."""

    store: KeyStore
    keys: dict[SignatureScheme, KeptKey]
    path: Path
    hsm: HsmToken | None


def wrapper(path: Path) -> PassphraseWrapper:
    return PassphraseWrapper(lambda: b"open sesame", str(path), ScryptCost(14))


@pytest.fixture(params=list(SecretPlace), ids=lambda place: place.name, scope="module")
def kept(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Kept:
    place: SecretPlace = request.param
    hsm = soft_hsm() if place is SecretPlace.HSM else None
    path = tmp_path_factory.mktemp("store") / "keys.db"
    store = KeyStore.create_with(path, wrapper(path), StoreOptions("cn-a", hsm))
    keys = {scheme: store.generate(scheme.name, KeyPurpose.VALIDATOR, scheme, place) for scheme in SCHEMES}
    return Kept(store, keys, path, hsm)


@pytest.mark.parametrize("scheme", SCHEMES, ids=lambda scheme: scheme.name)
def test_what_is_signed_verifies_with_low_s_each_time(kept: Kept, scheme: SignatureScheme) -> None:
    signer = kept.store.signer(kept.keys[scheme].public_key)
    assert signer is not None
    assert signer.public_key == kept.keys[scheme].public_key
    for message in MESSAGES * 6:  # an HSM's nonces are random: half of its s are in the upper half
        verify(signer.public_key, message, signer.sign(message))
    with pytest.raises(BadSignature):
        verify(signer.public_key, b"another message", signer.sign(b"message"))


def test_a_digest_is_signed_as_ethereum_does_with_v_found(kept: Kept) -> None:
    key = kept.keys[SignatureScheme.SECP256K1].public_key
    signer = kept.store.digest_signer(key)
    assert signer is not None
    assert signer.address == address_of_public_key(key.data)
    for number in range(1, 13):
        digest = bytes([number]) * 32
        assert recover_address(digest, signer.sign_digest(digest)) == signer.address
    with pytest.raises(InvalidArgument):
        signer.sign_digest(b"short")
    assert kept.store.digest_signer(kept.keys[SignatureScheme.SECP256R1].public_key) is None


def test_the_same_keys_are_there_when_the_store_is_opened_again(kept: Kept) -> None:
    opened = KeyStore.open_with(kept.path, wrapper(kept.path), StoreOptions("cn-a", kept.hsm))
    assert opened.keys() == kept.store.keys()
    for key in opened.keys():  # noqa: SIM118 # a method of KeyStore, no mapping
        signer = opened.signer(key.public_key)
        assert signer is not None
        verify(key.public_key, b"again", signer.sign(b"again"))


def test_an_account_key_does_not_go_into_an_hsm_and_none_goes_where_there_is_none(tmp_path: Path) -> None:
    path = tmp_path / "keys.db"
    store = KeyStore.create_with(path, wrapper(path), StoreOptions("cn-a"))
    for purpose in (KeyPurpose.ACCOUNT, KeyPurpose.APPROVER):
        with pytest.raises(KeyKindNotHere):
            store.generate("key", purpose, SignatureScheme.ED25519, SecretPlace.HSM)
    assert store.keys() == ()


def test_a_nodes_salts_are_drawn_from_a_key_that_signs_alike_each_time(kept: Kept) -> None:
    """Else a restarted node would not know its own transactions again."""
    for scheme, key in kept.keys.items():
        signer = kept.store.signer(key.public_key)
        assert signer is not None
        if kept.hsm is None or scheme is SignatureScheme.ED25519:
            assert Salts.of_node(signer).of_flow("a") == Salts.of_node(signer).of_flow("a")
        else:
            with pytest.raises(KeyKindNotHere):
                Salts.of_node(signer)
            with pytest.raises(KeyKindNotHere):
                kept.store.generate("node", KeyPurpose.NODE, scheme, SecretPlace.HSM)


def test_the_private_key_of_an_hsm_cannot_be_read_out_of_it() -> None:
    token = soft_hsm()
    _, reference = make_hsm_key(token, "sealed in", SignatureScheme.SECP256K1)

    def read(session: Any) -> tuple[bool, bool]:  # noqa: ANN401  # a session of an optional package
        import pkcs11

        key = session.get_key(pkcs11.ObjectClass.PRIVATE_KEY, id=reference.key_id)
        assert key[pkcs11.Attribute.SENSITIVE]
        with pytest.raises(pkcs11.exceptions.AttributeSensitive):
            key[pkcs11.Attribute.VALUE]
        return key[pkcs11.Attribute.SENSITIVE], key[pkcs11.Attribute.EXTRACTABLE]

    assert token.use(read) == (True, False)


def test_a_wrong_pin_a_missing_token_and_a_missing_key_are_told_apart() -> None:
    public_key, reference = make_hsm_key(soft_hsm(), "a key", SignatureScheme.ED25519)
    with pytest.raises(KeyServiceUnavailable):
        HsmSigner(soft_hsm(label="another token"), reference.key_id, public_key).sign(b"message")
    with pytest.raises(HsmKeyMissing):
        HsmSigner(soft_hsm(), b"no such key", public_key).sign(b"message")


def test_a_wrong_pin_is_refused_by_name() -> None:
    from chains.progmat.keys.hsm_token import pkcs11_package

    token = soft_hsm(pin="9999")
    package = pkcs11_package()
    package.lib(str(token._module)).reinitialize()  # nobody of this process is logged in
    with pytest.raises(HsmPinRefused):
        token.use(lambda session: session)


# the library looks at the void session once more when it lets go of it
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_slot_gone_while_signing_is_opened_again_and_signs() -> None:
    token = soft_hsm()
    public_key, reference = make_hsm_key(token, "a key", SignatureScheme.SECP256K1)
    signer = HsmSigner(token, reference.key_id, public_key)
    signer.sign(b"before")
    from chains.progmat.keys.hsm_token import pkcs11_package

    pkcs11_package().lib(str(token._module)).reinitialize()  # every session and handle is void now
    verify(public_key, b"after", signer.sign(b"after"))


class LyingToken(HsmToken):
    """Answers with what it was told to."""

    def __init__(self, answer: bytes) -> None:
        self.label = "lying"
        self._answer = answer

    def use(self, call: Callable[[Any], Any]) -> Any:  # noqa: ANN401, ARG002  # as its base
        return self._answer


@pytest.mark.parametrize(
    "answer", [b"", bytes(64), b"\xff" * 64, b"\x01" * 64, b"\x01" * 65], ids=lambda a: a[:1].hex()
)
def test_an_hsm_that_signs_something_else_is_not_believed(answer: bytes) -> None:
    for scheme in SCHEMES:
        public_key = SoftwareSigner.from_seed(scheme, b"\x07" * 32).public_key
        with pytest.raises(KeyServiceUnavailable):
            HsmSigner(LyingToken(answer), b"id", public_key).sign(b"message")
        if scheme is SignatureScheme.SECP256K1:
            with pytest.raises(KeyServiceUnavailable):
                HsmDigestSigner(LyingToken(answer), b"id", public_key).sign_digest(b"\x01" * 32)


@given(st.sampled_from([SECP256K1_ORDER, SECP256R1_ORDER]), st.data())
def test_an_s_of_either_half_becomes_the_lower_one(order: int, data: st.DataObject) -> None:
    r, s = (data.draw(st.integers(1, order - 1)) for _ in range(2))
    lowered = low_s(r.to_bytes(32, "big") + s.to_bytes(32, "big"), order)
    found = int.from_bytes(lowered[32:], "big")
    assert found <= order // 2
    assert found in {s, order - s}
    assert lowered[:32] == r.to_bytes(32, "big")
