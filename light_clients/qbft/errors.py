"""Errors of the light client of QBFT chains.

    PeerError
    └── Refusal
        ├── DecodeError (primitives)
        │   ├── MalformedHeader         header, extraData or client bytes outside their format
    │   └── WrongEngine             a header in the format of another engine than the schedule says
        ├── InvalidHeader (ibc)
        │   ├── HeightNotAbove          not above the height it builds on
        │   ├── TimestampNotAfter       not later than the block it builds on
        │   ├── HeaderFromFuture        later than the verifier's clock plus the drift
        │   ├── WrongTrustedHeight      builds on another consensus state than the one given
        │   ├── MalformedSeal           a seal that is no signature with low s
        │   ├── ForeignSeal             a seal by nobody in the header's validator set
        │   ├── DuplicateSeal           one validator sealed twice
        │   ├── ForeignProposer         proposed by nobody in the header's validator set
        │   ├── WrongParent             a parent header whose hash the header does not name
        │   ├── QuorumNotReached        fewer than ceil(2n/3) validators sealed
        │   ├── TrustOverlapTooSmall    fewer than floor(n/3)+1 of the trusted validators sealed
        │   ├── NoMisbehaviour          evidence that proves nothing
        │   └── UnfitSubstitute         a recovery by a client of another chain, router or schedule
        └── InvalidProof (ibc)
            ├── AccountAbsent           the state holds no such contract
            ├── CommitmentMismatch      the slot holds another value
            ├── CommitmentAbsent        the slot is empty where a value is claimed
            └── CommitmentPresent       the slot is set where absence is claimed

ClientFrozen and ClientExpired are ibc's own; a proof whose nodes do not hold raises primitives' MptError.
"""

from __future__ import annotations

from typing import ClassVar

from ibc.errors import InvalidHeader, InvalidProof
from primitives.errors import DecodeError


class MalformedHeader(DecodeError):
    """A header, its extraData, or a client's bytes outside their format."""

    reason: ClassVar[str] = "QBFT_MALFORMED"


class WrongEngine(DecodeError):
    """The schedule says one engine for this block, the header has another's format."""

    reason: ClassVar[str] = "QBFT_WRONG_ENGINE"


class HeightNotAbove(InvalidHeader):
    """The header is not above the height it builds on."""

    reason: ClassVar[str] = "QBFT_HEIGHT_NOT_ABOVE"


class TimestampNotAfter(InvalidHeader):
    """The header is not later than the block it builds on."""

    reason: ClassVar[str] = "QBFT_TIMESTAMP_NOT_AFTER"


class HeaderFromFuture(InvalidHeader):
    """The header is later than the verifier's clock and the allowed drift."""

    reason: ClassVar[str] = "QBFT_HEADER_FROM_FUTURE"


class WrongTrustedHeight(InvalidHeader):
    """The message builds on another height than the consensus state it is held against."""

    reason: ClassVar[str] = "QBFT_WRONG_TRUSTED_HEIGHT"


class MalformedSeal(InvalidHeader):
    """A commit seal that is not 65 bytes of r, s, v with low, non-zero s."""

    reason: ClassVar[str] = "QBFT_MALFORMED_SEAL"


class ForeignSeal(InvalidHeader):
    """A commit seal that is by no validator of the header's own set, over this header and round."""

    reason: ClassVar[str] = "QBFT_FOREIGN_SEAL"


class DuplicateSeal(InvalidHeader):
    """Two commit seals by one validator."""

    reason: ClassVar[str] = "QBFT_DUPLICATE_SEAL"


class ForeignProposer(InvalidHeader):
    """The header's proposer is no validator of its own set."""

    reason: ClassVar[str] = "QBFT_FOREIGN_PROPOSER"


class WrongParent(InvalidHeader):
    """The header brought as the parent is not the block that the header names as its parent."""

    reason: ClassVar[str] = "QBFT_WRONG_PARENT"


class QuorumNotReached(InvalidHeader):
    """Fewer distinct validators sealed than two thirds of the header's own set, rounded up."""

    reason: ClassVar[str] = "QBFT_QUORUM_NOT_REACHED"


class TrustOverlapTooSmall(InvalidHeader):
    """Fewer trusted validators sealed than make sure that one of them is honest."""

    reason: ClassVar[str] = "QBFT_TRUST_OVERLAP_TOO_SMALL"


class NoMisbehaviour(InvalidHeader):
    """The two headers can both be of one chain, or are the same block."""

    reason: ClassVar[str] = "QBFT_NO_MISBEHAVIOUR"


class UnfitSubstitute(InvalidHeader):
    """A client cannot take another's place: they do not follow the same chain by the same rules."""

    reason: ClassVar[str] = "QBFT_UNFIT_SUBSTITUTE"


class AccountAbsent(InvalidProof):
    """The proof shows that the state holds no account at the address."""

    reason: ClassVar[str] = "QBFT_ACCOUNT_ABSENT"


class CommitmentMismatch(InvalidProof):
    """The slot holds another value than claimed."""

    reason: ClassVar[str] = "QBFT_COMMITMENT_MISMATCH"


class CommitmentAbsent(InvalidProof):
    """The slot is empty where a value is claimed."""

    reason: ClassVar[str] = "QBFT_COMMITMENT_ABSENT"


class CommitmentPresent(InvalidProof):
    """The slot holds a value where absence is claimed."""

    reason: ClassVar[str] = "QBFT_COMMITMENT_PRESENT"
