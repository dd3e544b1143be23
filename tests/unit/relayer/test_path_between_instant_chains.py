"""The path's whole job against two chains that keep the packet rules: all ends, once, whatever dies in between."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from relayer.core.chain import ClientUpdate, Outcome, PacketMessage
from relayer.core.crash_points import CrashPoint
from relayer.core.lifecycle import PacketState
from relayer.path import Path, PathSettings
from relayer.store import PacketKey, RelayerStore
from tests.fakes.instant_chain import Away, InstantChain, instant_pair


class Killed(BaseException):
    """Stands for SIGKILL: no handler of the product may catch it."""


@dataclass
class World:
    """Two chains, one clock, one store, and a relayer that can be killed at a named line."""

    now_s: int = 1_700_000_000
    kill_at: CrashPoint | None = None
    store: RelayerStore = field(default_factory=lambda: RelayerStore(None))
    chains: tuple[InstantChain, InstantChain] = field(init=False)

    def __post_init__(self) -> None:
        self.chains = instant_pair(lambda: self.now_s)

    def path(self) -> Path:
        return Path(self.chains, self.store, PathSettings(receive_margin_s=5), lambda: float(self.now_s), self._reach)

    def _reach(self, point: CrashPoint) -> None:
        if point is self.kill_at:
            self.kill_at = None
            raise Killed

    async def run(self, rounds: int = 4) -> None:
        """Rounds as a supervisor sees them: a killed relayer is started again over the same store."""
        path = self.path()
        for _ in range(rounds):
            try:
                await path.round()
            except Killed:
                path = self.path()
            except Away:
                continue
            self.now_s += 1

    def effects(self, what: str) -> list[str]:
        return [effect for chain in self.chains for effect in chain.effects if effect.startswith(what)]


async def test_a_packet_of_either_direction_is_received_and_acknowledged() -> None:
    world = World()
    for chain in world.chains:
        chain.send(b"hello", world.now_s + 600)
    await world.run()
    assert sorted(world.effects("received")) == ["received 1", "received 1"]
    assert sorted(world.effects("acknowledged")) == ["acknowledged 1", "acknowledged 1"]
    assert world.store.counts()[PacketState.ACKNOWLEDGED.value] == 2


async def test_a_packet_nobody_relayed_in_time_is_timed_out_and_never_received() -> None:
    world = World()
    world.chains[0].send(b"late", world.now_s + 60)
    world.now_s += 61
    await world.run()
    assert world.effects("received") == []
    assert world.effects("timed out") == ["timed out 1"]


async def test_a_packet_within_the_margin_is_not_sent_any_more_and_timed_out_later() -> None:
    world = World()
    world.chains[0].send(b"close", world.now_s + 4)
    await world.run(rounds=2)
    assert world.effects("") == []
    await world.run(rounds=6)
    assert world.effects("") == ["timed out 1"]


async def test_a_refused_packet_is_tried_again_later_and_does_not_hold_up_the_next() -> None:
    world = World()
    poisoned = world.chains[0].send(b"poison", world.now_s + 600)
    del world.chains[0].commitments[poisoned.sequence]  # its proof can never hold
    world.chains[0].send(b"fine", world.now_s + 600)
    await world.run(rounds=3)
    assert world.effects("received") == ["received 2"]
    story = world.store.story(PacketKey("one", poisoned.source_client, poisoned.sequence))
    assert story is not None
    assert story[0].last_error.startswith("INVALID_PROOF")
    assert 1 <= story[0].tracked.attempts <= 3


async def test_a_frozen_client_is_sent_nothing() -> None:
    world = World()
    world.chains[1].frozen = True
    world.chains[0].send(b"hello", world.now_s + 600)
    await world.run()
    assert world.effects("") == []
    story = world.store.story(PacketKey("one", "client-one", 1))
    assert story is not None
    assert story[0].tracked.attempts == 0


async def test_a_chain_that_is_away_is_waited_for() -> None:
    world = World()
    world.chains[0].send(b"hello", world.now_s + 600)
    world.chains[1].away = True
    await world.run()
    world.chains[1].away = False
    await world.run()
    assert world.effects("acknowledged") == ["acknowledged 1"]


async def test_an_old_client_is_refreshed_at_a_third_of_its_trusting_period() -> None:
    world = World()
    await world.run(rounds=2)
    before = [chain.client_height for chain in world.chains]
    await world.run(rounds=2)
    assert [chain.client_height for chain in world.chains] == before
    world.now_s += 1200
    await world.run(rounds=1)
    assert all(chain.client_height > old for chain, old in zip(world.chains, before, strict=True))


@pytest.mark.parametrize("point", list(CrashPoint))
@pytest.mark.parametrize("timeout_s", [600, 3])
async def test_killed_at_any_line_and_started_again_every_packet_ends_exactly_once(
    point: CrashPoint, timeout_s: int
) -> None:
    world = World(kill_at=point)
    for chain in world.chains:
        for value in (b"a", b"b"):
            chain.send(value, world.now_s + timeout_s)
    await world.run(rounds=20)
    received, ended = world.effects("received"), world.effects("acknowledged") + world.effects("timed out")
    assert sorted(ended) in (
        sorted(["acknowledged 1", "acknowledged 2"] * 2),
        sorted(["timed out 1", "timed out 2"] * 2),
    )
    assert len(received) in {0, 4}
    assert sum(world.store.counts().values()) == 4


Step = tuple[str, int]
_STEPS = st.lists(
    st.tuples(
        st.sampled_from(["send", "round", "kill", "away", "back", "wait", "block", "unblock"]), st.integers(0, 6)
    ),
    max_size=25,
)


@settings(max_examples=120, deadline=None)
@given(steps=_STEPS)
async def test_under_any_schedule_received_xor_timed_out_and_nothing_twice(steps: list[Step]) -> None:
    world = World()
    path = world.path()
    actions: dict[str, Callable[[int], None]] = {
        "send": lambda n: void(world.chains[n % 2].send(bytes([n + 1]), world.now_s + 1 + n * 5)),
        "kill": lambda n: setattr(world, "kill_at", list(CrashPoint)[n]),
        "away": lambda n: setattr(world.chains[n % 2], "away", True),
        "back": lambda n: setattr(world.chains[n % 2], "away", False),
        "wait": lambda n: setattr(world, "now_s", world.now_s + n),
        "block": lambda n: world.chains[n % 2].blocked.add(1 + n // 2),
        "unblock": lambda n: world.chains[n % 2].blocked.discard(1 + n // 2),
    }
    for what, number in steps:
        if what in actions:
            actions[what](number)
            continue
        try:
            await path.round()
        except Killed:
            path = world.path()
        except Away:
            continue
    for chain in world.chains:
        chain.away = False
        chain.blocked.clear()
    world.kill_at = None
    world.now_s += 100
    for _ in range(8):
        await path.round()
        world.now_s += 30
    for chain in world.chains:
        assert len(chain.effects) == len(set(chain.effects))
        assert chain.commitments == {}
        timed_out = {e.split()[-1] for e in chain.effects if e.startswith("timed out")}
        received = {e.split()[-1] for e in chain.counterparty.effects if e.startswith("received")}
        assert not timed_out & received
        assert len(timed_out | received) == len(chain.sent)
    world.store.close()


def void(_value: object) -> None:
    """Drops a value, so that an action is a statement."""


async def test_a_packet_said_to_be_sent_above_the_head_waits_and_holds_up_no_other() -> None:
    world = World()
    liar = world.chains[0].send(b"from the future", world.now_s + 600)
    world.chains[0].log[-1] = replace(world.chains[0].log[-1], height=10_000)
    world.chains[0].send(b"fine", world.now_s + 600)
    world.chains[1].send(b"the other way", world.now_s + 600)
    await world.run()
    assert sorted(world.effects("received")) == ["received 1", "received 2"]
    assert world.store.story(PacketKey("one", liar.source_client, liar.sequence)) is not None
    assert 1 in world.chains[0].commitments


async def test_a_failing_side_does_not_leave_the_other_side_running_into_the_next_round() -> None:
    world = World()
    for chain in world.chains:
        chain.send(b"hello", world.now_s + 600)
    world.chains[0].refuses_submissions = True
    path = world.path()
    with pytest.raises(Away):
        await path.round()
    assert world.effects("received") == ["received 1"]
    assert len(asyncio.all_tasks()) == 1


def _state(world: World, sequence: int) -> tuple[PacketState, str]:
    story = world.store.story(PacketKey("one", "client-one", sequence))
    assert story is not None
    return story[0].tracked.state, story[0].last_error


async def test_a_blocked_delivery_is_tried_for_ever_ends_nothing_and_holds_up_no_other() -> None:
    world = World()
    world.chains[0].blocked = {1}
    for value in (b"paused token", b"fine"):
        world.chains[0].send(value, world.now_s + 60)
    await world.run(rounds=6)
    assert world.effects("acknowledged") == ["acknowledged 2"]
    assert _state(world, 1) == (PacketState.DELIVERY_BLOCKED, "TOKEN_PAUSED: the token refuses")
    world.now_s += 7 * 86_400  # long past its time-out: it was received, so it never becomes an abort
    await world.run(rounds=30)
    assert _state(world, 1)[0] is PacketState.DELIVERY_BLOCKED
    assert 1 in world.chains[0].commitments
    world.chains[0].send(b"later", world.now_s + 60)
    await world.run(rounds=6)
    assert world.effects("acknowledged") == ["acknowledged 2", "acknowledged 3"]
    world.chains[0].blocked.clear()
    world.now_s += 60
    await world.run(rounds=3)
    assert world.effects("acknowledged") == ["acknowledged 2", "acknowledged 3", "acknowledged 1"]
    assert _state(world, 1) == (PacketState.ACKNOWLEDGED, "")
    assert world.effects("timed out") == []


async def test_a_return_that_is_blocked_after_the_time_out_is_tried_for_ever_too() -> None:
    world = World()
    world.chains[0].blocked = {1}
    world.chains[0].send(b"paused token", world.now_s + 60)
    world.now_s += 61
    await world.run(rounds=4)
    assert _state(world, 1)[0] is PacketState.RETURN_BLOCKED
    world.chains[0].blocked.clear()
    world.now_s += 60
    await world.run(rounds=4)
    assert world.effects("") == ["timed out 1"]
    assert _state(world, 1)[0] is PacketState.TIMED_OUT


async def test_a_blocked_packet_is_an_alarm_in_the_log() -> None:
    world = World()
    world.chains[0].blocked = {1}
    world.chains[0].send(b"paused token", world.now_s + 60)
    with capture_logs() as lines:
        await world.run(rounds=6)
    alarms = [line for line in lines if line.get("verdict") == "blocked"]
    assert alarms
    assert {(line["log_level"], line["evidence"]) for line in alarms} == {("error", "TOKEN_PAUSED: the token refuses")}


class SlowChain(InstantChain):
    """Takes a submission only when it is let go."""

    def __init__(self, *rest: object) -> None:
        super().__init__(*rest)  # type: ignore[arg-type]  # as InstantChain takes them
        self.is_let_go = asyncio.Event()
        self.is_asked = asyncio.Event()

    async def submit(self, update: ClientUpdate | None, messages: Sequence[PacketMessage]) -> tuple[Outcome, ...]:
        self.is_asked.set()
        await self.is_let_go.wait()
        return await super().submit(update, messages)


async def test_an_end_that_takes_its_time_does_not_keep_the_other_one_waiting() -> None:
    world = World()
    quick, slow = world.chains[0], SlowChain("two", "client-two", lambda: world.now_s)
    quick.counterparty, slow.counterparty = slow, quick
    world.chains = (quick, slow)
    quick.send(b"is under way", world.now_s + 600)
    rounds = asyncio.create_task(world.path().round())
    await slow.is_asked.wait()
    for number in (1, 2):
        slow.send(b"comes meanwhile", world.now_s + 600)
        async with asyncio.timeout(5):
            while f"received {number}" not in quick.effects:  # noqa: ASYNC110 # the relayer is another task
                await asyncio.sleep(0.01)
    assert not rounds.done()
    slow.is_let_go.set()
    await rounds
    assert slow.effects == ["received 1"]


class RestlessChain(InstantChain):
    """Takes a moment for each submission, in which its counterparty sends it another packet."""

    async def submit(self, update: ClientUpdate | None, messages: Sequence[PacketMessage]) -> tuple[Outcome, ...]:
        self.counterparty.send(b"one more", self.clock_s() + 600)
        await asyncio.sleep(0.03)
        return await super().submit(update, messages)


async def test_a_round_ends_although_neither_end_is_ever_without_work() -> None:
    world = World()
    one, two = (RestlessChain(name, f"client-{name}", lambda: world.now_s) for name in ("one", "two"))
    one.counterparty, two.counterparty = two, one
    world.chains = (one, two)
    one.send(b"first", world.now_s + 600)
    two.send(b"first", world.now_s + 600)
    async with asyncio.timeout(30):
        assert await world.path().round() >= 2
