"""What a client of an enclave-followed chain remembers about itself."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from light_clients.enclave.errors import MalformedStatement
from light_clients.enclave.policy import AttestationPolicy
from primitives.types import UINT64_MAX

MAX_OPERATORS: Final = 16


@dataclass(frozen=True, slots=True)
class EnclaveClientState:
    """Whose enclaves count, and how many of them are needed; times in seconds, operators 20 bytes, ascending.

    ``chain_id`` names the followed chain to those who compare it with a packet's terms; like the first state id, which
    covers the inner client state, it is what the client's creator says. Raises MalformedStatement for a field out of
    range.
    """

    policy: AttestationPolicy
    operators: tuple[bytes, ...]
    threshold: int
    key_lifetime_s: int
    latest_height: int
    trusting_period_s: int
    max_clock_drift_s: int
    frozen: bool
    chain_id: int

    def __post_init__(self) -> None:
        for what, number, least in (
            ("chain id", self.chain_id, 1),
            ("key lifetime in seconds", self.key_lifetime_s, 1),
            ("latest height", self.latest_height, 1),
            ("trusting period in seconds", self.trusting_period_s, 1),
            ("clock drift in seconds", self.max_clock_drift_s, 0),
        ):
            if not least <= number <= UINT64_MAX:
                raise MalformedStatement(f"{what} is out of range", expected=f"{least}..2^64-1", found=number)
        if list(self.operators) != sorted(set(self.operators)) or len(self.operators) > MAX_OPERATORS:
            raise MalformedStatement("operators are not ascending or too many", expected=MAX_OPERATORS)
        if any(len(each) != 20 or not any(each) for each in self.operators):
            raise MalformedStatement("operator is no address", expected="20 bytes, not zero")
        if not 1 <= self.threshold <= len(self.operators):
            raise MalformedStatement(
                "threshold is out of range", expected=f"1..{len(self.operators)}", found=self.threshold
            )

    def as_frozen(self) -> EnclaveClientState:
        """The same client after misbehaviour."""
        return replace(self, frozen=True)

    def at_least(self, height: int) -> EnclaveClientState:
        """The same client with this latest height, if it is a greater one."""
        return replace(self, latest_height=max(self.latest_height, height))
