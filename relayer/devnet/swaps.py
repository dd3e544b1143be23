"""One swap of a kind: which family of tokens, which leg leads. Several of them run side by side on one devnet."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from crossdvp.gateway.v1 import settlement_service_pb2 as pb

from chains.evm.client.adapter_capabilities import AdapterCapabilities, adapter_capabilities
from chains.evm.client.adapter_family import AdapterFamily
from ibc.dvp import LeadLeg
from primitives.errors import CallerError
from relayer.devnet.instruments import instrument_of
from relayer.devnet.orders import ORDERS
from relayer.devnet.scenarios import AMOUNT_YEN, QUANTITY, AtomicityBroken
from relayer.devnet.stage import FINAL, Followed, Holdings, Stage
from relayer.devnet.trading import TradePlan

LOCK_IN_S, SETTLE_IN_S = 90, 150
END_TIMEOUT_S: Final = 90.0

Say = Callable[[str], None]


class SwapNotPossible(CallerError):
    """The family's tokens cannot settle in that order."""

    reason = "SWAP_NOT_POSSIBLE"

    def __init__(self, swap: Swap, because: str) -> None:
        self.swap, self.because = swap, because
        super().__init__(f"{swap.title} is not possible: {because}; choose the other --order")


@dataclass(frozen=True)
class Swap:
    """A kind of swap."""

    family: AdapterFamily
    lead: LeadLeg

    @property
    def title(self) -> str:
        """As the command line calls it."""
        order = next(name for name, lead in ORDERS.items() if lead is self.lead)
        return f"{self.family}, {order} first"


@dataclass(frozen=True)
class Settled:
    """A swap that came to its end; ``took_s`` from the instructions to the end."""

    swap: Swap
    followed: Followed
    took_s: float


@dataclass(frozen=True)
class SwapRun:
    """Swaps that ran side by side, and what both parties held of each family's token before and after all of them."""

    settled: tuple[Settled, ...]
    before: dict[AdapterFamily, Holdings]
    after: dict[AdapterFamily, Holdings]


def possible_swaps(families: Sequence[AdapterFamily], leads: Sequence[LeadLeg]) -> list[Swap]:
    """Every order that each family's tokens can settle in."""
    return [Swap(family, lead) for family in families for lead in leads if adapter_capabilities(family).allows(lead)]


def require_possible(swap: Swap, capabilities: AdapterCapabilities) -> None:
    """Whether the capability table has such a swap. Raises ``SwapNotPossible`` with its reason."""
    if not capabilities.allows(swap.lead):
        raise SwapNotPossible(swap, capabilities.orders[swap.lead].because)


async def run_swaps(stage: Stage, swaps: Sequence[Swap], say: Say) -> SwapRun:
    """Begin the swaps one after the other, the seller has one account; they settle side by side.

    Raises ``SwapNotPossible``, ``AdapterNotDeployed`` before anything begins, ``ScenarioTookTooLong``, and
    ``AtomicityBroken`` if the parties do not hold what the ends say.
    """
    for swap in swaps:
        require_possible(swap, adapter_capabilities(swap.family))
        instrument_of(stage.state, swap.family)
    families = list(dict.fromkeys(swap.family for swap in swaps))
    before = {family: await stage.holdings(family) for family in families}
    begun: list[tuple[Swap, Followed, float]] = []
    for swap in swaps:
        plan = TradePlan(QUANTITY, AMOUNT_YEN, LOCK_IN_S, SETTLE_IN_S, lead_leg=swap.lead, family=swap.family)
        started_s = time.monotonic()
        begun.append((swap, await stage.start_trade(plan), started_s))
        say(f"{swap.title}: both sides instructed, the seller's securities are held")
    settled = []
    for swap, followed, started_s in begun:
        await stage.follow(followed, lambda settlement: settlement.state in FINAL, END_TIMEOUT_S)
        settled.append(Settled(swap, followed, max(followed.seen_s.values(), default=started_s) - started_s))
    after = {family: await stage.holdings(family) for family in families}
    run = SwapRun(tuple(settled), before, after)
    require_conserved(run, {family: instrument_of(stage.state, family).token for family in families})
    return run


def require_conserved(run: SwapRun, tokens: dict[AdapterFamily, str]) -> None:
    """Hold both ledgers against the ends: all settled, each moved its units and yen, nothing else moved.

    ``tokens``: families may share one. Raises ``AtomicityBroken``.
    """
    for each in run.settled:
        if each.followed.settlement.state != pb.SETTLEMENT_STATE_SETTLED:
            found = pb.SettlementState.Name(each.followed.settlement.state)
            raise AtomicityBroken(f"{each.swap.title}: ended {found}")
    paid = AMOUNT_YEN * len(run.settled)
    for family, before in run.before.items():
        moved = QUANTITY * sum(tokens[each.swap.family] == tokens[family] for each in run.settled)
        expected = Holdings(
            before.seller_units - moved, before.buyer_units + moved, before.seller_yen + paid, before.buyer_yen - paid
        )
        if run.after[family] != expected:
            raise AtomicityBroken(f"{family}: expected {expected}, found {run.after[family]}")
