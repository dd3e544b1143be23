"""Lines at which a kill test lets the gateway die: at each place between what is stored and what is done outside."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import Enum
from typing import TypeVar

Asked = TypeVar("Asked")
Told = TypeVar("Told")


class GatewayCrashPoint(Enum):
    """The value is what ``kill_at`` of the configuration names."""

    AFTER_SIGHTINGS_READ = "after_sightings_read"
    AFTER_SIGHTINGS_STORED = "after_sightings_stored"
    AFTER_TRADE_READ = "after_trade_read"
    BEFORE_COMMIT = "before_commit"
    AFTER_COMMIT = "after_commit"  # stored, and nobody who asked was told
    BEFORE_LOCK = "before_lock"
    AFTER_LOCK = "after_lock"
    BEFORE_CANCEL = "before_cancel"
    AFTER_CANCEL = "after_cancel"
    BEFORE_WEBHOOK = "before_webhook"
    AFTER_WEBHOOK = "after_webhook"
    AFTER_WEBHOOK_RECORDED = "after_webhook_recorded"


Crash = Callable[[GatewayCrashPoint], None]


def unharmed(_point: GatewayCrashPoint) -> None:
    """The hook of every real process: does nothing."""


def committing(apply: Callable[[Sequence[Asked]], list[Told]], crash: Crash) -> Callable[[Sequence[Asked]], list[Told]]:
    """``apply`` with the lines before and after its transaction."""

    def applied(works: Sequence[Asked]) -> list[Told]:
        crash(GatewayCrashPoint.BEFORE_COMMIT)
        outcomes = apply(works)
        crash(GatewayCrashPoint.AFTER_COMMIT)
        return outcomes

    return applied
