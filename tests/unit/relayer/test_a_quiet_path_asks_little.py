"""Where nothing moves, heads and hosted clients are asked for seldom; what no event tells is found all the same."""

from __future__ import annotations

from dataclasses import dataclass, field

from relayer.core.chain import HostedClient
from relayer.path import ATTENTIVE_S, Path, PathSettings
from relayer.service import never
from relayer.store import RelayerStore
from tests.fakes.instant_chain import Away, InstantChain, instant_pair

EVERY_S = 1.0
T0_S = 1_700_000_000.0


@dataclass
class Quiet:
    """A path between instant chains, a clock that tests move, and how often each chain was asked for its client."""

    now_s: float = T0_S
    pause_s: float = 0.0
    asked: list[str] = field(default_factory=list)
    chains: tuple[InstantChain, InstantChain] = field(init=False)
    path: Path = field(init=False)

    def __post_init__(self) -> None:
        self.chains = instant_pair(lambda: int(self.now_s))
        for chain in self.chains:
            self._count(chain)
        settings = PathSettings(receive_margin_s=5, batch=4, look_every_s=EVERY_S, look_pause_s=self.pause_s)
        self.path = Path(self.chains, RelayerStore(None), settings, lambda: self.now_s, never)

    def _count(self, chain: InstantChain) -> None:
        inner = chain.hosted_client

        async def counted() -> HostedClient:
            self.asked.append(chain.chain_name)
            return await inner()

        chain.hosted_client = counted  # type: ignore[method-assign]  # the chain is counted, not replaced

    async def rounds(self, count: int, pause_s: float) -> int:
        """So many rounds; how many of them asked for the clients: once, or again while one end was busy for long."""
        asking = 0
        for _ in range(count):
            self.asked.clear()
            await self.path.round()
            asking += bool(self.asked)
            self.now_s += pause_s
        return asking

    def effects(self) -> list[str]:
        return [effect for chain in self.chains for effect in chain.effects]


async def test_a_path_without_news_looks_once_a_second_and_a_packet_is_found_in_the_next_round() -> None:
    quiet = Quiet()
    assert await quiet.rounds(40, 0.125) == 5
    quiet.chains[0].send(b"hello", int(quiet.now_s) + 600)
    assert await quiet.rounds(2, 0.125) == 2
    assert sorted(quiet.effects()) == ["acknowledged 1", "received 1"]
    await quiet.rounds(round(ATTENTIVE_S / 0.125), 0.125)
    assert await quiet.rounds(40, 0.125) == 5


async def test_a_time_out_that_no_event_tells_of_is_proved_within_a_second() -> None:
    quiet = Quiet()
    quiet.chains[1].refuses_submissions = True
    quiet.chains[0].send(b"late", int(quiet.now_s) + 60)
    try:
        await quiet.path.round()
    except Away:
        quiet.chains[1].refuses_submissions = False
    quiet.now_s += 61
    await quiet.rounds(20, 0.125)
    assert quiet.effects() == ["timed out 1"]


async def test_a_look_that_failed_is_repeated_at_once() -> None:
    quiet = Quiet()
    await quiet.rounds(1, EVERY_S)
    quiet.chains[1].away = True
    for _ in range(2):
        try:
            await quiet.path.round()
        except Away:
            quiet.chains[1].away = False
    assert await quiet.rounds(1, 0.0) == 0
    assert quiet.path.view is not None


async def test_a_clock_that_is_set_back_does_not_make_the_path_blind() -> None:
    quiet = Quiet()
    await quiet.rounds(1, -3600.0)
    assert await quiet.rounds(3, 0.125) == 1


async def test_what_comes_in_within_a_pause_goes_together_and_a_full_submission_is_followed_at_once() -> None:
    quiet = Quiet(pause_s=0.25)
    await quiet.rounds(1, EVERY_S)
    for _ in range(3):
        quiet.chains[0].send(b"hello", int(quiet.now_s) + 600)
        await quiet.path.round()
        quiet.now_s += 0.0625
    assert quiet.effects() == ["received 1"]
    quiet.now_s += 0.125
    await quiet.path.round()
    assert sorted(quiet.effects()) == ["acknowledged 1", "received 1", "received 2", "received 3"]
    for _ in range(9):
        quiet.chains[0].send(b"many", int(quiet.now_s) + 600)
    quiet.now_s += 0.25
    assert await quiet.rounds(3, 0.0) == 3
    assert sum(effect.startswith("received") for effect in quiet.effects()) == 12
