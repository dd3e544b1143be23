"""Errors of the light client of the Progmat ledger.

    PeerError
    └── Refusal
        ├── DecodeError (primitives)
        │   └── MalformedCheckpoint     a header, checkpoint or validator set outside its format
        ├── InvalidHeader (ibc)
        │   ├── UntrustedValidatorSet   signed by a set the client does not trust
        │   ├── TooFewSignatures        fewer than k
        │   ├── ForeignSignature        a signature that is not by the validator it stands for
        │   ├── HeaderFromFuture        later than the verifier's clock plus the drift
        │   ├── StaleHeader             below the latest height, and unknown
        │   └── NoMisbehaviour          evidence that proves nothing
        └── InvalidProof (ibc)
            └── RootMismatch            the proof leads to another root or time than the consensus state's

ClientFrozen and ClientExpired are ibc's own.
"""

from __future__ import annotations

from typing import ClassVar

from ibc.errors import InvalidHeader, InvalidProof
from primitives.errors import DecodeError


class MalformedCheckpoint(DecodeError):
    """A checkpoint, validator set or header outside its format."""

    reason: ClassVar[str] = "PROGMAT_MALFORMED"


class UntrustedValidatorSet(InvalidHeader):
    """The header's validator set is not the one the client trusts."""

    reason: ClassVar[str] = "PROGMAT_UNTRUSTED_VALIDATOR_SET"


class TooFewSignatures(InvalidHeader):
    """Fewer validators signed than the threshold."""

    reason: ClassVar[str] = "PROGMAT_TOO_FEW_SIGNATURES"


class ForeignSignature(InvalidHeader):
    """A signature does not recover to the validator it stands for."""

    reason: ClassVar[str] = "PROGMAT_FOREIGN_SIGNATURE"


class HeaderFromFuture(InvalidHeader):
    """The checkpoint is later than the verifier's clock and the allowed drift."""

    reason: ClassVar[str] = "PROGMAT_HEADER_FROM_FUTURE"


class StaleHeader(InvalidHeader):
    """The checkpoint is below the latest height, and the client holds nothing to compare it with."""

    reason: ClassVar[str] = "PROGMAT_STALE_HEADER"


class NoMisbehaviour(InvalidHeader):
    """The two headers contradict each other in nothing."""

    reason: ClassVar[str] = "PROGMAT_NO_MISBEHAVIOUR"


class RootMismatch(InvalidProof):
    """The proof leads to another root, or names another time, than the consensus state."""

    reason: ClassVar[str] = "PROGMAT_ROOT_MISMATCH"
