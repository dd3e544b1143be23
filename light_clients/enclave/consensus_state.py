"""What a client of an enclave-followed chain keeps of one height: the inner state's name, and the keys that count next.

Keys live in consensus states, as a QBFT client's validators do: registering one does not contend with anything, and an
update shows which keys it relied upon.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Final

from light_clients.enclave.errors import MalformedStatement
from primitives.types import UINT64_MAX

MAX_KEYS_OF_AN_OPERATOR: Final = 4
MAX_REVOKED: Final = 256


@dataclass(frozen=True, slots=True)
class EnclaveKey:
    """A registered key, its operator (20 bytes each), and the second (UTC) from which it does not count any more."""

    enclave_key: bytes
    operator: bytes
    expires_at_s: int

    def __post_init__(self) -> None:
        for each in (self.enclave_key, self.operator):
            if len(each) != 20 or not any(each):
                raise MalformedStatement("enclave key or operator is no address", expected="20 bytes", found=each)
        if not 1 <= self.expires_at_s <= UINT64_MAX:
            raise MalformedStatement("expiry is out of range", expected="1..2^64-1", found=self.expires_at_s)


@dataclass(frozen=True, slots=True)
class EnclaveConsensusState:
    """Keys ascend by operator, then key, each key once; raises MalformedStatement for a field out of range."""

    timestamp_s: int
    state_id: bytes
    keys: tuple[EnclaveKey, ...]
    tcb_evaluation_number: int
    revoked_keys: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        if not 1 <= self.timestamp_s <= UINT64_MAX:
            raise MalformedStatement("time is out of range", expected="1..2^64-1", found=self.timestamp_s)
        if len(self.state_id) != 32:
            raise MalformedStatement("state id has the wrong size", expected=32, found=self.state_id)
        if not 0 <= self.tcb_evaluation_number < 2**32:
            raise MalformedStatement("TCB evaluation number is out of range", found=self.tcb_evaluation_number)
        order = [(each.operator, each.enclave_key) for each in self.keys]
        distinct = {each.enclave_key for each in self.keys}
        if order != sorted(order) or len(distinct) != len(order):
            raise MalformedStatement("enclave keys are not ascending, or one stands twice")
        most = max(Counter(each.operator for each in self.keys).values(), default=0)
        if most > MAX_KEYS_OF_AN_OPERATOR:
            raise MalformedStatement(
                "an operator has too many keys; revoke the old ones", expected=MAX_KEYS_OF_AN_OPERATOR, found=most
            )
        revoked = list(self.revoked_keys)
        if revoked != sorted(set(revoked)) or len(revoked) > MAX_REVOKED or any(len(each) != 20 for each in revoked):
            raise MalformedStatement("revoked keys are not ascending, or too many", expected=MAX_REVOKED)
        if distinct & set(revoked):
            raise MalformedStatement("a key is registered and revoked")
