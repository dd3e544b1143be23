"""Moments as of which a register is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final


class AsOf(Enum):
    """In which terms a moment is named; see ``vault.statement`` for what each means."""

    NOW = "now"
    BEFORE_MS = "before_ms"
    """Before everything recorded at that time (Unix milliseconds) or later."""
    POSITION = "journal_position"
    SEQUENCE = "sequence"


@dataclass(frozen=True, slots=True)
class Moment:
    """As of what; ``value`` counts for all but NOW."""

    kind: AsOf
    value: int = 0


NOW: Final = Moment(AsOf.NOW)
