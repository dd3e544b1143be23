"""``crossdvp ledger keys`` on the files of a fresh network, and what a node's start makes of them."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from chains.progmat.bootstrap import NetworkSpec, NodeSpec, create_network
from chains.progmat.cli.main import app
from chains.progmat.identity import KeyPurpose
from chains.progmat.keys.errors import KeyStoreRolledBack
from chains.progmat.node.config import BadNodeConfig, load_node_config
from chains.progmat.node.key_opening import open_key_store
from chains.progmat.node.key_upkeep import KeyUpkeep
from chains.progmat.node.node_storage import NodeStorage
from primitives.signatures import SignatureScheme
from tests.fakes.manual_clock import ManualClock
from tests.fakes.soft_hsm import LABEL, PIN, module_path

NODES = (
    NodeSpec(name="sn", roles=("SN", "BNO"), port=7001),
    NodeSpec(name="nn", roles=("NN",), port=7002),
    NodeSpec(name="v1", roles=("VALIDATOR",), port=7003),
)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("network") / "files"
    create_network(NetworkSpec(ledger_id="keys", threshold=1, nodes=NODES), folder, datetime.now(UTC))
    return folder


@pytest.fixture
def file(made: Path, tmp_path: Path) -> Path:
    shutil.copytree(made, tmp_path / "network")
    file = tmp_path / "network" / "sn" / "node.toml"
    file.write_text(file.read_text().rstrip() + "\nscrypt_log2_n = 14\n")
    return file


def keys(*words: object) -> Result:
    return CliRunner().invoke(app, ["keys", *map(str, words)])


def answer(*words: object) -> dict[str, Any]:
    done = keys(*words, "--json")
    assert done.exit_code == 0, done.output
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def listed(file: Path) -> dict[str, str]:
    return {line["label"]: line["public_key"] for line in answer("list", file)["keys"]}


def refused(*words: object) -> str:
    done = keys(*words, "--json")
    assert done.exit_code == 1, done.output
    return done.output


def test_keys_are_listed_checked_and_exported_without_a_secret(file: Path, tmp_path: Path) -> None:
    before = listed(file)
    assert set(before) == {"node", "operator"}
    checked = answer("check", file)
    assert checked == {"master_key": "passphrase", "data_keys": "1", "changes": 3, "keys": "1 node, 1 operator"}
    assert keys("export-public", file, "--out", tmp_path / "public.json").exit_code == 0
    exported = json.loads((tmp_path / "public.json").read_text())["keys"]
    assert {line["label"]: line["public_key"] for line in exported} == before
    assert set(exported[0]) == {"label", "purpose", "scheme", "place", "public_key"}
    assert "node" in keys("list", file).output


def test_a_new_approvers_key_is_there_after_it_was_made_and_no_label_twice(file: Path) -> None:
    made = answer("make", file, "--label", "approver-1")
    assert listed(file)["approver-1"] == made["public_key"]
    assert "KEY_LABEL_TAKEN" in refused("make", file, "--label", "approver-1")


def test_rotations_keep_every_key(file: Path) -> None:
    before = listed(file)
    assert answer("rotate-data", file) == {"generation": 2, "keys_sealed_anew": 2, "resumed": False}
    assert answer("rotate-master", file, file)["data_keys_wrapped_anew"] == 1
    passphrase = file.parent / "passphrase-2"
    passphrase.write_text("a new one\n")
    answer("rotate-passphrase", file, "--new-passphrase-file", passphrase)
    assert "WRONG_PASSPHRASE" in refused("check", file)
    passphrase.rename(file.parent / "passphrase")
    assert listed(file) == before
    assert answer("check", file)["changes"] == 3 + 2 + 1 + 1


def test_a_store_goes_into_an_hsm_and_keys_are_made_there(file: Path) -> None:
    if module_path() is None:
        pytest.skip("SoftHSM2 is not installed: apt-get install softhsm2")
    before = listed(file)
    (file.parent / "pin").write_text(PIN)
    with_hsm = file.with_name("with-hsm.toml")
    section = f'\nwrapping = "hsm"\n[keys.hsm]\nmodule = "{module_path()}"\ntoken = "{LABEL}"\npin_file = "pin"\n'
    places = 'master_key = "sn-master"\n[keys.places]\napprover = "hsm"\n'
    with_hsm.write_text(file.read_text().rstrip() + section + places)
    assert answer("rotate-master", file, with_hsm)["by"] == "hsm"
    assert "WRONG_KEY_BACKEND" in refused("check", file)
    assert answer("make", with_hsm, "--label", "approver-1", "--scheme", "secp256k1")["place"] == "hsm"
    assert listed(with_hsm).items() > before.items()
    assert answer("check", with_hsm)["keys"] == "1 approver, 1 node, 1 operator"


@pytest.mark.parametrize(
    ("instead", "says"),
    [
        ('wrapping = "hsm"', "needs hsm"),
        ('wrapping = "aws-kms"', "needs aws"),
        ('wrapping = "vault"', "wrapping"),
        ('places = { approver = "hsm" }', "no section hsm"),
        ('places = { account = "hsm" }', "account"),
        ("cache_s = 1", "cache_s"),
    ],
)
def test_a_section_that_cannot_work_is_named_when_it_is_read(file: Path, instead: str, says: str) -> None:
    file.write_text(file.read_text().rstrip() + f"\n{instead}\n")
    with pytest.raises(BadNodeConfig, match=says):
        load_node_config(file)
    assert keys("list", file).exit_code == 2


def test_a_missing_passphrase_file_is_named(file: Path) -> None:
    (file.parent / "passphrase").unlink()
    assert "BAD_KEY_FILE" in refused("list", file)


async def test_a_node_does_not_start_over_an_old_copy_of_its_key_store(file: Path) -> None:
    config = load_node_config(file)
    storage = NodeStorage(config.database_at, config.name)
    clock = ManualClock()
    config.data_dir.mkdir()
    await storage.acquire(clock.now_s)
    old = config.keys.path.read_bytes()
    store = open_key_store(config.keys, config.name)
    upkeep = KeyUpkeep(store, storage, 3600)
    await upkeep.start()
    store.generate("account/1", KeyPurpose.ACCOUNT, SignatureScheme.ED25519)
    await upkeep.stop()  # notes the account
    await KeyUpkeep(open_key_store(config.keys, config.name), storage, 3600).note()
    store.close()
    config.keys.path.write_bytes(old)
    with pytest.raises(KeyStoreRolledBack):
        await KeyUpkeep(open_key_store(config.keys, config.name), storage, 3600).start()
    await storage.release()
