"""Whoever can write the key store's file: what is swapped, altered, cut or old is noticed, and told by name."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from chains.progmat.identity import KeyPurpose, KeyStore, ScryptCost, StoreOptions
from chains.progmat.identity.errors import BadKeyFile, WrongPassphrase
from chains.progmat.keys import key_book
from chains.progmat.keys.envelopes import PassphraseBlob, SealedKey, WrappedDataKey
from chains.progmat.keys.errors import KeyStoreRolledBack, WrappedKeyRefused
from chains.progmat.keys.passphrase_wrapper import PassphraseWrapper
from chains.progmat.keys.rotation import rotate_data, rotate_master
from chains.progmat.node.key_anchor import key_metadata, note_serial
from primitives.errors import CrossDvpError, DecodeError
from primitives.signatures import SignatureScheme

PASSPHRASE = b"open sesame"
CHEAP = ScryptCost(14)
PUT_DATA_KEY = "UPDATE data_keys SET wrapped = x'{}'"


def made(path: Path, node: str) -> Path:
    """A node's store with one passphrase for all: what a shared master key is."""
    store = KeyStore.create(path, PASSPHRASE, CHEAP, node)
    store.keep("node", KeyPurpose.NODE, SignatureScheme.ED25519, b"\x01" * 32)
    store.keep("alice", KeyPurpose.ACCOUNT, SignatureScheme.ED25519, b"\x02" * 32)
    store.keep("bob", KeyPurpose.ACCOUNT, SignatureScheme.ED25519, b"\x03" * 32)
    store.close()
    return path


