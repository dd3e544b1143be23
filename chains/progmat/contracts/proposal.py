"""Contract ``proposal``: the members of a business network vote on a contract package (spec 1.9).

``File`` makes the proposal and a ballot for each member on its roll, all of whom are referenced as active members.
``Vote`` turns one uncast ballot into a cast one, by its voter, an active member; the proposal is referenced. ``Close``,
after the voting time, consumes the proposal and ballots, and makes the result. Nothing else is in such a transaction.

One member, one vote: a ballot is one state, and the notary lets it be spent once. Voters do not wait for each other:
each has a ballot of its own, and a reference excludes nobody. Who does not agree counts against, so APPROVED needs the
agreeing ballots alone and no withheld one can prevent it, while REJECTED needs every ballot of the roll, and an uncast
one only if it is unspent: nobody's vote is left out. A cast ballot names its proposal; an uncast one is of the
transaction that made it: ballots of another proposal do not count.

That the roll holds *every* active member no transaction can show; each node compares it with the memberships it knows
before it accepts an epoch (``flows/approvals``).
"""

from __future__ import annotations

from typing import Final, TypeVar

from chains.progmat.contracts.errors import ProposalViolation
from chains.progmat.contracts.membership import ReferencedMembers
from chains.progmat.contracts.names import PROPOSAL
from chains.progmat.contracts.package import ContractPackage
from chains.progmat.contracts.proposal_codec import record_of
from chains.progmat.contracts.proposal_states import (
    BallotChoice,
    BallotState,
    ProposalOutcome,
    ProposalRecord,
    ProposalState,
    ResultState,
)
from chains.progmat.contracts.rules import RuleBook
from chains.progmat.transactions.ledger import LedgerTransaction
from chains.progmat.transactions.model import ProvableWrite, StateRef, TransactionState
from chains.progmat.transactions.network_parameters import NetworkParameters
from primitives.composite_key import Key
from primitives.types import Hash32

FILE: Final = "File"
VOTE: Final = "Vote"
CLOSE: Final = "Close"

NEEDED_PERCENT: Final = 66
"""Of the roll: two of three, three of four, seven of ten."""

MAX_FILING_S: Final = 600
"""How long after ``filed_s`` the notary may take a proposal."""

MIN_VOTING_S: Final = 24 * 3600
MAX_VOTING_S: Final = 90 * 24 * 3600

_rules = RuleBook(ProposalViolation)
RecordT = TypeVar("RecordT", ProposalState, BallotState, ResultState)


class ProposalContract:
    """See the module's docstring."""

    name = PROPOSAL
    version = 1

    def verify(
        self,
        ledger_tx: LedgerTransaction,
        package: ContractPackage,  # noqa: ARG002 # the protocol's signature; nothing of another chain is proved
        parameters: NetworkParameters,  # noqa: ARG002 # as above
    ) -> tuple[ProvableWrite, ...]:
        """Nothing provable is written: always the empty tuple. Raises ProposalViolation, MembershipViolation."""
        command = _rules.one("a proposal's command is the only one", ledger_tx.commands)
        _rules.equal("the command is a proposal's", expected=PROPOSAL, found=command.contract)
        _rules.equal("a proposal's command carries no data", expected=b"", found=command.data)
        states = [state.state for state in ledger_tx.inputs] + list(ledger_tx.outputs)
        _rules.none("no other state is touched", [state for state in states if state.contract != PROPOSAL])
        _rules.none("no state is encumbered", [state for state in states if state.encumbrance is not None])
        match command.name:
            case "File":
                _verify_filing(ledger_tx)
            case "Vote":
                _verify_vote(ledger_tx)
            case "Close":
                _verify_closing(ledger_tx)
            case _:
                raise _rules.broken("the command is known", expected=f"{FILE}, {VOTE}, {CLOSE}", found=command.name)
        return ()

    def participants(
        self,
        state: TransactionState,  # noqa: ARG002 # the protocol's signature
        parameters: NetworkParameters,  # noqa: ARG002 # as above
    ) -> tuple[Key, ...]:
        """Nobody: votes and results are named by their ledger_txs, so none is ever replaced."""
        return ()


def agrees(votes_for: int, proposal: ProposalState) -> bool:
    """Whether so many votes are the share that was agreed on, of all who may vote."""
    return votes_for * 100 >= proposal.needed_percent * len(proposal.roll)


def _verify_filing(ledger_tx: LedgerTransaction) -> None:
    _rules.none("a filing consumes nothing", ledger_tx.inputs)
    made = [record_of(state) for state in ledger_tx.outputs]
    _rules.some("a filing makes a proposal", made)
    proposal = _a(ProposalState, "the first output is the proposal", made[0])
    ballots = [BallotState(proposal.network, voter) for voter in proposal.roll]
    _rules.equal("each member on the roll has one uncast ballot, in the roll's order", expected=ballots, found=made[1:])
    _rules.equal("the agreed share is needed", expected=NEEDED_PERCENT, found=proposal.needed_percent)
    _verify_times(ledger_tx, proposal)
    if proposal.proposer not in proposal.roll:
        raise _rules.broken("the proposer is on the roll", expected=proposal.proposer.name, found="not on it")
    signer = proposal.proposer.key
    _rules.signed_by(f"proposer {proposal.proposer.name} signs", signer=signer, signers=ledger_tx.signers)
    members = ReferencedMembers(ledger_tx)
    for voter in proposal.roll:
        members.active_in_any_role(voter, proposal.network)


