"""The state that a file of headers starts from, and what is known of a header that holds."""

from __future__ import annotations

from dataclasses import dataclass

from ibc.light_client import TimeBounds
from light_clients.clock import validate_active
from light_clients.qbft import SealedHeader
from light_clients.qbft.verify import TrustAnchor, validate_header
from relayer.cli.verify.errors import Unreadable
from relayer.cli.verify.json_reader import JsonField


@dataclass(frozen=True, slots=True)
class TrustedState:
    """What the file starts from. Times in seconds."""

    anchor: TrustAnchor
    trusting_period_s: int
    max_clock_drift_s: int
    now: TimeBounds


@dataclass(frozen=True, slots=True)
class VerifiedHeader:
    """A header that holds, with the router's address and storage root under it."""

    name: str
    sealed: SealedHeader
    contract: bytes
    storage_root: bytes

    @property
    def anchor(self) -> TrustAnchor:
        """What the next header may be built on."""
        return TrustAnchor(self.sealed.header.number, self.sealed.header.timestamp_s, self.sealed.validators)


def read_trusted(field: JsonField, newest_s: int) -> TrustedState:
    """The file's starting point; its clock is the newest header's time unless the file has ``now``."""
    validators = field.at("validators").hex_list(20)
    if not validators or len(set(validators)) != len(validators):
        raise Unreadable("expected distinct validators, at least one", place=f"{field.place}.validators")
    now = field.get("now")
    return TrustedState(
        anchor=TrustAnchor(field.at("height").integer(), field.at("timestamp").integer(), validators),
        trusting_period_s=field.at("trusting_period").integer(),
        max_clock_drift_s=field.at("max_clock_drift").integer(),
        now=TimeBounds.at(newest_s if now is None else now.integer()),
    )


def validate_on(sealed: SealedHeader, anchor: TrustAnchor, trusted: TrustedState) -> None:
    """The light client's rules for a header on an anchor; raises as `validate_header` and `validate_active`."""
    validate_active(
        frozen=False, timestamp_s=anchor.timestamp_s, trusting_period_s=trusted.trusting_period_s, now=trusted.now
    )
    validate_header(sealed, anchor, trusted.max_clock_drift_s, trusted.now)
