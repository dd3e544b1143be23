"""Requests about contract packages: one frozen request per kind of flow. Continues ``requests``, under its rules."""

from __future__ import annotations

from dataclasses import dataclass

from chains.progmat.contracts.membership import BusinessNetwork
from chains.progmat.contracts.proposal import MAX_VOTING_S, MIN_VOTING_S
from chains.progmat.contracts.proposal_states import BallotChoice
from chains.progmat.flows.errors import InvalidRequest
from chains.progmat.flows.record import FlowKind
from chains.progmat.flows.request_base import FlowRequest


@dataclass(frozen=True)
class ProposePackage(FlowRequest):
    """Ask the members of a business network to agree to a contract package; times in Unix seconds.

    Voting begins at ``opens_s``, 0: when the proposal is filed.
    """

    kind = FlowKind.PROPOSE_PACKAGE

    network: BusinessNetwork
    package_hash: bytes
    description_hash: bytes
    opens_s: int
    closes_s: int

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_hash("package_hash", self.package_hash)
        _check_hash("description_hash", self.description_hash)
        if self.opens_s and not MIN_VOTING_S <= self.closes_s - self.opens_s <= MAX_VOTING_S:
            raise InvalidRequest("closes_s", f"{MIN_VOTING_S} to {MAX_VOTING_S} s after it opens are wanted")


@dataclass(frozen=True)
class VoteOnPackage(FlowRequest):
    """Cast this node's ballot on the proposal of a ledger transaction."""

    kind = FlowKind.VOTE_ON_PACKAGE

    proposal_tx: bytes
    choice: BallotChoice

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_hash("proposal_tx", self.proposal_tx)
        if self.choice is BallotChoice.UNCAST:
            raise InvalidRequest("choice", "FOR or AGAINST is wanted")


@dataclass(frozen=True)
class CloseProposal(FlowRequest):
    """Count the ballots on the proposal of a ledger transaction."""

    kind = FlowKind.CLOSE_PROPOSAL

    proposal_tx: bytes

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_hash("proposal_tx", self.proposal_tx)


def _check_hash(field: str, value: bytes) -> None:
    if len(value) != 32:
        raise InvalidRequest(field, f"32 bytes are wanted, not {len(value)}")
