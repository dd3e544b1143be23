"""Master key, data key and passphrase are changed under a store in use; what broke off goes on."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from chains.progmat.identity import KeyPurpose, KeyStore, ScryptCost, StoreOptions
from chains.progmat.identity.errors import WrongPassphrase
from chains.progmat.identity.legacy_key_file import LegacyKey
from chains.progmat.keys.aws_wrapper import AwsKeyWrapper
from chains.progmat.keys.context import EncryptionContext
from chains.progmat.keys.envelopes import SealedKey, WrappedDataKey
from chains.progmat.keys.errors import KeyAccessDenied, WrongKeyBackend
from chains.progmat.keys.hsm_wrapper import HsmKeyWrapper
from chains.progmat.keys.passphrase_wrapper import PassphraseWrapper
from chains.progmat.keys.rotation import rotate_data, rotate_master
from chains.progmat.keys.wrapper import KeyWrapper
from primitives.signatures import SignatureScheme, verify
from tests.fakes.kms import destroy_master_key, mock_kms, new_master_key
from tests.fakes.soft_hsm import soft_hsm

CHEAP = ScryptCost(14)
OPTIONS = StoreOptions("cn-a")


def passphrase(secret: bytes = b"open sesame", former: bytes | None = None) -> PassphraseWrapper:
    before = None if former is None else (lambda: former)
    return PassphraseWrapper(lambda: secret, "store", CHEAP, before)


def store_of(path: Path, wrapper: KeyWrapper, accounts: int = 7) -> KeyStore:
    store = KeyStore.create_with(path, wrapper, OPTIONS)
    store.keep("node", KeyPurpose.NODE, SignatureScheme.ED25519, b"\x01" * 32)
    store.keep_all(
        LegacyKey(f"account/{number}", KeyPurpose.ACCOUNT, SignatureScheme.ED25519, bytes([number + 9]) * 32)
        for number in range(accounts)
    )
    return store


def everything_signs(store: KeyStore) -> bool:
    for key in store.keys():  # noqa: SIM118 # a method of KeyStore, no mapping
        signer = store.signer(key.public_key)
        assert signer is not None
        verify(key.public_key, b"message", signer.sign(b"message"))
    return True


def sealed(store: KeyStore) -> list[bytes]:
    return [row.sealed for row in store.book.every_key()]


def test_a_new_master_key_touches_no_account_key(tmp_path: Path) -> None:
    with mock_kms() as client:
        old, new = (AwsKeyWrapper(client, new_master_key(client)) for _ in range(2))
        store = store_of(tmp_path / "keys.db", old)
        before, serial = sealed(store), store.serial
        assert rotate_master(store.data_keys, old, new) == 1
        assert sealed(store) == before
        assert store.serial == serial + 1
        former = WrappedDataKey.decode(store.book.data_keys()[1]).master_key_id
        assert former == new._key_id
        assert everything_signs(KeyStore.open_with(tmp_path / "keys.db", new, OPTIONS))


def test_after_the_rotation_the_old_master_key_may_be_destroyed_and_an_old_copy_is_dead(tmp_path: Path) -> None:
    with mock_kms() as client:
        arns = [new_master_key(client) for _ in range(2)]
        old, new = (AwsKeyWrapper(client, arn) for arn in arns)
        store = store_of(tmp_path / "keys.db", old)
        stolen = (tmp_path / "keys.db").read_bytes()
        rotate_master(store.data_keys, old, new)
        destroy_master_key(arns[0])
        assert everything_signs(KeyStore.open_with(tmp_path / "keys.db", new, OPTIONS))
        (tmp_path / "stolen.db").write_bytes(stolen)
        with pytest.raises(KeyAccessDenied):
            KeyStore.open_with(tmp_path / "stolen.db", new, OPTIONS)


def test_a_store_moves_from_a_passphrase_to_an_hsm_to_kms_and_back(tmp_path: Path) -> None:
    hsm = HsmKeyWrapper(soft_hsm(), "rotation-master")
    hsm.make_master_key()
    with mock_kms() as client:
        way: list[KeyWrapper] = [passphrase(), hsm, AwsKeyWrapper(client, new_master_key(client)), passphrase(b"new")]
        store = store_of(tmp_path / "keys.db", way[0])
        before = sealed(store)
        for present, following in pairwise(way):
            rotate_master(store.data_keys, present, following)
            with pytest.raises(WrongKeyBackend):
                KeyStore.open_with(tmp_path / "keys.db", present, OPTIONS)
            store = KeyStore.open_with(tmp_path / "keys.db", following, OPTIONS)
            assert everything_signs(store)
        assert sealed(store) == before


def test_a_new_passphrase_opens_and_the_old_one_does_not(tmp_path: Path) -> None:
    store = store_of(tmp_path / "keys.db", passphrase(b"old"))
    rotate_master(store.data_keys, passphrase(b"old"), passphrase(b"new", former=b"old"))
    assert everything_signs(KeyStore.open(tmp_path / "keys.db", b"new"))
    with pytest.raises(WrongPassphrase):
        KeyStore.open(tmp_path / "keys.db", b"old")


def test_a_running_node_reads_the_new_passphrase_when_its_data_key_expires(tmp_path: Path) -> None:
    secret, now_s = [b"old"], [0.0]
    running = store_of(tmp_path / "keys.db", passphrase(b"old"))
    running.close()
    options = StoreOptions("cn-a", cache_s=60, clock_s=lambda: now_s[0])
    running = KeyStore.open_with(tmp_path / "keys.db", PassphraseWrapper(lambda: secret[0], "store", CHEAP), options)
    operator = KeyStore.open(tmp_path / "keys.db", b"old")
    rotate_master(operator.data_keys, passphrase(b"old"), passphrase(b"new", former=b"old"))
    assert everything_signs(running)
    now_s[0] = 61.0
    with pytest.raises(WrongPassphrase):
        running.signer(running.keys()[0].public_key)
    secret[0] = b"new"
    assert everything_signs(running)


def test_a_new_data_key_seals_everything_anew_in_batches(tmp_path: Path) -> None:
    store = store_of(tmp_path / "keys.db", passphrase())
    seen: list[int] = []
    before = sealed(store)
    done = rotate_data(store.data_keys, passphrase(), batch=3, after_batch=seen.append)
    assert (done.generation, done.resealed, done.resumed, seen) == (2, 8, False, [3, 6, 8])
    assert set(sealed(store)).isdisjoint(before)
    assert set(store.book.data_keys()) == {2}
    assert {SealedKey.decode(each).generation for each in sealed(store)} == {2}
    assert everything_signs(store)
    assert everything_signs(KeyStore.open(tmp_path / "keys.db", b"open sesame"))


class PowerCut(Exception):  # an event
    """The machine stops."""


@pytest.mark.parametrize("batches", [1, 2])
def test_both_generations_are_readable_when_it_breaks_off_and_it_goes_on(tmp_path: Path, batches: int) -> None:
    path = tmp_path / "keys.db"
    store = store_of(path, passphrase())

    def cut(done: int) -> None:
        if done >= batches * 3:
            raise PowerCut

    with pytest.raises(PowerCut):
        rotate_data(store.data_keys, passphrase(), batch=3, after_batch=cut)
    store.close()
    again = KeyStore.open(path, b"open sesame")
    assert set(again.book.data_keys()) == {1, 2}
    assert everything_signs(again)
    made = again.generate("account/meanwhile", KeyPurpose.ACCOUNT, SignatureScheme.ED25519)
    done = rotate_data(again.data_keys, passphrase(), batch=3)
    assert (done.generation, done.resealed, done.resumed) == (2, 8 - batches * 3, True)
    assert again.key("account/meanwhile") == made
    assert everything_signs(again)
    assert set(again.book.data_keys()) == {2}


def test_a_node_that_runs_meanwhile_signs_and_opens_accounts(tmp_path: Path) -> None:
    running = store_of(tmp_path / "keys.db", passphrase())
    operator = KeyStore.open(tmp_path / "keys.db", b"open sesame")
    opened = []

    def meanwhile(done: int) -> None:
        assert everything_signs(running)
        opened.append(running.generate(f"account/new-{done}", KeyPurpose.ACCOUNT, SignatureScheme.ED25519))

    rotate_data(operator.data_keys, passphrase(), batch=3, after_batch=meanwhile)
    assert everything_signs(running)
    after = KeyStore.open(tmp_path / "keys.db", b"open sesame")
    assert {key.label for key in opened} < {key.label for key in after.keys()}  # noqa: SIM118 # no mapping
    assert set(after.book.data_keys()) == {2}


class AwayWrapper(PassphraseWrapper):
    """Wraps the first data key, and no second one."""

    def rewrap(self, wrapped: WrappedDataKey, context: EncryptionContext) -> WrappedDataKey:
        if context.version > 1:
            raise PowerCut
        return super().rewrap(wrapped, context)


def test_a_rotation_of_the_master_key_that_breaks_off_has_changed_nothing(tmp_path: Path) -> None:
    store = store_of(tmp_path / "keys.db", passphrase())

    def cut(_done: int) -> None:
        raise PowerCut

    with pytest.raises(PowerCut):
        rotate_data(store.data_keys, passphrase(), batch=3, after_batch=cut)
    before = store.book.data_keys()
    with pytest.raises(PowerCut):
        rotate_master(
            store.data_keys, passphrase(), AwayWrapper(lambda: b"new", "store", CHEAP, lambda: b"open sesame")
        )
    assert store.book.data_keys() == before
    assert everything_signs(KeyStore.open(tmp_path / "keys.db", b"open sesame"))
