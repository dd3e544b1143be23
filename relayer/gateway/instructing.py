"""How what a side says changes a settlement: pure functions from the stored value to the next one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from ibc.dvp import LeadLeg, SettlementTerms
from relayer.gateway.errors import (
    EtagMismatch,
    FourEyesSameUser,
    HoldAmbiguous,
    NothingToAffirm,
    NothingToRetry,
    NotInstructed,
    NotOnHold,
    NotYourInstruction,
    SettlementEnded,
    SettlementUnknown,
    TermsHashDiffers,
    TradeAlreadyLocked,
    TradeIdTaken,
)
from relayer.gateway.lifecycle import HOLDABLE, HoldReason, SettlementEvent, SettlementState, next_state
from relayer.gateway.matching import EXACT, Difference, Side, Tolerances, compare
from relayer.gateway.model import UNAGREED, UNSAID, Instruction, Priority, Said, Settlement, remembered_terms_hash
from relayer.gateway.settlement_writes import Change

_TRADE_REFERENCE: Final = "trade_reference"
_UNDER_WAY: Final = frozenset(
    {
        SettlementState.LOCKED,
        SettlementState.DELIVERED,
        SettlementState.REFUSED,
        SettlementState.PAID,
        SettlementState.DELIVERY_BLOCKED,
    }
)


@dataclass(frozen=True)
class InstructionRules:
    """``tolerances``: see ``matching``. ``four_eyes_above_yen``: of whoever instructs; None = one person is enough."""

    tolerances: Tolerances = EXACT
    four_eyes_above_yen: int | None = None

    def needs_four_eyes(self, terms: SettlementTerms) -> bool:
        """Whether an instruction with these terms waits for another person of its platform."""
        limit = self.four_eyes_above_yen
        return limit is not None and terms.cash.amount_yen > limit


RULES: Final = InstructionRules()
"""Equal terms match, and one person is enough."""


@dataclass(frozen=True)
class Affirmed:
    """What a side agrees to: the hash of the terms; empty = those of the version that ``etag`` names."""

    terms_hash: bytes = b""
    etag: str = ""


def instruct(
    side: Side, terms: SettlementTerms, now_s: int, said: Said = UNSAID, rules: InstructionRules = RULES
) -> Change:
    """One side's instruction: the first opens the settlement, the second matches or names the differences.

    An instruction may be replaced until both sides agree; afterwards an equal one changes nothing and another one
    raises ``SettlementEnded`` or keeps the matched terms. The first one says between which custodian nodes
    the trade is: one between others raises ``TradeIdTaken``, so that nobody joins or replaces what is not his.
    """

    def change(before: Settlement | None) -> Settlement:
        if before is None:
            first = {side: _instruction(None, terms, said, rules, now_s)}
            return Settlement(terms.trade_id, SettlementState.UNMATCHED, first, created_s=now_s, updated_s=now_s)
        if any(each.account_in(before.terms).node != each.account_in(terms).node for each in Side):
            raise TradeIdTaken(before.name)
        own = before.instructions.get(side)
        if before.state not in UNAGREED:
            if own is not None and own.terms == terms:
                return before
            raise SettlementEnded(before.name, f"{before.state.value}, its terms agreed")
        return _compared(before, side, _instruction(own, terms, said, rules, now_s), rules)

    return change


def affirm(side: Side, affirmed: Affirmed, said: Said, rules: InstructionRules, now_s: int) -> Change:
    """Agree to terms that are here: the agreed ones of the tolerances, else the other side's; they become one's own.

    Of one's own instruction that waits for four eyes it is the second person's word. Raises ``NothingToAffirm``,
    ``TermsHashDiffers``, ``EtagMismatch``, ``FourEyesSameUser``, and what ``instruct`` raises.
    """

    def change(before: Settlement | None) -> Settlement | None:
        if before is None:
            raise SettlementUnknown("settlements/")
        require_etag(before, affirmed.etag)
        own, other = before.instructions.get(side), before.instructions.get(side.other)
        if own is not None and _is_same(own.terms, affirmed) and HoldReason.FOUR_EYES in own.said.holds:
            return release(side, said, HoldReason.FOUR_EYES)(before)
        offered = before.agreed or (other.terms if other is not None else None)
        if offered is None:
            raise NothingToAffirm(before.name, side.other.value)
        if not _is_same(offered, affirmed):
            raise TermsHashDiffers(before.name, remembered_terms_hash(offered).hex(), affirmed.terms_hash.hex())
        return instruct(side, offered, now_s, said, rules)(before)

    return change


def hold(side: Side, by: Said, etag: str = "") -> Change:
    """Put a side's own instruction on hold. Raises as ``amend``."""
    return amend(side, by, {"hold": True}, etag)


