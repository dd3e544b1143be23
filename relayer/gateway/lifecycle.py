"""A settlement's life as a table. Every state names what it waits for; every change needs evidence or an instruction.

The docs' diagram is made from ``TRANSITIONS``. No event here is a time-out of the gateway's own: an end is reached
only by what the ledger says (docs/security/threat-model.md: uncertainty is said).

Two things stand beside the state instead of in it. A hold is one side's word about what the gateway may start; it comes
and goes in several states and the ledgers know nothing of it: as a state it would hide the one that evidence shows, and
double every row of the table. Uncertainty says that the evidence is missing or contradicts itself: the state stays what
was evidenced last, and is never turned into a failure.
"""

from __future__ import annotations

from enum import Enum
from typing import Final

from ibc.dvp import LeadLeg
from primitives.errors import PeerError


class SettlementState(Enum):
    """Where a settlement stands by the evidence of both ledgers."""

    UNMATCHED = "unmatched"
    MISMATCHED = "mismatched"
    WITHIN_TOLERANCE = "within_tolerance"
    MATCHED = "matched"
    EARMARKED = "earmarked"
    LOCKED = "locked"
    DELIVERED = "delivered"
    REFUSED = "refused"
    SECURITIES_LOCKED = "securities_locked"
    PAID = "paid"
    DELIVERY_BLOCKED = "delivery_blocked"
    RETURN_BLOCKED = "return_blocked"
    SETTLED = "settled"
    RETURNED = "returned"
    CANCELLED = "cancelled"

    @property
    def is_final(self) -> bool:
        """No event can move the settlement any more."""
        return self in FINAL


class SettlementEvent(Enum):
    """What moves a settlement: an instruction, or a fact of one ledger."""

    TERMS_AGREE = "terms_agree"
    TERMS_DIFFER = "terms_differ"
    TERMS_ARE_NEAR = "terms_are_near"
    INSTRUCTIONS_WITHDRAWN = "instructions_withdrawn"
    EARMARKED_ON_EVM = "earmarked_on_evm"
    CASH_LOCKED = "cash_locked"
    DELIVERED_ON_EVM = "delivered_on_evm"
    REFUSED_ON_EVM = "refused_on_evm"
    CASH_RELEASED_TO_SELLER = "cash_released_to_seller"
    CASH_RETURNED_TO_BUYER = "cash_returned_to_buyer"
    TRADE_CANCELLED = "trade_cancelled"
    SECURITIES_LOCKED_ON_EVM = "securities_locked_on_evm"
    CASH_PAID = "cash_paid"
    SECURITIES_DELIVERED = "securities_delivered"
    SECURITIES_RETURNED = "securities_returned"
    TOKEN_REFUSES = "token_refuses"  # noqa: S105 - a token of value, not a secret
    TOKEN_AGREES = "token_agrees"  # noqa: S105 - as above


class HoldReason(Enum):
    """Why an instruction is on hold: its platform asked for it, or a second person has to agree to the amount."""

    PARTY = "party"
    FOUR_EYES = "four eyes"


FINAL: Final = frozenset({SettlementState.SETTLED, SettlementState.RETURNED, SettlementState.CANCELLED})

_S, _E = SettlementState, SettlementEvent

_AFTER_LOCK: Final = (_S.DELIVERED, _S.REFUSED, _S.SETTLED, _S.RETURNED)

