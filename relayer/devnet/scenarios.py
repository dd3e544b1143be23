"""The four ends a settlement can come to on the devnet, each with what both parties must hold afterwards."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from crossdvp.gateway.v1 import settlement_service_pb2 as pb

from chains.evm.client.token import TokenBinding
from primitives.errors import CrossDvpError
from relayer.core.crash_points import CrashPoint
from relayer.devnet import processes
from relayer.devnet.stage import FINAL, Followed, Holdings, ScenarioTookTooLong, Stage
from relayer.devnet.trading import TradePlan, wait_for_block_time

QUANTITY, AMOUNT_YEN = 10, 1_000_000
UNHURRIED = TradePlan(QUANTITY, AMOUNT_YEN, lock_in_s=60, settle_in_s=120)
SHORT = TradePlan(QUANTITY, AMOUNT_YEN, lock_in_s=10, settle_in_s=16)
RELAYER = ("-m", "relayer", "--config")
END_TIMEOUT_S = 45.0

Say = Callable[[str], None]


class AtomicityBroken(CrossDvpError):
    """Both parties do not hold what the end of the settlement says: a defect of the worst kind."""

    reason = "ATOMICITY_BROKEN"


@dataclass(frozen=True)
class Scene:
    """One scenario's story and outcome."""

    key: str
    title: str
    followed: Followed
    before: Holdings
    after: Holdings


def _ended(settlement: pb.Settlement) -> bool:
    return settlement.state in FINAL


def _locked(settlement: pb.Settlement) -> bool:
    return settlement.state >= pb.SETTLEMENT_STATE_LOCKED


async def swap_settles(stage: Stage, say: Say) -> Followed:
    """(a) The security goes one way, the cash the other."""
    followed = await stage.start_trade(UNHURRIED)
    say("both sides instructed, the seller earmarked; watching")
    await stage.follow(followed, _ended, END_TIMEOUT_S)
    return followed


async def token_refuses(stage: Stage, say: Say) -> Followed:
    """(b) The registrar takes the buyer off the allow-list before the packet arrives: delivery is refused."""
    await stage.let_buyer_receive(TokenBinding.disallow)
    say("the token's registrar took the buyer off the allow-list")
    try:
        followed = await stage.start_trade(UNHURRIED)
        await stage.follow(followed, _ended, END_TIMEOUT_S)
    finally:
        await stage.let_buyer_receive(TokenBinding.allow)
    return followed


async def relayer_stopped(stage: Stage, say: Say) -> Followed:
    """(c) Nobody carries the packet; after the time-out the absence of its receipt is proved and the cash goes back."""
    stage.stop("relayer")
    say("relayer stopped")
    try:
        followed = await stage.start_trade(SHORT)
        await stage.follow(followed, _locked, END_TIMEOUT_S)
        say(f"cash locked, nobody relays; waiting for the time-out at {SHORT.settle_in_s} s")
        await wait_for_block_time(stage.rpc, followed.terms.settle_by_s)
    finally:
        stage.start("relayer", (*RELAYER, str(stage.directory / "relayer.toml")))
    say("time-out passed on the EVM chain; relayer started again")
    await stage.follow(followed, _ended, END_TIMEOUT_S)
    return followed


async def relayer_killed(stage: Stage, say: Say) -> Followed:
    """(d) The relayer dies by SIGKILL after delivery, before it carries the acknowledgement; another start finishes."""
    stage.stop("relayer")
    doomed = stage.start("relayer", (*RELAYER, str(stage.directory / "relayer-kill.toml")))
    say(f"relayer started that will be killed with -9 at {CrashPoint.BEFORE_ACKNOWLEDGE.value}")
    try:
        followed = await stage.start_trade(UNHURRIED)
        waited_s = 0.0
        while processes.is_alive(doomed):
            await asyncio.sleep(0.1)
            waited_s += 0.1
            if waited_s > END_TIMEOUT_S:
                raise ScenarioTookTooLong("the relayer did not reach the line where it is killed: see logs/relayer.log")
        await stage.follow(followed, lambda s: s.state == pb.SETTLEMENT_STATE_DELIVERED, END_TIMEOUT_S)
        say("security delivered, relayer killed; the cash is still locked")
    finally:
        stage.start("relayer", (*RELAYER, str(stage.directory / "relayer.toml")))
    await stage.follow(followed, _ended, END_TIMEOUT_S)
    return followed


@dataclass(frozen=True)
class Scenario:
    """A scenario, the end it must come to, and whether the assets change hands there."""

    key: str
    title: str
    play: Callable[[Stage, Say], Awaitable[Followed]]
    end: int

    @property
    def swaps(self) -> bool:
        """Assets change hands exactly at the end "settled"."""
        return self.end == pb.SETTLEMENT_STATE_SETTLED


SCENARIOS = (
    Scenario("a", "a swap that settles", swap_settles, pb.SETTLEMENT_STATE_SETTLED),
    Scenario("b", "the token refuses on arrival", token_refuses, pb.SETTLEMENT_STATE_RETURNED),
    Scenario("c", "nobody relays until the time-out", relayer_stopped, pb.SETTLEMENT_STATE_RETURNED),
    Scenario("d", "the relayer is killed half way", relayer_killed, pb.SETTLEMENT_STATE_SETTLED),
)


async def perform(scenario: Scenario, stage: Stage, say: Say) -> Scene:
    """Play a scenario and hold both ledgers against its end. Raises ``AtomicityBroken`` if they do not agree."""
    before = await stage.holdings()
    followed = await scenario.play(stage, say)
    if not scenario.swaps:
        say("the seller takes the earmark back")
        await stage.take_earmark_back(followed)
    after = await stage.holdings()
    found = pb.SettlementState.Name(followed.settlement.state)
    if followed.settlement.state != scenario.end:
        raise AtomicityBroken(f"{scenario.title}: ended {found}")
    moved = QUANTITY if scenario.swaps else 0
    paid = AMOUNT_YEN if scenario.swaps else 0
    expected = Holdings(
        before.seller_units - moved,
        before.buyer_units + moved,
        before.seller_yen + paid,
        before.buyer_yen - paid,
    )
    if after != expected:
        raise AtomicityBroken(f"{scenario.title}: expected {expected}, found {after}")
    return Scene(scenario.key, scenario.title, followed, before, after)
