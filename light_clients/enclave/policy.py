"""Which attestations a client accepts: roots, measurements, the platform's status, advisories."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from light_clients.enclave.attestation.verified import TcbStatus, VerifiedAttestation
from light_clients.enclave.errors import KeyRefused, MalformedStatement

MAX_ENTRIES: Final = 64
MAX_ADVISORY_BYTES: Final = 32
_NEVER: Final = {TcbStatus.REVOKED}


@dataclass(frozen=True, slots=True)
class AttestationPolicy:
    """Every list is ascending and holds nothing twice, so that a policy has one form; raises MalformedStatement.

    `root_pins` and `measurements` are 32 bytes each; a status not listed and an advisory not listed are refused.
    """

    root_pins: tuple[bytes, ...]
    measurements: tuple[bytes, ...]
    tcb_statuses: tuple[TcbStatus, ...]
    advisories: tuple[str, ...]

    def __post_init__(self) -> None:
        for what, hashes in (("root pins", self.root_pins), ("measurements", self.measurements)):
            _check_ascending(what, hashes, 1)
            if any(len(each) != 32 or not any(each) for each in hashes):
                raise MalformedStatement(f"{what} are no hashes", expected="32 bytes, not zero")
        _check_ascending("TCB statuses", self.tcb_statuses, 1)
        if _NEVER & set(self.tcb_statuses):
            raise MalformedStatement("a revoked platform cannot be allowed", found=TcbStatus.REVOKED.name)
        _check_ascending("advisories", self.advisories, 0)
        for each in self.advisories:
            if not each.isascii() or not 1 <= len(each) <= MAX_ADVISORY_BYTES:
                raise MalformedStatement("advisory is no short ASCII name", expected=MAX_ADVISORY_BYTES, found=each)

    def check(self, attestation: VerifiedAttestation) -> None:
        """KeyRefused unless all of the attestation is allowed. A debug enclave never is."""
        if attestation.root_pin not in self.root_pins:
            raise KeyRefused("attestation is under a root that is not pinned", found=attestation.root_pin)
        if attestation.is_debug:
            raise KeyRefused("enclave runs in debug mode: its memory, and its key, can be read")
        if attestation.measurement not in self.measurements:
            raise KeyRefused(
                "another program runs in the enclave", expected=self.measurements[0], found=attestation.measurement
            )
        if attestation.tcb_status not in self.tcb_statuses:
            allowed = ", ".join(each.name for each in self.tcb_statuses)
            raise KeyRefused(
                "platform's TCB status is not allowed; update the platform",
                expected=allowed,
                found=attestation.tcb_status.name,
            )
        for advisory in attestation.advisories:
            if advisory not in self.advisories:
                raise KeyRefused("an advisory that is not allowed applies to the platform", found=advisory)


def _check_ascending(what: str, entries: tuple[bytes | str | TcbStatus, ...], least: int) -> None:
    if not least <= len(entries) <= MAX_ENTRIES:
        raise MalformedStatement(f"number of {what} is out of range", expected=f"{least}..{MAX_ENTRIES}")
    if list(entries) != sorted(set(entries)):
        raise MalformedStatement(f"{what} are not ascending, or one stands twice")
