"""A node's configuration file: every mistake is named with its field."""

from __future__ import annotations

from pathlib import Path

import pytest

from chains.progmat.identity import Role
from chains.progmat.node.config import BadNodeConfig, load_node_config

GOOD = """
name = "CN-A"
roles = ["CN"]
network_map = "map.json"
parameters = "/etc/crossdvp/parameters.bin"
data_dir = "data"
gateways = ["gateway"]
platforms = ["broker-a"]
relayers = ["relayer-1", "relayer-2"]

[listen]
port = 9001

[tls]
authority = "tls/ca.pem"
certificate = "tls/node.pem"
private_key = "tls/node.key"

[keys]
path = "keys.db"
passphrase_file = "passphrase"
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "node.toml").write_text(GOOD)
    return tmp_path / "node.toml"


def test_a_good_file_is_read_with_paths_beside_it(path: Path) -> None:
    config = load_node_config(path)
    base = path.parent.resolve()
    assert (config.name, config.roles, config.listen.port) == ("CN-A", frozenset({Role.CUSTODIAN}), 9001)
    assert config.network_map == base / "map.json"
    assert config.parameters == Path("/etc/crossdvp/parameters.bin")
    assert config.tls.private_key == base / "tls" / "node.key"
    assert config.keys.path == base / "keys.db"
    assert config.data_dir == base / "data"
    assert not config.operators
    assert config.gateways == {"gateway"}
    assert config.platforms == {"broker-a"}
    assert config.relayers == {"relayer-1", "relayer-2"}


def test_the_environment_wins(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CROSSDVP_NODE_LISTEN__PORT", "9777")
    monkeypatch.setenv("CROSSDVP_NODE_DATA_DIR", "/var/lib/node")
    config = load_node_config(path)
    assert config.listen.port == 9777
    assert config.data_dir == Path("/var/lib/node")


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ('name = "CN-A"', 'name = "CN A"', "name"),
        ('name = "CN-A"', "", "name"),
        ('roles = ["CN"]', 'roles = ["BANK"]', "roles"),
        ('roles = ["CN"]', "roles = []", "roles"),
        ("port = 9001", "port = 70000", "listen.port"),
        ("port = 9001", "port = 9001\nprot = 1", "listen.prot"),
        ('authority = "tls/ca.pem"', "", "tls.authority"),
        ('"relayer-1"', '"re layer"', "relayers"),
        ('data_dir = "data"', "data_dir = 7", "data_dir"),
        ('name = "CN-A"', 'name = "CN-A"\nsurprise = true', "surprise"),
    ],
)
def test_a_wrong_field_is_named(path: Path, old: str, new: str, field: str) -> None:
    assert old in GOOD
    path.write_text(GOOD.replace(old, new))
    with pytest.raises(BadNodeConfig) as refused:
        load_node_config(path)
    assert any(problem.startswith(field) for problem in refused.value.problems)


def test_all_wrong_fields_are_named_at_once(path: Path) -> None:
    path.write_text(GOOD.replace("9001", "0").replace('"CN-A"', '"CN A"'))
    with pytest.raises(BadNodeConfig) as refused:
        load_node_config(path)
    assert len(refused.value.problems) == 2


@pytest.mark.parametrize("content", [b"name = ", b"\xff\xfe", b"x" * 300_000])
def test_what_is_no_configuration_is_refused(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(BadNodeConfig):
        load_node_config(path)
    path.unlink()
    with pytest.raises(BadNodeConfig, match="cannot be read"):
        load_node_config(path)
