"""What an offline verifier found: a list of facts, each checked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that holds: a short label and its evidence, both for people."""

    label: str
    text: str


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """Everything in the file that was checked, all of which holds; what does not hold raises Refused instead."""

    facts: tuple[Fact, ...]


def shown_bytes(data: bytes) -> str:
    """Hexadecimal with its prefix."""
    return "0x" + data.hex()


def shown_time(timestamp_s: int) -> str:
    """Seconds, and the same in UTC where the calendar reaches that far."""
    try:
        return f"{timestamp_s} s ({datetime.fromtimestamp(timestamp_s, UTC):%Y-%m-%d %H:%M:%S} UTC)"
    except (OverflowError, ValueError, OSError):
        return f"{timestamp_s} s"
