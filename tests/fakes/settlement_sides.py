"""Both ledgers as the gateway sees them, in memory: an EVM chain with earmarks, a ledger with locks and cancellations.

They keep the rules that matter to the gateway: a trade id is spent once (lock or cancel, whoever is first), cash can be
short, nodes can be away, events come in order and may be read late.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from ibc.dvp import SettlementTerms, terms_hash
from primitives.errors import CallerError, UnavailableError
from relayer.gateway.changes import Sighting
from relayer.gateway.lifecycle import SettlementEvent
from relayer.gateway.matching import Side
from relayer.gateway.model import Fact, Ledger
from relayer.gateway.ports import EarmarkEvidence, HeldTrades, InterferenceSeen


class NodeAway(UnavailableError):
    """A node was told to be away."""

    reason = "NODE_AWAY"


class CashShort(CallerError):
    """The buyer's account does not hold enough."""

    reason = "CASH_INSUFFICIENT"


class TradeIdUsed(CallerError):
    """The trade id was spent by the other of lock and cancel."""

    reason = "TRADE_ID_USED"


@dataclass
class MemoryEvm:
    """The EVM chain; a block an event. ``clock_s``: its clock, by default beyond every time."""

    away: bool = False
    log: list[Sighting] = field(default_factory=list)
    earmarks: dict[bytes, Sighting] = field(default_factory=dict)
    obstacles: dict[bytes, str] = field(default_factory=dict)
    asked: list[bytes] = field(default_factory=list)
    asked_for: list[Side] = field(default_factory=list)
    interfered: list[InterferenceSeen] = field(default_factory=list)
    asked_what_stands: list[bool] = field(default_factory=list)
    proved: list[tuple[bytes, tuple[bytes, ...]]] = field(default_factory=list)
    clock_s: Callable[[], int] = lambda: 1 << 40
    unread: set[int] = field(default_factory=set)
    """Blocks whose events no page of them shows."""

    def _note(self, event: SettlementEvent, what: str, trade_id: bytes, found_hash: bytes) -> Sighting:
        block = len(self.log) + 1
        fact = Fact(Ledger.EVM, what, f"0x{block:064x}", block, 1_700_000_000 + block)
        self.log.append(Sighting(trade_id, event, fact, found_hash))
        return self.log[-1]

    def earmark(self, terms: SettlementTerms) -> None:
        """The seller earmarks."""
        self.earmarks[terms.trade_id] = self._note(
            SettlementEvent.EARMARKED_ON_EVM, "earmarked", terms.trade_id, terms_hash(terms)
        )

    def lock(self, terms: SettlementTerms, sequence: int = 3) -> None:
        """The seller locks, securities leading, and the packet is sent."""
        locked = self._note(
            SettlementEvent.SECURITIES_LOCKED_ON_EVM, "securities locked", terms.trade_id, terms_hash(terms)
        )
        self.log[-1] = self.earmarks[terms.trade_id] = replace(locked, packet_sequence=sequence)

    def give_to_buyer(self, terms: SettlementTerms) -> None:
        """The proof of payment was processed."""
        self._note(SettlementEvent.SECURITIES_DELIVERED, "securities delivered", terms.trade_id, terms_hash(terms))

    def give_back(self, terms: SettlementTerms) -> None:
        """The proof of refusal or time-out was processed."""
        self._note(SettlementEvent.SECURITIES_RETURNED, "securities returned after refusal", terms.trade_id, b"")

    async def time_s(self) -> int:
        """See SecuritiesSide."""
        self._here()
        return self.clock_s()

    async def obstacle(self, terms: SettlementTerms, to: Side) -> str:
        """See SecuritiesSide."""
        self._here()
        self.asked.append(terms.trade_id)
        self.asked_for.append(to)
        return self.obstacles.get(terms.trade_id, "")

    def deliver(self, terms: SettlementTerms) -> None:
        """The packet arrives and the token moves."""
        self._note(SettlementEvent.DELIVERED_ON_EVM, "delivered", terms.trade_id, terms_hash(terms))

    def refuse(self, terms: SettlementTerms) -> None:
        """The packet arrives and the token refuses."""
        self._note(SettlementEvent.REFUSED_ON_EVM, "refused", terms.trade_id, b"")

    def _here(self) -> None:
        if self.away:
            raise NodeAway("the EVM node is away")

    async def sightings(self, after_block: int) -> tuple[tuple[Sighting, ...], int]:
        """See SecuritiesSide."""
        self._here()
        shown = (each for each in self.log[after_block:] if each.fact.height not in self.unread)
        return tuple(shown), max(len(self.log), *(seen.until for seen in self.interfered), 0)

    async def earmark_sighting(self, trade_id: bytes) -> Sighting | None:
        """See SecuritiesSide."""
        self._here()
        return self.earmarks.get(trade_id)

    async def end_sightings(self, trade_id: bytes) -> tuple[Sighting, ...]:
        """See SecuritiesSide."""
        self._here()
        ends = {SettlementEvent.SECURITIES_DELIVERED, SettlementEvent.SECURITIES_RETURNED}
        return tuple(each for each in self.log if each.trade_id == trade_id and each.event in ends)

    async def interference(self, after_block: int, held: HeldTrades, *, asks: bool = True) -> InterferenceSeen:
        """See SecuritiesSide; what was put into ``interfered``, one a look, in order."""
        self._here()
        self.asked_what_stands.append(asks)
        later = [seen for seen in self.interfered if seen.until > after_block]
        return later[0] if later else InterferenceSeen(after_block, held, {}, None)

    async def earmark_evidence(
        self, adapter: bytes, trade_ids: Sequence[bytes], trusted_height: int
    ) -> tuple[EarmarkEvidence, ...]:
        """See SecuritiesSide."""
        self._here()
        self.proved.append((adapter, tuple(trade_ids)))
        height = max(trusted_height, *(self.earmarks[trade_id].fact.height for trade_id in trade_ids))
        return tuple(EarmarkEvidence(height, b"header", (b"a",), (trade_id,)) for trade_id in trade_ids)