def release(side: Side, by: Said, reason: HoldReason | None, etag: str = "") -> Change:
    """Lift a hold of a side's own instruction; None = the one that there is.

    One for four eyes is lifted only by another person of the platform than who instructed. Raises ``NotOnHold``,
    ``HoldAmbiguous``, ``FourEyesSameUser``, and as ``amend``.
    """

    def change(before: Settlement | None) -> Settlement | None:
        own, known = _own(before, side, by, etag)
        holds = own.said.holds
        if (reason is None and not holds) or (reason is not None and reason not in holds):
            raise NotOnHold(known.name, side.value, reason.value if reason else "any reason")
        if reason is None and len(holds) > 1:
            raise HoldAmbiguous(known.name)
        lifted = reason or next(iter(holds))
        if lifted is HoldReason.FOUR_EYES and own.said.user == by.user:
            raise FourEyesSameUser(known.name, by.user)
        return _with_said(known, side, replace(own.said, holds=holds - {lifted}))

    return change


def amend(side: Side, by: Said, values: Mapping[str, object], etag: str = "") -> Change:
    """Change what a side says beside the terms: ``priority``, ``reference``, ``hold`` (for PARTY, True or False).

    Raises ``NotInstructed``, ``NotYourInstruction``, ``EtagMismatch``, and why nothing would come of it any more.
    """

    def change(before: Settlement | None) -> Settlement | None:
        own, known = _own(before, side, by, etag)
        said, held = own.said, values.get("hold")
        if held is not None:
            party = {HoldReason.PARTY}
            said = replace(said, holds=said.holds | party if held else said.holds - party)
        reference, priority = values.get("reference"), values.get("priority")
        if isinstance(reference, str):
            said = replace(said, reference=reference)
        if isinstance(priority, Priority):
            said = replace(said, priority=priority)
        return _with_said(known, side, said)

    return change


def retry(now_s: int, etag: str = "") -> Change:
    """The next attempt is due at once. Raises ``SettlementEnded`` or ``NothingToRetry``."""

    def change(before: Settlement | None) -> Settlement | None:
        known = require_etag(before, etag)
        if known.waiting is None:
            raise SettlementEnded(known.name, known.state.value)
        if known.state in UNAGREED:
            raise NothingToRetry(known.name, known.state.value)
        return replace(known, waiting=replace(known.waiting, next_attempt_s=0, retry_asked_s=now_s))

    return change


def withdraw(etag: str = "") -> Change:
    """Ends a settlement whose sides have not agreed; one that has started is left to the ledger.

    Raises ``SettlementEnded`` and ``TradeAlreadyLocked`` where nobody can cancel any more, ``EtagMismatch``.
    """

    def change(before: Settlement | None) -> Settlement | None:
        known = require_etag(before, etag)
        if known.state.is_final and known.state is not SettlementState.CANCELLED:
            raise SettlementEnded(known.name, known.state.value)
        if known.state in _UNDER_WAY:
            raise TradeAlreadyLocked(known.name, known.state.value)
        if known.state not in UNAGREED:
            return before
        return replace(known, state=next_state(known.state, SettlementEvent.INSTRUCTIONS_WITHDRAWN), agreed=None)

    return change


