"""Processes asked by ``crossdvp ledger node health``, and by gRPC's health service: a notary's store that takes
nothing, a Validator without its notary, and both when that is over."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sqlite3
import sys
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc.aio
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from chains.progmat.client.standing_client import PartLine, StandingClient
from chains.rpc_status import RemoteUnavailableError
from tests.integration.ledger.test_nodes_as_processes import OPERATOR, ROOT, NodeProcesses, running_processes

pytestmark = [pytest.mark.xdist_group("processes"), pytest.mark.slow]  # two such files are too much for two cores


@dataclass
class Operator:
    network: NodeProcesses

    async def health(self, name: str) -> tuple[int, dict[str, Any]]:
        """What the command says: exit code, and the parts by name."""
        config = str(self.network.folder / name / "node.toml")
        command = ("ledger", "node", "--config", config, "health", "--json")
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-c", "from relayer.cli.main import main; main()", *command),
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'proto' / 'gen'}"},
            stdout=asyncio.subprocess.PIPE,
        )
        written, _ = await process.communicate()
        answer = json.loads(written)
        return process.returncode or 0, {part["name"]: part for part in answer.get("parts", ())}

    async def until(self, name: str, part: str, *, able: bool) -> PartLine:
        """The part, once it is so."""
        node = StandingClient(self.network.endpoint(name), self.network.tls(OPERATOR))
        try:
            async with asyncio.timeout(60):
                while True:
                    with contextlib.suppress(RemoteUnavailableError):
                        found = {line.name: line for line in await node.standing()}
                        if part in found and found[part].is_able is able:
                            return found[part]
                    await asyncio.sleep(0.1)  # the node pushes nothing for this
        finally:
            await node.close()

    async def status(self, name: str, service: str) -> int:
        """What gRPC's health service says."""
        tls = self.network.tls(name)
        credentials = grpc.ssl_channel_credentials(tls.authority, tls.private_key, tls.certificate)
        options = (("grpc.ssl_target_name_override", name),)
        async with grpc.aio.secure_channel(self.network.endpoint(name).target, credentials, options) as channel:
            stub = health_pb2_grpc.HealthStub(channel)
            return int((await stub.Check(health_pb2.HealthCheckRequest(service=service), timeout=10)).status)


@pytest.mark.timeout(240)
async def test_a_notary_that_cannot_write_and_a_validator_that_cannot_read_say_so(tmp_path: Path) -> None:
    roles = {"sn": ("SN", "BNO"), "nn": ("NN",), "validator-0": ("VALIDATOR",)}
    async with running_processes(tmp_path / "net", roles, stays_away=frozenset({"sn"})) as network:
        operator = Operator(network)
        assert (await operator.until("nn", "notary", able=True)).about == "commits"
        assert (await operator.until("validator-0", "validator", able=True)).about.startswith("height ")
        await operator.until("validator-0", "journal", able=True)
        code, parts = await operator.health("validator-0")
        assert (code, set(parts), parts["records"]["about"][:7]) == (
            0,
            {"records", "keys", "validator", "journal"},
            "commit ",
        )

        with closing(sqlite3.connect(network.folder / "nn" / "data" / "notary.sqlite3")) as other:
            other.execute("ALTER TABLE journal RENAME TO elsewhere")
            unable = await operator.until("nn", "notary", able=False)
            assert (unable.reason, "no such table" in unable.detail) == ("UNIQUENESS_STORE_FAILED", True)
            code, parts = await operator.health("nn")
            assert (code, parts["notary"]["reason"]) == (1, "UNIQUENESS_STORE_FAILED")
            assert await operator.status("nn", "notary") == health_pb2.HealthCheckResponse.NOT_SERVING
            assert await operator.status("nn", "") == health_pb2.HealthCheckResponse.SERVING
            other.execute("ALTER TABLE elsewhere RENAME TO journal")
        assert (await operator.until("nn", "notary", able=True)).since_ms > unable.since_ms
        assert await operator.status("nn", "notary") == health_pb2.HealthCheckResponse.SERVING

        await network.kill("nn")
        assert (await operator.until("validator-0", "journal", able=False)).reason
        assert await operator.health("nn") == (1, {})
        await network.start("nn")
        await operator.until("validator-0", "journal", able=True)
