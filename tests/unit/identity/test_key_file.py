"""Keys at rest: only the passphrase opens them, and whatever is altered is noticed."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from chains.progmat.identity import KeyPurpose, KeyStore, ScryptCost
from chains.progmat.identity import key_file as key_file_module
from chains.progmat.identity.errors import BadKeyFile, KeyLabelTaken, WrongPassphrase
from primitives.errors import InvalidArgument
from primitives.secp256k1 import address_of_public_key, recover_address
from primitives.signatures import SignatureScheme, verify

CHEAP = ScryptCost(log2_n=14)
SEED = bytes(range(1, 33))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys.json"


def store_with_keys(path: Path) -> KeyStore:
    store = KeyStore.create(path, b"open sesame", CHEAP)
    store.keep("node", KeyPurpose.NODE, SignatureScheme.ED25519, SEED)
    store.generate("alice", KeyPurpose.ACCOUNT, SignatureScheme.ED25519)
    store.generate("validator", KeyPurpose.VALIDATOR, SignatureScheme.SECP256K1)
    return store


def test_keys_come_back_and_sign(path: Path) -> None:
    kept = store_with_keys(path).keys()
    opened = KeyStore.open(path, b"open sesame")
    assert opened.keys() == kept
    assert [key.label for key in kept] == ["alice", "node", "validator"]
    for key in kept:
        signer = opened.signer(key.public_key)
        assert signer is not None
        verify(key.public_key, b"message", signer.sign(b"message"))


def test_a_validators_key_signs_digests_and_an_accounts_does_not(path: Path) -> None:
    store = store_with_keys(path)
    account = store.generate("evm-like", KeyPurpose.ACCOUNT, SignatureScheme.SECP256K1)
    opened = KeyStore.open(path, b"open sesame")
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
    store_with_keys(path)
    assert SEED.hex() not in path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in path.parent.iterdir()] == ["keys.json"]


def swap_labels(content: dict[str, Any]) -> None:
    keys = content["keys"]
    keys["node"], keys["alice"] = keys["alice"], keys["node"]


def change_purpose(content: dict[str, Any]) -> None:
    content["keys"]["alice"]["purpose"] = "node"


def change_public_key(content: dict[str, Any]) -> None:
    content["keys"]["alice"]["public_key"] = content["keys"]["node"]["public_key"]


def change_ciphertext(content: dict[str, Any]) -> None:
    sealed = content["keys"]["alice"]["sealed"]
    content["keys"]["alice"]["sealed"] = ("00" if sealed[:2] != "00" else "01") + sealed[2:]


@pytest.mark.parametrize("alter", [swap_labels, change_purpose, change_public_key, change_ciphertext])
def test_an_altered_key_is_noticed(path: Path, alter: Callable[[dict[str, Any]], None]) -> None:
    store_with_keys(path)
    content = json.loads(path.read_text())
    alter(content)
    path.write_text(json.dumps(content))
    with pytest.raises(BadKeyFile, match="was altered"):
        KeyStore.open(path, b"open sesame")


def header_of(field: str, value: object) -> Callable[[dict[str, Any]], None]:
    return lambda content: content["header"].update({field: value})


@pytest.mark.parametrize(
    "alter",
    [
        header_of("log2_n", 40),
        header_of("log2_n", 1),
        header_of("kdf", "plain"),
        header_of("salt", "zz"),
        header_of("extra", 1),
        lambda content: content.update(version=2),
        lambda content: content.pop("keys"),
        lambda content: content["keys"].update({"": content["keys"]["node"]}),
    ],
)
def test_a_malformed_file_is_named_before_any_work_is_done(path: Path, alter: Callable[[dict[str, Any]], None]) -> None:
    store_with_keys(path)
    content = json.loads(path.read_text())
    alter(content)
    path.write_text(json.dumps(content))
    with pytest.raises(BadKeyFile):
        KeyStore.open(path, b"open sesame")


def test_a_cheaper_scrypt_cost_written_into_the_header_does_not_open(path: Path) -> None:
    store = KeyStore.create(path, b"open sesame", ScryptCost(log2_n=15))
    store.keep("node", KeyPurpose.NODE, SignatureScheme.ED25519, SEED)
    content = json.loads(path.read_text())
    content["header"]["log2_n"] = 14
    path.write_text(json.dumps(content))
    with pytest.raises(WrongPassphrase):
        KeyStore.open(path, b"open sesame")


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[]"])
def test_what_is_no_key_file_is_refused(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(BadKeyFile):
        KeyStore.open(path, b"open sesame")


def test_a_missing_file_and_an_endless_one_are_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BadKeyFile, match="cannot be read"):
        KeyStore.open(path, b"open sesame")
    store_with_keys(path)
    monkeypatch.setattr(key_file_module, "MAX_FILE_BYTES", 10)
    with pytest.raises(BadKeyFile, match="longer"):
        KeyStore.open(path, b"open sesame")


def test_labels_are_unique_and_files_are_not_overwritten(path: Path) -> None:
    store = store_with_keys(path)
    with pytest.raises(KeyLabelTaken):
        store.generate("node", KeyPurpose.NODE, SignatureScheme.ED25519)
    with pytest.raises(BadKeyFile, match="exists already"):
        KeyStore.create(path, b"open sesame", CHEAP)
    with pytest.raises(InvalidArgument):
        store.keep("short", KeyPurpose.NODE, SignatureScheme.ED25519, b"short")
    assert store.key("short") is None
