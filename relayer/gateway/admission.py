"""What a gateway takes: the ledgers it reaches, the room that times must leave, cut-offs, and the rules of matching."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from ibc.dvp import LeadLeg, SettlementTerms
from ibc.timeout import MAX_TIMEOUT_DELTA_S
from relayer.gateway.access import Speaker
from relayer.gateway.cut_offs import CutOffs
from relayer.gateway.errors import NotServed, TimesTooClose, TimesTooFar
from relayer.gateway.instructing import InstructionRules
from relayer.gateway.matching import Side
from relayer.gateway.model import Settlement
from relayer.gateway.orders import Orders
from relayer.gateway.settlement_writes import Change


@dataclass(frozen=True)
class Scope:
    """What a gateway reaches: one EVM chain, one ledger, and the custodian nodes at which it can ask for a lock."""

    evm_chain_id: int
    ledger_id: str
    custodians: frozenset[str]
    orders: Orders = field(default_factory=Orders)

    def check(self, terms: SettlementTerms) -> None:
        """Raises ``NotServed``: what can never settle here is refused before it waits for ever."""
        if terms.security.chain_id != self.evm_chain_id:
            raise NotServed("terms.evm_chain_id", str(self.evm_chain_id), terms.security.chain_id)
        if terms.cash.ledger_id != self.ledger_id:
            raise NotServed("terms.ledger_id", self.ledger_id, terms.cash.ledger_id)
        if terms.cash.buyer.node not in self.custodians:
            raise NotServed("terms.buyer_account.node", ", ".join(sorted(self.custodians)), terms.cash.buyer.node)


@dataclass(frozen=True)
class Margins:
    """How much room instructions must leave, in seconds: until lock-by, and from there to settle-by.

    Until lock-by the cash is locked, or, where securities lead, they are locked, seen, and paid for. After it a packet
    has to be received, where cash leads, or refused, before its time-out. No skew of clocks below these opens a gap.
    """

    before_lock_s: int
    lock_to_settle_s: int
    before_payment_s: int
    payment_to_settle_s: int

    def of(self, lead: LeadLeg) -> tuple[int, int]:
        """Both, for an order."""
        if lead is LeadLeg.SECURITIES:
            return self.before_payment_s, self.payment_to_settle_s
        return self.before_lock_s, self.lock_to_settle_s


@dataclass(frozen=True)
class Admission:
    """All of it."""

    scope: Scope
    margins: Margins
    rules: InstructionRules = field(default_factory=InstructionRules)
    cut_offs: CutOffs = field(default_factory=CutOffs)

    def admitted(self, side: Side, change: Change, now_s: int) -> Change:
        """A side's instruction, held against the clock; only if it is news, so that a late repeat is answered."""

        def checked(before: Settlement | None) -> Settlement | None:
            after = change(before)
            if after is not None and _is_news(before, after, side):
                own = after.instructions[side]
                self.check_times(own.terms, own.said.intended_day, now_s)
            return after

        return checked

    def rules_for(self, speaker: Speaker) -> InstructionRules:
        """The rules for what a platform instructs: its own limit of what one person may."""
        return replace(self.rules, four_eyes_above_yen=speaker.four_eyes_above_yen)

    def check_times(self, terms: SettlementTerms, intended_day: str, now_s: int) -> None:
        """Raises ``TimesTooClose``, ``TimesTooFar``, and what ``CutOffs.check`` raises."""
        before_lock_s, lock_to_settle_s = self.margins.of(terms.lead_leg)
        earliest_lock = now_s + before_lock_s
        if terms.lock_by_s < earliest_lock:
            raise TimesTooClose("terms.lock_by", earliest_lock, terms.lock_by_s)
        earliest_settle = terms.lock_by_s + lock_to_settle_s
        if terms.settle_by_s < earliest_settle:
            raise TimesTooClose("terms.settle_by", earliest_settle, terms.settle_by_s)
        latest_settle = terms.lock_by_s + MAX_TIMEOUT_DELTA_S
        if terms.settle_by_s > latest_settle:
            raise TimesTooFar("terms.settle_by", latest_settle, terms.settle_by_s)
        self.cut_offs.check(terms, intended_day, now_s)


def _is_news(before: Settlement | None, after: Settlement, side: Side) -> bool:
    """Whether a side says something new about when to settle, or what it says has moved the settlement."""
    known, own = before.instructions.get(side) if before else None, after.instructions[side]
    if before is None or known is None or after.state is not before.state:
        return True
    return (known.terms, known.said.intended_day) != (own.terms, own.said.intended_day)