def _verify_times(ledger_tx: LedgerTransaction, proposal: ProposalState) -> None:
    from_s, until_s = _window(ledger_tx)
    _rules.equal("a proposal is filed when its time window begins", expected=proposal.filed_s, found=from_s)
    if until_s is None:
        raise _rules.broken(
            "a filing has a deadline", expected=f"until {proposal.filed_s + MAX_FILING_S}", found="none"
        )
    _rules.at_most("it is filed soon", limit=proposal.filed_s + MAX_FILING_S, found=until_s)
    if proposal.opens_s < proposal.filed_s:
        raise _rules.broken("it opens when it is filed or later", expected=proposal.filed_s, found=proposal.opens_s)
    voting_s = proposal.closes_s - proposal.opens_s
    if not MIN_VOTING_S <= voting_s <= MAX_VOTING_S:
        bounds = f"{MIN_VOTING_S} to {MAX_VOTING_S} s"
        raise _rules.broken("members have time to vote, and it ends", expected=bounds, found=voting_s)


def _verify_vote(ledger_tx: LedgerTransaction) -> None:
    before = _rules.one("one ballot is cast", ledger_tx.inputs)
    uncast = _a(BallotState, "a ballot is cast", record_of(before.state))
    _rules.equal("a ballot is cast once", expected=BallotChoice.UNCAST, found=uncast.choice)
    cast = _a(BallotState, "a cast ballot is made", record_of(_rules.one("one ballot is made", ledger_tx.outputs)))
    referenced = _rules.one("the proposal is referenced", ledger_tx.references_of(PROPOSAL))
    proposal = _a(ProposalState, "the reference is the proposal", record_of(referenced.state))
    _rules.equal("the ballot is of the proposal's transaction", expected=referenced.ref.tx_id, found=before.ref.tx_id)
    if cast.choice is BallotChoice.UNCAST:
        raise _rules.broken("a cast ballot says something", expected="FOR or AGAINST", found=cast.choice.name)
    expected = BallotState(uncast.network, uncast.voter, cast.choice, referenced.ref.tx_id)
    _rules.equal("nothing but the choice changes", expected=expected, found=cast)
    from_s, until_s = _window(ledger_tx)
    if from_s is None or from_s < proposal.opens_s:
        raise _rules.broken("voting has opened", expected=f"from {proposal.opens_s}", found=str(from_s))
    if until_s is None or until_s > proposal.closes_s:
        raise _rules.broken("voting has not closed", expected=f"until {proposal.closes_s}", found=str(until_s))
    _rules.signed_by(f"voter {cast.voter.name} signs", signer=cast.voter.key, signers=ledger_tx.signers)
    ReferencedMembers(ledger_tx).active_in_any_role(cast.voter, cast.network)


def _verify_closing(ledger_tx: LedgerTransaction) -> None:
    _rules.some("a closing consumes the proposal", ledger_tx.inputs)
    consumed = [(state.ref, record_of(state.state)) for state in ledger_tx.inputs]
    ref, first = consumed[0]
    proposal = _a(ProposalState, "the first input is the proposal", first)
    found = _a(ResultState, "a result is made", record_of(_rules.one("one result is made", ledger_tx.outputs)))
    from_s, _ = _window(ledger_tx)
    if from_s is None or from_s < proposal.closes_s:
        raise _rules.broken("voting is over", expected=f"from {proposal.closes_s}", found=str(from_s))
    if not {party.key for party in proposal.roll} & ledger_tx.signers:
        raise _rules.broken("a member on the roll signs", expected="one of the roll's keys", found="none of them")
    choices = _choices(ref, proposal, consumed[1:])
    _rules.equal("the result is what the ballots say", expected=counted(ref, proposal, choices), found=found)
    if found.outcome is ProposalOutcome.REJECTED:
        left_out = sorted({party.name for party in proposal.roll} - choices.keys())
        _rules.none(f"no ballot is left out of a rejection ({', '.join(left_out[:8])})", left_out)


def counted(ref: StateRef, proposal: ProposalState, choices: dict[str, BallotChoice]) -> ResultState:
    """The result of a proposal, by voters' names."""
    said = list(choices.values())
    votes_for = said.count(BallotChoice.FOR)
    outcome = ProposalOutcome.APPROVED if agrees(votes_for, proposal) else ProposalOutcome.REJECTED
    return ResultState(
        network=proposal.network,
        package_hash=proposal.package_hash,
        description_hash=proposal.description_hash,
        proposal_tx=Hash32(ref.tx_id),
        closes_s=proposal.closes_s,
        roll_size=len(proposal.roll),
        votes_for=votes_for,
        votes_against=said.count(BallotChoice.AGAINST),
        outcome=outcome,
    )


def _choices(
    ref: StateRef, proposal: ProposalState, ballots: list[tuple[StateRef, ProposalRecord]]
) -> dict[str, BallotChoice]:
    """What each consumed ballot says; each is of this proposal, and no voter has two."""
    choices: dict[str, BallotChoice] = {}
    for ballot_ref, record in ballots:
        ballot = _a(BallotState, "the other inputs are ballots", record)
        of_tx = ballot_ref.tx_id if ballot.choice is BallotChoice.UNCAST else ballot.proposal_tx
        _rules.equal(f"the ballot of {ballot.voter.name} is of this proposal", expected=ref.tx_id, found=of_tx)
        if ballot.voter not in proposal.roll or ballot.voter.name in choices:
            raise _rules.broken("one ballot a member", expected="one of the roll, once", found=ballot.voter.name)
        choices[ballot.voter.name] = ballot.choice
    return choices


def _a(kind: type[RecordT], rule: str, record: ProposalRecord) -> RecordT:
    if not isinstance(record, kind):
        raise _rules.broken(rule, expected=kind.__name__, found=type(record).__name__)
    return record


def _window(ledger_tx: LedgerTransaction) -> tuple[int | None, int | None]:
    window = ledger_tx.time_window
    return (None, None) if window is None else (window.from_s, window.until_s)
