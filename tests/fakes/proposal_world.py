"""A ledger with four members of the SC network, and the transactions by which they decide on a contract package."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from chains.progmat.contracts.membership import BusinessNetwork, MemberRole, MembershipState, MembershipStatus
from chains.progmat.contracts.names import PROPOSAL
from chains.progmat.contracts.proposal import CLOSE, FILE, NEEDED_PERCENT, VOTE, counted
from chains.progmat.contracts.proposal_codec import as_output, record_of
from chains.progmat.contracts.proposal_states import BallotChoice, BallotState, ProposalRecord, ProposalState
from chains.progmat.transactions.builder import TransactionBuilder
from chains.progmat.transactions.model import Command, StateAndRef, TimeWindow
from primitives.hashing import sha256
from primitives.types import Hash32, UnixSeconds
from tests.fakes.ledger_model import LedgerModel
from tests.fakes.ledger_parties import CN_A, CN_B, EN, SN, LedgerParty, MemberFrame, membership_issue

SC, ST = BusinessNetwork.SC, BusinessNetwork.ST
DAY_S = 24 * 3600
NEW_PACKAGE = Hash32(sha256(b"the next contract package"))
DESCRIPTION = Hash32(sha256(b"what changes, and why"))
ROLL = (CN_A, CN_B, EN, SN)


@dataclass(frozen=True)
class Filed:
    """A proposal on the ledger with its uncast ballots, by voter."""

    proposal: StateAndRef
    ballots: Mapping[str, StateAndRef]

    @property
    def state(self) -> ProposalState:
        record = record_of(self.proposal.state)
        assert isinstance(record, ProposalState)
        return record


def member(party: LedgerParty, network: BusinessNetwork = SC) -> MembershipState:
    """An active custodian."""
    return MembershipState(network, party.party, (MemberRole.CUSTODIAN,), MembershipStatus.ACTIVE)


def proposal_of(now_s: int, roll: Iterable[LedgerParty] = ROLL, proposer: LedgerParty = CN_A) -> ProposalState:
    """A proposal that may be voted on for a day from now on."""
    return ProposalState(
        network=SC,
        package_hash=NEW_PACKAGE,
        description_hash=DESCRIPTION,
        proposer=proposer.party,
        filed_s=now_s,
        opens_s=now_s,
        closes_s=now_s + DAY_S,
        needed_percent=NEEDED_PERCENT,
        roll=tuple(party.party for party in sorted(roll, key=lambda party: party.name)),
    )


def filing(frame: MemberFrame, proposal: ProposalState) -> TransactionBuilder:
    """The proposer files it."""
    records: list[ProposalRecord] = [proposal, *(BallotState(proposal.network, voter) for voter in proposal.roll)]
    return replace(
        frame.start(),
        outputs=tuple(as_output(record, frame.notary) for record in records),
        commands=(Command(PROPOSAL, FILE, b"", (proposal.proposer.key,)),),
        references=frame.refs(proposal.network, *(voter.name for voter in proposal.roll)),
        time_window=TimeWindow(UnixSeconds(proposal.filed_s), UnixSeconds(proposal.filed_s + 120)),
    )


def vote(
    frame: MemberFrame, filed: Filed, voter: LedgerParty, now_s: int, choice: BallotChoice = BallotChoice.FOR
) -> TransactionBuilder:
    """A member casts its ballot."""
    before = filed.ballots[voter.name]
    cast = BallotState(filed.state.network, voter.party, choice, filed.proposal.ref.tx_id)
    return replace(
        frame.start(),
        inputs=(before.ref,),
        outputs=(as_output(cast, frame.notary),),
        commands=(Command(PROPOSAL, VOTE, b"", (voter.key,)),),
        references=(filed.proposal.ref, *frame.refs(filed.state.network, voter.name)),
        time_window=TimeWindow(UnixSeconds(now_s), UnixSeconds(min(now_s + 120, filed.state.closes_s))),
    )


def closing(
    frame: MemberFrame, filed: Filed, ballots: Iterable[StateAndRef], closer: LedgerParty = CN_A
) -> TransactionBuilder:
    """A member counts these ballots."""
    counted_ballots = tuple(ballots)
    said = [record_of(ballot.state) for ballot in counted_ballots]
    choices = {ballot.voter.name: ballot.choice for ballot in said if isinstance(ballot, BallotState)}
    result = counted(filed.proposal.ref, filed.state, choices)
    return replace(
        frame.start(),
        inputs=(filed.proposal.ref, *(ballot.ref for ballot in counted_ballots)),
        outputs=(as_output(result, frame.notary),),
        commands=(Command(PROPOSAL, CLOSE, b"", (closer.key,)),),
        time_window=TimeWindow(UnixSeconds(filed.state.closes_s), None),
    )


class ProposalWorld:
    """See the module's docstring."""

    def __init__(self, ledger: LedgerModel) -> None:
        self.ledger = ledger
        for party in ROLL:
            ledger.commit(membership_issue(ledger.frame, member(party)))

    @property
    def frame(self) -> MemberFrame:
        return self.ledger.frame

    def proposal(self) -> ProposalState:
        """One that may be filed now."""
        return proposal_of(self.ledger.now_s)

    def file(self, proposal: ProposalState | None = None) -> Filed:
        """File one."""
        made, *ballots = self.ledger.commit(filing(self.frame, proposal or self.proposal()))
        return Filed(made, {_voter(ballot): ballot for ballot in ballots})

    def vote(self, filed: Filed, voter: LedgerParty, choice: BallotChoice = BallotChoice.FOR) -> StateAndRef:
        """Cast a ballot."""
        (cast,) = self.ledger.commit(vote(self.frame, filed, voter, self.ledger.now_s, choice))
        return cast

    def after_the_vote(self, filed: Filed) -> None:
        """Voting is over."""
        self.ledger.now_s = filed.state.closes_s


def _voter(ballot: StateAndRef) -> str:
    record = record_of(ballot.state)
    assert isinstance(record, BallotState)
    return record.voter.name
