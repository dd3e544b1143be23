"""One relayer killed at each line and started again over its store, on either database: every packet ends once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from relayer.core.crash_points import CrashPoint
from relayer.database import Location
from relayer.path import Path, PathSettings
from relayer.store import RelayerStore
from tests.fakes.instant_chain import InstantChain, instant_pair

T0_S = 1_700_000_000
LATE = {CrashPoint.BEFORE_TIME_OUT, CrashPoint.AFTER_TIME_OUT}


class Killed(BaseException):
    """Stands for SIGKILL: no handler of the product may catch it."""


@dataclass
class Mortal:
    """A relayer over a database: killed once, and opened again each time as a new process would."""

    location: Location
    kill_at: CrashPoint | None
    now_s: int = T0_S
    deaths: int = 0
    chains: tuple[InstantChain, InstantChain] = field(init=False)
    stores: list[RelayerStore] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.chains = instant_pair(lambda: self.now_s)

    def _reach(self, point: CrashPoint) -> None:
        if point is self.kill_at:
            self.kill_at, self.deaths = None, self.deaths + 1
            raise Killed

    def opened(self) -> Path:
        self.stores.append(RelayerStore(self.location))
        return Path(
            self.chains, self.stores[-1], PathSettings(receive_margin_s=5), lambda: float(self.now_s), self._reach
        )

    async def run(self, rounds: int) -> None:
        path = self.opened()
        for _ in range(rounds):
            try:
                await path.round()
            except Killed:
                path = self.opened()
            self.now_s += 1


@pytest.fixture
def mortal(shared_location: Location) -> Iterator[Mortal]:
    made = Mortal(shared_location, None)
    yield made
    for store in made.stores:
        store.close()


@pytest.mark.parametrize("point", list(CrashPoint))
async def test_killed_at_any_line_and_started_again_over_its_store(mortal: Mortal, point: CrashPoint) -> None:
    mortal.kill_at = point
    timeout_s = 3 if point in LATE else 600
    for chain in mortal.chains:
        for value in (b"a", b"b"):
            chain.send(value, T0_S + timeout_s)
    await mortal.run(rounds=10)
    mortal.now_s += 1200  # both light clients are to be refreshed
    await mortal.run(rounds=3)
    effects = sorted(effect for chain in mortal.chains for effect in chain.effects)
    received = ["received 1", "received 1", "received 2", "received 2"]
    whole = ["acknowledged 1", "acknowledged 1", "acknowledged 2", "acknowledged 2", *received]
    assert mortal.deaths == 1, "the line was never reached"
    assert effects == (["timed out 1", "timed out 1", "timed out 2", "timed out 2"] if point in LATE else whole)
    assert sum(mortal.stores[-1].counts().values()) == 4
    assert [chain.commitments for chain in mortal.chains] == [{}, {}]
