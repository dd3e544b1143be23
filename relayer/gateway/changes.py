"""How a settlement changes, as pure functions from the stored value to the next one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from ibc.dvp import SettlementTerms
from relayer.gateway.errors import SettlementEnded, TradeIdTaken
from relayer.gateway.lifecycle import SettlementEvent, SettlementState, next_state
from relayer.gateway.matching import Side, mismatched_fields
from relayer.gateway.model import Alarm, Fact, Settlement, Waiting
from relayer.gateway.store import Change

MOST_ACTS: Final = 32
MOST_STANDING: Final = 16
_PAID, _BLOCKED = SettlementState.PAID, SettlementState.DELIVERY_BLOCKED


@dataclass(frozen=True)
class Sighting:
    """Something a ledger shows about a trade. ``terms_hash`` as found there; empty = the ledger binds it itself."""

    trade_id: bytes
    event: SettlementEvent
    fact: Fact
    terms_hash: bytes = b""
    packet_sequence: int = 0


def instruct(side: Side, terms: SettlementTerms, now_s: int) -> Change:
    """One side's instruction: the first opens the settlement, the second matches or names the differences.

    An instruction may be replaced until both sides agree; afterwards an equal one changes nothing and another one
    raises ``SettlementEnded`` or keeps the matched terms. The first one says between which custodian nodes
    the trade is: one between others raises ``TradeIdTaken``, so that nobody joins or replaces what is not his.
    """

    def change(before: Settlement | None) -> Settlement:
        if before is None:
            return Settlement(
                terms.trade_id, SettlementState.UNMATCHED, {side: terms}, created_s=now_s, updated_s=now_s
            )
        if any(each.account_in(before.terms).node != each.account_in(terms).node for each in Side):
            raise TradeIdTaken(before.name)
        if before.state not in {SettlementState.UNMATCHED, SettlementState.MISMATCHED}:
            if before.instructions.get(side) == terms:
                return before
            raise SettlementEnded(before.name, f"{before.state.value}, its terms agreed")
        instructions = {**before.instructions, side: terms}
        if side.other not in instructions:
            return replace(before, instructions=instructions)
        differing = mismatched_fields(instructions[Side.SELLER], instructions[Side.BUYER])
        event = SettlementEvent.TERMS_DIFFER if differing else SettlementEvent.TERMS_AGREE
        return replace(before, state=next_state(before.state, event), instructions=instructions, mismatched=differing)

    return change


def observe(sighting: Sighting) -> Change:
    """What a ledger shows: moves the settlement along the table; a fact already known changes nothing.

    An earmark for other terms is remembered as a fact but moves nothing.
    """

    def change(before: Settlement | None) -> Settlement | None:
        if before is None or (sighting.fact.ledger, sighting.fact.what) in _known(before):
            return before
        if before.state in {SettlementState.UNMATCHED, SettlementState.MISMATCHED}:
            return before  # the terms are not agreed: the follower reads the earmark again after the match
        if sighting.terms_hash and sighting.terms_hash != before.terms_hash:
            strange = replace(sighting.fact, what=f"{sighting.fact.what} for other terms")
            return before if (strange.ledger, strange.what) in _known(before) else _with_fact(before, strange)
        after = _with_fact(before, sighting.fact)
        return replace(
            after,
            state=next_state(before.state, sighting.event),
            packet_sequence=sighting.packet_sequence or before.packet_sequence,
        )

    return change


def withdraw(before: Settlement | None) -> Settlement | None:
    """Ends a settlement whose sides have not agreed; one that has started is left to the ledger."""
    if before is None or before.state not in {SettlementState.UNMATCHED, SettlementState.MISMATCHED}:
        return before
    return replace(before, state=next_state(before.state, SettlementEvent.INSTRUCTIONS_WITHDRAWN))


def attempt_failed(error: str, next_attempt_s: int) -> Change:
    """An attempt of the gateway did not succeed: shown, with the time of the next one; the state stays."""

    def change(before: Settlement | None) -> Settlement | None:
        if before is None or before.waiting is None:
            return before
        waiting = before.waiting
        return replace(
            before,
            waiting=Waiting(
                waiting.on, waiting.what, waiting.since_s, next_attempt_s, waiting.attempts + 1, last_error=error
            ),
        )

    return change


def obstacle_seen(obstacle: str) -> Change:
    """What the token says of a delivery that is paid for: blocked by an obstacle, on its way without one."""

    def change(before: Settlement | None) -> Settlement | None:
        if before is None or before.waiting is None or before.state not in {_PAID, _BLOCKED}:
            return before
        waiting = replace(before.waiting, last_error=obstacle)
        if (before.state is _BLOCKED) == bool(obstacle):
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


def _with_fact(before: Settlement, fact: Fact) -> Settlement:
    return replace(before, facts=(*before.facts, fact))


def _known(settlement: Settlement) -> set[tuple[object, str]]:
    return {(fact.ledger, fact.what) for fact in settlement.facts}
