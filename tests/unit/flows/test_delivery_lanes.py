"""Deliveries: what one peer is owed delays no other, costs little while it is away, and arrives when it is back."""

from __future__ import annotations

import asyncio
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, text

from chains.progmat.flows.delivery import DeliveryWorker, owe
from chains.progmat.flows.delivery_lane import MAX_HELD, Lane
from chains.progmat.flows.record import FlowKind, FlowRecord
from chains.progmat.flows.retry import RetrySchedule
from chains.progmat.flows.schema import flows_metadata
from chains.progmat.flows.steps import FlowStep
from chains.progmat.flows.store import add_flow, newest_flows
from chains.progmat.node.peers import InProcessPeerNetwork, PeerIdentity, PeerRouter
from chains.progmat.node.peers.in_process import Delivery
from chains.progmat.node.storage import NodeDatabase, peers_owed
from primitives.errors import CallerError, UnavailableError
from tests.fakes.manual_clock import ManualClock

METHOD = "node.take"
WAIT_S = 20
ROUNDS_TO_SLEEP = 10
"""Whoever was woken by what a test waited for sleeps again by then: a clock moved on before that would not wake him."""


class NotWanted(CallerError):
    """A peer's refusal."""

    reason = "NOT_WANTED"


class CannotNow(UnavailableError):
    """What a peer says that cannot take this one delivery at present."""

    reason = "CANNOT_NOW"


@dataclass
class Peers:
    """Peers that count what arrives; ``away`` ones cannot be reached, ``silent`` ones take and say nothing."""

    hub: InProcessPeerNetwork = field(default_factory=InProcessPeerNetwork)
    got: Counter[tuple[str, bytes]] = field(default_factory=Counter)
    asked: Counter[str] = field(default_factory=Counter)
    away: set[str] = field(default_factory=set)
    silent: set[str] = field(default_factory=set)
    unwanted: set[bytes] = field(default_factory=set)
    lost: set[bytes] = field(default_factory=set)

    def join(self, name: str) -> None:
        router = PeerRouter()
        router.register(METHOD, partial(self._take, name))
        self.hub.join(name, router)
        self.hub.policy = self._fate

    async def _fate(self, _asker: str, asked: str, _method: str) -> Delivery:
        self.asked[asked] += 1
        if asked in self.silent:
            await asyncio.Event().wait()
        return Delivery.LOSE_REQUEST if asked in self.away else Delivery.DELIVER

    async def _take(self, name: str, _asker: PeerIdentity, body: bytes) -> bytes:
        if body in self.lost:
            raise CannotNow
        if body in self.unwanted:
            raise NotWanted
        self.got[name, body] += 1
        return b""


class HastyClock(ManualClock):
    """Goes on by ``hurry_ms`` right after it was looked at next: before whoever looked can go to sleep."""

    hurry_ms = 0

    def now_ms(self) -> int:
        now_ms, hurry_ms = super().now_ms(), self.hurry_ms
        if hurry_ms:
            self.hurry_ms = 0
            asyncio.get_running_loop().call_soon(self.advance_ms, hurry_ms)
        return now_ms


@dataclass
class Outbox:
    """A worker over a database file."""

    database: NodeDatabase
    clock: ManualClock
    worker: DeliveryWorker
    owed: int = 0

    async def owe(self, peer: str, bodies: Iterable[bytes]) -> None:
        wanted = list(bodies)

        def put(connection: Connection) -> None:
            for body in wanted:
                self.owed += 1
                now_s = self.clock.now_s()
                owe(connection, flow_id=f"f{self.owed}", peer=peer, method=METHOD, body=body, now_s=now_s)

        await self.database.submit(put)
        self.worker.wake()

    async def pending(self, peer: str) -> int:
        query = text("SELECT count(*) FROM outbox WHERE status = 'PENDING' AND peer = :peer")
        return await self.database.read(lambda connection: connection.execute(query, {"peer": peer}).scalar_one())

    async def until_delivered(self, peer: str, step_ms: int = 0) -> None:
        async with asyncio.timeout(WAIT_S):
            while await self.pending(peer):
                self.clock.advance_ms(step_ms)
                await asyncio.sleep(0)

    def held(self, peer: str) -> int:
        """Under way; what was not offered to its lane yet is none of it."""
        lane = self.worker._lanes.get(peer)
        return 0 if lane is None else len(lane.held)


@asynccontextmanager
async def outbox(folder: Path, peers: Peers, names: Iterable[str], clock: ManualClock) -> AsyncIterator[Outbox]:
    for name in names:
        peers.join(name)
    network = peers.hub.join("us", PeerRouter())
    database = await NodeDatabase.open(folder / "node.sqlite3", "us", [flows_metadata])
    worker = DeliveryWorker(database, network, clock, lambda effect: effect.body, lambda _flow: None, lambda _id: False)
    worker.start()
    try:
        yield Outbox(database, clock, worker)
    finally:
        await worker.stop()
        await network.close()
        await database.close()


def bodies(count: int, prefix: str = "") -> list[bytes]:
    return [f"{prefix}{number}".encode() for number in range(count)]