TRANSITIONS: Final[dict[tuple[SettlementState, SettlementEvent], SettlementState]] = {
    (_S.UNMATCHED, _E.TERMS_AGREE): _S.MATCHED,
    (_S.UNMATCHED, _E.TERMS_DIFFER): _S.MISMATCHED,
    (_S.MISMATCHED, _E.TERMS_AGREE): _S.MATCHED,
    (_S.MISMATCHED, _E.TERMS_DIFFER): _S.MISMATCHED,
    # Within the tolerances: both affirm the agreed terms, or one of them instructs something else.
    **{
        (before, _E.TERMS_ARE_NEAR): _S.WITHIN_TOLERANCE
        for before in (_S.UNMATCHED, _S.MISMATCHED, _S.WITHIN_TOLERANCE)
    },
    (_S.WITHIN_TOLERANCE, _E.TERMS_AGREE): _S.MATCHED,
    (_S.WITHIN_TOLERANCE, _E.TERMS_DIFFER): _S.MISMATCHED,
    # Before both sides agree nothing binds anybody: withdrawing needs no ledger.
    (_S.UNMATCHED, _E.INSTRUCTIONS_WITHDRAWN): _S.CANCELLED,
    (_S.MISMATCHED, _E.INSTRUCTIONS_WITHDRAWN): _S.CANCELLED,
    (_S.WITHIN_TOLERANCE, _E.INSTRUCTIONS_WITHDRAWN): _S.CANCELLED,
    (_S.MATCHED, _E.EARMARKED_ON_EVM): _S.EARMARKED,
    (_S.MATCHED, _E.TRADE_CANCELLED): _S.CANCELLED,
    (_S.EARMARKED, _E.CASH_LOCKED): _S.LOCKED,
    (_S.EARMARKED, _E.TRADE_CANCELLED): _S.CANCELLED,
    # A lock recorded before its earmark was seen (the gateway was away): the ledger's word counts.
    (_S.MATCHED, _E.CASH_LOCKED): _S.LOCKED,
    # The EVM's answer may be read before the lock that it answers (the gateway was away, or its node lags behind).
    (_S.EARMARKED, _E.DELIVERED_ON_EVM): _S.DELIVERED,
    (_S.EARMARKED, _E.REFUSED_ON_EVM): _S.REFUSED,
    (_S.DELIVERED, _E.CASH_LOCKED): _S.DELIVERED,
    (_S.REFUSED, _E.CASH_LOCKED): _S.REFUSED,
    (_S.LOCKED, _E.DELIVERED_ON_EVM): _S.DELIVERED,
    (_S.LOCKED, _E.REFUSED_ON_EVM): _S.REFUSED,
    (_S.LOCKED, _E.CASH_RELEASED_TO_SELLER): _S.SETTLED,
    (_S.LOCKED, _E.CASH_RETURNED_TO_BUYER): _S.RETURNED,
    (_S.DELIVERED, _E.CASH_RELEASED_TO_SELLER): _S.SETTLED,
    (_S.REFUSED, _E.CASH_RETURNED_TO_BUYER): _S.RETURNED,
    # The two ledgers are read side by side: what the EVM showed first may be read after what followed on the ledger.
    **{(late, _E.EARMARKED_ON_EVM): late for late in (_S.LOCKED, *_AFTER_LOCK, _S.CANCELLED)},
    (_S.SETTLED, _E.DELIVERED_ON_EVM): _S.SETTLED,
    (_S.RETURNED, _E.REFUSED_ON_EVM): _S.RETURNED,
    # Securities lead: they are locked first, the cash is paid as their packet arrives; the EVM chain has the last word.
    (_S.MATCHED, _E.SECURITIES_LOCKED_ON_EVM): _S.SECURITIES_LOCKED,
    (_S.SECURITIES_LOCKED, _E.CASH_PAID): _S.PAID,
    (_S.PAID, _E.SECURITIES_DELIVERED): _S.SETTLED,
    (_S.SECURITIES_LOCKED, _E.SECURITIES_RETURNED): _S.RETURNED,
    # Not a failure: what is paid for stays owed, and provable, until the token agrees.
    (_S.PAID, _E.TOKEN_REFUSES): _S.DELIVERY_BLOCKED,
    (_S.DELIVERY_BLOCKED, _E.TOKEN_AGREES): _S.PAID,
    (_S.DELIVERY_BLOCKED, _E.SECURITIES_DELIVERED): _S.SETTLED,
    # What goes back to the seller is owed to him in the same way.
    (_S.SECURITIES_LOCKED, _E.TOKEN_REFUSES): _S.RETURN_BLOCKED,
    (_S.RETURN_BLOCKED, _E.TOKEN_AGREES): _S.SECURITIES_LOCKED,
    (_S.RETURN_BLOCKED, _E.SECURITIES_RETURNED): _S.RETURNED,
    (_S.RETURN_BLOCKED, _E.TRADE_CANCELLED): _S.RETURN_BLOCKED,
    (_S.RETURN_BLOCKED, _E.CASH_PAID): _S.PAID,  # a payment just before lock-by, read late
    # The buyer declined what was locked already: the refusal is under way to the EVM chain.
    (_S.SECURITIES_LOCKED, _E.TRADE_CANCELLED): _S.SECURITIES_LOCKED,
    # Read late, or from one of the two ledgers first.
    (_S.MATCHED, _E.CASH_PAID): _S.PAID,
    (_S.PAID, _E.SECURITIES_LOCKED_ON_EVM): _S.PAID,
    (_S.DELIVERY_BLOCKED, _E.SECURITIES_LOCKED_ON_EVM): _S.DELIVERY_BLOCKED,
    (_S.RETURN_BLOCKED, _E.SECURITIES_DELIVERED): _S.SETTLED,
    (_S.SECURITIES_LOCKED, _E.SECURITIES_DELIVERED): _S.SETTLED,
    (_S.SETTLED, _E.CASH_PAID): _S.SETTLED,
    **{(_S.CANCELLED, late): _S.CANCELLED for late in (_E.SECURITIES_LOCKED_ON_EVM, _E.SECURITIES_RETURNED)},
}

