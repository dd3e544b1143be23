"""Proposals, votes, and an epoch that nobody voted for, on processes operated from the command line."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.integration.ledger.test_nodes_as_processes import ROOT, NodeProcesses, Roles, answering, running_processes

pytestmark = pytest.mark.xdist_group("processes")  # two such files at once are too much for two cores
PARTIES: Roles = {"sn": ("SN", "BNO"), "cn-a": ("CN",), "cn-b": ("CN",), "nn": ("NN",), "validator-1": ("VALIDATOR",)}
MEMBERS = (("sn", "issuer"), ("cn-a", "custodian"), ("cn-b", "custodian"))
PACKAGE = hashlib.sha256(b"the next contract package").hexdigest()


async def crossdvp(network: NodeProcesses, node: str, *arguments: str) -> tuple[int, Any]:
    """Run ``crossdvp ledger …`` as the node's own operator would: exit code and document."""
    group, *rest = arguments
    config = ("--config", str(network.folder / node / "node.toml"))
    command = ("-c", "from relayer.cli.main import main; main()", "ledger", group, *config, *rest, "--json")
    path = f"{ROOT}{os.pathsep}{ROOT / 'proto' / 'gen'}"
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        *command,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": path},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    written, complaint = await child.communicate()
    assert written, complaint
    return child.returncode or 0, json.loads(written)


async def refused(network: NodeProcesses, node: str, *arguments: str) -> str:
    """The reason."""
    code, document = await crossdvp(network, node, *arguments)
    assert code == 1, document
    return str(document.get("reason") or document["error"]["reason"])


async def done(network: NodeProcesses, node: str, *arguments: str) -> Any:  # noqa: ANN401 # any JSON
    """The document of a command that succeeded."""
    code, document = await crossdvp(network, node, *arguments)
    assert code == 0, document
    return document


def in_hours(hours: int) -> str:
    """As the command line takes times."""
    return f"{datetime.now(UTC) + timedelta(hours=hours):%Y-%m-%dT%H:%M:%S}"


@pytest.mark.slow
@pytest.mark.timeout(240)
async def test_members_vote_and_an_operator_alone_brings_nothing_in(tmp_path: Path) -> None:
    async with running_processes(tmp_path / "net", PARTIES, frozenset({"validator-1"})) as network:
        for name in ("sn", "cn-a", "cn-b"):
            client = network.client(name)
            await answering(client)
            await client.close()
        for party, role in MEMBERS:
            await done(network, "sn", "members", "admit", party, "--network", "SC", "--role", role)
        text = tmp_path / "package.md"
        text.write_text("What changes, and why.\n")
        asked = ("--package", PACKAGE, "--description", str(text), "--network", "SC", "--closes")
        assert await refused(network, "cn-a", "network", "propose", *asked, in_hours(23)) == "INVALID_REQUEST"
        filed = await done(network, "cn-a", "network", "propose", *asked, in_hours(25))
        proposal = filed["transaction"]
        await done(network, "cn-b", "network", "vote", proposal, "against")
        await done(network, "cn-b", "network", "vote", proposal, "against")
        assert await refused(network, "cn-b", "network", "vote", proposal, "for") == "BALLOT_CAST"
        await done(network, "sn", "network", "vote", proposal, "for")
        assert await refused(network, "sn", "network", "close", proposal) == "VOTING_NOT_OVER"
        (listed,) = (await done(network, "sn", "network", "proposals"))["proposals"]
        assert listed["votes"] == {"cn-a": "UNCAST", "cn-b": "AGAINST", "sn": "FOR"}
        assert listed["description_hash"] == hashlib.sha256(text.read_bytes()).hexdigest()
        assert (listed["proposal_tx"], listed["package_hash"], listed["outcome"]) == (proposal, PACKAGE, None)
        await _an_epoch_nobody_voted_for(network, tmp_path, proposal)


async def _an_epoch_nobody_voted_for(network: NodeProcesses, folder: Path, proposal: str) -> None:
    status = await done(network, "sn", "network", "status")
    present = status["epochs"][0]["contract_packages"]
    draft, signed = str(folder / "epoch-2.draft"), str(folder / "epoch-2.signed")
    packages = [part for item in (*present, PACKAGE) for part in ("--package", item)]
    changes = ("network", "draft", "--effective-from", in_hours(26), *packages, "--out", draft)
    assert await refused(network, "sn", *changes) == "PARAMETERS_NOT_CONTINUED"
    drafted = await done(network, "sn", *changes, "--approval", f"{PACKAGE}:{proposal}")
    own = network.folder / "sn"
    keys = ("--keys", str(own / "keys.db"), "--passphrase-file", str(own / "passphrase"))
    await done(network, "sn", "network", "sign", draft, *keys, "--out", signed)
    for name in ("nn", "cn-a"):
        await done(network, name, "network", "offer", signed)
    accept = ("network", "accept", "--epoch", "2", "--hash", drafted["hash"])
    assert await refused(network, "cn-a", *accept) == "PACKAGE_NOT_APPROVED"
    status = await done(network, "cn-a", "network", "status")
    assert status["epochs"][1]["accepted"] is False