async def settled(look: Callable[[], bool]) -> None:
    async with asyncio.timeout(WAIT_S):
        while not look():  # noqa: ASYNC110 # what the worker does inside tells nobody
            await asyncio.sleep(0)
    for _ in range(ROUNDS_TO_SLEEP):
        await asyncio.sleep(0)


async def test_a_silent_peer_that_is_owed_a_thousand_holds_up_nobody_and_little_memory(tmp_path: Path) -> None:
    peers, clock = Peers(silent={"dead"}), ManualClock()
    async with outbox(tmp_path, peers, ("dead", "live"), clock) as box:
        await box.owe("dead", bodies(1000))
        await box.owe("live", bodies(500))
        await box.until_delivered("live")
        assert len(peers.got) == 500
        assert box.held("dead") == MAX_HELD
        assert await box.pending("dead") == 1000


async def test_only_probes_go_to_a_peer_that_is_away_and_all_arrives_when_it_is_back(tmp_path: Path) -> None:
    peers, clock = Peers(away={"dead"}), ManualClock()
    async with outbox(tmp_path, peers, ("dead",), clock) as box:
        await box.owe("dead", bodies(1000))
        await settled(lambda: box.worker.peers_away() == {"dead": clock.now_ms()} and box.held("dead") == 0)
        before = peers.asked["dead"]
        assert before <= MAX_HELD
        for probes in range(1, 8):
            clock.advance_s(30)
            await settled(lambda: box.held("dead") == 0 and peers.asked["dead"] > before + probes - 1)  # noqa: B023 # awaited here
            assert peers.asked["dead"] == before + probes
        peers.away.clear()
        clock.advance_s(30)
        await box.until_delivered("dead")
        assert peers.got == Counter(("dead", body) for body in bodies(1000))
        assert box.worker.peers_away() == {}


async def test_what_is_owed_while_a_peer_is_away_goes_with_the_rest(tmp_path: Path) -> None:
    peers, clock = Peers(away={"dead"}), ManualClock()
    async with outbox(tmp_path, peers, ("dead",), clock) as box:
        await box.owe("dead", bodies(3))
        await settled(lambda: bool(box.worker.peers_away()) and box.held("dead") == 0)
        await box.owe("dead", bodies(300, "later"))
        peers.away.clear()
        await box.until_delivered("dead", step_ms=1000)
        assert sum(peers.got.values()) == 303


async def test_one_delivery_that_always_fails_does_not_keep_others_from_its_peer(tmp_path: Path) -> None:
    peers, clock = Peers(lost={b"poison"}, unwanted={b"refused"}), ManualClock()
    async with outbox(tmp_path, peers, ("peer",), clock) as box:
        await box.owe("peer", [b"poison", b"refused", *bodies(300)])
        async with asyncio.timeout(WAIT_S):
            while await box.pending("peer") > 2:
                clock.advance_ms(500)
                await asyncio.sleep(0)
        assert len(peers.got) == 300
        peers.lost.clear()
        peers.unwanted.clear()
        await box.until_delivered("peer", step_ms=10_000)
        assert (peers.got["peer", b"poison"], peers.got["peer", b"refused"]) == (1, 1)


async def test_an_operator_in_a_hurry_finds_out_at_once_that_a_peer_is_back(tmp_path: Path) -> None:
    peers, clock = Peers(away={"dead"}), ManualClock()
    async with outbox(tmp_path, peers, ("dead",), clock) as box:
        await box.owe("dead", bodies(5))
        await settled(lambda: bool(box.worker.peers_away()) and box.held("dead") == 0)
        peers.away.clear()
        box.worker.hurry()
        await settled(lambda: not box.worker.peers_away())
        clock.advance_s(1)  # what failed was to be repeated in a second
        await box.until_delivered("dead")


async def test_a_clock_that_goes_on_while_a_sleep_begins_is_not_overslept(tmp_path: Path) -> None:
    peers, clock = Peers(away={"peer"}), HastyClock()
    async with outbox(tmp_path, peers, ("peer",), clock) as box:
        await box.owe("peer", bodies(1))
        await settled(lambda: peers.asked["peer"] == 1 and box.held("peer") == 0)
        soon_ms = clock.now_ms() + 500
        clock.hurry_ms = 600
        box.worker._lanes["peer"].look_by(soon_ms)
        await settled(lambda: peers.asked["peer"] == 2)


async def test_a_restarted_node_takes_up_what_it_owes_and_keeps_what_was_put_off(tmp_path: Path) -> None:
    peers, clock = Peers(away={"dead"}, unwanted={b"refused"}), ManualClock()
    async with outbox(tmp_path, peers, ("dead", "live"), clock) as box:
        await box.owe("dead", bodies(400))
        await box.owe("live", [b"refused"])
        await settled(lambda: bool(box.worker.peers_away()) and box.held("dead") == 0)
        await settled(lambda: peers.asked["live"] == 1 and box.held("live") == 0)
    peers.away.clear()
    peers.unwanted.clear()
    async with outbox(tmp_path, peers, ("dead", "live"), clock) as box:
        assert await box.database.read(peers_owed) == {"dead": 400, "live": 401}
        clock.advance_s(1)  # all that failed is due; time stands still however long the machine takes to send it
        await box.until_delivered("dead")
        assert peers.got["live", b"refused"] == 0
        clock.advance_s(60)
        await box.until_delivered("live")
        assert max(peers.got.values()) == 1


