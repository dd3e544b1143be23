"""Keys at rest: they come back and sign, are kept one by one, and expire in memory."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from chains.progmat.identity import KeyPurpose, KeyStore, ScryptCost, StoreOptions
from chains.progmat.identity.errors import BadKeyFile, KeyLabelTaken, WrongPassphrase
from chains.progmat.identity.legacy_key_file import LegacyKey
from chains.progmat.keys.passphrase_wrapper import PassphraseWrapper
from primitives.errors import InvalidArgument
from primitives.secp256k1 import address_of_public_key, recover_address
from primitives.signatures import SignatureScheme, verify
from tests.fakes.manual_clock import ManualClock

CHEAP = ScryptCost(log2_n=14)
SEED = bytes(range(1, 33))
PASSPHRASE = b"open sesame"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys.db"


def store_with_keys(path: Path) -> KeyStore:
    store = KeyStore.create(path, PASSPHRASE, CHEAP, "cn-a")
    store.keep("node", KeyPurpose.NODE, SignatureScheme.ED25519, SEED)
    store.generate("alice", KeyPurpose.ACCOUNT, SignatureScheme.ED25519)
    store.generate("validator", KeyPurpose.VALIDATOR, SignatureScheme.SECP256K1)
    return store


def test_keys_come_back_and_sign(path: Path) -> None:
    kept = store_with_keys(path).keys()
    opened = KeyStore.open(path, PASSPHRASE)
    assert opened.keys() == kept
    assert [key.label for key in kept] == ["alice", "node", "validator"]
    for key in kept:
        signer = opened.signer(key.public_key)
        assert signer is not None
        verify(key.public_key, b"message", signer.sign(b"message"))


def test_a_validators_key_signs_digests_and_an_accounts_does_not(path: Path) -> None:
    store = store_with_keys(path)
    account = store.generate("evm-like", KeyPurpose.ACCOUNT, SignatureScheme.SECP256K1)
    opened = KeyStore.open(path, PASSPHRASE)
    validator = opened.key("validator")
    assert validator is not None
    signer = opened.digest_signer(validator.public_key)
    assert signer is not None
    assert recover_address(b"\x07" * 32, signer.sign_digest(b"\x07" * 32)) == signer.address
    assert signer.address == address_of_public_key(validator.public_key.data)
    assert opened.digest_signer(account.public_key) is None


def test_the_wrong_passphrase_opens_nothing(path: Path) -> None:
    store_with_keys(path)
    with pytest.raises(WrongPassphrase):
        KeyStore.open(path, b"open barley")


def test_no_secret_stands_in_the_file_and_only_the_owner_reads_it(path: Path) -> None:
    store = store_with_keys(path)
    for secret in (SEED, SEED.hex().encode(), PASSPHRASE):
        assert secret not in path.read_bytes()
    assert SEED.hex() not in repr(store.signer(store.keys()[1].public_key))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in path.parent.iterdir()] == ["keys.db"]


def test_labels_and_keys_are_unique_and_files_are_not_overwritten(path: Path) -> None:
    store = store_with_keys(path)
    serial = store.serial
    with pytest.raises(KeyLabelTaken):
        store.generate("node", KeyPurpose.NODE, SignatureScheme.ED25519)
    with pytest.raises(KeyLabelTaken):
        store.keep("the same under another label", KeyPurpose.NODE, SignatureScheme.ED25519, SEED)
    with pytest.raises(BadKeyFile, match="exists already"):
        KeyStore.create(path, PASSPHRASE, CHEAP)
    with pytest.raises(InvalidArgument):
        store.keep("short", KeyPurpose.NODE, SignatureScheme.ED25519, b"short")
    with pytest.raises(BadKeyFile, match="label"):
        store.keep("x" * 129, KeyPurpose.NODE, SignatureScheme.ED25519, b"\x05" * 32)
    assert store.key("short") is None
    assert (store.serial, len(KeyStore.open(path, PASSPHRASE).keys())) == (serial, 3)


def test_of_keys_kept_together_all_are_there_or_none(path: Path) -> None:
    store = store_with_keys(path)
    new = [LegacyKey(label, KeyPurpose.ACCOUNT, SignatureScheme.ED25519, seed) for label, seed in (
        ("bob", b"\x11" * 32), ("carol", b"\x12" * 32), ("node", b"\x13" * 32)
    )]  # fmt: skip
    with pytest.raises(KeyLabelTaken):
        store.keep_all(new)
    assert store.key("bob") is None
    assert KeyStore.open(path, PASSPHRASE).key("bob") is None
    assert [kept.label for kept in store.keep_all(new[:2])] == ["bob", "carol"]


def test_two_processes_add_keys_and_neither_loses_the_others(path: Path) -> None:
    one = store_with_keys(path)
    other = KeyStore.open(path, PASSPHRASE)
    one.generate("by one", KeyPurpose.ACCOUNT, SignatureScheme.ED25519)
    other.generate("by the other", KeyPurpose.ACCOUNT, SignatureScheme.ED25519)
    one.generate("by one again", KeyPurpose.ACCOUNT, SignatureScheme.ED25519)
    assert len(KeyStore.open(path, PASSPHRASE).keys()) == 6
    with pytest.raises(KeyLabelTaken):
        one.generate("by the other", KeyPurpose.ACCOUNT, SignatureScheme.ED25519)


def test_accounts_are_found_at_once_and_listed_in_the_order_they_were_made(path: Path) -> None:
    store = KeyStore.create(path, PASSPHRASE, CHEAP)
    made = [store.generate(f"account/{number}", KeyPurpose.ACCOUNT, SignatureScheme.ED25519) for number in range(5)]
    node = store.generate("node", KeyPurpose.NODE, SignatureScheme.ED25519)
    assert list(store.account_keys()) == [kept.public_key for kept in made]
    assert made[3].public_key in store.account_keys()
    assert node.public_key not in store.account_keys()
    assert list(KeyStore.open(path, PASSPHRASE).account_keys()) == [kept.public_key for kept in made]


class CountingWrapper(PassphraseWrapper):
    """Counts how often it is asked to open a data key."""

    asked = 0

    def unwrap(self, *arguments: object) -> bytes:
        self.asked += 1
        return super().unwrap(*arguments)  # type: ignore[arg-type] # handed on


def test_what_was_opened_stays_in_memory_for_a_bounded_time(path: Path) -> None:
    store_with_keys(path).close()
    clock, wrapper = ManualClock(), CountingWrapper(lambda: PASSPHRASE, "store", CHEAP)
    options = StoreOptions("cn-a", cache_s=300, clock_s=lambda: clock.now_ms() / 1000)
    store = KeyStore.open_with(path, wrapper, options)
    node = store.key("node")
    assert node is not None

    def sign() -> object:
        signer = store.signer(node.public_key)
        assert signer is not None
        return signer.sign(b"message") and signer

    first = sign()
    assert (sign(), wrapper.asked) == (first, 1)
    clock.advance_ms(299_000)
    assert (sign(), wrapper.asked) == (first, 1)
    clock.advance_ms(2_000)
    assert sign() is not first
    assert wrapper.asked == 2


def test_data_keys_renewed_in_time_are_not_asked_for_while_signing(path: Path) -> None:
    store_with_keys(path).close()
    clock, wrapper = ManualClock(), CountingWrapper(lambda: PASSPHRASE, "store", CHEAP)
    options = StoreOptions("cn-a", cache_s=300, clock_s=lambda: clock.now_ms() / 1000)
    store = KeyStore.open_with(path, wrapper, options)
    for _ in range(3):
        clock.advance_ms(150_000)
        store.data_keys.renew()
    asked = wrapper.asked
    assert store.signer(store.keys()[0].public_key) is not None
    assert wrapper.asked == asked
