"""A key file of the former format becomes a store when it is first opened; what was altered in it is noticed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from chains.progmat.identity import KeyPurpose, KeyStore, StoreOptions, legacy_key_file
from chains.progmat.identity.errors import BadKeyFile, WrongPassphrase
from chains.progmat.keys.passphrase_wrapper import PassphraseWrapper
from primitives.signatures import SignatureScheme, SoftwareSigner
from tests.fakes.legacy_key_files import legacy_document, write_legacy

PASSPHRASE = b"open sesame"
KEYS = {
    "node": ("node", SignatureScheme.ED25519, bytes(range(1, 33))),
    "alice": ("account", SignatureScheme.ED25519, b"\x07" * 32),
    "validator": ("validator", SignatureScheme.SECP256K1, b"\x08" * 32),
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    write_legacy(tmp_path / "keys.json", legacy_document(PASSPHRASE, KEYS))
    return tmp_path / "keys.json"


def test_every_key_is_in_the_store_it_becomes_and_nothing_of_the_old_file_stays(path: Path) -> None:
    for _ in range(2):  # the second time it is a store
        opened = KeyStore.open(path, PASSPHRASE, "cn-a")
        for label, (purpose, scheme, seed) in KEYS.items():
            kept = opened.key(label)
            assert kept is not None
            assert kept.purpose is KeyPurpose(purpose)
            assert kept.public_key == SoftwareSigner.from_seed(scheme, seed).public_key
        opened.close()
    assert [file.name for file in path.parent.iterdir()] == ["keys.json"]
    assert path.read_bytes().startswith(b"SQLite format 3\0")


def test_a_migration_that_broke_off_begins_again(path: Path) -> None:
    path.with_name("keys.json.migrating").write_bytes(b"half of it")
    assert len(KeyStore.open(path, PASSPHRASE).keys()) == 3


def test_the_wrong_passphrase_changes_nothing(path: Path) -> None:
    before = path.read_bytes()
    with pytest.raises(WrongPassphrase):
        KeyStore.open(path, b"open barley")
    assert path.read_bytes() == before


def test_it_is_not_opened_with_another_master_key(path: Path) -> None:
    with pytest.raises(BadKeyFile, match="former format"):
        KeyStore.open_with(path, PassphraseWrapper(lambda: PASSPHRASE, "store"), StoreOptions())


def swap_labels(content: dict[str, Any]) -> None:
    keys = content["keys"]
    keys["node"], keys["alice"] = keys["alice"], keys["node"]


def change_ciphertext(content: dict[str, Any]) -> None:
    sealed = content["keys"]["alice"]["sealed"]
    content["keys"]["alice"]["sealed"] = ("00" if sealed[:2] != "00" else "01") + sealed[2:]


def header_of(field: str, value: object) -> Callable[[dict[str, Any]], None]:
    return lambda content: content["header"].update({field: value})


@pytest.mark.parametrize(
    "alter",
    [
        swap_labels,
        change_ciphertext,
        lambda content: content["keys"]["alice"].update(purpose="node"),
        lambda content: content["keys"]["alice"].update(public_key=content["keys"]["node"]["public_key"]),
        lambda content: content.update(version=2),
        lambda content: content.pop("keys"),
        lambda content: content["keys"].update({"": content["keys"]["node"]}),
        header_of("log2_n", 40),
        header_of("log2_n", 1),
        header_of("kdf", "plain"),
        header_of("salt", "zz"),
        header_of("extra", 1),
    ],
)
def test_an_altered_file_is_refused_and_left_as_it_is(path: Path, alter: Callable[[dict[str, Any]], None]) -> None:
    content = json.loads(path.read_text())
    alter(content)
    write_legacy(path, content)
    before = path.read_bytes()
    with pytest.raises(BadKeyFile):
        KeyStore.open(path, PASSPHRASE)
    assert path.read_bytes() == before


def test_a_cheaper_scrypt_cost_written_into_the_header_does_not_open(path: Path) -> None:
    content = json.loads(path.read_text())
    content["header"]["log2_n"] = 15
    write_legacy(path, content)
    with pytest.raises(WrongPassphrase):
        KeyStore.open(path, PASSPHRASE)


def test_an_endless_file_is_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(legacy_key_file, "MAX_FILE_BYTES", 10)
    with pytest.raises(BadKeyFile, match="longer"):
        KeyStore.open(path, PASSPHRASE)