def require_etag(before: Settlement | None, etag: str) -> Settlement:
    """The settlement, if it is the version that the caller saw. Raises ``EtagMismatch``, ``SettlementUnknown``."""
    if before is None:
        raise SettlementUnknown("settlements/")
    if etag and etag != before.etag:
        raise EtagMismatch(before.name, before.etag, etag)
    return before


def _own(before: Settlement | None, side: Side, by: Said, etag: str) -> tuple[Instruction, Settlement]:
    known = require_etag(before, etag)
    if known.state.is_final:
        raise SettlementEnded(known.name, known.state.value)
    if known.state not in HOLDABLE:
        raise TradeAlreadyLocked(known.name, known.state.value)
    own = known.instructions.get(side)
    if own is None:
        raise NotInstructed(known.name, side.value)
    if own.said.platform != by.platform:
        raise NotYourInstruction(known.name, side.value, by.platform)
    return own, known


def _with_said(before: Settlement, side: Side, said: Said) -> Settlement:
    own = before.instructions[side]
    return replace(before, instructions={**before.instructions, side: replace(own, said=said)})


def _instruction(
    own: Instruction | None, terms: SettlementTerms, said: Said, rules: InstructionRules, now_s: int
) -> Instruction:
    """A side's next instruction. Equal terms keep who gave them and what is held; new ones are somebody's new word."""
    if own is not None and own.terms == terms:
        kept = replace(said, platform=own.said.platform, user=own.said.user, holds=own.said.holds | said.holds)
        return replace(own, said=kept)
    holds = said.holds | (own.said.holds & {HoldReason.PARTY} if own is not None else frozenset())
    if rules.needs_four_eyes(terms):
        holds |= {HoldReason.FOUR_EYES}
    return Instruction(terms, replace(said, holds=holds), now_s)


def _compared(before: Settlement, side: Side, own: Instruction, rules: InstructionRules) -> Settlement:
    """The settlement with a side's new instruction, held against the other's if that is here."""
    instructions = {**before.instructions, side: own}
    if side.other not in instructions:
        return replace(before, instructions=instructions)
    seller, buyer = instructions[Side.SELLER], instructions[Side.BUYER]
    found = compare(seller.terms, buyer.terms, rules.tolerances)
    differences = found.differences + _differing_references(seller.said, buyer.said)
    tolerated: tuple[Difference, ...] = ()
    agreed: SettlementTerms | None = None
    if differences:
        event = SettlementEvent.TERMS_DIFFER
    elif seller.terms == buyer.terms:
        event = SettlementEvent.TERMS_AGREE
        # What was tolerated on the way to equal terms stays recorded.
        tolerated = before.tolerated if before.agreed == seller.terms else ()
    else:
        event, agreed = SettlementEvent.TERMS_ARE_NEAR, found.agreed
        tolerated = _first_values(before, agreed, found.tolerated)
    return replace(
        before,
        state=next_state(before.state, event),
        instructions=instructions,
        differences=differences,
        tolerated=tolerated,
        agreed=agreed,
    )


def _first_values(
    before: Settlement, agreed: SettlementTerms | None, now: tuple[Difference, ...]
) -> tuple[Difference, ...]:
    """While the agreed terms stay the same, what the sides said at first: the first affirmation must not efface it."""
    return before.tolerated if before.agreed is not None and before.agreed == agreed else now


def _differing_references(seller: Said, buyer: Said) -> tuple[Difference, ...]:
    one, other = seller.trade_reference, buyer.trade_reference
    return (Difference(_TRADE_REFERENCE, one, other),) if one and other and one != other else ()


def _is_same(terms: SettlementTerms, affirmed: Affirmed) -> bool:
    return not affirmed.terms_hash or remembered_terms_hash(terms) == affirmed.terms_hash


def may_cancel_alone(settlement: Settlement) -> bool:
    """Whether either side's word ends it: where securities lead, the seller's lock may be on its way once matched."""
    return settlement.state in UNAGREED or settlement.terms.lead_leg is LeadLeg.CASH
