"""The day from its first scene to its last, over a network that runs."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date
from typing import Final

from relayer.devnet.native import scenes_afternoon, scenes_morning, scenes_outage, scenes_rules, scenes_trading
from relayer.devnet.native.network import DayNetwork, Say
from relayer.devnet.native.scenes_night import books_agree
from relayer.devnet.native.stage import Day, trading_day
from relayer.devnet.native.telling import Told

Scene = Callable[[Day], Awaitable[Told]]

MORNING: Final[tuple[Scene, ...]] = (
    scenes_morning.coins_in_trust,
    scenes_morning.a_security_and_its_holders,
    scenes_morning.how_each_pays,
)
REST_OF_THE_DAY: Final[tuple[Scene, ...]] = (
    scenes_trading.opening_auction,
    scenes_trading.continuous_trading,
    scenes_trading.at_one_custodian,
    scenes_rules.a_closed_gate,
    scenes_trading.a_shortage,
    scenes_afternoon.a_coupon,
    scenes_afternoon.a_court_order,
    scenes_rules.coin_back_to_yen,
    scenes_outage.an_outage,
)


@dataclass(frozen=True)
class PlayedDay:
    """What was told, and what differs at its end: nothing, if the day was as it should be."""

    trading_date: date
    scenes: tuple[Told, ...]
    problems: tuple[str, ...]


async def play(network: DayNetwork, say: Say, show: Callable[[Told], None]) -> PlayedDay:
    """Scene after scene; ``show`` is called with each as it ends. Raises what the nodes refuse, ``NotReady``."""
    day = Day(network, trading_day(int(time.time())), say)
    scenes: list[Told] = []

    async def tell(scene: Awaitable[Told]) -> None:
        started_s = time.monotonic()
        told = await scene
        told.took_s = time.monotonic() - started_s
        scenes.append(told)
        show(told)

    try:
        for scene in MORNING:
            await tell(scene(day))
        day.started = await day.holdings()
        for scene in REST_OF_THE_DAY:
            await tell(scene(day))
        problems: list[str] = []

        async def night() -> Told:
            told, found = await books_agree(day)
            problems.extend(found)
            return told

        await tell(night())
    finally:
        await day.close()
    return PlayedDay(day.trading_date, tuple(scenes), tuple(problems))
