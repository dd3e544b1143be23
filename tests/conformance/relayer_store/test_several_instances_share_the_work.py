"""Two instances over one database: one relays, the other goes on where it died, and what it writes late is refused."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from relayer.core.crash_points import CrashPoint
from relayer.core.lifecycle import PacketState
from relayer.database import Location
from relayer.lease_keeper import LeaseKeeper, LeaseTerms
from relayer.leases import LeaseClock, LeaseLost, LeaseTable
from relayer.path import Path, PathSettings
from relayer.store import RelayerStore
from relayer.store_tables import metadata
from tests.fakes.instant_chain import InstantChain, instant_pair

T0_S = 1_700_000_000
TTL_S = 10.0
NAMES = ("path/p", "account/1/aa")


class Killed(BaseException):
    """Stands for SIGKILL: no handler of the product may catch it."""


@dataclass
class Instance:
    """A relayer process: its connections, its leases, its loop, and the line it dies at."""

    name: str
    location: Location
    world: World
    kill_at: CrashPoint | None = None
    store: RelayerStore = field(init=False)

    def __post_init__(self) -> None:
        self.store = RelayerStore(self.location)
        table = LeaseTable(metadata, LeaseClock.CALLER)
        terms = LeaseTerms(self.name, TTL_S)
        self.lease = LeaseKeeper(self.store.database, table, NAMES, terms, self.world.clock_s)
        settings, chains = PathSettings(receive_margin_s=5), self.world.chains
        self.path = Path(
            chains, self.store, settings, self.world.clock_s, self._reach, name="p", fence=self.lease.require
        )

    def _reach(self, point: CrashPoint) -> None:
        if point is self.kill_at:
            raise Killed

    async def step(self) -> int:
        """What a process does now and then: look after its lease, and a round if it has it."""
        await self.lease.step()
        return await self.path.round() if self.lease.is_held else 0


@dataclass
class World:
    """Two chains, one database, one clock."""

    location: Location
    now_s: int = T0_S
    chains: tuple[InstantChain, InstantChain] = field(init=False)
    instances: list[Instance] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.chains = instant_pair(lambda: self.now_s)

    def clock_s(self) -> float:
        return float(self.now_s)

    def instance(self, name: str, kill_at: CrashPoint | None = None) -> Instance:
        made = Instance(name, self.location, self, kill_at)
        self.instances.append(made)
        return made

    def effects(self) -> list[str]:
        return sorted(effect for chain in self.chains for effect in chain.effects)


@pytest.fixture
def world(shared_location: Location) -> Iterator[World]:
    made = World(shared_location)
    yield made
    for instance in made.instances:
        instance.store.close()


async def test_exactly_one_relays_and_the_other_says_what_it_waits_for(world: World) -> None:
    one, other = world.instance("one"), world.instance("other")
    world.chains[0].send(b"x", T0_S + 600)
    for _ in range(4):
        assert [await one.step() >= 0, await other.step()] == [True, 0]
        world.now_s += 1
    assert world.effects() == ["acknowledged 1", "received 1"]
    assert (one.lease.is_held, one.lease.waits_for, other.lease.is_held) == (True, "", False)
    assert "held by one until 2023-11-14T22:13:" in other.lease.waits_for


@pytest.mark.parametrize("point", [point for point in CrashPoint if "refresh" not in point.value])
async def test_killed_at_any_line_another_goes_on_within_the_term_and_all_ends_exactly_once(
    world: World, point: CrashPoint
) -> None:
    timeout_s = 3 if "time_out" in point.value else 600
    one, other = world.instance("one", kill_at=point), world.instance("other")
    for chain in world.chains:
        for value in (b"a", b"b"):
            chain.send(value, world.now_s + timeout_s)
    died_s = None
    for _ in range(6):
        try:
            if died_s is None:
                await one.step()
        except Killed:
            died_s = world.now_s
        await other.step()
        world.now_s += 1
    assert died_s is not None
    took_over_s = None
    for _ in range(16):
        await other.step()
        if other.lease.is_held and took_over_s is None:
            took_over_s = world.now_s
        world.now_s += 1
    assert took_over_s is not None
    assert took_over_s - died_s <= TTL_S
    ends = [effect for effect in world.effects() if not effect.startswith("received")]
    assert ends in (["acknowledged 1"] * 2 + ["acknowledged 2"] * 2, ["timed out 1"] * 2 + ["timed out 2"] * 2)
    assert len([effect for effect in world.effects() if effect.startswith("received")]) in {0, 4}
    assert sum(other.store.counts().values()) == 4


async def test_one_that_stood_still_and_was_overtaken_writes_nothing_and_stands_by(world: World) -> None:
    """Stopped after it read the chains, woken after another took over: its page, outcomes and archiving are refused."""
    one, other = world.instance("one"), world.instance("other")
    await one.step()
    world.chains[0].send(b"x", T0_S + 600)
    world.now_s += int(TTL_S)
    await other.step()
    world.now_s -= int(TTL_S)  # the sleeper's own clock stood still, too
    before = [other.store.sizes(), other.store.page([], 0, 10)]
    standing = [one.lease.is_held]
    with pytest.raises(LeaseLost, match="held by other"):
        await one.path.round()
    standing.append(one.lease.is_held)
    assert standing == [True, False]
    with pytest.raises(LeaseLost):
        one.path.archive(9e9, 10)
    assert [other.store.sizes(), other.store.page([], 0, 10)] == before
    world.now_s += int(TTL_S)
    for _ in range(3):
        await other.step()
        world.now_s += 1
    assert world.effects() == ["acknowledged 1", "received 1"]
    assert other.store.counts()[PacketState.ACKNOWLEDGED.value] == 1


async def test_one_that_was_overtaken_brings_nothing_to_a_chain_either(world: World) -> None:
    one, other = world.instance("one"), world.instance("other")
    world.chains[0].send(b"x", T0_S + 600)
    await one.lease.step()
    for _ in range(4):
        await one.path.round()
    assert world.effects() == ["acknowledged 1", "received 1"]  # no event is left to be read, and refused with its page
    world.now_s += int(TTL_S)
    await other.lease.step()
    world.now_s += 1200 - int(TTL_S)  # both light clients are to be refreshed
    heights = [chain.client_height for chain in world.chains]
    with pytest.raises(LeaseLost):
        await one.path.round()
    assert [chain.client_height for chain in world.chains] == heights


async def test_one_that_ends_gives_its_leases_back_and_nobody_waits(world: World) -> None:
    one, other = world.instance("one"), world.instance("other")
    await one.step()
    await one.lease.release()
    assert not one.lease.is_held
    await other.step()
    assert other.lease.is_held


async def test_one_that_comes_again_under_its_name_goes_on_at_once(world: World) -> None:
    first, again = world.instance("one"), world.instance("one")
    await first.step()
    await again.step()
    assert again.lease.is_held
    world.chains[0].send(b"x", T0_S + 600)
    with pytest.raises(LeaseLost):
        await first.path.round()
    await first.step()  # a second process under one name does not take it back and forth
    assert not first.lease.is_held
    assert again.lease.is_held


async def test_of_several_leases_all_are_held_or_none(world: World) -> None:
    one, other = world.instance("one"), world.instance("other")
    table = LeaseTable(metadata, LeaseClock.CALLER)
    with one.store.database.transaction() as connection:
        table.acquire(connection, "path/p", "third", world.clock_s(), TTL_S)
    await one.step()
    assert not one.lease.is_held
    assert "lease path/p held by third" in one.lease.waits_for
    with other.store.database.reading() as connection:
        account = table.read(connection, "account/1/aa")
    assert account is None, "what was taken before is rolled back with it"
