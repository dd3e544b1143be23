"""Time-outs in seconds: a packet is received strictly before, and timed out at or after, its time-out; never both."""

from __future__ import annotations

from typing import Final

from ibc.errors import InvalidTimeout, TimeoutNotReached

MAX_TIMEOUT_DELTA_S: Final = 86_400


def validate_timeout_at_send(timeout_s: int, now_s: int) -> None:
    """`now < timeout <= now + 24 h`, or `InvalidTimeout`."""
    if not now_s < timeout_s <= now_s + MAX_TIMEOUT_DELTA_S:
        raise InvalidTimeout(timeout_s, now_s)


def validate_timed_out(timeout_s: int, consensus_timestamp_s: int) -> None:
    """`consensus timestamp >= timeout`, or `TimeoutNotReached`.

    The timestamp is that of the height at which the receipt's absence is proved.
    """
    if consensus_timestamp_s < timeout_s:
        raise TimeoutNotReached(timeout_s, consensus_timestamp_s)
