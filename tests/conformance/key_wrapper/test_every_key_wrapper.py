"""One suite for whoever keeps the master key: a passphrase, an HSM (SoftHSM2), AWS KMS (moto)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import pytest

from chains.progmat.keys.aws_wrapper import AwsKeyWrapper
from chains.progmat.keys.context import EncryptionContext
from chains.progmat.keys.envelopes import WrappedDataKey, Wrapping
from chains.progmat.keys.errors import WrappedKeyRefused, WrongKeyBackend
from chains.progmat.keys.hsm_wrapper import HsmKeyWrapper
from chains.progmat.keys.passphrase_wrapper import PassphraseWrapper, ScryptCost
from chains.progmat.keys.wrapper import KeyWrapper
from primitives.errors import CrossDvpError, DecodeError
from tests.fakes.kms import mock_kms, new_master_key
from tests.fakes.soft_hsm import soft_hsm

CONTEXT = EncryptionContext("cn-a", "data-key", "store-1", 7)
OTHERS = [
    replace(CONTEXT, node="cn-b"),
    replace(CONTEXT, purpose="tally"),
    replace(CONTEXT, key_id="store-2"),
    replace(CONTEXT, version=6),
]


@dataclass
class Backend:
    """``wrapper`` now, and ``following`` after a change of the master key."""

    wrapper: KeyWrapper
    following: KeyWrapper


def _passphrase() -> Backend:
    def old() -> bytes:
        return b"open sesame"

    cost = ScryptCost(14)
    following = PassphraseWrapper(lambda: b"open barley", "store", cost, former=old)
    return Backend(PassphraseWrapper(old, "store", cost), following)


def _hsm() -> Backend:
    token = soft_hsm()
    wrappers = [HsmKeyWrapper(token, label) for label in ("master-1", "master-2")]
    for wrapper in wrappers:
        wrapper.make_master_key()
        wrapper.make_master_key()  # again: nothing is made twice
    return Backend(*wrappers)


@pytest.fixture(params=["passphrase", "hsm", "aws-kms"], scope="module")
def backend(request: pytest.FixtureRequest) -> Iterator[Backend]:
    if request.param != "aws-kms":
        yield {"passphrase": _passphrase, "hsm": _hsm}[request.param]()
        return
    with mock_kms() as client:
        yield Backend(*(AwsKeyWrapper(client, new_master_key(client)) for _ in range(2)))


def test_a_data_key_comes_back_with_its_context_and_is_never_the_same_twice(backend: Backend) -> None:
    made = [backend.wrapper.generate_data_key(CONTEXT) for _ in range(3)]
    assert len({key.plaintext for key in made}) == 3
    for key in made:
        assert len(key.plaintext) == 32
        assert key.plaintext not in key.wrapped.encoded()
        assert backend.wrapper.unwrap(WrappedDataKey.decode(key.wrapped.encoded()), CONTEXT) == key.plaintext


def test_a_data_key_that_exists_is_wrapped_for_a_move_from_another_backend(backend: Backend) -> None:
    assert backend.wrapper.unwrap(backend.wrapper.wrap(b"\x05" * 32, CONTEXT), CONTEXT) == b"\x05" * 32


@pytest.mark.parametrize("context", OTHERS, ids=lambda context: f"{context}")
def test_another_nodes_purposes_keys_or_versions_envelope_does_not_open(
    backend: Backend, context: EncryptionContext
) -> None:
    wrapped = backend.wrapper.generate_data_key(CONTEXT).wrapped
    with pytest.raises(WrappedKeyRefused):
        backend.wrapper.unwrap(wrapped, context)
    with pytest.raises(WrappedKeyRefused):
        backend.following.rewrap(wrapped, context)


def test_a_flipped_bit_of_the_blob_does_not_open(backend: Backend) -> None:
    wrapped = backend.wrapper.generate_data_key(CONTEXT).wrapped
    for at in range(len(wrapped.blob) - 33, len(wrapped.blob), 8):  # ciphertext and tag
        blob = bytearray(wrapped.blob)
        blob[at] ^= 1
        with pytest.raises(WrappedKeyRefused):
            backend.wrapper.unwrap(replace(wrapped, blob=bytes(blob)), CONTEXT)


@pytest.mark.parametrize("cut", [lambda blob: blob[:-1], lambda blob: blob[:20], lambda blob: blob + b"\0"])
def test_a_truncated_or_longer_blob_is_refused_by_name(backend: Backend, cut: Callable[[bytes], bytes]) -> None:
    wrapped = backend.wrapper.generate_data_key(CONTEXT).wrapped
    with pytest.raises((WrappedKeyRefused, DecodeError)):
        backend.wrapper.unwrap(replace(wrapped, blob=cut(wrapped.blob)), CONTEXT)


def test_rewrapped_by_the_following_master_key_it_is_the_same_data_key(backend: Backend) -> None:
    key = backend.wrapper.generate_data_key(CONTEXT)
    again = backend.following.rewrap(key.wrapped, CONTEXT)
    assert again.blob != key.wrapped.blob
    once_more = backend.following.rewrap(again, CONTEXT) if again.wrapping is not Wrapping.PASSPHRASE else again
    wrapper = backend.following
    if again.wrapping is Wrapping.PASSPHRASE:  # one that knows the new passphrase alone
        wrapper = PassphraseWrapper(lambda: b"open barley", "store", ScryptCost(14))
    assert wrapper.unwrap(once_more, CONTEXT) == key.plaintext


def test_another_backends_envelope_is_told_apart_before_anybody_is_asked(backend: Backend) -> None:
    wrapped = backend.wrapper.generate_data_key(CONTEXT).wrapped
    foreign = next(each for each in Wrapping if each is not wrapped.wrapping)
    with pytest.raises(WrongKeyBackend) as refusal:
        backend.wrapper.unwrap(replace(wrapped, wrapping=foreign), CONTEXT)
    assert refusal.value.found == foreign.shown


def test_no_wrapper_and_no_error_shows_a_secret(backend: Backend) -> None:
    key = backend.wrapper.generate_data_key(CONTEXT)
    shown = repr(backend.wrapper) + repr(key)
    with pytest.raises(CrossDvpError) as refusal:
        backend.wrapper.unwrap(key.wrapped, OTHERS[0])
    shown += str(refusal.value)
    assert key.plaintext.hex() not in shown
    assert repr(key.plaintext)[2:-1] not in shown
    assert "sesame" not in shown
