"""What a verified attestation says, whatever the technology."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from ibc.light_client import TimeBounds
from light_clients.enclave.errors import StaleAttestation

REPORT_DATA_BYTES = 64


class Technology(IntEnum):
    """Who made the root."""

    SGX = 1
    NITRO = 2


class TcbStatus(IntEnum):
    """Intel's words for the state of a platform; a Nitro document has no levels and counts as up to date."""

    UP_TO_DATE = 0
    SW_HARDENING_NEEDED = 1
    CONFIGURATION_NEEDED = 2
    CONFIGURATION_AND_SW_HARDENING_NEEDED = 3
    OUT_OF_DATE = 4
    OUT_OF_DATE_CONFIGURATION_NEEDED = 5
    REVOKED = 6


@dataclass(frozen=True, slots=True)
class ValiditySpan:
    """The seconds (UTC, both ends included) in which one part of an attestation counts."""

    what: str
    from_s: int
    until_s: int

    def check(self, now: TimeBounds) -> None:
        """StaleAttestation unless the whole window of "now" lies inside."""
        if now.earliest_s < self.from_s or now.latest_s > self.until_s:
            raise StaleAttestation(
                f"{self.what} does not count at this time; fetch a newer one",
                expected=f"{self.from_s}..{self.until_s} s",
                found=f"{now.earliest_s}..{now.latest_s} s",
            )


@dataclass(frozen=True, slots=True)
class VerifiedAttestation:
    """Signatures, chain, lists and times held.

    `measurement` is 32 bytes: MRENCLAVE, or the SHA-256 of a Nitro document's PCR0, PCR1 and PCR2. `root_pin` is the
    SHA-256 of the root certificate. Outside `valid_from_s`..`valid_until_s` (UTC) the same bytes prove nothing.
    """

    technology: Technology
    root_pin: bytes
    measurement: bytes
    report_data: bytes
    tcb_status: TcbStatus
    advisories: tuple[str, ...]
    tcb_evaluation_number: int
    is_debug: bool
    valid_from_s: int
    valid_until_s: int
