"""Rules about time that all light clients share: UTC seconds, "now" as in `ibc.light_client.TimeBounds`."""

from __future__ import annotations

from typing import Protocol

from ibc.errors import ClientExpired, ClientFrozen
from ibc.light_client import LightClientStatus, TimeBounds


class Expiring(Protocol):
    """What time and freezing need to know of a client state."""

    @property
    def frozen(self) -> bool:
        """Whether misbehaviour was proved."""

    @property
    def trusting_period_s(self) -> int:
        """How long a consensus state may be built upon, in seconds."""


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


def validate_usable(client_state: Expiring, timestamp_s: int, now: TimeBounds) -> None:
    """`validate_active` for a consensus state of this time, kept by this client."""
    validate_active(
        frozen=client_state.frozen,
        timestamp_s=timestamp_s,
        trusting_period_s=client_state.trusting_period_s,
        now=now,
    )


def status_at(client_state: Expiring, latest_timestamp_s: int, now_s: int) -> LightClientStatus:
    """The same rule as a status: FROZEN before EXPIRED before ACTIVE."""
    try:
        validate_usable(client_state, latest_timestamp_s, TimeBounds.at(now_s))
    except ClientFrozen:
        return LightClientStatus.FROZEN
    except ClientExpired:
        return LightClientStatus.EXPIRED
    return LightClientStatus.ACTIVE


def latest_acceptable_s(max_clock_drift_s: int, now: TimeBounds) -> int:
    """The greatest timestamp a new header may carry, judged at the earliest that now can be."""
    return now.earliest_s + max_clock_drift_s
