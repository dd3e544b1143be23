"""Rules about time that all light clients share: UTC seconds, "now" as in `ibc.light_client.TimeBounds`."""

from __future__ import annotations

from ibc.errors import ClientExpired, ClientFrozen
from ibc.light_client import LightClientStatus, TimeBounds


def validate_active(*, frozen: bool, timestamp_s: int, trusting_period_s: int, now: TimeBounds) -> None:
    """ClientFrozen or ClientExpired, if a consensus state of this time may not be built upon any more.

    A consensus state is trusted while ``now < timestamp + trusting period``, judged at the latest that now can be.
    """
    if frozen:
        raise ClientFrozen("light client is frozen: misbehaviour was proved; an operator must replace it")
    expiry_s = timestamp_s + trusting_period_s
    if now.latest_s >= expiry_s:
        raise ClientExpired(
            "trusted consensus state is older than the trusting period; an operator must recover the client",
            expected=f"before {expiry_s}",
            found=now.latest_s,
        )


def status_at(*, frozen: bool, timestamp_s: int, trusting_period_s: int, now_s: int) -> LightClientStatus:
    """The same rule as a status: frozen, else expired, else active."""
    try:
        validate_active(
            frozen=frozen, timestamp_s=timestamp_s, trusting_period_s=trusting_period_s, now=TimeBounds.at(now_s)
        )
    except ClientFrozen:
        return LightClientStatus.FROZEN
    except ClientExpired:
        return LightClientStatus.EXPIRED
    return LightClientStatus.ACTIVE


def latest_acceptable_s(max_clock_drift_s: int, now: TimeBounds) -> int:
    """The greatest timestamp a new header may carry, judged at the earliest that now can be."""
    return now.earliest_s + max_clock_drift_s
