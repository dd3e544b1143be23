"""What a recorded notice is worth, as its readers are told."""

from __future__ import annotations

from enum import Enum


class NoticeStanding(Enum):
    """What a recorded notice is worth."""

    GOOD = "GOOD"
    WITHDRAWN = "WITHDRAWN"
    CONTESTED = "CONTESTED"
    """The venue published two notices of one trade id that say different things: neither counts."""
