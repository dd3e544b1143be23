"""An outage that was brought in, and its lines, as kept and as shown."""

from __future__ import annotations

from dataclasses import dataclass

from chains.progmat.market.emergency.difference import BroughtIn
from chains.progmat.vault.indexing import Asset


@dataclass(frozen=True, slots=True)
class OutageLine:
    """A line's state: ``units`` to be brought in, by the forced transfer ``tx_id`` once it is recorded (else empty)."""

    number: int
    units: int
    attempt: int
    tx_id: bytes
    counted: tuple[bytes, ...]

    @property
    def is_done(self) -> bool:
        """Whether nothing is left to be brought in."""
        return not self.units or bool(self.tx_id)

    @property
    def brought_in(self) -> BroughtIn:
        """For the proof."""
        return BroughtIn(self.number, self.counted, self.tx_id)


@dataclass(frozen=True, slots=True)
class Outage:
    """A file that is or was brought in; ``closed_sequence``: of the books when its last line was in, None before."""

    outage_id: bytes
    security: Asset
    head: bytes
    base_sequence: int
    author: str
    approver: str
    closed_sequence: int | None
    lines: tuple[OutageLine, ...]

    @property
    def next_line(self) -> OutageLine | None:
        """The first that is not in yet."""
        return next((line for line in self.lines if not line.is_done), None)
