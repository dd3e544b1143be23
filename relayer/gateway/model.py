"""A settlement as the gateway knows it: plain values."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from functools import lru_cache
from typing import Final

from ibc.dvp import SettlementTerms, terms_hash
from relayer.gateway.lifecycle import HOLDABLE, HoldReason, SettlementState, waits_for
from relayer.gateway.matching import Difference, Side


@lru_cache(maxsize=4096)
def remembered_terms_hash(terms: SettlementTerms) -> bytes:
    """As ``terms_hash``: of terms that are here, it is asked for at every change."""
    return terms_hash(terms)


class Ledger(Enum):
    """Which of the two worlds reports a fact."""

    EVM = "evm"
    PROGMAT = "progmat"


class Priority(Enum):
    """Which of the matched settlements are locked first: the higher number."""

    NORMAL = 1
    HIGH = 2
    URGENT = 3


@dataclass(frozen=True)
class Fact:
    """One step on one ledger: ``tx_id`` in hex, ``height`` its block or journal position, ``at_s`` its own time."""

    ledger: Ledger
    what: str
    tx_id: str
    height: int
    at_s: int
    proof_bytes: int = 0


@dataclass(frozen=True)
class Waiting:
    """What a settlement waits for now. Times in Unix seconds; ``next_attempt_s`` 0 = driven by events.

    ``retry_asked_s``: when an operator asked for the next attempt at once, 0 if nobody did.
    """

    on: str
    what: str
    since_s: int
    next_attempt_s: int = 0
    attempts: int = 0
    last_error: str = ""
    retry_asked_s: int = 0


@dataclass(frozen=True)
class Alarm:
    """Something done to the tokens held for a trade: an act with its ``tx_id`` in hex, or a condition without one.

    ``height`` and ``since_s``, Unix seconds: where and when it was seen first.
    """

    name: str
    detail: str
    advice: str
    tx_id: str
    height: int
    since_s: int = 0

    @property
    def is_act(self) -> bool:
        """An act stays told; a condition is told while it stands."""
        return bool(self.tx_id)

    @property
    def identity(self) -> tuple[str, str, str]:
        """Equal for two sights of one alarm."""
        return self.name, self.detail, self.tx_id


class Doubt(Enum):
    """Why a settlement's state is not certain."""

    LEDGER_AWAY = "a ledger cannot be read"
    CONTRADICTION = "the ledgers' answers contradict each other"


@dataclass(frozen=True)
class Uncertainty:
    """The state shown is not known to be the state: nothing has failed, evidence is missing or contradicts itself."""

    doubt: Doubt
    detail: str
    since_s: int


@dataclass(frozen=True)
class Said:
    """What a side says beside the terms. ``platform`` and ``user``: who said it; the platform's own business.

    ``intended_day``: YYYY-MM-DD in Japan, before which nothing is locked; empty = as soon as matched.
    """

    platform: str = ""
    user: str = ""
    reference: str = ""
    trade_reference: str = ""
    holds: frozenset[HoldReason] = frozenset()
    priority: Priority = Priority.NORMAL
    intended_day: str = ""


UNSAID: Final = Said()


@dataclass(frozen=True)
class Instruction:
    """One side's instruction: the terms, and what it says beside them."""

    terms: SettlementTerms
    said: Said = UNSAID
    created_s: int = 0


@dataclass(frozen=True)
class Settlement:
    """One settlement. ``instructions`` holds that of each side that has spoken.

    ``agreed``: what the rule of the tolerances makes of both, while they are not equal yet. ``revision``: counts the
    changes. ``uncertainty`` None = the state is what the ledgers last showed.
    """

    trade_id: bytes
    state: SettlementState
    instructions: dict[Side, Instruction]
    created_s: int
    updated_s: int
    waiting: Waiting | None = None
    facts: tuple[Fact, ...] = ()
    differences: tuple[Difference, ...] = ()
    tolerated: tuple[Difference, ...] = ()
    agreed: SettlementTerms | None = None
    packet_sequence: int = 0
    alarms: tuple[Alarm, ...] = field(default=())
    uncertainty: Uncertainty | None = None
    revision: int = 0

    @property
    def name(self) -> str:
        """Resource name: ``settlements/{trade id in hex}``."""
        return f"settlements/{self.trade_id.hex()}"

    @property
    def etag(self) -> str:
        """Of this version."""
        return f"{self.revision:x}"

    @property
    def terms(self) -> SettlementTerms:
        """The agreed terms where both sides are near enough, else the seller's, else the buyer's."""
        own = self.instructions.get(Side.SELLER) or self.instructions[Side.BUYER]
        return self.agreed or own.terms

    @property
    def nodes(self) -> frozenset[str]:
        """The custodian nodes of both sides: the same in every instruction of a settlement."""
        return frozenset(side.account_in(self.terms).node for side in Side)

    @property
    def terms_hash(self) -> bytes:
        """Hash of the terms, as both ledgers compare it."""
        return remembered_terms_hash(self.terms)

    @property
    def mismatched(self) -> tuple[str, ...]:
        """Names of the fields in which the instructions differ beyond the tolerances."""
        return tuple(difference.field for difference in self.differences)

    @property
    def held_sides(self) -> tuple[Side, ...]:
        """The sides whose instruction is on hold, where a hold still stops anything."""
        if self.state not in HOLDABLE:
            return ()
        return tuple(side for side in Side if side in self.instructions and self.instructions[side].said.holds)

    @property
    def priority(self) -> Priority:
        """The higher of both sides'."""
        return max((each.said.priority for each in self.instructions.values()), key=lambda each: each.value)

    @property
    def intended_day(self) -> str:
        """The later of the days before which nothing is locked, YYYY-MM-DD in Japan; empty = none."""
        return max(each.said.intended_day for each in self.instructions.values())

    def waits_for(self) -> tuple[str, str] | None:
        """On whom and for what it waits; None at an end."""
        if self.agreed is not None:
            unequal = [side.value for side in Side if self.instructions[side].terms != self.agreed]
            return f"the {' and the '.join(unequal)}", "the affirmation of the agreed terms, by their hash"
        held = self.held_sides
        if held and self.state not in UNAGREED:
            reasons = {reason for side in held for reason in self.instructions[side].said.holds}
            why = " and ".join(sorted(reason.value for reason in reasons))
            return f"the {' and the '.join(side.value for side in held)}", f"the release of the hold ({why})"
        return waits_for(self.state, self.terms.lead_leg)


UNAGREED: Final = frozenset({SettlementState.UNMATCHED, SettlementState.MISMATCHED, SettlementState.WITHIN_TOLERANCE})
"""Before both sides agree."""
