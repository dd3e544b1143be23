"""Errors of the light client of a chain behind a hub.

    PeerError
    └── Refusal
        ├── DecodeError (primitives)
        │   └── MalformedHubMessage     message or state outside its format
        ├── InvalidHeader (ibc)
        │   ├── WrongTrustedHeight      builds on another consensus state than the one given
        │   ├── FarClientFrozen         the hub's own client of the far chain is frozen
        │   ├── FarStateMismatch        the hub keeps another consensus state, or none
        │   ├── FarStateStale           older at the hub's block than the trusting period
        │   ├── FarStateFromFuture      later than the verifier's clock plus the drift
        │   └── NoMisbehaviour          the hub's message is no evidence
        └── InvalidProof (ibc)
            ├── AccountAbsent           the far state holds no such contract
            ├── CommitmentMismatch      the slot holds another value
            ├── CommitmentAbsent        the slot is empty where a value is claimed
            └── CommitmentPresent       the slot is set where absence is claimed

What is wrong with the hub's header is said by the hub's light client; a proof that does not hold raises primitives'
MptError.
"""

from __future__ import annotations

from typing import ClassVar

from ibc.errors import InvalidHeader, InvalidProof
from primitives.errors import DecodeError


class MalformedHubMessage(DecodeError):
    """A message, client state or consensus state outside its format."""

    reason: ClassVar[str] = "HUB_MALFORMED"


class WrongTrustedHeight(InvalidHeader):
    """The message builds on another far height than the consensus state it is held against."""

    reason: ClassVar[str] = "HUB_WRONG_TRUSTED_HEIGHT"


class FarClientFrozen(InvalidHeader):
    """At that block of the hub its own client of the far chain is frozen: nothing of it may be taken over."""

    reason: ClassVar[str] = "HUB_FAR_CLIENT_FROZEN"


class FarStateMismatch(InvalidHeader):
    """At that block of the hub its own client keeps another consensus state at the far height, or none (any more)."""

    reason: ClassVar[str] = "HUB_FAR_STATE_MISMATCH"


class FarStateStale(InvalidHeader):
    """At that block of the hub the far block was as old as the trusting period: update the hub's client first."""

    reason: ClassVar[str] = "HUB_FAR_STATE_STALE"


class FarStateFromFuture(InvalidHeader):
    """The far block is later than the verifier's clock and the allowed drift."""

    reason: ClassVar[str] = "HUB_FAR_STATE_FROM_FUTURE"


class NoMisbehaviour(InvalidHeader):
    """The hub's light client finds no misbehaviour in what is brought as evidence."""

    reason: ClassVar[str] = "HUB_NO_MISBEHAVIOUR"


class AccountAbsent(InvalidProof):
    """The proof shows that the far state holds no account at the address."""

    reason: ClassVar[str] = "HUB_ACCOUNT_ABSENT"


class CommitmentMismatch(InvalidProof):
    """The slot holds another value than claimed."""

    reason: ClassVar[str] = "HUB_COMMITMENT_MISMATCH"


class CommitmentAbsent(InvalidProof):
    """The slot is empty where a value is claimed."""

    reason: ClassVar[str] = "HUB_COMMITMENT_ABSENT"


class CommitmentPresent(InvalidProof):
    """The slot holds a value where absence is claimed."""

    reason: ClassVar[str] = "HUB_COMMITMENT_PRESENT"
