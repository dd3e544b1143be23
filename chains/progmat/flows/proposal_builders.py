"""Builders of the flows by which members decide on a contract package: file, vote, close."""

from __future__ import annotations

from dataclasses import replace

from chains.progmat.contracts.membership import MembershipState, MembershipStatus
from chains.progmat.contracts.names import PROPOSAL
from chains.progmat.contracts.proposal import (
    CLOSE,
    FILE,
    MAX_VOTING_S,
    MIN_VOTING_S,
    NEEDED_PERCENT,
    VOTE,
    agrees,
    counted,
)
from chains.progmat.contracts.proposal_codec import as_output
from chains.progmat.contracts.proposal_states import (
    MAX_ROLL,
    BallotChoice,
    BallotState,
    ProposalRecord,
    ProposalState,
)
from chains.progmat.flows.building import AlreadyOnLedger, BuildContext
from chains.progmat.flows.errors import InvalidRequest
from chains.progmat.flows.governance_errors import (
    BallotCast,
    NotOnRoll,
    ProposalClosed,
    VotingNotOpen,
    VotingNotOver,
)
from chains.progmat.flows.governance_requests import CloseProposal, ProposePackage, VoteOnPackage
from chains.progmat.flows.proposal_book import KnownBallot, KnownProposal, find_proposal
from chains.progmat.flows.recording import MAX_MEMBERS
from chains.progmat.transactions.builder import TransactionBuilder
from chains.progmat.transactions.model import Command, StateAndRef, TimeWindow
from chains.progmat.vault.queries import members
from primitives.types import Hash32, UnixSeconds


def propose_package(context: BuildContext, request: ProposePackage) -> TransactionBuilder:
    """The proposal and a ballot for each active member known here. Raises ``NotOnRoll``, ``InvalidRequest``."""
    active = _active_members(context, request.network.name)
    me = context.me.party
    if me.name not in active:
        raise NotOnRoll(me.name, request.network.name)
    if len(active) > MAX_ROLL:
        raise InvalidRequest("network", f"it has {len(active)} members, of at most {MAX_ROLL} on a roll")
    opens_s = request.opens_s or context.now_s
    if opens_s < context.now_s:
        raise InvalidRequest("opens_s", f"{opens_s} is past, it is {context.now_s}")
    if not MIN_VOTING_S <= request.closes_s - opens_s <= MAX_VOTING_S:
        raise InvalidRequest("closes_s", f"{MIN_VOTING_S} to {MAX_VOTING_S} s after it opens ({opens_s}) are wanted")
    proposal = ProposalState(
        network=request.network,
        package_hash=Hash32(request.package_hash),
        description_hash=Hash32(request.description_hash),
        proposer=me,
        filed_s=context.now_s,
        opens_s=opens_s,
        closes_s=request.closes_s,
        needed_percent=NEEDED_PERCENT,
        roll=tuple(MembershipState.of(active[name].state).party for name in sorted(active)),
    )
    records: list[ProposalRecord] = [proposal, *(BallotState(request.network, voter) for voter in proposal.roll)]
    return replace(
        context.frame.start(),
        outputs=tuple(as_output(record, context.notary) for record in records),
        commands=(Command(PROPOSAL, FILE, b"", (me.key,)),),
        references=tuple(active[name].ref for name in sorted(active)),
        time_window=context.window(),
    )


def vote_on_package(context: BuildContext, request: VoteOnPackage) -> TransactionBuilder | AlreadyOnLedger:
    """This node's ballot, cast. Once it is cast so already, the transaction that did it.

    Raises ``ProposalUnknown``, ``ProposalClosed``, ``NotOnRoll``, ``BallotCast``, ``VotingNotOpen``.
    """
    known = find_proposal(context.connection, request.proposal_tx)
    proposal, me = known.proposal, context.me.party
    mine = known.ballots.get(me.name)
    member = _active_members(context, proposal.network.name).get(me.name)
    if mine is None or mine.ballot.voter != me:
        raise NotOnRoll(me.name, proposal.network.name)
    if mine.ballot.choice is request.choice:
        return AlreadyOnLedger(mine.state.ref.tx_id, 0)
    if mine.ballot.choice is not BallotChoice.UNCAST:
        raise BallotCast(me.name, mine.ballot.choice.name)
    if known.result is not None:
        raise ProposalClosed(request.proposal_tx)
    if not proposal.opens_s <= context.now_s < proposal.closes_s:
        raise VotingNotOpen(proposal.opens_s, proposal.closes_s, context.now_s)
    if member is None:
        raise NotOnRoll(me.name, proposal.network.name)
    context.reserve(mine.state.ref)
    cast = BallotState(proposal.network, me, request.choice, request.proposal_tx)
    return replace(
        context.frame.start(),
        inputs=(mine.state.ref,),
        outputs=(as_output(cast, context.notary),),
        commands=(Command(PROPOSAL, VOTE, b"", (me.key,)),),
        references=(known.at.ref, member.ref),
        time_window=context.window(proposal.closes_s),
    )


def close_proposal(context: BuildContext, request: CloseProposal) -> TransactionBuilder | AlreadyOnLedger:
    """The result of the ballots. Once it is closed, the transaction that did it.

    Raises ``ProposalUnknown``, ``NotOnRoll``, ``VotingNotOver``.
    """
    known = find_proposal(context.connection, request.proposal_tx)
    proposal, me = known.proposal, context.me.party
    if known.result is not None:
        return AlreadyOnLedger(known.result_tx, 0)
    if me not in proposal.roll:
        raise NotOnRoll(me.name, proposal.network.name)
    if context.now_s < proposal.closes_s:
        raise VotingNotOver(proposal.closes_s, context.now_s)
    ballots = _to_count(known)
    context.reserve(known.at.ref, *(ballot.state.ref for ballot in ballots))
    choices = {ballot.ballot.voter.name: ballot.ballot.choice for ballot in ballots}
    result = counted(known.at.ref, proposal, choices)
    return replace(
        context.frame.start(),
        inputs=(known.at.ref, *(ballot.state.ref for ballot in ballots)),
        outputs=(as_output(result, context.notary),),
        commands=(Command(PROPOSAL, CLOSE, b"", (me.key,)),),
        time_window=TimeWindow(UnixSeconds(proposal.closes_s), UnixSeconds(context.deadline_s())),
    )


def _to_count(known: KnownProposal) -> list[KnownBallot]:
    """The cast ballots where they approve (an uncast one may be spent by a vote not heard of), else all."""
    ballots = list(known.ballots.values())
    cast = [ballot for ballot in ballots if ballot.ballot.choice is not BallotChoice.UNCAST]
    votes_for = sum(ballot.ballot.choice is BallotChoice.FOR for ballot in cast)
    return cast if agrees(votes_for, known.proposal) else ballots


def _active_members(context: BuildContext, network: str) -> dict[str, StateAndRef]:
    """Active memberships of a business network by party, as this node knows them; those at the journal's notary."""
    known = members(context.connection, network, MAX_MEMBERS)
    return {
        line.indexed.party: line.state_and_ref
        for line in known
        if line.indexed.status == MembershipStatus.ACTIVE.name and line.state.notary.name == context.notary.name
    }