@dataclass
class MemoryLedger:
    """The Progmat ledger; ``cash_yen`` is the buyer's free cash."""

    cash_yen: int = 0
    away: bool = False
    attempts: list[bytes] = field(default_factory=list)
    headers: list[tuple[str, int]] = field(default_factory=list)
    trades: dict[bytes, list[Sighting]] = field(default_factory=dict)

    def _note(self, terms: SettlementTerms, event: SettlementEvent, what: str, sequence: int = 0) -> None:
        facts = self.trades.setdefault(terms.trade_id, [])
        fact = Fact(Ledger.PROGMAT, what, f"{len(facts) + 1:064x}", len(facts) + 1, 1_700_000_000)
        facts.append(Sighting(terms.trade_id, event, fact, packet_sequence=sequence))

    def pay(self, terms: SettlementTerms) -> None:
        """The packet arrived and was paid for."""
        self._note(terms, SettlementEvent.CASH_PAID, "cash paid")

    def release(self, terms: SettlementTerms) -> None:
        """The proof of delivery was processed."""
        self._note(terms, SettlementEvent.CASH_RELEASED_TO_SELLER, "cash released to seller")

    def give_back(self, terms: SettlementTerms) -> None:
        """The proof of refusal or time-out was processed."""
        self._note(terms, SettlementEvent.CASH_RETURNED_TO_BUYER, "cash returned to buyer")

    def _here(self) -> None:
        if self.away:
            raise NodeAway("the custodian node is away")

    async def trade_sightings(
        self, node: str, trades: Sequence[SettlementTerms]
    ) -> Mapping[bytes, tuple[Sighting, ...]]:
        """See CashSide."""
        del node
        self._here()
        known = (terms.trade_id for terms in trades if terms.trade_id in self.trades)
        return {trade_id: tuple(self.trades[trade_id]) for trade_id in known}

    async def trusted_height(self) -> int:
        """See CashSide."""
        self._here()
        return 1

    async def bring_header(self, node: str, evidence: EarmarkEvidence) -> None:
        """See CashSide."""
        self._here()
        self.headers.append((node, evidence.height))

    async def lock(self, terms: SettlementTerms, evidence: EarmarkEvidence, attempts: int) -> Sighting:
        """See CashSide."""
        del attempts
        self._here()
        self.attempts.append(terms.trade_id)
        if terms.trade_id in self.trades:
            raise TradeIdUsed(f"trade id was spent before {evidence.height}")
        if terms.cash.amount_yen > self.cash_yen:
            raise CashShort(f"needs {terms.cash.amount_yen} yen, has {self.cash_yen}")
        self.cash_yen -= terms.cash.amount_yen
        self._note(terms, SettlementEvent.CASH_LOCKED, "cash locked", sequence=7)
        return self.trades[terms.trade_id][0]

    async def cancel(self, terms: SettlementTerms) -> None:
        """See CashSide."""
        self._here()
        facts = self.trades.get(terms.trade_id, [])
        if facts and facts[0].event is not SettlementEvent.TRADE_CANCELLED:
            raise TradeIdUsed("the lock was faster")
        if not facts:
            self._note(terms, SettlementEvent.TRADE_CANCELLED, "cancelled")
