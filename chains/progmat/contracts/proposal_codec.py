"""Proposals, ballots and results to bytes and back, strictly."""

from __future__ import annotations

from enum import IntEnum
from functools import lru_cache
from typing import TypeVar

from crossdvp.ledger.v1 import proposal_states_pb2 as pb
from crossdvp.ledger.v1 import states_pb2 as states

from chains.progmat.contracts.errors import ProposalViolation
from chains.progmat.contracts.membership import BusinessNetwork
from chains.progmat.contracts.names import PROPOSAL
from chains.progmat.contracts.proposal_states import (
    BallotChoice,
    BallotState,
    ProposalOutcome,
    ProposalRecord,
    ProposalState,
    ResultState,
)
from chains.progmat.contracts.rules import RuleBook
from chains.progmat.transactions.component_codec import party_from_message, party_to_message
from chains.progmat.transactions.errors import MalformedComponent
from chains.progmat.transactions.model import MAX_STATE_DATA_BYTES, Party, TransactionState
from primitives.codec import deterministic_bytes, strict_parse
from primitives.types import Hash32

_rules = RuleBook(ProposalViolation)
EnumT = TypeVar("EnumT", bound=IntEnum)


def as_output(record: ProposalRecord, notary: Party) -> TransactionState:
    """A state of the contract as an output of a transaction."""
    return TransactionState(PROPOSAL, encode_record(record), notary)


def record_of(state: TransactionState) -> ProposalRecord:
    """The proposal, ballot or result in a state of this contract; raises ProposalViolation, DecodeError."""
    _rules.equal("the state is of a proposal", expected=PROPOSAL, found=state.contract)
    return decode_record(state.data)


def encode_record(record: ProposalRecord) -> bytes:
    """Canonical bytes."""
    match record:
        case ProposalState():
            message = pb.ProposalRecord(proposal=proposal_to_message(record))
        case BallotState():
            message = pb.ProposalRecord(ballot=_ballot_to_message(record))
        case ResultState():
            message = pb.ProposalRecord(result=result_to_message(record))
    return deterministic_bytes(message)


@lru_cache(maxsize=1024)
def decode_record(data: bytes) -> ProposalRecord:
    """The record in ``data``; raises DecodeError."""
    message = strict_parse(pb.ProposalRecord, data, max_bytes=MAX_STATE_DATA_BYTES)
    match message.WhichOneof("record"):
        case "proposal":
            return proposal_from_message(message.proposal)
        case "ballot":
            return _ballot_from_message(message.ballot)
        case "result":
            return result_from_message(message.result)
        case _:
            raise MalformedComponent("a state holds one record", expected="proposal, ballot or result", found="none")


def proposal_to_message(proposal: ProposalState) -> pb.Proposal:
    """A proposal as it stands inside other messages."""
    return pb.Proposal(
        network=states.BusinessNetwork.Name(proposal.network),
        package_hash=proposal.package_hash,
        description_hash=proposal.description_hash,
        proposer=party_to_message(proposal.proposer),
        filed_s=proposal.filed_s,
        opens_s=proposal.opens_s,
        closes_s=proposal.closes_s,
        needed_percent=proposal.needed_percent,
        roll=[party_to_message(party) for party in proposal.roll],
    )


def proposal_from_message(message: pb.Proposal) -> ProposalState:
    """A proposal from a decoded message; raises DecodeError."""
    return ProposalState(
        network=_number(BusinessNetwork, message.network),
        package_hash=Hash32(message.package_hash),
        description_hash=Hash32(message.description_hash),
        proposer=party_from_message(message.proposer),
        filed_s=message.filed_s,
        opens_s=message.opens_s,
        closes_s=message.closes_s,
        needed_percent=message.needed_percent,
        roll=tuple(map(party_from_message, message.roll)),
    )


def result_to_message(result: ResultState) -> pb.ProposalResult:
    """A result as it stands inside other messages."""
    return pb.ProposalResult(
        network=states.BusinessNetwork.Name(result.network),
        package_hash=result.package_hash,
        description_hash=result.description_hash,
        proposal_tx=result.proposal_tx,
        closes_s=result.closes_s,
        roll_size=result.roll_size,
        votes_for=result.votes_for,
        votes_against=result.votes_against,
        outcome=pb.ProposalOutcome.Name(result.outcome),
    )


def result_from_message(message: pb.ProposalResult) -> ResultState:
    """A result from a decoded message; raises DecodeError."""
    return ResultState(
        network=_number(BusinessNetwork, message.network),
        package_hash=Hash32(message.package_hash),
        description_hash=Hash32(message.description_hash),
        proposal_tx=Hash32(message.proposal_tx),
        closes_s=message.closes_s,
        roll_size=message.roll_size,
        votes_for=message.votes_for,
        votes_against=message.votes_against,
        outcome=_number(ProposalOutcome, message.outcome),
    )


def _ballot_to_message(ballot: BallotState) -> pb.Ballot:
    return pb.Ballot(
        network=states.BusinessNetwork.Name(ballot.network),
        voter=party_to_message(ballot.voter),
        choice=pb.BallotChoice.Name(ballot.choice),
        proposal_tx=ballot.proposal_tx,
    )


def _ballot_from_message(message: pb.Ballot) -> BallotState:
    return BallotState(
        network=_number(BusinessNetwork, message.network),
        voter=party_from_message(message.voter),
        choice=_number(BallotChoice, message.choice),
        proposal_tx=message.proposal_tx,
    )


def _number(enumeration: type[EnumT], number: int) -> EnumT:
    try:
        return enumeration(number)
    except ValueError as error:
        known = str(sorted(map(int, enumeration)))
        raise MalformedComponent(f"{enumeration.__name__} is known", expected=known, found=int(number)) from error
