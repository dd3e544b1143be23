"""A relayer of several paths: each by itself, what they share once, and whoever stands by says so."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path as FilePath
from typing import Any

import grpc.aio
import pytest
from crossdvp.relayer.v1 import relayer_service_pb2 as pb
from crossdvp.relayer.v1 import relayer_service_pb2_grpc as pb_grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from relayer.config import RelayerConfig, load_config
from relayer.core.chain import EventKind
from relayer.lease_keeper import LeaseKeeper, LeaseTerms
from relayer.opened_paths import OpenedPath, SharedChains, groups_by_lease, lease_terms, refuse_shared_clients
from relayer.path import Path, PathSettings
from relayer.peer_config import ConfigInvalid
from relayer.service import RelayerLoop, never
from relayer.serving import RelayedPath, serve_relayer
from relayer.store import PacketKey, RelayerStore
from relayer.watch.alarms import AlarmBoard
from relayer.watch.service import WatchLoop
from tests.fakes.instant_chain import InstantChain, instant_pair
from tests.fakes.process_files import certified_folder, write_config
from tests.fakes.rpc_parties import channel_to, server_settings, tls_of

T0_S = 1_700_000_000


def clock_s() -> float:
    return float(T0_S)


def chains_of(name: str) -> tuple[InstantChain, InstantChain]:
    """A pair of which the far end has a name of its own; the near one is the same chain for all paths."""
    near, far = instant_pair(lambda: T0_S)
    far.chain_name, near.client_id, far.client_id = f"far-{name}", f"client-{name}", f"near-{name}"
    return near, far


def relayed(
    name: str,
    chains: tuple[InstantChain, InstantChain],
    store: RelayerStore,
    stopping: asyncio.Event,
    lease: LeaseKeeper | None = None,
) -> RelayedPath:
    watch = WatchLoop(chains, {}, AlarmBoard(clock_s), 0.005, clock_s)
    fence = lease.require if lease else (lambda _connection: None)
    path = Path(chains, store, PathSettings(5), clock_s, never, name=name, fence=fence)
    return RelayedPath(RelayerLoop(path, 0.005, stopping, lease=lease), watch, lease)


@asynccontextmanager
async def served(
    store: RelayerStore, make: Callable[[asyncio.Event], list[RelayedPath]]
) -> AsyncIterator[tuple[Any, Any]]:
    """The stubs of a running relayer and of its health."""
    stopping = asyncio.Event()
    ready: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    serving = asyncio.create_task(
        serve_relayer(make(stopping), store, server_settings("relayer"), 0.005, stopping, ready.set_result)
    )
    channel = channel_to("relayer", await ready, tls_of("broker-a"))
    stub = pb_grpc.RelayerServiceStub(channel)  # type: ignore[no-untyped-call] # generated
    yield stub, health_pb2_grpc.HealthStub(channel)
    await channel.close(grace=None)
    stopping.set()
    await serving


async def told(health: Any, expected: int) -> None:  # noqa: ANN401  # generated without annotations
    async with asyncio.timeout(10):
        async for answer in health.Watch(health_pb2.HealthCheckRequest()):
            if answer.status == expected:
                return


async def acknowledged(stub: Any, source_client: str) -> pb.Packet:  # noqa: ANN401  # as above
    async with asyncio.timeout(10):
        while True:
            with contextlib.suppress(grpc.aio.AioRpcError):
                packet: pb.Packet = (
                    await stub.GetPacket(pb.GetPacketRequest(source_client=source_client, sequence=1))
                ).packet
                if packet.state == pb.PACKET_STATE_ACKNOWLEDGED:
                    return packet


async def test_a_path_that_halts_and_one_whose_chain_is_away_hold_up_no_other() -> None:
    store, pairs = RelayerStore(None), {name: chains_of(name) for name in ("broken", "away", "fine")}
    packet = pairs["broken"][0].send(b"x", T0_S + 600)
    for kind in (EventKind.TIMEOUT_PROCESSED, EventKind.ACK_PROCESSED):
        pairs["broken"][0]._note(kind, packet)
    pairs["away"][1].away = True
    pairs["fine"][0].send(b"x", T0_S + 600)

    def make(stopping: asyncio.Event) -> list[RelayedPath]:
        return [relayed(name, pair, store, stopping) for name, pair in pairs.items()]

    async with served(store, make) as (stub, health):
        assert (await acknowledged(stub, "client-fine")).source_chain == "one"
        status = await stub.GetStatus(pb.GetStatusRequest())
        errors = {chain.path: chain.last_error.partition(":")[0] for chain in status.chains}
        assert errors == {"broken": "CONTRADICTORY_PACKET_EVENT", "away": "CHAIN_AWAY", "fine": ""}
        assert [chain.chain for chain in status.chains].count("one") == 3
        await told(health, health_pb2.HealthCheckResponse.NOT_SERVING)
    assert store.paths() == ("fine",)
    store.close()


async def test_a_standby_relays_nothing_is_well_and_says_who_relays(tmp_path: FilePath) -> None:
    store, chains = RelayerStore(tmp_path / "relayer.sqlite3"), chains_of("p")
    chains[0].send(b"x", T0_S + 600)
    with store.database.transaction() as connection:
        store.leases.acquire(connection, "path/p", "another", T0_S, 60)
    lease = LeaseKeeper(store.database, store.leases, ["path/p"], LeaseTerms("this", 60), clock_s)
    async with served(store, lambda stopping: [relayed("p", chains, store, stopping, lease)]) as (stub, health):
        await told(health, health_pb2.HealthCheckResponse.SERVING)
        status = await stub.GetStatus(pb.GetStatusRequest())
        assert {chain.standby for chain in status.chains} == {
            "standby, lease path/p held by another until 2023-11-14T22:14:20Z unless renewed"
        }
    assert chains[1].effects == []
    assert store.story(PacketKey("one", "client-p", 1)) is None
    store.close()


async def test_one_that_ends_gives_its_leases_back(tmp_path: FilePath) -> None:
    store, chains = RelayerStore(tmp_path / "relayer.sqlite3"), chains_of("p")
    chains[0].send(b"x", T0_S + 600)
    lease = LeaseKeeper(store.database, store.leases, ["path/p"], LeaseTerms("this", 60), clock_s)
    async with served(store, lambda stopping: [relayed("p", chains, store, stopping, lease)]) as (stub, _):
        await acknowledged(stub, "client-p")
        assert [row.holder for row in store.lease_rows()] == ["this"]
    assert [row.holder for row in store.lease_rows()] == [""]
    store.close()


@pytest.fixture
def config(tmp_path: FilePath) -> RelayerConfig:
    return load_config(RelayerConfig, write_config(certified_folder(tmp_path)))


class NobodyJudges:
    """A tribunal that no evidence reaches."""

    async def convict(self, equivocation: bytes) -> str:
        raise AssertionError(equivocation)


Opening = Callable[..., OpenedPath]


@pytest.fixture
async def opened(config: RelayerConfig) -> AsyncIterator[Opening]:
    """Makes a path by its name and the leases of its accounts; they all have one account on one chain."""
    store, path = RelayerStore(None), config.paths[0]
    async with AsyncExitStack() as stack:
        stack.callback(store.close)
        chains = SharedChains(store, stack)
        chain = await chains.chain(path.evm, 7)
        shared = await chains.account(chain, path, 7)

        def make(name: str, *accounts: str) -> OpenedPath:
            return OpenedPath(
                section=path.model_copy(update={"name": name}),
                ends=chains_of(name),
                watch=WatchLoop((), {}, AlarmBoard(clock_s), 1.0, clock_s),
                lease_names=frozenset({f"path/{name}", *accounts}),
                account_fence=shared.fence,
                tribunal=NobodyJudges(),
                account=shared.account,
                chain=chain,
                block_period_s=1.0,
            )

        yield make


async def test_paths_that_share_an_account_directly_or_through_others_have_one_keeper(opened: Opening) -> None:
    paths = [
        opened(name, *accounts)
        for name, *accounts in (("a", "account/1/x"), ("b", "account/2/y"), ("c",), ("d", "account/1/x", "account/2/y"))
    ]
    groups = [{path.section.name for path in group} for group in groups_by_lease(paths)]
    assert sorted(map(sorted, groups)) == [["a", "b", "d"], ["c"]]


async def test_two_paths_over_one_light_client_are_refused(opened: Opening) -> None:
    one, other = opened("a"), opened("b")
    refuse_shared_clients([one, other])
    with pytest.raises(ConfigInvalid, match="path a has the light client client-a on one, too"):
        refuse_shared_clients([one, replace(other, ends=one.ends)])


async def test_paths_to_one_chain_share_connection_and_account_and_must_say_the_same_of_it(
    config: RelayerConfig,
) -> None:
    path = config.paths[0]
    elsewhere = path.evm.model_copy(update={"deployment_file": FilePath("other.json")})
    store = RelayerStore(None)
    async with AsyncExitStack() as stack:
        chains = SharedChains(store, stack)
        opened = [await chains.chain(section, 7) for section in (path.evm, elsewhere)]
        assert opened[0] is opened[1]
        assert await chains.chain(path.evm, 8) is not opened[0]
        same = path.model_copy(update={"evm": elsewhere})
        accounts = [await chains.account(opened[0], each, 7) for each in (path, same)]
        assert accounts[0] is accounts[1]
        dearer = path.model_copy(update={"evm": path.evm.model_copy(update={"max_gas_price_wei": 5})})
        with pytest.raises(ConfigInvalid, match="from the same account"):
            await chains.account(opened[0], dearer, 7)
    store.close()


def test_an_instance_is_named_by_machine_and_address_unless_it_is_told(config: RelayerConfig) -> None:
    assert lease_terms(config).holder.endswith("/127.0.0.1:0")
    told_name = config.model_copy(update={"lease": config.lease.model_copy(update={"instance": "relayer-1"})})
    assert (lease_terms(told_name).holder, lease_terms(told_name).ttl_s) == ("relayer-1", 10.0)