@settings(max_examples=15, deadline=None)
@given(st.lists(st.lists(st.sampled_from(list(Delivery)), max_size=4), min_size=1, max_size=40), st.data())
def test_whatever_is_lost_on_the_way_all_arrives(fates: list[list[Delivery]], data: st.DataObject) -> None:
    peers, clock = Peers(), ManualClock()
    coming = {name: [fate for item in fates for fate in item] for name in ("a", "b")}

    async def scenario(folder: Path) -> None:
        async with outbox(folder, peers, ("a", "b"), clock) as box:

            async def fate(_asker: str, asked: str, _method: str) -> Delivery:
                return coming[asked].pop() if coming[asked] else Delivery.DELIVER

            peers.hub.policy = fate
            for name in ("a", "b"):
                await box.owe(name, bodies(len(fates)))
            step_ms = data.draw(st.integers(1, 5000))
            await box.until_delivered("a", step_ms)
            await box.until_delivered("b", step_ms)
            assert set(peers.got) == {(name, body) for name in ("a", "b") for body in bodies(len(fates))}

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(scenario(Path(folder)))


async def test_a_lane_reads_what_is_due_by_its_index(tmp_path: Path) -> None:
    async with outbox(tmp_path, Peers(), (), ManualClock()) as box:
        query = (
            "EXPLAIN QUERY PLAN SELECT * FROM outbox WHERE status = 'PENDING' AND peer = ? AND next_attempt_s <= ? "
            "ORDER BY next_attempt_s, effect_id LIMIT ?"
        )
        plan = await box.database.read(lambda c: c.exec_driver_sql(query, ("p", 1, 1)).all())
        assert "USING INDEX outbox_due (peer=? AND next_attempt_s<?)" in str(plan)


def test_a_failure_counts_only_if_nothing_was_answered_since() -> None:
    lane = Lane("peer", RetrySchedule(first_ms=1000))
    lane.answered()
    assert lane.failed(1, answers_before=0, attempts=3, now_ms=0) == 4000
    assert [lane.is_away] == [False]
    assert lane.failed(1, answers_before=1, attempts=3, now_ms=0) == 1000
    assert [lane.is_away] == [True]
    assert lane.failed(2, answers_before=1, attempts=1, now_ms=0) == 1000
    assert lane.failures == 1
    lane.probe_id = 3
    assert lane.failed(3, answers_before=1, attempts=1, now_ms=0) == 2000
    assert lane.failures == 2
    lane.answered()
    assert (lane.is_away, lane.look_at_ms) == (False, 0)


async def test_who_waits_hears_of_the_last_answer_before_it_is_stored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody but the waiting is told early, and only when all have answered."""
    monkeypatch.setattr("chains.progmat.flows.delivery.ACKNOWLEDGED_WITHIN_S", 3600.0)
    peers, clock, told = Peers(silent={"slow"}), ManualClock(), []
    async with outbox(tmp_path, peers, ("fast", "slow"), clock) as box:
        monkeypatch.setattr(box.worker, "_on_done", lambda flow: told.append((flow.flow_id, flow.step)))
        monkeypatch.setattr(box.worker, "_is_awaited", lambda flow_id: flow_id != "nobody")
        for flow_id, owed_to in (("one", ("fast",)), ("two", ("fast", "slow")), ("nobody", ("fast",))):
            await box.database.submit(partial(recorded_and_owed, flow_id=flow_id, peers=owed_to, clock=clock))
        box.worker.wake()
        await settled(lambda: peers.got.total() == 3)
        await settled(lambda: bool(told))
        assert told == [("one", FlowStep.DONE)]
        assert await box.pending("fast") == 3  # none of it is stored yet
    flows = await stored_steps(tmp_path)
    assert flows == {"one": "DONE", "two": "RECORDED", "nobody": "DONE"}  # written at the stop


def recorded_and_owed(connection: Connection, *, flow_id: str, peers: Iterable[str], clock: ManualClock) -> None:
    now_ms = clock.now_ms()
    flow = FlowRecord(flow_id, FlowKind.ISSUE_CASH, b"", FlowStep.RECORDED, now_ms, now_ms, now_ms)
    add_flow(connection, flow.replaced(signed_tx=b"signed", tx_id=flow_id.encode()))
    for peer in peers:
        owe(connection, flow_id=flow_id, peer=peer, method=METHOD, body=flow_id.encode(), now_s=clock.now_s())


async def stored_steps(folder: Path) -> dict[str, str]:
    database = await NodeDatabase.open(folder / "node.sqlite3", "us", [flows_metadata])
    found = await database.read(lambda connection: newest_flows(connection, set(FlowStep), limit=9))
    await database.close()
    return {flow.flow_id: flow.step.value for flow in found}
