"""What a check found wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

MAX_SHOWN: Final = 300
RESTORE: Final = "restore the newest backup without this defect, then let the node reconcile"

Progress = Callable[[str, int], None]
"""Called with what is being checked and how much of it is done."""


@dataclass(frozen=True, slots=True)
class Defect:
    """One row that is not as it has to be, or is missing."""

    table: str
    row: str
    expected: str
    found: str
    advice: str = RESTORE


def shown(value: object) -> str:
    """A value in a message: bytes as hexadecimal digits, bounded."""
    text = value.hex() if isinstance(value, bytes) else str(value)
    return text if len(text) <= MAX_SHOWN else text[:MAX_SHOWN] + "…"
