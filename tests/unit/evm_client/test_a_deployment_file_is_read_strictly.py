from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from chains.evm.client import artifacts
from chains.evm.client.adapter_family import AdapterFamily
from chains.evm.client.deployment import Deployment, adapter_address, address_bytes, read_deployment
from chains.evm.errors import ArtifactInvalid, DeploymentInvalid

FIELDS: dict[str, Any] = {
    "chain_id": 7,
    "rpc_url": "http://127.0.0.1:1",
    "router": "0x" + "11" * 20,
    "light_client": "0x" + "22" * 20,
    "dvp_app": "0x" + "33" * 20,
    "token": "0x" + "44" * 20,
    "adapters": {"escrow": "0x" + "55" * 20},
    "client_id": "progmat-0",
    "block_period_ms": 1000,
    "deployed_after": 12,
}


def test_what_was_written_is_read(tmp_path: Path) -> None:
    deployment = Deployment(**FIELDS)
    deployment.write(tmp_path / "deployment.json")
    assert read_deployment(tmp_path / "deployment.json") == deployment
    assert address_bytes(deployment.token) == b"\x44" * 20
    assert adapter_address(deployment, AdapterFamily.ESCROW) == b"\x55" * 20
    with pytest.raises(DeploymentInvalid, match="no adapter erc3643; deployed are escrow"):
        adapter_address(deployment, AdapterFamily.ERC3643)
    assert list(tmp_path.iterdir()) == [tmp_path / "deployment.json"]


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"router": "0x12"}, "router"),
        ({"router": "0x" + "AB" * 20}, "router"),
        ({"chain_id": 0}, "chain_id"),
        ({"block_period_ms": 0}, "block_period_ms"),
        ({"deployed_after": -1}, "deployed_after"),
        ({"surprise": 1}, "surprise"),
        ({"token": None}, "token"),
        ({"adapters": {}}, "adapters"),
        ({"adapters": {"escrow": "0x12"}}, "adapters"),
    ],
)
def test_a_wrong_field_is_named(tmp_path: Path, changes: dict[str, Any], named: str) -> None:
    path = tmp_path / "deployment.json"
    path.write_text(json.dumps(FIELDS | changes))
    with pytest.raises(DeploymentInvalid, match=named):
        read_deployment(path)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff", b" " * 70_000])
def test_what_is_no_deployment_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "deployment.json"
    path.write_bytes(content)
    with pytest.raises(DeploymentInvalid):
        read_deployment(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DeploymentInvalid, match="No such file"):
        read_deployment(tmp_path / "none.json")


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"abi": [], "bytecode": "0xzz"}', '{"abi": 1, "bytecode": "0x"}'])
def test_a_broken_artifact_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str) -> None:
    monkeypatch.setattr(artifacts, "ARTIFACTS_DIR", tmp_path)
    (tmp_path / "Broken.json").write_text(content)
    with pytest.raises(ArtifactInvalid, match="make contracts"):
        artifacts.load_artifact("Broken")
