"""How what the ledgers show changes a settlement, as pure functions from the stored value to the next one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from relayer.gateway.lifecycle import ImpossibleSettlementEvent, SettlementEvent, SettlementState, next_state
from relayer.gateway.model import UNAGREED, Alarm, Doubt, Fact, Ledger, Settlement, Uncertainty
from relayer.gateway.settlement_writes import Change

MOST_ACTS: Final = 32
MOST_STANDING: Final = 16
MOST_DETAIL: Final = 1024
"""Characters of an error that are kept."""
_BLOCKED = {SettlementState.DELIVERY_BLOCKED, SettlementState.RETURN_BLOCKED}
_OWED = _BLOCKED | {SettlementState.PAID, SettlementState.SECURITIES_LOCKED}


@dataclass(frozen=True)
class Sighting:
    """Something a ledger shows about a trade. ``terms_hash`` as found there; empty = the ledger binds it itself."""

    trade_id: bytes
    event: SettlementEvent
    fact: Fact
    terms_hash: bytes = b""
    packet_sequence: int = 0


def observe(sighting: Sighting) -> Change:
    """What a ledger shows: moves the settlement along the table; a fact already known changes nothing.

    An earmark for other terms is remembered as a fact but moves nothing.
    """

    def change(before: Settlement | None) -> Settlement | None:
        if before is None or (sighting.fact.ledger, sighting.fact.what) in _known(before):
            return before
        if before.state in UNAGREED:
            return before  # the terms are not agreed: the follower reads the earmark again after the match
        if sighting.terms_hash and sighting.terms_hash != before.terms_hash:
            strange = replace(sighting.fact, what=f"{sighting.fact.what} for other terms")
            return before if (strange.ledger, strange.what) in _known(before) else _with_fact(before, strange)
        after = _with_fact(before, sighting.fact)
        state = next_state(before.state, sighting.event)
        return replace(
            after,
            state=state,
            packet_sequence=sighting.packet_sequence or before.packet_sequence,
            # Evidence that fits is what a contradiction waits for.
            uncertainty=before.uncertainty if state is before.state else None,
        )

    return change


def tolerant(change: Change, now_s: int) -> Change:
    """As ``change``, but what cannot follow leaves the state as it is and makes it INDETERMINATE, with the reason.

    It must not hold up all others, and it says nothing about who is right: people compare both ledgers.
    """

    def guarded(before: Settlement | None) -> Settlement | None:
        try:
            return change(before)
        except ImpossibleSettlementEvent as contradiction:
            return in_doubt(Doubt.CONTRADICTION, str(contradiction), now_s)(before)

    return guarded


def in_doubt(doubt: Doubt, detail: str, now_s: int) -> Change:
    """The state is not known to be the state any more; a contradiction is not replaced by a ledger that is away."""

    def change(before: Settlement | None) -> Settlement | None:
        if before is None:
            return None
        known = before.uncertainty
        if known is not None and (known.doubt is Doubt.CONTRADICTION or known.doubt is doubt):
            return before
        return replace(before, uncertainty=Uncertainty(doubt, detail[:MOST_DETAIL], now_s))

    return change


def read_again(before: Settlement | None) -> Settlement | None:
    """Both ledgers answered: what was in doubt because one was away is not any more."""
    if before is None or before.uncertainty is None or before.uncertainty.doubt is not Doubt.LEDGER_AWAY:
        return before
    return replace(before, uncertainty=None)


def attempt_failed(error: str, next_attempt_s: int) -> Change:
    """An attempt of the gateway did not succeed: shown, with the time of the next one; the state stays."""

    def change(before: Settlement | None) -> Settlement | None:
        if before is None or before.waiting is None:
            return before
        waiting = before.waiting
        waiting = replace(
            waiting, next_attempt_s=next_attempt_s, attempts=waiting.attempts + 1, last_error=error[:MOST_DETAIL]
        )
        return replace(before, waiting=waiting)

    return change


def obstacle_seen(obstacle: str) -> Change:
    """What the token says of what it owes: blocked by an obstacle, on its way without one.

    That is a delivery which is paid for, or the return of securities whose trade was refused or has timed out.
    """

    def change(before: Settlement | None) -> Settlement | None:
        if before is None or before.waiting is None or before.state not in _OWED:
            return before
        waiting = replace(before.waiting, last_error=obstacle)
        if (before.state in _BLOCKED) == bool(obstacle):
            return replace(before, waiting=waiting) if obstacle else before
        event = SettlementEvent.TOKEN_REFUSES if obstacle else SettlementEvent.TOKEN_AGREES
        return replace(before, state=next_state(before.state, event), waiting=waiting)

    return change


def alarms_seen(acts: Sequence[Alarm], standing: Sequence[Alarm] | None, now_s: int) -> Change:
    """What was done to a trade's tokens: acts are added once, the newest kept; conditions replace the ones before.

    ``standing`` None: not known now, those before are kept. No alarm moves a settlement.
    """

    def change(before: Settlement | None) -> Settlement | None:
        if before is None:
            return None
        known = {alarm.identity: alarm for alarm in before.alarms}
        told = [alarm for alarm in before.alarms if alarm.is_act]
        fresh = {act.identity: replace(act, since_s=now_s) for act in acts if act.identity not in known}
        told += fresh.values()
        stand = [alarm for alarm in before.alarms if not alarm.is_act]
        if standing is not None:
            once = {alarm.identity: known.get(alarm.identity) or replace(alarm, since_s=now_s) for alarm in standing}
            stand = list(once.values())[:MOST_STANDING]
        return replace(before, alarms=(*told[-MOST_ACTS:], *stand))

    return change


def is_return_due(settlement: Settlement, now_s: int) -> bool:
    """The securities that lead go back: their trade was cancelled on the ledger, or the packet has timed out."""
    refused = any(fact.ledger is Ledger.PROGMAT for fact in settlement.facts)
    if settlement.state is SettlementState.RETURN_BLOCKED:
        return True
    return settlement.state is SettlementState.SECURITIES_LOCKED and (refused or now_s >= settlement.terms.settle_by_s)


def _with_fact(before: Settlement, fact: Fact) -> Settlement:
    return replace(before, facts=(*before.facts, fact))


def _known(settlement: Settlement) -> set[tuple[object, str]]:
    return {(fact.ledger, fact.what) for fact in settlement.facts}
