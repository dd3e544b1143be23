"""The relayer's health over HTTP and gRPC: each dependency broken in turn is named, and mends."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import grpc.aio
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from relayer.core.chain import EventKind
from tests.fakes.rpc_parties import channel_to, tls_of
from tests.fakes.telemetry_world import T0_S, WatchedRelayer, fetch, watched_relayer


@pytest.fixture
async def relayer(tmp_path: Path) -> AsyncIterator[WatchedRelayer]:
    async with watched_relayer(tmp_path / "relayer.sqlite3") as world:
        await world.until(lambda found: bool(found["ready"]))
        yield world


def _broken(found: dict[str, object]) -> dict[str, str]:
    dependencies = found["dependencies"]
    assert isinstance(dependencies, list)
    return {each["name"]: each["detail"] for each in dependencies if not each["up"]}


async def _grpc_health(world: WatchedRelayer, service: str) -> int:
    channel = channel_to("relayer", world.port, tls_of("broker-a"))
    try:
        answer = await health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(service=service))
        return int(answer.status)
    finally:
        await channel.close(grace=None)


def _break_node(world: WatchedRelayer) -> None:
    world.switches["node sn"].broken = True


def _mend_node(world: WatchedRelayer) -> None:
    world.switches["node sn"].broken = False


def _break_validators(world: WatchedRelayer) -> None:
    world.switches["validators"].broken = True


def _mend_validators(world: WatchedRelayer) -> None:
    world.switches["validators"].broken = False


def _take_chain_away(world: WatchedRelayer) -> None:
    world.chains[1].away = True


def _bring_chain_back(world: WatchedRelayer) -> None:
    world.chains[1].away = False


def _halt_chain(world: WatchedRelayer) -> None:
    world.chains[0].stands = True
    world.seconds_a_look = 30.0


def _resume_chain(world: WatchedRelayer) -> None:
    world.chains[0].stands = False
    world.seconds_a_look = 0.0


def _turn_clock_back(world: WatchedRelayer) -> None:
    world.clocks.now_s -= 600  # the chains' blocks keep their times


def _turn_clock_forth(world: WatchedRelayer) -> None:
    world.clocks.now_s += 600


def _write_protect(world: WatchedRelayer) -> None:
    with world.store.database.engine.connect() as connection:
        connection.exec_driver_sql("ALTER TABLE cursors RENAME TO cursors_gone")
        connection.commit()


def _write_again(world: WatchedRelayer) -> None:
    with world.store.database.engine.connect() as connection:
        connection.exec_driver_sql("ALTER TABLE cursors_gone RENAME TO cursors")
        connection.commit()


@pytest.mark.parametrize(
    ("breaks", "mends", "named", "why"),
    [
        (_break_node, _mend_node, "node sn", "NODE_AWAY"),
        (_break_validators, _mend_validators, "validators", "NODE_AWAY"),
        (_take_chain_away, _bring_chain_back, "chain two", "CHAIN_AWAY"),
        (_halt_chain, _resume_chain, "chain one", "HEAD_STANDS_STILL"),
        (_turn_clock_back, _turn_clock_forth, "clock", "CLOCK_DISAGREES"),
        (_write_protect, _write_again, "database", "STORE_UNAVAILABLE"),
    ],
)
async def test_each_dependency_that_breaks_is_named_and_mends(
    relayer: WatchedRelayer,
    breaks: Callable[[WatchedRelayer], None],
    mends: Callable[[WatchedRelayer], None],
    named: str,
    why: str,
) -> None:
    breaks(relayer)
    found = await relayer.until(lambda found: named in _broken(found))
    assert found["status"] == 503
    assert _broken(found)[named].startswith(why)
    text = await relayer.metrics()
    assert f'crossdvp_dependency_up{{dependency="{named}"' in text
    assert "crossdvp_ready 0.0" in text
    assert (await fetch(relayer.http, "/healthz"))[0] == 200  # a restart would mend nothing
    mends(relayer)
    found = await relayer.until(lambda found: bool(found["ready"]))
    assert found["status"] == 200


async def test_grpc_health_of_every_service_follows_the_dependencies(relayer: WatchedRelayer) -> None:
    serving, not_serving = health_pb2.HealthCheckResponse.SERVING, health_pb2.HealthCheckResponse.NOT_SERVING
    services = ("", "crossdvp.relayer.v1.RelayerService")
    for broken, expected in ((False, serving), (True, not_serving), (False, serving)):
        relayer.switches["node sn"].broken = broken
        await relayer.until(lambda found, broken=broken: ("node sn" in _broken(found)) is broken)  # type: ignore[misc]  # a default binds the loop's value
        for service in services:
            while await _grpc_health(relayer, service) != expected:
                pass  # told at the next look; the test's time-out bounds it


async def test_a_halted_path_is_alive_and_not_ready_and_says_why(relayer: WatchedRelayer) -> None:
    packet = relayer.chains[0].send(b"x", T0_S + 600)
    relayer.chains[0]._note(EventKind.TIMEOUT_PROCESSED, packet)
    relayer.chains[0]._note(EventKind.ACK_PROCESSED, packet)
    found = await relayer.until(lambda found: "path main" in _broken(found))
    assert "CONTRADICTORY_PACKET_EVENT" in _broken(found)["path main"]
    assert 'crossdvp_path_halted{path="main"} 1.0' in await relayer.metrics()


async def test_the_listener_answers_nothing_else(relayer: WatchedRelayer) -> None:
    assert (await fetch(relayer.http, "/"))[0] == 404
    assert (await fetch(relayer.http, "/metrics/../../etc/passwd"))[0] == 404


async def test_a_callers_invented_method_becomes_no_label(relayer: WatchedRelayer) -> None:
    channel = channel_to("relayer", relayer.port, tls_of("broker-a"))
    for number in range(5):
        call = channel.unary_unary(
            f"/crossdvp.relayer.v1.RelayerService/Invented{number}",
            request_serializer=bytes,
            response_deserializer=bytes,
        )
        with pytest.raises(grpc.aio.AioRpcError):
            await call(b"")
    await channel.close(grace=None)
    assert "Invented" not in await relayer.metrics()
