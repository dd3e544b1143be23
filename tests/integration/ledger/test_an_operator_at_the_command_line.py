"""What docs/ledger/network.md tells an operator to type, typed: against node processes over mTLS."""

from __future__ import annotations

import asyncio
import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from chains.progmat.bootstrap import NetworkSpec, NodeSpec, create_network
from chains.progmat.identity import NetworkMap, NodeEntry
from tests.fakes.ledger_parties import STRANGER
from tests.integration.ledger.test_nodes_as_processes import NodeProcesses, free_ports

pytestmark = pytest.mark.xdist_group("processes")  # two such files at once are too much for two cores

NODES = {"sn": "SN", "cn-a": "CN", "nn": "NN", "validator-0": "VALIDATOR"}
PROGRAM = "from relayer.cli.main import main; main()"


async def crossdvp(*arguments: str, code: int = 0) -> Any:  # noqa: ANN401 # any JSON
    """The document that ``crossdvp ledger network …`` writes."""
    command = (sys.executable, "-c", PROGRAM, "ledger", "network", *arguments, "--json")
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    written, errors = await process.communicate()
    assert process.returncode == code, (written, errors)
    return json.loads(written)


async def answering(folder: Path, name: str, port: int) -> None:
    """Return when the node answers its operator, whom it is not asked for before it listens: asking costs a process."""
    for _ in range(600):
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.1)  # another process starts: there is no event to wait for
        else:
            writer.close()
            break
    for _ in range(200):
        command = (sys.executable, "-c", PROGRAM, "ledger", "network", *config(folder, name), "status", "--json")
        process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.DEVNULL)
        if await process.wait() == 0:
            return
    raise AssertionError(f"{name} does not answer")


def config(folder: Path, name: str) -> tuple[str, str]:
    return "--config", str(folder / name / "node.toml")


def keys(folder: Path, name: str) -> tuple[str, ...]:
    return "--keys", str(folder / name / "keys.db"), "--passphrase-file", str(folder / name / "passphrase")


async def test_an_epoch_is_drafted_signed_offered_learnt_and_accepted(tmp_path: Path) -> None:
    folder = tmp_path / "network"
    ports = free_ports(len(NODES))
    nodes = tuple(
        NodeSpec(name=name, roles=("SN", "BNO") if role == "SN" else (role,), port=port)
        for (name, role), port in zip(NODES.items(), ports, strict=True)
    )
    create_network(spec := NetworkSpec(ledger_id="progmat-cli", threshold=1, nodes=nodes), folder, datetime.now(UTC))
    made = await crossdvp("key", *keys(folder, "nn"), "--label", "node-2", "--succeeds", "node", "--party", "nn",
                          "--out", str(folder / "nn.succession"))  # fmt: skip
    assert made["label"] == "node-2"
    processes = NodeProcesses(folder, spec)
    try:
        for name in NODES:
            await processes.start(name)
        await asyncio.gather(*(answering(folder, name, port) for name, port in zip(NODES, ports, strict=True)))
        await an_epoch_goes_round(folder)
        await a_member_more_is_listed(folder)
        found = await crossdvp(*config(folder, "sn"), "validators", "--map", str(folder / "network-map.json"))
        assert [line["state"] for line in found["validators"]] == ["signing"]
    finally:
        assert set(await processes.end()) == {0}


async def an_epoch_goes_round(folder: Path) -> None:
    starts = (datetime.now(UTC) + timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M:%S")
    too_soon = (datetime.now(UTC) + timedelta(minutes=5)).strftime("%Y-%m-%dT%H:%M:%S")
    draft, signed = str(folder / "epoch-2.draft"), str(folder / "epoch-2.signed")
    arguments = (*config(folder, "sn"), "draft", "--succession", str(folder / "nn.succession"), "--out", draft)
    refused = await crossdvp(*arguments, "--effective-from", too_soon, code=1)
    assert refused["error"]["reason"] == "NOTICE_TOO_SHORT"
    drafted = await crossdvp(*arguments, "--effective-from", starts)
    await crossdvp("sign", draft, *keys(folder, "sn"), "--out", signed)
    await crossdvp(*config(folder, "nn"), "offer", signed)
    accept = ("accept", "--epoch", "2", "--hash", drafted["hash"])
    other = await crossdvp(*config(folder, "nn"), "accept", "--epoch", "2", "--hash", "00" * 32, code=1)
    assert other["error"]["reason"] == "EPOCH_UNKNOWN"
    for name in NODES:
        if name != "nn":
            await crossdvp(*config(folder, name), "offer", signed)
        assert (await crossdvp(*config(folder, name), *accept))["accepted"] == 2
    status = await crossdvp(*config(folder, "cn-a"), "status")
    assert [(line["epoch"], line["accepted"], line["in_force"]) for line in status["epochs"]] == [
        (1, True, True),
        (2, True, False),
    ]
    assert status["epochs"][1]["replaced_keys"] == ["nn"]


async def a_member_more_is_listed(folder: Path) -> None:
    known = NetworkMap.load(folder / "network-map.json")
    like = known.entries[0]
    port = free_ports(1)[0]
    newcomer = NodeEntry(STRANGER.party, like.roles, "127.0.0.1", port, 9)
    file, signed = folder / "map-2.json", str(folder / "map-2.signed")
    file.write_text(NetworkMap((*known.entries, newcomer), serial=2).to_json())
    await crossdvp("sign-map", str(file), *keys(folder, "sn"), "--out", signed)
    assert (await crossdvp(*config(folder, "nn"), "offer-map", signed))["network_map"] == 2
    stale = await crossdvp("sign-map", str(folder / "network-map.json"), *keys(folder, "sn"), "--out", signed)
    assert stale["serial"] == 1
    refused = await crossdvp(*config(folder, "nn"), "offer-map", signed, code=1)
    assert refused["error"]["reason"] == "NETWORK_MAP_REFUSED"
