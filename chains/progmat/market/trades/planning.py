"""What to do next with a trade: a pure function of the trade, what is known of the world, and the time.

No signature and no payment is forgotten here: a trade whose flow is at work is not cancelled, a trade whose payment is
confirmed has no deadline any more, and what the ledger has settled is settled.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

from chains.progmat.flows.steps import FINAL_ON_LEDGER, FlowStep
from chains.progmat.market.trades.model import Side, Trade, TradeState
from chains.progmat.market.trades.patterns import Money

FIRST_DELAY_MS: Final = 2_000
LONGEST_DELAY_MS: Final = 60_000
SIGNATURE_GRACE_S: Final = 300
"""So long after the deadline a buyer whose node has signed still waits for the seller's word."""

_CHECKED: Final = frozenset({TradeState.AGREED, TradeState.SECURITIES_SHORT})
"""The buyer's side is known to be ready; from anywhere else its desk is asked, again and without harm."""


class Act(Enum):
    """What the desk does now."""

    CONCLUDE = "the ledger has settled it: say so"
    TELL = "tell the other desk how it ended"
    FORGET = "it ended, and nobody is to be told"
    ASK = "ask for the buyer's method, and agree on terms"
    SETTLE = "check the seller's tokens and begin to settle"
    START_FLOW = "submit the flow that the row names"
    CONFIRM_MOVE = "the tokens moved after the payment: say so"
    RETRY = "the flow failed without effect: back to where the cause is cured"
    MOVE = "the payment is confirmed: move the tokens"
    CANCEL = "the deadline has passed: end it"
    WAIT = "nothing yet"


@dataclass(frozen=True, slots=True)
class FlowFacts:
    """How the trade's flow stands."""

    step: FlowStep
    tx_id: bytes
    reason: str
    says: str


@dataclass(frozen=True, slots=True)
class Facts:
    """The world as one read of the database shows it."""

    now_ms: int
    settled_by: bytes
    """The ledger transaction that settled it in coin; empty if none is recorded here."""
    flow: FlowFacts | None
    has_payment: bool
    """Whether the bank payment of the trade, or of its net set, is confirmed."""
    is_withdrawn: bool
    """Whether the venue took the execution back."""
    buyer_signed_until_s: int
    """Until when a signature that this node gave as the buyer's holds; 0: it gave none."""


def next_act(trade: Trade, facts: Facts) -> Act:
    """The next act; the same for the same arguments."""
    if trade.state.is_ended:
        return Act.FORGET if trade.told or not _has_to_tell(trade) else Act.TELL
    if facts.settled_by:
        return Act.CONCLUDE
    if trade.resolved.side is Side.BUY:
        return _of_buyer(trade, facts)
    return _of_flow(trade, facts) if trade.flow_id else _of_seller(trade, facts)


def delay_ms(attempts: int) -> int:
    """How long to wait after so many attempts that failed alike: doubled each time, to a minute."""
    return min(FIRST_DELAY_MS << min(max(attempts - 1, 0), 16), LONGEST_DELAY_MS)


def wake_ms(trade: Trade, facts: Facts) -> int:
    """When to look again at a trade that waits: after its delay, at its deadline at the latest."""
    soon = facts.now_ms + delay_ms(trade.attempts + 1)
    deadline_ms = trade.resolved.settle_by_s * 1000
    if trade.resolved.side is Side.BUY:
        return max(deadline_ms, facts.now_ms + LONGEST_DELAY_MS) if facts.now_ms >= deadline_ms else deadline_ms
    return min(soon, deadline_ms) if facts.now_ms < deadline_ms else soon


def _of_seller(trade: Trade, facts: Facts) -> Act:
    if trade.state is TradeState.AWAITING_PAYMENT and facts.has_payment:
        return Act.MOVE
    if _is_late(trade, facts) or facts.is_withdrawn:
        return Act.WAIT if trade.net_set else Act.CANCEL  # a closed net set is paid whole, or ended by people
    if trade.state is TradeState.AWAITING_PAYMENT:
        return Act.WAIT
    return Act.SETTLE if trade.state in _CHECKED else Act.ASK


def _of_buyer(trade: Trade, facts: Facts) -> Act:
    """The buyer's desk answers; by itself it only ends what no signature of its node can settle any more."""
    if trade.net_set or not (_is_late(trade, facts) or facts.is_withdrawn):
        return Act.WAIT
    if trade.pattern is not None and trade.pattern.money is Money.FIAT and trade.state is TradeState.AWAITING_PAYMENT:
        return Act.WAIT  # it may have been paid: the seller's desk says how it ended
    if facts.buyer_signed_until_s:
        return Act.WAIT  # the seller's word, or the ledger's, comes
    return Act.CANCEL


def _of_flow(trade: Trade, facts: Facts) -> Act:
    if facts.flow is None:
        return Act.START_FLOW
    if facts.flow.step is FlowStep.FAILED:
        return Act.RETRY
    if facts.flow.step in FINAL_ON_LEDGER and trade.pattern is not None and trade.pattern.money is Money.FIAT:
        return Act.CONFIRM_MOVE
    return Act.WAIT


def _is_late(trade: Trade, facts: Facts) -> bool:
    return facts.now_ms >= trade.resolved.settle_by_s * 1000


def _has_to_tell(trade: Trade) -> bool:
    """A settlement in coin tells itself; everything else between two custodians is told by the one that ended it."""
    if trade.resolved.side is Side.BOTH:
        return False
    is_fiat = trade.pattern is not None and trade.pattern.money is Money.FIAT
    return trade.state is TradeState.CANCELLED or (is_fiat and trade.resolved.side is Side.SELL)
