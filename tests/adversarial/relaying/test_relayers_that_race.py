"""Two relayers over one path that know nothing of each other: no packet is lost, none is paid for twice."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from structlog.testing import capture_logs

from relayer.core.chain import ClientUpdate, Outcome, PacketMessage, Verdict
from relayer.core.lifecycle import PacketState
from relayer.path import Path, PathSettings
from relayer.service import never
from relayer.store import RelayerStore
from tests.fakes.instant_chain import InstantChain

T0_S = 1_700_000_000
PACKETS = 40


@dataclass
class PricedChain(InstantChain):
    """Remembers what each message of a submission came to: one that was done before was paid for in vain."""

    verdicts: list[Verdict] = field(default_factory=list)

    async def submit(self, update: ClientUpdate | None, messages: Sequence[PacketMessage]) -> tuple[Outcome, ...]:
        """See ChainEndpoint; others act while a block is made."""
        await asyncio.sleep(0)
        outcomes = await super().submit(update, messages)
        self.verdicts += [outcome.verdict for outcome in outcomes]
        return outcomes


@dataclass
class Race:
    """Two relayers, a database each, over the same two chains."""

    now_s: int = T0_S
    skew_s: int = 0
    stores: tuple[RelayerStore, RelayerStore] = field(default_factory=lambda: (RelayerStore(None), RelayerStore(None)))

    def __post_init__(self) -> None:
        one, two = (PricedChain(name, f"client-{name}", lambda: self.now_s) for name in ("one", "two"))
        one.counterparty, two.counterparty = two, one
        self.chains = (one, two)
        self.paths = [
            Path(
                self.chains,
                store,
                PathSettings(receive_margin_s=5),
                lambda skew_s=skew_s: float(self.now_s + skew_s),  # type: ignore[misc]  # a default binds the loop's value
                never,
            )
            for store, skew_s in zip(self.stores, (0, self.skew_s), strict=True)
        ]

    async def run(self, rounds: int) -> None:
        for _ in range(rounds):
            await asyncio.gather(*(path.round() for path in self.paths))
            self.now_s += 1

    def close(self) -> None:
        for store in self.stores:
            store.close()


@pytest.mark.parametrize("skew_s", [0, 3600, -3600])
async def test_both_end_every_packet_once_a_race_is_information_and_waste_is_bounded(skew_s: int) -> None:
    race = Race(skew_s=skew_s)
    for chain in race.chains:
        for number in range(PACKETS):
            chain.send(bytes([number]), T0_S + 600)
    with capture_logs() as lines:
        await race.run(rounds=16)
    for chain in race.chains:
        numbers = range(1, PACKETS + 1)
        wanted = [f"{what} {number}" for what in ("received", "acknowledged") for number in numbers]
        assert sorted(chain.effects) == sorted(wanted)
        in_vain = sum(verdict is Verdict.ALREADY_DONE for verdict in chain.verdicts)
        assert in_vain <= 2 * PACKETS, "each message is paid for in vain once at most, by the one who was late"
        assert set(chain.verdicts) <= {Verdict.DONE, Verdict.ALREADY_DONE}
    for store in race.stores:
        assert store.counts()[PacketState.ACKNOWLEDGED.value] == 2 * PACKETS
    assert {line["log_level"] for line in lines} == {"info"}, "a normal race is information"
    race.close()


async def test_one_that_was_away_while_the_other_relayed_everything_catches_up_and_pays_for_nothing() -> None:
    race = Race()
    race.chains[0].send(b"x", T0_S + 600)
    for _ in range(4):
        await race.paths[0].round()
    paid = [len(chain.verdicts) for chain in race.chains]
    for _ in range(3):
        await race.paths[1].round()
    assert [len(chain.verdicts) for chain in race.chains] == paid
    assert race.stores[1].counts()[PacketState.ACKNOWLEDGED.value] == 1
    race.close()
