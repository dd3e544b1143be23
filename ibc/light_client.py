"""ICS-02's light client as a small protocol of pure functions over bytes.

An implementation holds nothing: states come in as the bytes that are stored, new states go out. The order is validate
(`verify_client_message`), decide (`check_for_misbehaviour`), apply (`update_state` or `freeze`). Whoever calls these
must not apply what was not verified. All may raise `primitives.errors.DecodeError` for bytes that are not canonical.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Protocol, runtime_checkable

from primitives.errors import InvalidArgument


class LightClientStatus(Enum):
    """Only an active client accepts anything."""

    ACTIVE = "active"
    FROZEN = "frozen"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class ConsensusAt:
    """What is trusted about one height of the other chain."""

    height: int
    consensus_state: bytes


@dataclass(frozen=True, slots=True)
class UpdateResult:
    """The new client state, and consensus states to store. No consensus state: there was nothing new."""

    client_state: bytes
    consensus_states: tuple[ConsensusAt, ...]


@dataclass(frozen=True, slots=True)
class TimeBounds:
    """The window in which "now" lies, in seconds since 1970.

    Contract verification knows only its transaction's time window: drift into the future is judged against the earliest
    time, expiry against the latest, so that the verdict holds at every moment of the window.
    """

    earliest_s: int
    latest_s: int

    def __post_init__(self) -> None:
        if not 0 <= self.earliest_s <= self.latest_s:
            raise InvalidArgument(f"time bounds are not in order: {self.earliest_s} s .. {self.latest_s} s")

    @classmethod
    def at(cls, now_s: int) -> TimeBounds:
        """The window of a caller who has a clock."""
        return cls(now_s, now_s)


class LightClient(Protocol):
    """A light client of one kind of chain. Stateless; safe to share."""

    @property
    def client_type(self) -> str:
        """The registry's name of this kind: `qbft`, `progmat`, `hub`, `mock`."""
        ...

    def initialise(self, client_state: bytes, consensus_state: bytes) -> int:
        """The latest height of two initial states that are valid and fit each other.

        They are trusted by the one who creates the client: nothing proves them. Raises `InvalidHeader`.
        """
        ...

    def trusted_height(self, client_message: bytes) -> int:
        """The height of the consensus state that the message builds on."""
        ...

    def message_height(self, client_message: bytes) -> int:
        """The height that the message, a header, is about."""
        ...

    def verify_client_message(
        self, client_state: bytes, trusted: ConsensusAt, client_message: bytes, now: TimeBounds
    ) -> None:
        """Return if the message (a header, or evidence of misbehaviour) is signed as `trusted` demands.

        Says nothing about whether it agrees with what is stored at its own height. Raises `InvalidHeader`,
        `ClientFrozen`, `ClientExpired`.
        """
        ...

    def check_for_misbehaviour(self, client_state: bytes, known: ConsensusAt | None, client_message: bytes) -> bool:
        """Whether a verified message shows the other chain contradicting itself.

        `known` is a consensus state stored for this chain: the one at the message's own height, or another height's
        that the message may contradict. What an implementation does not compare is no contradiction.
        """
        ...

    def update_state(self, client_state: bytes, client_message: bytes) -> UpdateResult:
        """What to store after a verified message without misbehaviour."""
        ...

    def freeze(self, client_state: bytes) -> bytes:
        """The client state after verified misbehaviour. Only recovery leads back."""
        ...

    def verify_membership(
        self,
        client_state: bytes,
        consensus: ConsensusAt,
        proof: bytes,
        path: bytes,
        value: bytes,
        now: TimeBounds,
    ) -> int:
        """The consensus timestamp in seconds, if `value` is at `path`.

        Raises `InvalidProof`, `ClientFrozen`, `ClientExpired`.
        """
        ...

    def verify_non_membership(
        self, client_state: bytes, consensus: ConsensusAt, proof: bytes, path: bytes, now: TimeBounds
    ) -> int:
        """The consensus timestamp in seconds, if nothing is at `path`. Raises as `verify_membership`."""
        ...

    def status(self, client_state: bytes, latest: ConsensusAt, now_s: int) -> LightClientStatus:
        """Active, frozen or expired. `latest` is the consensus state at the client's latest height."""
        ...

    def timestamp_at(self, consensus_state: bytes) -> int:
        """A consensus state's time in seconds since 1970."""
        ...


@runtime_checkable
class RecoverableLightClient(Protocol):
    """A light client whose frozen or expired clients governance may give the state of an active substitute (ICS-02)."""

    def recover(self, client_state: bytes, substitute_state: bytes) -> bytes:
        """The state of the client after recovery.

        Raises `InvalidHeader` if the substitute follows another chain or by other rules than may change.
        """
        ...
