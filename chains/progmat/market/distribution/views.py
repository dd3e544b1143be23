"""A distribution as a reader sees it."""

from __future__ import annotations

from dataclasses import dataclass

from chains.progmat.market.distribution.planning import HeldLine, Totals


@dataclass(frozen=True, slots=True)
class PartProgress:
    """``status`` is ORDERED (not on the ledger yet), OPEN, PAID or CANCELLED; ``waiting`` a reason, or empty."""

    part: int
    node: str
    status: str
    batches: int
    paid_batches: int
    total: int
    waiting: str = ""


@dataclass(frozen=True, slots=True)
class DistributionView:
    """One distribution; ``totals``, ``held`` and ``held_amount`` at its registrar's node only."""

    distribution_id: bytes
    security_id: str
    record_date: int
    parts: tuple[PartProgress, ...]
    totals: Totals | None = None
    held: tuple[HeldLine, ...] = ()
    held_amount: int = 0

    @property
    def is_paid(self) -> bool:
        """Whether every part known here is paid or cancelled, and nothing is held."""
        ended = all(part.status in {"PAID", "CANCELLED"} for part in self.parts)
        return ended and bool(self.parts) and not self.held_amount
