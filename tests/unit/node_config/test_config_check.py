"""``crossdvp ledger config check``: each thing a configuration names is looked at, each problem says what to do."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from chains.progmat.bootstrap import NetworkSpec, NodeSpec, create_network
from chains.progmat.cli.main import app
from chains.progmat.node.config import load_node_config
from chains.progmat.node.config_check import check_configuration

NODES = (
    NodeSpec(name="sn", roles=("SN", "BNO"), port=7001),
    NodeSpec(name="nn", roles=("NN",), port=7002),
    NodeSpec(name="v1", roles=("VALIDATOR",), port=7003),
)


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("network") / "files"
    create_network(NetworkSpec(ledger_id="check", threshold=1, nodes=NODES), folder, datetime.now(UTC))
    return folder


def problems(file: Path) -> dict[str, str]:
    found = check_configuration(load_node_config(file))
    return {item.what: item.problem for item in found if item.problem is not None}


def test_a_fresh_nodes_configuration_holds(network: Path) -> None:
    assert problems(network / "sn" / "node.toml") == {}
    done = CliRunner().invoke(app, ["config", "check", str(network / "sn" / "node.toml")])
    assert done.exit_code == 0, done.output
    assert "listed as number 1, 127.0.0.1:7001" in done.output


@pytest.mark.parametrize(
    ("of_the_file", "instead", "what", "says"),
    [
        ('certificate = "certificate.pem"', 'certificate = "../nn/certificate.pem"', "certificate", "it is for nn"),
        ('path = "keys.db"', 'path = "../nn/keys.db"', "keys", "is the key store of node nn"),
        ('roles = ["SN", "BNO"]', 'roles = ["CN"]', "network map", "listed with roles BNO, SN"),
        ('parameters = "../parameters.bin"', 'parameters = "../authority.pem"', "parameters", "MALFORMED"),
        ('network_map = "../network-map.json"', 'network_map = "../nowhere.json"', "network map", "cannot be read"),
    ],
)
def test_what_is_wrong_is_named(network: Path, of_the_file: str, instead: str, what: str, says: str) -> None:
    text = (network / "sn" / "node.toml").read_text()
    assert of_the_file in text
    changed = network / "sn" / "changed.toml"
    changed.write_text(text.replace(of_the_file, instead))
    found = problems(changed)
    assert what in found
    assert says.lower() in found[what].lower(), found[what]
    done = CliRunner().invoke(app, ["config", "check", "--json", str(changed)])
    assert done.exit_code == 1


def test_a_file_that_is_no_configuration_is_unreadable(tmp_path: Path) -> None:
    file = tmp_path / "node.toml"
    file.write_text("name = 5")
    done = CliRunner().invoke(app, ["config", "check", str(file)])
    assert done.exit_code == 2


def notary_with(network: Path, section: str) -> Path:
    file = network / "nn" / "with-store.toml"
    file.write_text((network / "nn" / "node.toml").read_text() + f"\n[notary]\n{section}\n")
    return file


def test_a_notarys_store_is_described_without_being_opened(network: Path) -> None:
    found = {item.what: item for item in check_configuration(load_node_config(network / "nn" / "node.toml"))}
    assert found["notary store"].found == "a file in the data folder"
    passfile = network / "nn" / "passfile"
    passfile.write_text("*:*:*:*:secret")
    passfile.chmod(0o600)
    file = notary_with(network, 'store = "postgresql://notary@db.example:5433/uniqueness"\npassfile = "passfile"')
    found = {item.what: item for item in check_configuration(load_node_config(file))}
    assert found["notary store"].problem is None
    assert found["notary store"].found == "PostgreSQL database uniqueness at db.example:5433 as notary"


@pytest.mark.parametrize(
    ("section", "says"),
    [
        ('store = "mysql://notary@db.example/uniqueness"', "BAD_STORE_URL"),
        ('store = "postgresql://notary:hunter2@db.example/uniqueness"', "it holds a password"),
        ('store = "postgresql://db.example/x?password=hunter2"', "it holds a password"),
        ('store = "postgresql://db.example/x?no_such_setting=hunter2"', "libpq cannot read it"),
        ('store = "postgresql://notary@db.example/x"\npassfile = "nowhere"', "No such file"),
        ('store = "postgresql://notary@db.example/x"\npassfile = "node.toml"', "chmod 600"),
    ],
)
def test_a_notarys_store_that_cannot_be_used_is_named_and_no_secret_is_shown(
    network: Path, section: str, says: str
) -> None:
    file = notary_with(network, section)
    (network / "nn" / "node.toml").chmod(0o644)
    assert says in problems(file)["notary store"]
    done = CliRunner().invoke(app, ["config", "check", str(file)])
    assert done.exit_code == 1
    assert "hunter2" not in done.output
