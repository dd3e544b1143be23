"""A proposal as this node knows it: its ballots as they are now, and its result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from chains.progmat.contracts.proposal_codec import record_of
from chains.progmat.contracts.proposal_states import BallotChoice, BallotState, ProposalState, ResultState
from chains.progmat.flows.governance_errors import ProposalUnknown
from chains.progmat.transactions.model import StateAndRef
from chains.progmat.vault.proposals import newest_proposals, proposal_records, spent_records


@dataclass(frozen=True, slots=True)
class KnownBallot:
    """The latest there is of a member's ballot; ``is_spent`` once a closing counted it."""

    state: StateAndRef
    ballot: BallotState
    is_spent: bool


@dataclass(frozen=True, slots=True)
class KnownProposal:
    """``ballots`` by voter; ``result_tx`` names the ledger transaction that closed it."""

    at: StateAndRef
    proposal: ProposalState
    ballots: Mapping[str, KnownBallot]
    result: ResultState | None = None
    result_tx: bytes = b""


def find_proposal(connection: Connection, proposal_tx: bytes) -> KnownProposal:
    """The proposal of a ledger transaction; raises ``ProposalUnknown``."""
    ballots: dict[str, KnownBallot] = {}
    at: StateAndRef | None = None
    proposal: ProposalState | None = None
    result: ResultState | None = None
    result_tx = b""
    spent = spent_records(connection, proposal_tx)
    for kept in proposal_records(connection, proposal_tx):
        match record := record_of(kept.state):
            case ProposalState():
                at, proposal = kept.state_and_ref, record
            case BallotState():
                known = ballots.get(record.voter.name)
                if known is None or known.ballot.choice is BallotChoice.UNCAST:
                    is_spent = (kept.ref.tx_id, kept.ref.index) in spent
                    ballots[record.voter.name] = KnownBallot(kept.state_and_ref, record, is_spent)
            case ResultState():
                result, result_tx = record, kept.ref.tx_id
    if at is None or proposal is None:
        raise ProposalUnknown(proposal_tx)
    return KnownProposal(at, proposal, ballots, result, result_tx)


def list_proposals(connection: Connection, limit: int) -> list[KnownProposal]:
    """The proposals recorded here, the newest first."""
    return [find_proposal(connection, proposal_tx) for proposal_tx in newest_proposals(connection, limit)]
