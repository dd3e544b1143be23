"""The relayer's gRPC face over TCP and mTLS: what it tells of packets and chains, and how it refuses."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import grpc
import grpc.aio
import pytest
from crossdvp.relayer.v1 import relayer_service_pb2 as pb
from crossdvp.relayer.v1 import relayer_service_pb2_grpc as pb_grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from chains.progmat.client.channel import ApiEndpoint
from relayer.client import RelayerClient
from relayer.core.chain import EventKind
from relayer.path import Path, PathSettings
from relayer.service import RelayerLoop, never
from relayer.serving import RelayedPath, serve_relayer
from relayer.store import RelayerStore
from relayer.watch.alarms import AlarmBoard
from relayer.watch.service import WatchLoop
from tests.fakes.instant_chain import InstantChain, instant_pair
from tests.fakes.rpc_parties import channel_to, server_settings, tls_of
from tests.fakes.running_gateway import details_of

T0_S = 1_700_000_000


@dataclass
class Running:
    """A relayer on a port, over two instant chains."""

    chains: tuple[InstantChain, InstantChain]
    port: int
    channel: grpc.aio.Channel

    @property
    def stub(self) -> Any:  # noqa: ANN401  # generated without annotations
        """The generated stub."""
        return pb_grpc.RelayerServiceStub(self.channel)  # type: ignore[no-untyped-call] # generated

    async def told(self, health: int) -> None:
        """Wait until health checks are told so."""
        watching = health_pb2_grpc.HealthStub(self.channel).Watch(health_pb2.HealthCheckRequest())
        async with asyncio.timeout(10):
            async for answer in watching:
                if answer.status == health:
                    return

    async def acknowledged(self, sequence: int) -> pb.Packet:
        """Wait until a packet of the first chain is acknowledged."""
        request = pb.GetPacketRequest(source_client="client-one", sequence=sequence)
        async with asyncio.timeout(10):
            while True:
                with contextlib.suppress(grpc.aio.AioRpcError):
                    packet: pb.Packet = (await self.stub.GetPacket(request)).packet
                    if packet.state == pb.PACKET_STATE_ACKNOWLEDGED:
                        return packet


@pytest.fixture
async def relayer() -> AsyncIterator[Running]:
    stopping, store = asyncio.Event(), RelayerStore(None)
    chains = instant_pair(lambda: T0_S)
    path = Path(chains, store, PathSettings(5), lambda: float(T0_S), never)
    ready: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    watch = WatchLoop(chains, {}, AlarmBoard(lambda: float(T0_S)), 0.005, lambda: float(T0_S))
    relayed = RelayedPath(RelayerLoop(path, 0.005, stopping), watch)
    serving = asyncio.create_task(
        serve_relayer([relayed], store, server_settings("relayer"), 0.005, stopping, ready.set_result)
    )
    port = await ready
    channel = channel_to("relayer", port, tls_of("broker-a"))
    yield Running(chains, port, channel)
    await channel.close(grace=None)
    stopping.set()
    await serving
    store.close()


async def test_a_packets_story_names_every_step_on_both_chains(relayer: Running) -> None:
    sent = relayer.chains[0].send(b"x", T0_S + 600)
    packet = await relayer.acknowledged(sent.sequence)
    assert (packet.source_chain, packet.destination_client) == ("one", "client-two")
    assert packet.waits_for.startswith("nothing")
    assert {(step.chain, step.what) for step in packet.steps} == {
        *{("one", "sent"), ("two", "receive"), ("two", "ack_written")},
        *{("one", "acknowledge"), ("one", "ack_processed")},
    }
    assert all(step.proof_bytes > 0 for step in packet.steps if step.what in {"receive", "acknowledge"})
    status = await relayer.stub.GetStatus(pb.GetStatusRequest())
    assert dict(status.packets_by_state)["acknowledged"] == 1
    assert [(chain.chain, chain.client_status, chain.last_error) for chain in status.chains] == [
        ("one", "active", ""),
        ("two", "active", ""),
    ]


async def test_the_products_client_reads_the_same_and_knows_an_unseen_packet(relayer: Running) -> None:
    client = RelayerClient(ApiEndpoint("relayer", f"127.0.0.1:{relayer.port}"), tls_of("broker-b"))
    await relayer.told(health_pb2.HealthCheckResponse.SERVING)
    assert {chain.chain for chain in (await client.status()).chains} == {"one", "two"}
    assert await client.packet("client-one", 99) is None
    await client.close()


async def test_packets_are_listed_in_pages(relayer: Running) -> None:
    for _ in range(5):
        last = relayer.chains[0].send(b"x", T0_S + 600)
    await relayer.acknowledged(last.sequence)
    first = await relayer.stub.ListPackets(pb.ListPacketsRequest(page_size=3))
    rest = await relayer.stub.ListPackets(pb.ListPacketsRequest(page_size=3, page_token=first.next_page_token))
    assert [packet.sequence for packet in (*first.packets, *rest.packets)] == [1, 2, 3, 4, 5]
    assert rest.next_page_token == ""
    none = await relayer.stub.ListPackets(pb.ListPacketsRequest(states=[pb.PACKET_STATE_TIMED_OUT]))
    assert not none.packets


@pytest.mark.parametrize(
    "request_of",
    [
        pb.ListPacketsRequest(page_size=-1),
        pb.ListPacketsRequest(page_size=501),
        pb.ListPacketsRequest(page_token="x"),  # noqa: S106  # not a secret
        pb.ListPacketsRequest(page_token="9" * 19),
        pb.ListPacketsRequest(page_token="\u0663"),  # noqa: S106  # not a secret
        pb.ListPacketsRequest(states=[pb.PACKET_STATE_UNSPECIFIED]),
        pb.ListPacketsRequest.FromString(b"\x1a\x01\x63"),  # state 99
    ],
)
async def test_a_page_that_cannot_be_is_refused(relayer: Running, request_of: pb.ListPacketsRequest) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await relayer.stub.ListPackets(request_of)
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert details_of(caught.value)[0] == "BAD_PAGE"


async def test_an_unseen_packet_is_not_found(relayer: Running) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await relayer.stub.GetPacket(pb.GetPacketRequest(source_client="client-one", sequence=2**64 - 1))
    assert caught.value.code() is grpc.StatusCode.NOT_FOUND
    assert details_of(caught.value)[0] == "PACKET_UNKNOWN"


async def test_health_follows_the_chains_and_a_halted_path_stays_up_to_say_why(relayer: Running) -> None:
    await relayer.told(health_pb2.HealthCheckResponse.SERVING)
    relayer.chains[1].away = True
    await relayer.told(health_pb2.HealthCheckResponse.NOT_SERVING)
    relayer.chains[1].away = False
    await relayer.told(health_pb2.HealthCheckResponse.SERVING)
    packet = relayer.chains[0].send(b"x", T0_S + 600)
    await relayer.acknowledged(packet.sequence)
    relayer.chains[0]._note(EventKind.TIMEOUT_PROCESSED, packet)
    await relayer.told(health_pb2.HealthCheckResponse.NOT_SERVING)
    status = await relayer.stub.GetStatus(pb.GetStatusRequest())
    assert all("CONTRADICTORY_PACKET_EVENT" in chain.last_error for chain in status.chains)