WAITS_FOR: Final[dict[SettlementState, tuple[str, str]]] = {
    _S.UNMATCHED: ("the other side", "its instruction for this trade id"),
    _S.MISMATCHED: ("either side", "an instruction with equal terms"),
    _S.WITHIN_TOLERANCE: ("whose terms differ", "the affirmation of the agreed terms, by their hash"),
    _S.MATCHED: ("the seller", "the earmark of the securities on the EVM chain"),
    _S.EARMARKED: ("the buyer's custodian node", "the lock of the buyer's cash on the ledger"),
    _S.LOCKED: ("a relayer", "delivery or refusal on the EVM chain, or the proof that the time-out passed"),
    _S.DELIVERED: ("a relayer", "the proof of delivery that releases the cash to the seller"),
    _S.REFUSED: ("a relayer", "the proof of refusal that returns the cash to the buyer"),
    _S.SECURITIES_LOCKED: ("the buyer's custodian node", "payment or refusal, as the packet arrives on the ledger"),
    _S.PAID: ("a relayer", "the proof of payment that delivers the securities to the buyer"),
    _S.DELIVERY_BLOCKED: (
        "the token's issuer",
        "the token to take the delivery that is paid for: lift what the last error names; the relayer tries for ever",
    ),
    _S.RETURN_BLOCKED: (
        "the token's issuer",
        "the token to go back to the seller: lift what the last error names; the relayer tries for ever",
    ),
}

HOLDABLE: Final = frozenset({_S.UNMATCHED, _S.MISMATCHED, _S.WITHIN_TOLERANCE, _S.MATCHED, _S.EARMARKED})
"""Where a hold still stops something: nothing is locked."""

LEADING_SECURITIES: Final = ("the seller", "the lock of the securities on the EVM chain, before lock-by")
"""What MATCHED waits for where securities lead."""


def waits_for(state: SettlementState, lead: LeadLeg) -> tuple[str, str] | None:
    """On whom and for what a settlement waits, None at an end."""
    if state is SettlementState.MATCHED and lead is LeadLeg.SECURITIES:
        return LEADING_SECURITIES
    return WAITS_FOR.get(state)


class ImpossibleSettlementEvent(PeerError):
    """A ledger reports what cannot follow: the settlement is left as it is and somebody must look."""

    reason = "IMPOSSIBLE_SETTLEMENT_EVENT"

    def __init__(self, state: SettlementState, event: SettlementEvent) -> None:
        self.state = state
        self.event = event
        super().__init__(f"settlement is {state.value}; {event.value} cannot follow: compare both ledgers")


def next_state(state: SettlementState, event: SettlementEvent) -> SettlementState:
    """The state after an event; raises ``ImpossibleSettlementEvent`` for a pair that is not in the table."""
    try:
        return TRANSITIONS[state, event]
    except KeyError:
        raise ImpossibleSettlementEvent(state, event) from None
