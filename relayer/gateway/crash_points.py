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
    AFTER_TOKENS_READ = "after_tokens_read"
    AFTER_TOKENS_STORED = "after_tokens_stored"
    BEFORE_WEBHOOK = "before_webhook"
    AFTER_WEBHOOK = "after_webhook"
    AFTER_WEBHOOK_RECORDED = "after_webhook_recorded"
    BEFORE_HAND_IN = "before_hand_in"  # signed, and not stored
    AFTER_HAND_IN = "after_hand_in"  # stored, and nobody who asked was told
    BEFORE_OPERATION_SENT = "before_operation_sent"
    AFTER_OPERATION_SENT = "after_operation_sent"
    BEFORE_OPERATION_RECORDED = "before_operation_recorded"
    AFTER_OPERATION_RECORDED = "after_operation_recorded"
    BEFORE_AUDIT_ENTRIES = "before_audit_entries"
    AFTER_AUDIT_ENTRIES = "after_audit_entries"


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
