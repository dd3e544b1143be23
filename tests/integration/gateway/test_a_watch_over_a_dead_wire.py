"""A watch whose wire died without a word: the gateway's machine is gone, and no byte and no FIN ever comes back."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest
from crossdvp.sdk import Gateway, Keepalive, Side, Tls

from chains.progmat.client.channel import KEEPALIVE, ApiEndpoint
from chains.progmat.node.peers import server_options
from relayer import rpc_server
from relayer.gateway.client import GatewayClient
from tests.fakes.fault_proxy import Fault, FaultProxy
from tests.fakes.rpc_parties import tls_of
from tests.fakes.running_gateway import BOTH_SIDES, NAME, RunningGateway, running_gateway
from tests.fakes.settlement_terms import some_terms

BRISK = Keepalive(quiet_s=0.25, answer_s=0.5)
SOON_S = 15.0
"""Far less than the minute after which gRPC, or the watch's own patience, would have found out."""
Told = AsyncIterator[tuple[str, str]]
"""Resume token and settlement of each event."""


@pytest.fixture
async def gateway(tmp_path: Path) -> AsyncIterator[RunningGateway]:
    async with running_gateway(tmp_path / "gateway.sqlite3") as running:
        yield running


@asynccontextmanager
async def sdk_watch(wire: FaultProxy) -> AsyncIterator[Told]:
    tls = Tls(**dataclasses.asdict(tls_of(BOTH_SIDES)))
    async with Gateway.connect(wire.address, tls, keepalive=BRISK) as client:
        yield ((each.resume_token, each.settlement.name) async for each in client.watch())


@asynccontextmanager
async def own_watch(wire: FaultProxy) -> AsyncIterator[Told]:
    client = GatewayClient(ApiEndpoint(NAME, wire.address), tls_of(BOTH_SIDES), keepalive=BRISK)
    yield ((each.resume_token, each.settlement.name) async for each in client.watch())
    await client.close()


@pytest.mark.parametrize("watch", [sdk_watch, own_watch])
async def test_what_happened_while_the_wire_was_dead_is_told_in_order_and_once(
    gateway: RunningGateway, watch: Callable[[FaultProxy], AbstractAsyncContextManager[Told]]
) -> None:
    other = gateway.client()
    async with FaultProxy(f"127.0.0.1:{gateway.port}") as wire, watch(wire) as told, asyncio.timeout(SOON_S):
        made = [await other.create(Side.SELLER, some_terms(1))]
        events = [await anext(told)]
        await wire.switch(Fault.HALF_OPEN)
        made.append(await other.create(Side.SELLER, some_terms(2)))
        while not wire.bitten:  # noqa: ASYNC110  # a wire tells nobody
            await asyncio.sleep(0.01)
        await wire.switch(Fault.NONE)
        made.append(await other.create(Side.SELLER, some_terms(3)))
        events += [await anext(told), await anext(told)]
        assert events == [(str(number), each.name) for number, each in enumerate(made, 1)]
        assert wire.accepted == 2


async def test_a_wire_that_is_only_quiet_is_kept(gateway: RunningGateway, monkeypatch: pytest.MonkeyPatch) -> None:
    """Servers let go of callers that ask too often; ours permit what clients do: here both are quicker than in life."""
    monkeypatch.setattr(rpc_server, "LEAST_PING_MS", 500)
    await gateway.restart()
    async with FaultProxy(f"127.0.0.1:{gateway.port}") as wire, sdk_watch(wire) as told, asyncio.timeout(SOON_S):
        upcoming = asyncio.ensure_future(anext(told))
        await asyncio.sleep(5.5)  # gRPC sends a ping a second at most, and the fifth would have been one too many
        made = await gateway.client().create(Side.SELLER, some_terms(1))
        assert await upcoming == ("1", made.name)
        assert wire.accepted == 1


def test_every_server_permits_pings_as_often_as_clients_send_them() -> None:
    of_nodes = dict(server_options())["grpc.http2.min_ping_interval_without_data_ms"]
    assert max(of_nodes, rpc_server.LEAST_PING_MS) < KEEPALIVE.quiet_s * 1000
