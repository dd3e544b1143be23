"""What the notary decides about, as plain values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from chains.progmat.transactions.model import ProvableWrite, StateRef, TimeWindow
from chains.progmat.transactions.validator_suspension import Approval
from primitives.hashing import sha256
from primitives.public_key import PublicKey

NO_POSITION = 0
"""Journal position of a transaction without provable writes."""


class StateUse(IntEnum):
    """How a transaction uses a state; the numbers are the wire's."""

    INPUT = 1
    REFERENCE = 2


class PathProblem(IntEnum):
    """Why a provable write cannot be made; the numbers are the wire's."""

    ALREADY_CREATED = 1
    NEVER_CREATED = 2
    ALREADY_DELETED = 3
    APPROVER_SUSPENDED = 4
    """Not written by the request: it suspends a Validator without whose approval too few approved."""


@dataclass(frozen=True, slots=True)
class StateConflict:
    """A state that another transaction consumed, and the hash (not the id) of that one."""

    ref: StateRef
    use: StateUse
    hash_of_consuming_tx_id: bytes


@dataclass(frozen=True, slots=True)
class PathConflict:
    """A path that cannot be written so, and the hash of the id of its last writer (empty when there is none)."""

    path: bytes
    problem: PathProblem
    hash_of_writing_tx_id: bytes


@dataclass(frozen=True, slots=True)
class Requester:
    """Who asked for a transaction to be made final: the evidence that is kept beside the answer.

    ``signature`` is the request as ``notary.requester`` has it signed, alone or with others; ``key`` was the node's on
    the network map when it asked.
    """

    name: str
    key: PublicKey
    signature: bytes


@dataclass(frozen=True, slots=True)
class CommitRequest:
    """One checked transaction, as far as uniqueness is concerned.

    ``evidence`` are the request's bytes as received: kept in the journal when there are writes, so that every Validator
    can check again what the notary checked.
    """

    tx_id: bytes
    inputs: tuple[StateRef, ...]
    references: tuple[StateRef, ...]
    writes: tuple[ProvableWrite, ...]
    time_window: TimeWindow | None
    evidence: bytes
    requester: Requester
    approval: Approval | None = None
    """Who approved the writes; None where there are none."""


@dataclass(frozen=True, slots=True)
class Committed:
    """A transaction is final: since when, and where in the journal (``NO_POSITION`` without writes)."""

    tx_id: bytes
    time_s: int
    position: int


@dataclass(frozen=True, slots=True)
class Repeated:
    """The transaction was final already; this is what it was told then."""

    committed: Committed


@dataclass(frozen=True, slots=True)
class PathRecord:
    """The life of one path: created once, deleted at most once."""

    value: bytes
    created_by: bytes
    deleted_by: bytes | None


def state_key(ref: StateRef) -> bytes:
    """36 bytes: transaction id and big-endian index, the key of a consumed state."""
    return ref.tx_id + ref.index.to_bytes(4, "big")


def hidden_id(tx_id: bytes) -> bytes:
    """What a conflict answer says about the other transaction (Corda: ``StateConsumptionDetails``)."""
    return sha256(tx_id)