@pytest.fixture(scope="module")
def originals(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("originals")
    return made(folder / "a.db", "cn-a"), made(folder / "b.db", "cn-b")


@pytest.fixture
def path(tmp_path: Path, originals: tuple[Path, Path]) -> Path:
    return Path(shutil.copy(originals[0], tmp_path / "keys.db"))


@pytest.fixture
def foreign(originals: tuple[Path, Path]) -> Path:
    return originals[1]


WRAPPER = PassphraseWrapper(lambda: PASSPHRASE, "store", CHEAP)
"""One for all, so that scrypt is asked once: copies of a store have one salt."""


def opened(path: Path, node: str = "") -> KeyStore:
    KeyStore.migrate(path, lambda: PASSPHRASE, node)
    return KeyStore.open_with(path, WRAPPER, StoreOptions(node))


def change(path: Path, *statements: str) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    for statement in statements:
        connection.execute(statement)
    connection.close()


SWAPS = {
    "two accounts' envelopes": (
        "CREATE TEMP TABLE kept AS SELECT label, sealed FROM keys",
        "UPDATE keys SET sealed = (SELECT sealed FROM kept WHERE label = 'bob') WHERE label = 'alice'",
        "UPDATE keys SET sealed = (SELECT sealed FROM kept WHERE label = 'alice') WHERE label = 'bob'",
    ),
    "an account becomes a node's key": ("UPDATE keys SET purpose = 'node' WHERE label = 'alice'",),
    "an account becomes an approver": ("UPDATE keys SET purpose = 'approver' WHERE label = 'alice'",),
    "another label": ("UPDATE keys SET label = 'carol' WHERE label = 'alice'",),
    "another public key": ("UPDATE keys SET public_key = zeroblob(33) WHERE label = 'alice'",),
    "another generation": ("UPDATE keys SET generation = 2 WHERE label = 'alice'",),
    "no such purpose": ("UPDATE keys SET purpose = 'owner' WHERE label = 'alice'",),
    "text for bytes": ("UPDATE keys SET sealed = 'text' WHERE label = 'alice'",),
    "an empty envelope": ("UPDATE keys SET sealed = zeroblob(0) WHERE label = 'alice'",),
    "an endless envelope": ("UPDATE keys SET sealed = zeroblob(9000) WHERE label = 'alice'",),
    "a key taken away": ("DELETE FROM keys WHERE label = 'alice'",),
    "a key put in twice": ("INSERT INTO keys SELECT 'dora', purpose, zeroblob(33), 1, sealed FROM keys LIMIT 1",),
    "no data key": ("DELETE FROM data_keys",),
    "the data key under another generation": ("UPDATE data_keys SET generation = 2",),
    "no head": ("DELETE FROM store",),
    "another store's id": ("UPDATE store SET store_id = zeroblob(16)",),
    "another node's name": ("UPDATE store SET node = 'cn-b'",),
    "no tally": ("UPDATE store SET tally = zeroblob(0)",),
    "another layout": ("PRAGMA user_version = 3",),
    "another application's file": ("PRAGMA application_id = 7",),
}


@pytest.mark.parametrize("statements", SWAPS.values(), ids=SWAPS)
def test_what_is_swapped_or_taken_away_is_noticed_when_the_store_is_opened(
    path: Path, statements: tuple[str, ...]
) -> None:
    change(path, *statements)
    with pytest.raises((BadKeyFile, WrappedKeyRefused)):
        opened(path)


TAKEN_OVER = {
    "keys": ("DELETE FROM keys", "INSERT INTO keys SELECT * FROM other.keys"),
    "data_keys": ("DELETE FROM data_keys", "INSERT INTO data_keys SELECT * FROM other.data_keys"),
    "store": ("DELETE FROM store", "INSERT INTO store SELECT * FROM other.store"),
}


@pytest.mark.parametrize("table", TAKEN_OVER)
def test_rows_of_another_nodes_store_under_the_same_master_key_do_not_open(
    path: Path, foreign: Path, table: str
) -> None:
    change(path, f"ATTACH '{foreign}' AS other", *TAKEN_OVER[table])
    with pytest.raises((BadKeyFile, WrappedKeyRefused)):
        opened(path)


def test_another_nodes_whole_store_is_not_taken_for_ones_own(foreign: Path) -> None:
    with pytest.raises(BadKeyFile, match="of node cn-b, not of cn-a"):
        opened(foreign, "cn-a")


ENVELOPES = (
    ("SELECT sealed FROM keys WHERE label = 'alice'", "UPDATE keys SET sealed = x'{}' WHERE label = 'alice'"),
    ("SELECT wrapped FROM data_keys", PUT_DATA_KEY),
    ("SELECT tally FROM store", "UPDATE store SET tally = x'{}'"),
)


def test_a_flipped_bit_of_any_envelope_is_noticed(path: Path) -> None:
    original = path.read_bytes()
    for read, write in ENVELOPES:
        connection = sqlite3.connect(path)
        found: bytes = connection.execute(read).fetchone()[0]
        connection.close()
        for at in range(0, len(found), 11):
            altered = bytearray(found)
            altered[at] ^= 0x10
            path.write_bytes(original)
            change(path, write.format(altered.hex()))
            with pytest.raises((BadKeyFile, WrappedKeyRefused, WrongPassphrase, DecodeError)):
                opened(path)


@pytest.mark.parametrize("kept_bytes", [0, 1, 16, 100, 4096, 5000, 8192, 12288])
def test_a_truncated_store_is_refused_by_name(path: Path, kept_bytes: int) -> None:
    path.write_bytes(path.read_bytes()[:kept_bytes])
    with pytest.raises(BadKeyFile):
        opened(path)


@pytest.mark.parametrize("content", [b"{", b"\xff\xfe" * 300, b"[]", b"SQLite format 3\0" + b"\xff" * 4096])
def test_what_is_no_store_is_refused(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(BadKeyFile):
        opened(path)


def test_a_missing_file_a_folder_and_an_endless_one_are_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for place in (path.with_name("none"), path.parent):
        with pytest.raises(BadKeyFile, match="cannot be read"):
            opened(place)
    monkeypatch.setattr(key_book, "MAX_FILE_BYTES", 10)
    with pytest.raises(BadKeyFile, match="longer"):
        opened(path)


@pytest.mark.parametrize("log2_n", [1, 13, 21, 40, 2**31])
def test_a_planted_cost_of_scrypt_takes_neither_memory_nor_strength(path: Path, log2_n: int) -> None:
    wrapped = WrappedDataKey.decode(_first_data_key(path))
    blob = PassphraseBlob.decode(wrapped.blob)
    planted = PassphraseBlob(log2_n, blob.salt, blob.check, blob.nonce, blob.sealed).encoded()
    _put_data_key(path, WrappedDataKey(wrapped.wrapping, "", planted).encoded())
    with pytest.raises(BadKeyFile, match="log2_n"):
        opened(path)


def test_an_envelope_has_one_encoding(path: Path) -> None:
    wrapped = _first_data_key(path)
    for other in (wrapped + b"\x30\x01", wrapped[2:] + wrapped[:2], b"\x08\x02" + wrapped[2:]):
        with pytest.raises(DecodeError):
            WrappedDataKey.decode(other)
    with pytest.raises(DecodeError):
        SealedKey.decode(b"")


def test_an_old_generations_envelope_put_back_after_the_rotation_does_not_open(path: Path) -> None:
    before = path.with_name("before.db")
    shutil.copy(path, before)
    store = opened(path)
    rotate_data(store.data_keys, WRAPPER)
    store.close()
    change(
        path,
        f"ATTACH '{before}' AS other",
        "UPDATE keys SET (generation, sealed) ="
        " (SELECT o.generation, o.sealed FROM other.keys o WHERE o.label = 'alice') WHERE label = 'alice'",
    )
    with pytest.raises(BadKeyFile, match="no data key of generation 1"):
        opened(path)


def _rotated(path: Path, rotate: Callable[[KeyStore], object]) -> tuple[bytes, bytes]:
    old = path.read_bytes()
    store = opened(path)
    rotate(store)
    store.close()
    return old, path.read_bytes()


ROTATIONS: dict[str, Callable[[KeyStore], object]] = {
    "a data key": lambda store: rotate_data(store.data_keys, WRAPPER),
    "the master key": lambda store: rotate_master(store.data_keys, WRAPPER, WRAPPER),
    "a new account": lambda store: store.generate("carol", KeyPurpose.ACCOUNT, SignatureScheme.ED25519),
}


@pytest.mark.parametrize("rotate", ROTATIONS.values(), ids=ROTATIONS)
def test_an_old_copy_of_the_store_is_noticed_by_the_nodes_records(
    path: Path, rotate: Callable[[KeyStore], object]
) -> None:
    old, new = _rotated(path, rotate)
    engine = create_engine("sqlite://")
    key_metadata.create_all(engine)
    with engine.begin() as connection:
        for content in (old, new, new):
            path.write_bytes(content)
            store = opened(path)
            note_serial(connection, store.store_id, store.serial)
            store.close()
        path.write_bytes(old)
        store = opened(path)
        with pytest.raises(KeyStoreRolledBack) as refusal:
            note_serial(connection, store.store_id, store.serial)
        assert refusal.value.expected > refusal.value.found
    engine.dispose()


def test_the_file_without_its_passphrase_gives_no_key_whatever_is_tried(path: Path) -> None:
    for guess in (b"", b"open", PASSPHRASE[:-1], PASSPHRASE + b" ", b"\0" * 11):
        with pytest.raises(CrossDvpError) as refusal:
            KeyStore.open(path, guess)
        assert refusal.value.reason == "WRONG_PASSPHRASE"
    content = path.read_bytes()
    for seed in (b"\x01" * 32, b"\x02" * 32, b"\x03" * 32):
        assert seed not in content


def _first_data_key(path: Path) -> bytes:
    connection = sqlite3.connect(path)
    found: bytes = connection.execute("SELECT wrapped FROM data_keys").fetchone()[0]
    connection.close()
    return found


def _put_data_key(path: Path, wrapped: bytes) -> None:
    change(path, PUT_DATA_KEY.format(wrapped.hex()))
