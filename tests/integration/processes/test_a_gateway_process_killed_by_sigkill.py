"""A whole gateway process that dies by SIGKILL at its commit: asked again it answers, and nothing is there twice."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time
import uuid
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from crossdvp.gateway.v1 import settlement_service_pb2 as pb

from chains.progmat.client.channel import ApiEndpoint
from ibc.dvp import SettlementTerms
from primitives.errors import UnavailableError
from relayer.gateway.audit import AuditLog
from relayer.gateway.client import GatewayClient
from relayer.gateway.crash_points import GatewayCrashPoint
from relayer.gateway.matching import Side
from relayer.gateway.settlement_tables import AUDIT_TABLE
from relayer.gateway.store import GatewayStore
from tests.fakes.process_files import FOR_GATEWAY, certified_folder, write_config
from tests.fakes.rpc_parties import tls_of
from tests.fakes.settlement_terms import some_terms

ROOT = Path(__file__).parents[3]
NODES = '[{ name = "cn-a", target = "127.0.0.1:4" }, { name = "cn-b", target = "127.0.0.1:5" }]'
WAIT_S = 40


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Everything a gateway needs to serve; its chains are away."""
    addresses = dict.fromkeys(("router", "light_client", "dvp_app", "token"), "0x" + "11" * 20)
    numbers = {"chain_id": 1337, "block_period_ms": 1000, "deployed_after": 0}
    wiring = {"adapters": {"escrow": "0x" + "22" * 20}, "rpc_url": "http://127.0.0.1:1", "client_id": "progmat-0"}
    (tmp_path / "deployment.json").write_text(json.dumps({**addresses, **numbers, **wiring}))
    return certified_folder(tmp_path)


@asynccontextmanager
async def gateway(folder: Path, **changes: str) -> AsyncIterator[tuple[Process, GatewayClient]]:
    """The process as it is started in operation, and a client of it; it ends in whatever way it is told to."""
    config = write_config(folder, **FOR_GATEWAY, ledger__custodians=NODES, **changes)
    command = (sys.executable, "-m", "relayer.gateway", "--config", str(config), "--log-format", "json")
    path = os.pathsep.join((str(ROOT), str(ROOT / "proto" / "gen")))
    process = await asyncio.create_subprocess_exec(
        *command, stderr=PIPE, cwd=ROOT, env={**os.environ, "PYTHONPATH": path}
    )
    client: GatewayClient | None = None
    try:
        client = GatewayClient(ApiEndpoint("relayer", f"127.0.0.1:{await _port(process)}"), tls_of("operator"))
        yield process, client
    finally:
        if client is not None:
            await client.close()
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def _port(process: Process) -> int:
    assert process.stderr is not None
    async with asyncio.timeout(WAIT_S):
        while line := await process.stderr.readline():
            told = json.loads(line)
            if told["event"] == "serving":
                return int(told["port"])
    raise AssertionError("the process ended without serving")


async def _instruct(client: GatewayClient, side: Side, terms: SettlementTerms) -> pb.Settlement:
    """Under a request id that is the same each time."""
    return await client.create(side, terms, request_id=str(uuid.UUID(int=list(Side).index(side))))


@pytest.mark.parametrize("line", [GatewayCrashPoint.BEFORE_COMMIT, GatewayCrashPoint.AFTER_COMMIT])
async def test_a_process_killed_at_its_commit_answers_the_repeated_request_as_the_first(
    folder: Path, line: GatewayCrashPoint
) -> None:
    terms = some_terms(lock_by_s=int(time.time()) + 86_400)
    async with gateway(folder, kill_at=f'"{line.value}"', profile='"test"') as (process, client):
        with pytest.raises(UnavailableError):
            await _instruct(client, Side.SELLER, terms)
        assert await asyncio.wait_for(process.wait(), WAIT_S) == -signal.SIGKILL
    survived = _stored(folder)
    assert survived == ([1] if line is GatewayCrashPoint.AFTER_COMMIT else [])
    async with gateway(folder) as (process, client):
        await _instruct(client, Side.SELLER, terms)
        matched = await _instruct(client, Side.BUYER, terms)
        assert matched.state == pb.SETTLEMENT_STATE_MATCHED
        process.terminate()
        assert await asyncio.wait_for(process.wait(), WAIT_S) == 0
    assert _stored(folder) == [1, 2]


def _stored(folder: Path) -> list[int]:
    """The numbers of the events; the audit log must be whole, and tell of each request that led to one."""
    store = GatewayStore(folder / "relayer.sqlite3")
    try:
        log = AuditLog(store.database, AUDIT_TABLE)
        log.verify()
        calls = log.calls(None, 0, 100)
        events = store.events({"cn-a", "cn-b"}, 0, None, 100).events
        assert len({call.entry.record.request_hash for call in calls}) == len(events)
        assert all(call.outcome is not None for call in calls)
        return [event.number for event in events]
    finally:
        store.close()
