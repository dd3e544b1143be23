"""What a client of the Progmat ledger remembers about itself.

Bytes: Solidity's ``abi.encode(string ledgerId, uint64 latestHeight, uint64 trustingPeriod, uint64 maxClockDrift, bool
frozen, bytes32 validatorSetHash)``, what the Solidity light client answers to ``getClientState``; once a set was
replaced, ``bytes32 setHash, uint64 lastHeight, uint64 lastTimestamp`` follow, what it answers to ``getRetiredSet``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from light_clients.progmat.checkpoint import check_ledger_id
from light_clients.progmat.errors import MalformedCheckpoint
from primitives import abi
from primitives.errors import DecodeError
from primitives.types import UINT64_MAX

_ABI_TYPES = ("string", "uint64", "uint64", "uint64", "bool", "bytes32")
_RETIRED_TYPES = ("bytes32", "uint64", "uint64")
_WITH_RETIRED_TYPES = (*_ABI_TYPES, *_RETIRED_TYPES)
MAX_CLIENT_STATE_BYTES = 512


@dataclass(frozen=True, slots=True)
class RetiredSet:
    """The set before the trusted one, and the last checkpoint that it signed: its hand-over.

    For its own heights it stays answerable until a trusting period after that; it signs nothing new.
    """

    set_hash: bytes
    last_height: int
    last_timestamp_s: int

    def __post_init__(self) -> None:
        if len(self.set_hash) != 32 or not any(self.set_hash):
            raise MalformedCheckpoint("retired set has no hash", expected="32 bytes, not zero", found=self.set_hash)
        for what, number in (("height", self.last_height), ("time", self.last_timestamp_s)):
            if not 1 <= number <= UINT64_MAX:
                raise MalformedCheckpoint(
                    f"retired set's last {what} is out of range", expected="1..2^64-1", found=number
                )


@dataclass(frozen=True, slots=True)
class ProgmatClientState:
    """One ledger as followed by one client; times in seconds, the validator set as its hash."""

    ledger_id: str
    latest_height: int
    trusting_period_s: int
    max_clock_drift_s: int
    frozen: bool
    validator_set_hash: bytes
    retired: RetiredSet | None = None

    def __post_init__(self) -> None:
        check_ledger_id(self.ledger_id)
        for what, number, least in (
            ("latest height", self.latest_height, 1),
            ("trusting period in seconds", self.trusting_period_s, 1),
            ("clock drift in seconds", self.max_clock_drift_s, 0),
        ):
            if not least <= number <= UINT64_MAX:
                raise MalformedCheckpoint(f"{what} is out of range", expected=f"{least}..2^64-1", found=number)
        if len(self.validator_set_hash) != 32:
            raise MalformedCheckpoint(
                "validator set hash has the wrong size", expected="32 bytes", found=self.validator_set_hash
            )

    def as_frozen(self) -> ProgmatClientState:
        """The same client after proved misbehaviour."""
        return replace(self, frozen=True)


def encode_client_state(client_state: ProgmatClientState) -> bytes:
    """The ABI form."""
    fields = (
        client_state.ledger_id,
        client_state.latest_height,
        client_state.trusting_period_s,
        client_state.max_clock_drift_s,
        client_state.frozen,
        client_state.validator_set_hash,
    )
    retired = client_state.retired
    if retired is None:
        return abi.encode(_ABI_TYPES, fields)
    return abi.encode(_WITH_RETIRED_TYPES, (*fields, retired.set_hash, retired.last_height, retired.last_timestamp_s))


def decode_client_state(data: bytes) -> ProgmatClientState:
    """The inverse; MalformedCheckpoint for anything but the one canonical encoding."""
    if len(data) > MAX_CLIENT_STATE_BYTES:
        raise MalformedCheckpoint("client state is too long", expected=MAX_CLIENT_STATE_BYTES, found=len(data))
    # the string comes after all words: its offset says how many there are
    types = _WITH_RETIRED_TYPES if data[:32] == (32 * len(_WITH_RETIRED_TYPES)).to_bytes(32, "big") else _ABI_TYPES
    try:
        fields = abi.decode(types, data)
    except DecodeError as error:
        raise MalformedCheckpoint(f"client state is not ABI-encoded: {error}", found=data) from error
    ledger_id, latest_height, trusting_period_s, max_clock_drift_s, frozen, set_hash, *retired = fields
    client_state = ProgmatClientState(
        ledger_id,
        latest_height,
        trusting_period_s,
        max_clock_drift_s,
        frozen,
        set_hash,
        RetiredSet(*retired) if retired else None,
    )
    if encode_client_state(client_state) != data:
        raise MalformedCheckpoint("client state is not in its canonical encoding", found=data)
    return client_state
