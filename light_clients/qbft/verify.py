"""Is this header sealed by enough validators, its own and the trusted, and is it of our time? Checks only.

Counts, for a set of n: a block needs the seals of ceil(2n/3) distinct validators of its own set (what QBFT demands of
itself; GoQuorum's own import check is weaker and is not copied), and floor(m/3)+1 of the m validators of the trusted
set among them, so that at least one honest trusted validator vouches for it.

The next block of a trusted one is verified by the same rule: a list in extraData is the header's own word, and nothing
in the trusted block commits to it, so that it relaxes nothing that the header names the trusted block as its parent.
That it does not is a contradiction, which ``misbehaviour`` finds. Only a set read from the trusted state is certain.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from ibc.light_client import TimeBounds
from light_clients.clock import latest_acceptable_s
from light_clients.qbft.errors import (
    DuplicateSeal,
    ForeignProposer,
    ForeignSeal,
    HeaderFromFuture,
    HeightNotAbove,
    MalformedHeader,
    MalformedSeal,
    QuorumNotReached,
    TimestampNotAfter,
    TrustOverlapTooSmall,
)
from light_clients.qbft.sealed_header import SealedHeader
from primitives.errors import BadSignature
from primitives.secp256k1 import recover_address


@dataclass(frozen=True, slots=True)
class TrustAnchor:
    """What a header is built on: a verified height, its time in seconds, and the validators who vouch for what follows.

    They are those who sealed the trusted block, or the next block's where the trusted state names them (see
    ``own_validators``).
    """

    height: int
    timestamp_s: int
    validators: Collection[bytes]


def quorum_of(validator_count: int) -> int:
    """Two thirds, rounded up."""
    return (2 * validator_count + 2) // 3


def trust_overlap_of(trusted_count: int) -> int:
    """More than a third."""
    return trusted_count // 3 + 1


def validate_header(sealed: SealedHeader, trusted: TrustAnchor, max_clock_drift_s: int, now: TimeBounds) -> None:
    """All an untrusted header must satisfy. The caller has checked that the anchor is neither frozen nor expired.

    Raises HeightNotAbove, TimestampNotAfter, HeaderFromFuture, and what `validate_seals` and `validate_overlap` raise.
    """
    header = sealed.header
    if header.number <= trusted.height:
        raise HeightNotAbove(
            "header is not above the height it builds on", expected=f"above {trusted.height}", found=header.number
        )
    if header.timestamp_s <= trusted.timestamp_s:
        raise TimestampNotAfter(
            "header is not later than the block it builds on",
            expected=f"after {trusted.timestamp_s}",
            found=header.timestamp_s,
        )
    latest_s = latest_acceptable_s(max_clock_drift_s, now)
    if header.timestamp_s > latest_s:
        raise HeaderFromFuture(
            "header is later than this verifier's clock allows; wait, or compare the clocks",
            expected=f"at most {latest_s}",
            found=header.timestamp_s,
        )
    validate_overlap(validate_seals(sealed), trusted.validators)


def validate_proposer(sealed: SealedHeader) -> None:
    """ForeignProposer unless the proposer is one of the header's own validators."""
    if sealed.proposer not in sealed.validators:
        raise ForeignProposer("the proposer is not one of the header's validators", found=sealed.proposer)


def validate_seals(sealed: SealedHeader) -> tuple[bytes, ...]:
    """The distinct validators of the header's own set who sealed it, a quorum of it, in seal order.

    Raises MalformedHeader for a header without validators, QuorumNotReached, and for any seal that does not count
    MalformedSeal, ForeignSeal or DuplicateSeal: an honest block has none such.
    """
    if not sealed.validators:
        raise MalformedHeader("header lists no validators and none were proved", expected="one or more", found=0)
    required = quorum_of(len(sealed.validators))
    if len(sealed.seals) < required:
        raise QuorumNotReached("too few validators sealed the header", expected=required, found=len(sealed.seals))
    signers: list[bytes] = []
    for seal in sealed.seals:
        try:
            signer = recover_address(sealed.seal_digest, seal)
        except BadSignature as error:
            raise MalformedSeal(f"commit seal {len(signers)} is malformed: {error}", found=seal) from error
        if signer not in sealed.validators:
            raise ForeignSeal("commit seal is not by a validator, or not over this header and round", found=signer)
        if signer in signers:
            raise DuplicateSeal("validator sealed the header twice", found=signer)
        signers.append(signer)
    return tuple(signers)


def validate_overlap(signers: Collection[bytes], trusted_validators: Collection[bytes]) -> None:
    """TrustOverlapTooSmall unless more than a third of the trusted validators are among the signers."""
    found = sum(validator in signers for validator in trusted_validators)
    required = trust_overlap_of(len(trusted_validators))
    if found < required:
        raise TrustOverlapTooSmall("too few trusted validators sealed the header", expected=required, found=found)
