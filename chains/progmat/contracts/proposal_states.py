"""States of contract ``proposal``: a proposal, the members' ballots, and the result."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from chains.progmat.contracts.membership import BusinessNetwork
from chains.progmat.transactions.errors import MalformedComponent
from chains.progmat.transactions.model import MAX_TIME_S, Party, check_hash, check_range
from primitives.types import Hash32

MAX_ROLL: Final = 200
"""Members who may vote on one proposal: each has a ballot, an output of one ledger_tx."""


class BallotChoice(IntEnum):
    """What a ballot says."""

    UNCAST = 1
    FOR = 2
    AGAINST = 3


class ProposalOutcome(IntEnum):
    """What came of a proposal."""

    APPROVED = 1
    REJECTED = 2


@dataclass(frozen=True, slots=True)
class ProposalState:
    """A contract package that the members on ``roll`` (ascending by name) are asked to agree to.

    Times are Unix seconds on the notary's clock; it may be voted from ``opens_s`` (inclusive) until ``closes_s``.
    """

    network: BusinessNetwork
    package_hash: Hash32
    description_hash: Hash32
    proposer: Party
    filed_s: int
    opens_s: int
    closes_s: int
    needed_percent: int
    roll: tuple[Party, ...]

    def __post_init__(self) -> None:
        check_hash("Proposal.package_hash", self.package_hash)
        check_hash("Proposal.description_hash", self.description_hash)
        for name in ("filed_s", "opens_s", "closes_s"):
            check_range(f"Proposal.{name}", getattr(self, name), 1, MAX_TIME_S)
        check_range("Proposal.needed_percent", self.needed_percent, 1, 100)
        check_range("Proposal.roll count", len(self.roll), 1, MAX_ROLL)
        names = [party.name for party in self.roll]
        if names != sorted(set(names)):
            raise MalformedComponent("the roll ascends by name", expected=str(sorted(set(names))), found=str(names))


@dataclass(frozen=True, slots=True)
class BallotState:
    """``voter``'s one ballot; ``proposal_tx`` (32 bytes) names the proposal once it is cast, and is empty before."""

    network: BusinessNetwork
    voter: Party
    choice: BallotChoice = BallotChoice.UNCAST
    proposal_tx: bytes = b""

    def __post_init__(self) -> None:
        if self.choice is not BallotChoice.UNCAST:
            check_hash("Ballot.proposal_tx", self.proposal_tx)
        elif self.proposal_tx:
            raise MalformedComponent("an uncast ballot names no proposal", expected=b"", found=self.proposal_tx)


@dataclass(frozen=True, slots=True)
class ResultState:
    """What came of the proposal of ledger_tx ``proposal_tx``.

    ``votes_against`` may be fewer than were cast where the outcome is APPROVED: who did not agree counts the same.
    """

    network: BusinessNetwork
    package_hash: Hash32
    description_hash: Hash32
    proposal_tx: Hash32
    closes_s: int
    roll_size: int
    votes_for: int
    votes_against: int
    outcome: ProposalOutcome

    def __post_init__(self) -> None:
        for name in ("package_hash", "description_hash", "proposal_tx"):
            check_hash(f"ProposalResult.{name}", getattr(self, name))
        check_range("ProposalResult.closes_s", self.closes_s, 1, MAX_TIME_S)
        check_range("ProposalResult.roll_size", self.roll_size, 1, MAX_ROLL)
        check_range("ProposalResult.votes_for", self.votes_for, 0, self.roll_size)
        check_range("ProposalResult.votes_against", self.votes_against, 0, self.roll_size - self.votes_for)


ProposalRecord = ProposalState | BallotState | ResultState
