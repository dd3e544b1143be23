"""The loop outlives what goes wrong: unprovable packets, chains that are away, contradictions, defects."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import pytest

from ibc.packet import Packet
from primitives.errors import PeerError
from relayer.core.chain import EventKind, PacketEvent, ProofKind
from relayer.path import Path, PathSettings
from relayer.process import report_health, run_until_stopped
from relayer.rpc_server import Health
from relayer.service import RelayerLoop, crash_hook, never
from relayer.store import PacketKey, RelayerStore
from tests.fakes.instant_chain import Away, InstantChain, instant_pair

T0_S = 1_700_000_000


class NoSuchProof(PeerError):
    """A node answers nonsense when asked for one packet's proof."""

    reason = "NO_SUCH_PROOF"


@dataclass
class HauntedChain(InstantChain):
    """Cannot prove the packets in ``cursed``."""

    cursed: set[int] = field(default_factory=set)

    async def prove(self, kind: ProofKind, packet: Packet, height: int) -> bytes:
        """See ChainEndpoint."""
        if packet.sequence in self.cursed:
            raise NoSuchProof("the node's answer is no proof")
        return await super().prove(kind, packet, height)


@dataclass
class World:
    """A haunted chain and a plain one, a path between them, a loop."""

    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    store: RelayerStore = field(default_factory=lambda: RelayerStore(None))

    def __post_init__(self) -> None:
        self.source = HauntedChain("one", "client-one", lambda: T0_S)
        self.destination = InstantChain("two", "client-two", lambda: T0_S)
        self.source.counterparty, self.destination.counterparty = self.destination, self.source
        self.path = Path((self.source, self.destination), self.store, PathSettings(5), lambda: float(T0_S), never)
        self.loop = RelayerLoop(self.path, 0.001, self.stopping)


async def test_a_packet_that_cannot_be_proved_does_not_hold_up_the_next() -> None:
    world = World()
    for value in (b"a", b"b"):
        world.source.send(value, T0_S + 600)
    world.source.cursed = {1}
    for _ in range(3):
        await world.path.round()
    assert world.source.effects == ["acknowledged 2"]
    story = world.store.story(PacketKey("one", "client-one", 1))
    assert story is not None
    assert story[0].last_error.startswith("NO_SUCH_PROOF")


async def test_a_packet_reported_from_beyond_the_head_does_not_hold_up_the_next() -> None:
    world = World()
    liar = world.source.send(b"lie", T0_S + 600)
    world.source.log[-1] = PacketEvent(EventKind.SENT, liar, 10**9, "tx")
    world.source.send(b"fine", T0_S + 600)
    for _ in range(3):
        await world.path.round()
    assert world.source.effects == ["acknowledged 2"]


async def test_an_end_that_is_away_does_not_cut_off_the_other_ends_reading() -> None:
    world = World()
    world.destination.send(b"x", T0_S + 600)
    world.source.away = True
    with pytest.raises(Away):
        await world.path.round()
    assert world.store.story(PacketKey("two", "client-two", 1)) is not None


async def test_the_loop_says_what_it_waits_out_and_recovers() -> None:
    world = World()
    world.destination.away = True
    said: list[str] = []

    def is_well() -> bool:
        if world.loop.last_error:
            said.append(world.loop.last_error)
            world.destination.away = False
        return world.path.view is not None and not world.loop.last_error

    async def tell(health: Health) -> None:
        if health is Health.SERVING:
            world.stopping.set()

    health = report_health(world.stopping, is_well, tell, 0.0)
    async with asyncio.timeout(10):
        await run_until_stopped(world.stopping, {"loop": world.loop.run(), "health": health})
    assert said[0] == "CHAIN_AWAY: two is away"
    assert not world.loop.halted


async def test_a_contradiction_halts_the_loop_with_its_reason() -> None:
    world = World()
    packet = world.source.send(b"x", T0_S + 600)
    world.source._note(EventKind.TIMEOUT_PROCESSED, packet)
    world.source._note(EventKind.ACK_PROCESSED, packet)
    async with asyncio.timeout(5):
        await world.loop.run()
    assert world.loop.halted
    assert world.loop.last_error.startswith("CONTRADICTORY_PACKET_EVENT")


def test_the_crash_hook_kills_at_the_named_line_only() -> None:
    killed: list[str] = []
    pair = instant_pair(lambda: T0_S)
    hook = crash_hook("after_receive", lambda: killed.append("dead"))
    path = Path(pair, RelayerStore(None), PathSettings(5), lambda: float(T0_S), hook)
    pair[0].send(b"x", T0_S + 600)
    asyncio.run(_rounds(path, 3))
    assert killed == ["dead"]


async def _rounds(path: Path, count: int) -> None:
    for _ in range(count):
        await path.round()


async def test_a_job_that_fails_ends_the_others_and_its_error_is_raised() -> None:
    stopping, ended = asyncio.Event(), asyncio.Event()

    async def patient() -> None:
        await stopping.wait()
        ended.set()

    async def defective() -> None:
        raise KeyError("a defect")

    with pytest.raises(KeyError, match="a defect"):
        await run_until_stopped(stopping, {"patient": patient(), "defective": defective()})
    assert ended.is_set()


async def test_a_job_that_returns_early_leaves_the_others_running_until_stopped() -> None:
    stopping, halted = asyncio.Event(), asyncio.Event()

    async def halts() -> None:
        halted.set()

    async def serves() -> None:
        await halted.wait()
        await asyncio.sleep(0)
        stopping.set()

    async with asyncio.timeout(5):
        await run_until_stopped(stopping, {"halts": halts(), "serves": serves()})


async def test_health_is_told_at_each_change_only() -> None:
    stopping = asyncio.Event()
    answers = iter([False, False, True, True, False])
    told: list[Health] = []

    async def tell(health: Health) -> None:
        told.append(health)

    def is_well() -> bool:
        try:
            return next(answers)
        except StopIteration:
            stopping.set()
            return False

    await report_health(stopping, is_well, tell, 0.0)
    assert told == [Health.NOT_SERVING, Health.SERVING, Health.NOT_SERVING]
