"""The checks behind readiness: each says what is wrong in words, and none hangs or breaks the others."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import grpc.aio
import pytest
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from hypothesis import given
from hypothesis import strategies as st

from chains.progmat.client.channel import ApiEndpoint
from chains.rpc_status import RemoteUnavailableError
from relayer.core.chain import Head
from relayer.telemetry import names
from relayer.telemetry.checks import (
    ClockAgrees,
    ClockDisagrees,
    EnoughServe,
    HeadMoves,
    HeadStandsStill,
    HeadWentBack,
    PeerNotServing,
    PeerServes,
    TooFewPeers,
    still_bound_s,
)
from relayer.telemetry.dependencies import Dependency, DependencyBoard, DependencyKind
from relayer.telemetry.metrics import Metrics
from tests.fakes.rpc_parties import server_settings, tls_of
from tests.fakes.telemetry_world import T0_S, Clocks, NodeAway, Switch

METRICS = Metrics(names.RELAYER, lambda: 0.0)


@dataclass
class Chain:
    """Its head is what the test says."""

    clocks: Clocks = field(default_factory=Clocks)
    height: int = 10
    skew_s: float = 0.0

    async def head(self) -> Head:
        return Head(self.height, int(self.clocks.now_s - self.skew_s))

    def check(self, most_still_s: float = 20.0) -> HeadMoves:
        clocks = self.clocks
        return HeadMoves("one", self.head, most_still_s, METRICS, lambda: clocks.now_s, lambda: clocks.timer_s)


async def test_a_head_may_stand_for_its_bound_and_no_longer_and_moving_mends_it() -> None:
    chain = Chain()
    check = chain.check()
    await check()
    chain.clocks.pass_s(20)
    await check()
    chain.clocks.pass_s(0.5)
    with pytest.raises(HeadStandsStill, match="stands at 10 for 20 s"):
        await check()
    chain.height += 1
    await check()


async def test_a_chain_that_answers_first_after_long_is_not_called_standing() -> None:
    chain = Chain()
    check = chain.check()
    chain.clocks.pass_s(3600)
    await check()


async def test_a_head_that_went_back_is_told_until_it_has_caught_up() -> None:
    chain = Chain()
    check = chain.check()
    await check()
    chain.height = 7
    for _ in range(2):
        with pytest.raises(HeadWentBack, match="was at 10 and shows 7"):
            await check()
    chain.height = 11
    await check()


@given(st.floats(-600, 600), st.floats(-600, 600))
def test_a_clock_disagrees_only_with_every_chain_that_moves(one_s: float, other_s: float) -> None:
    clocks = Clocks()
    chains = [Chain(clocks, skew_s=round(one_s)), Chain(clocks, skew_s=round(other_s))]
    checks = [chain.check() for chain in chains]

    async def look() -> None:
        for check in checks:
            await check()
        await ClockAgrees(checks, 30.0)()

    if min(abs(round(one_s)), abs(round(other_s))) > 30:
        with pytest.raises(ClockDisagrees):
            asyncio.run(look())
    else:
        asyncio.run(look())


async def test_a_chain_that_stands_says_nothing_about_the_clock() -> None:
    chain = Chain(skew_s=500)
    check = chain.check()
    await check()
    with pytest.raises(ClockDisagrees, match="500 s ahead of every chain"):
        await ClockAgrees([check], 30.0)()
    chain.clocks.pass_s(100)
    await ClockAgrees([check], 30.0)()


async def test_validators_are_well_while_the_threshold_answers() -> None:
    switches = [Switch() for _ in range(4)]
    check = EnoughServe([switch.check for switch in switches], needed=3)
    await check()
    switches[0].broken = True
    await check()
    switches[1].broken = True
    with pytest.raises(TooFewPeers, match="expected 3 to answer, 2 do: NODE_AWAY"):
        await check()


async def test_a_peers_own_health_is_believed_and_its_absence_named() -> None:
    server, servicer = grpc.aio.server(), health.aio.HealthServicer()  # type: ignore[attr-defined]  # missing in its stub
    health_pb2_grpc.add_HealthServicer_to_server(servicer, server)
    tls = server_settings("cn-a").tls
    pair = (tls.private_key, tls.certificate)
    port = server.add_secure_port(
        "127.0.0.1:0", grpc.ssl_server_credentials([pair], tls.authority, require_client_auth=True)
    )
    await server.start()
    check = PeerServes(ApiEndpoint("cn-a", f"127.0.0.1:{port}"), tls_of("relayer"), 2.0, ("records",))
    await servicer.set("", health_pb2.HealthCheckResponse.SERVING)
    await check()  # of an earlier version, which does not speak of its parts
    await servicer.set("records", health_pb2.HealthCheckResponse.NOT_SERVING)
    with pytest.raises(PeerNotServing, match="cn-a says NOT_SERVING of its part records"):
        await check()
    await servicer.set("records", health_pb2.HealthCheckResponse.SERVING)
    await servicer.set("notary", health_pb2.HealthCheckResponse.NOT_SERVING)
    await check()  # nobody asked for that one
    await servicer.set("", health_pb2.HealthCheckResponse.NOT_SERVING)
    with pytest.raises(PeerNotServing, match="cn-a says NOT_SERVING: there"):
        await check()
    await server.stop(None)
    with pytest.raises(RemoteUnavailableError, match="cn-a"):
        await check()
    await check.close()


async def test_a_check_that_hangs_or_has_a_defect_is_down_and_holds_up_no_other() -> None:
    clocks, hanging = Clocks(), asyncio.Event()

    async def hangs() -> None:
        await hanging.wait()

    async def defective() -> None:
        raise KeyError("a defect")

    async def fine() -> None:
        return

    checks = {"hangs": hangs, "defective": defective, "fine": fine}
    board = DependencyBoard(
        [Dependency(name, DependencyKind.PEER, check) for name, check in checks.items()],
        METRICS,
        0.05,
        lambda: clocks.now_s,
        lambda: clocks.timer_s,
    )
    assert [status.detail for status in board.statuses] == ["not looked at yet"] * 3
    assert not board.is_ready
    await board.look()
    found = {status.name: status for status in board.statuses}
    assert found["hangs"].detail == "no answer within 0.05 s"
    assert found["defective"].detail == "defect in its check: KeyError"
    assert found["fine"].is_up


async def test_since_is_when_it_changed_and_a_name_is_named_once() -> None:
    clocks, switch = Clocks(), Switch()
    board = DependencyBoard([], METRICS, 1.0, lambda: clocks.now_s, lambda: clocks.timer_s)
    for _ in range(2):
        board.add(Dependency("node", DependencyKind.PEER, switch.check))
    for broken in (False, False, True, True):
        switch.broken = broken
        await board.look()
        clocks.pass_s(10)
    (status,) = board.statuses
    assert (status.is_up, status.since_s) == (False, T0_S + 20)
    assert status.detail.startswith(NodeAway.reason)


@given(st.floats(0.01, 60), st.integers(2, 1000))
def test_a_quick_chain_has_room_for_a_slow_node(period_s: float, periods: int) -> None:
    assert still_bound_s(period_s, periods) >= max(5.0, period_s * periods)
