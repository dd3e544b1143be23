"""The errors of IBC v2 and its light clients, by blame (see `primitives.errors`).

    CallerError
    ├── InvalidTimeout           a packet that must not be sent with this time-out
    └── TimeoutNotReached        too early to time out: prove it at a later height
    PeerError
    └── Refusal
        ├── ClientFrozen         the light client saw misbehaviour; nothing is accepted through it
        ├── ClientExpired        the light client was not updated within its trusting period
        ├── InvalidHeader        a client message that does not follow from what is trusted
        ├── InvalidProof         a membership or non-membership proof that does not hold
        ├── Misbehaviour         evidence that the other chain contradicts itself
        ├── InvalidAcknowledgement
        └── DecodeError
            ├── InvalidIdentifier
            ├── InvalidPacket
            └── InvalidTerms     settlement terms outside their limits

Frozen, expired and not-yet-reached are not "temporarily unavailable": the same evidence can never become acceptable.
Who holds them updates or replaces the client, or brings evidence from a later height.
"""

from __future__ import annotations

from typing import ClassVar

from primitives.errors import CallerError, DecodeError, Refusal


class TimeBoundError(CallerError):
    """A time-out compared with a clock and found on the wrong side. Both in seconds since 1970."""

    reason: ClassVar[str] = "TIMEOUT_ERROR"
    relation: ClassVar[str] = "is wrong at"

    def __init__(self, timeout_s: int, clock_s: int) -> None:
        super().__init__(f"time-out {timeout_s} s {self.relation} {clock_s} s")
        self.timeout_s = timeout_s
        self.clock_s = clock_s

    def __reduce__(self) -> tuple[type[TimeBoundError], tuple[int, int]]:
        return type(self), (self.timeout_s, self.clock_s)


class InvalidTimeout(TimeBoundError):
    """A packet's time-out is not after now and within 24 hours."""

    reason: ClassVar[str] = "INVALID_TIMEOUT"
    relation: ClassVar[str] = "must lie after, and at most 86400 s after,"


class TimeoutNotReached(TimeBoundError):
    """A time-out is claimed at a consensus timestamp before it."""

    reason: ClassVar[str] = "TIMEOUT_NOT_REACHED"
    relation: ClassVar[str] = "is not reached; prove it at a later height than that of consensus timestamp"


class ClientFrozen(Refusal):
    """The light client is frozen: evidence of misbehaviour was accepted. An operator must replace it."""

    reason: ClassVar[str] = "CLIENT_FROZEN"


class ClientExpired(Refusal):
    """The trusted consensus state is older than the trusting period. An operator must recover the client."""

    reason: ClassVar[str] = "CLIENT_EXPIRED"


class InvalidHeader(Refusal):
    """A client message that is malformed, unsigned, or does not follow from the trusted consensus state."""

    reason: ClassVar[str] = "INVALID_HEADER"


class InvalidProof(Refusal):
    """A proof that does not lead from the consensus state's root to the claimed value or absence."""

    reason: ClassVar[str] = "INVALID_PROOF"


class Misbehaviour(Refusal):
    """The other chain's validators signed two things that cannot both be true."""

    reason: ClassVar[str] = "MISBEHAVIOUR"


class InvalidAcknowledgement(Refusal):
    """An acknowledgement that is not one the protocol allows for this packet."""

    reason: ClassVar[str] = "INVALID_ACKNOWLEDGEMENT"


class InvalidIdentifier(DecodeError):
    """A client or port identifier outside ICS-24's alphabet or length."""

    reason: ClassVar[str] = "INVALID_IDENTIFIER"


class InvalidPacket(DecodeError):
    """A packet that breaks ICS-4 version 2's limits or is not in its canonical encoding."""

    reason: ClassVar[str] = "INVALID_PACKET"


class InvalidTerms(DecodeError):
    """Settlement terms, or their wire form, outside their limits."""

    reason: ClassVar[str] = "INVALID_TERMS"
