"""Attempts to have a contract package approved, or buried, otherwise than by the members' votes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains.progmat.contracts.errors import ContractViolation, MembershipViolation, ProposalViolation
from chains.progmat.contracts.names import PROPOSAL, UTILITY_TOKEN
from chains.progmat.contracts.proposal import MAX_VOTING_S, NEEDED_PERCENT, agrees
from chains.progmat.contracts.proposal_codec import as_output, record_of
from chains.progmat.contracts.proposal_states import (
    BallotChoice,
    ProposalOutcome,
    ResultState,
)
from chains.progmat.contracts.standard_package import standard_package
from chains.progmat.transactions.builder import TransactionBuilder
from chains.progmat.transactions.model import Command, Party, TimeWindow, TransactionState
from light_clients.registry import LightClientRegistry
from primitives.types import Hash32, UnixSeconds
from tests.fakes.ledger_model import LedgerModel, NotaryRefusedError
from tests.fakes.ledger_parties import (
    CN_A,
    CN_B,
    EN,
    NN,
    SN,
    STRANGER,
    LedgerParty,
    membership_change,
    membership_issue,
)
from tests.fakes.proposal_world import (
    DAY_S,
    NEW_PACKAGE,
    ROLL,
    SC,
    ST,
    Filed,
    ProposalWorld,
    closing,
    filing,
    member,
    proposal_of,
    vote,
)
from tests.fakes.token_parties import NOW_S

Attack = Callable[[TransactionBuilder], TransactionBuilder]
SHARES = [(1, 1), (2, 2), (2, 3), (3, 4), (7, 10), (33, 50), (66, 100), (132, 200)]
"""Votes that are enough, and the size of the roll: one fewer is not."""
FOR, AGAINST, UNCAST = BallotChoice.FOR, BallotChoice.AGAINST, BallotChoice.UNCAST
PACKAGE = standard_package(LightClientRegistry.builder().seal())
OTHER_PACKAGE = Hash32(bytes(reversed(NEW_PACKAGE)))


@pytest.fixture
def world() -> ProposalWorld:
    return ProposalWorld(LedgerModel(PACKAGE, NOW_S))


def signed_by(party: LedgerParty) -> Attack:
    return lambda builder: replace(builder, commands=(replace(builder.commands[0], signers=(party.key,)),))


def record(index: int, **changes: Any) -> Attack:  # noqa: ANN401 # any field of a record
    def attack(builder: TransactionBuilder) -> TransactionBuilder:
        outputs = list(builder.outputs)
        outputs[index] = as_output(replace(record_of(outputs[index]), **changes), NN.party)
        return replace(builder, outputs=tuple(outputs))

    return attack


def window(from_s: int | None, until_s: int | None) -> Attack:
    times = (None if bound is None else UnixSeconds(bound) for bound in (from_s, until_s))
    return lambda builder: replace(builder, time_window=TimeWindow(*times))


def others_state(builder: TransactionBuilder) -> TransactionBuilder:
    return replace(builder, outputs=(*builder.outputs, TransactionState(UTILITY_TOKEN, b"x", NN.party)))


# ---- filing ----


@pytest.mark.parametrize(
    ("attack", "rule"),
    [
        (signed_by(CN_B), "proposer cn-a signs"),
        (record(0, proposer=STRANGER.party), "proposer is on the roll"),
        (record(0, needed_percent=1), "agreed share"),
        (record(0, opens_s=NOW_S - 1), "opens when it is filed"),
        (record(0, closes_s=NOW_S + DAY_S - 1), "time to vote"),
        (record(0, closes_s=NOW_S + MAX_VOTING_S + 1), "time to vote"),
        (record(0, filed_s=NOW_S + 1, opens_s=NOW_S + 1, closes_s=NOW_S + DAY_S + 1), "filed when its time window"),
        (window(NOW_S, NOW_S + 601), "filed soon"),
        (window(NOW_S, None), "deadline"),
        (lambda b: replace(b, time_window=None), "filed when its time window"),
        (record(1, choice=FOR, proposal_tx=bytes(32)), "one uncast ballot"),
        (record(2, voter=CN_A.party), "one uncast ballot"),
        (lambda b: replace(b, outputs=b.outputs[:-1]), "one uncast ballot"),
        (lambda b: replace(b, outputs=(*b.outputs, b.outputs[-1])), "one uncast ballot"),
        (lambda b: replace(b, outputs=b.outputs[1:]), "first output is the proposal"),
        (lambda b: replace(b, references=b.references[1:]), "membership of cn-a is referenced"),
        (others_state, "no other state"),
        (lambda b: replace(b, commands=(*b.commands, Command(UTILITY_TOKEN, "Issue", b"", (SN.key,)))), "only one"),
        (lambda b: replace(b, commands=(replace(b.commands[0], data=b"x"),)), "no data"),
        (lambda b: replace(b, commands=(replace(b.commands[0], name="Approve"),)), "known"),
    ],
)
def test_a_filing_that_breaks_a_rule_is_refused(world: ProposalWorld, attack: Attack, rule: str) -> None:
    builder = filing(world.frame, world.proposal())
    world.ledger.verify(builder)

    with pytest.raises(ContractViolation, match=rule):
        world.ledger.verify(attack(builder))


def test_a_roll_with_a_suspended_member_is_refused(world: ProposalWorld) -> None:
    world.ledger.commit(membership_change(world.frame, world.frame.members[SC, EN.name], "Suspend"))

    with pytest.raises(MembershipViolation, match="en is an active member"):
        world.ledger.verify(filing(world.frame, world.proposal()))


def test_a_member_of_another_network_or_a_namesake_is_not_put_on_the_roll(world: ProposalWorld) -> None:
    world.ledger.commit(membership_issue(world.frame, member(STRANGER, ST)))
    foreign = filing(world.frame, proposal_of(NOW_S, (*ROLL, STRANGER)))
    ref = world.frame.members[ST, STRANGER.name].ref
    with pytest.raises(MembershipViolation, match="SC membership of stranger is referenced"):
        world.ledger.verify(replace(foreign, references=(*foreign.references, ref)))

    proposal = world.proposal()
    namesake = tuple(Party(p.name, STRANGER.key) if p.name == "en" else p for p in proposal.roll)
    with pytest.raises(MembershipViolation, match="en's key"):
        world.ledger.verify(filing(world.frame, replace(proposal, roll=namesake)))


# ---- voting ----


def test_nobody_votes_twice(world: ProposalWorld) -> None:
    filed = world.file()
    cast = world.vote(filed, CN_B, AGAINST)

    with pytest.raises(NotaryRefusedError, match="spent"):
        world.vote(filed, CN_B, FOR)
    changed_mind = replace(vote(world.frame, filed, CN_B, NOW_S), inputs=(cast.ref,))
    with pytest.raises(ProposalViolation, match="cast"):
        world.ledger.verify(changed_mind)


@pytest.mark.parametrize(
    ("attack", "rule"),
    [
        (signed_by(CN_A), "voter cn-b signs"),
        (record(0, voter=CN_A.party), "nothing but the choice"),
        (record(0, network=ST), "nothing but the choice"),
        (record(0, proposal_tx=bytes(32)), "nothing but the choice"),
        (record(0, choice=UNCAST, proposal_tx=b""), "says something"),
        (window(NOW_S - 1, NOW_S + 60), "voting has opened"),
        (window(None, NOW_S + 60), "voting has opened"),
        (window(NOW_S, NOW_S + DAY_S + 1), "voting has not closed"),
        (window(NOW_S, None), "voting has not closed"),
        (lambda b: replace(b, time_window=None), "voting has opened"),
        (lambda b: replace(b, references=b.references[:1]), "membership of cn-b is referenced"),
        (lambda b: replace(b, references=b.references[1:]), "proposal is referenced"),
        (lambda b: replace(b, outputs=b.outputs * 2), "one ballot is made"),
        (lambda b: replace(b, outputs=()), "one ballot is made"),
        (lambda b: replace(b, inputs=()), "one ballot is cast"),
        (others_state, "no other state"),
    ],
)
def test_a_vote_that_breaks_a_rule_is_refused(world: ProposalWorld, attack: Attack, rule: str) -> None:
    builder = vote(world.frame, world.file(), CN_B, NOW_S)
    world.ledger.verify(builder)

    with pytest.raises(ContractViolation, match=rule):
        world.ledger.verify(attack(builder))


def test_a_suspended_member_does_not_vote(world: ProposalWorld) -> None:
    filed = world.file()
    before = vote(world.frame, filed, EN, NOW_S)
    world.ledger.commit(membership_change(world.frame, world.frame.members[SC, EN.name], "Suspend"))

    with pytest.raises(MembershipViolation, match="active member"):
        world.ledger.verify(vote(world.frame, filed, EN, NOW_S))
    with pytest.raises(NotaryRefusedError, match="spent"):
        world.ledger.commit(before)


def test_a_stranger_has_no_ballot_and_cannot_use_anothers(world: ProposalWorld) -> None:
    world.ledger.commit(membership_issue(world.frame, member(STRANGER)))  # admitted after the filing is a stranger, too
    filed = world.file()
    foreign = vote(world.frame, Filed(filed.proposal, {STRANGER.name: filed.ballots["en"]}), STRANGER, NOW_S)

    with pytest.raises(ProposalViolation, match="nothing but the choice"):
        world.ledger.verify(foreign)


def test_a_ballot_of_one_proposal_is_not_cast_for_another(world: ProposalWorld) -> None:
    first, second = world.file(), world.file()

    with pytest.raises(ProposalViolation, match="of the proposal's transaction"):
        world.ledger.verify(vote(world.frame, Filed(second.proposal, first.ballots), CN_B, NOW_S))


def test_nobody_votes_after_the_closing_time(world: ProposalWorld) -> None:
    filed = world.file()
    in_time = vote(world.frame, filed, CN_B, NOW_S + DAY_S - 60)
    world.after_the_vote(filed)

    with pytest.raises(NotaryRefusedError, match="outside"):
        world.ledger.commit(in_time)


# ---- closing ----


def all_voted(world: ProposalWorld, *choices: BallotChoice) -> tuple[Filed, dict[str, Any]]:
    """Ballots as they are after these members' votes, in the roll's order, and voting is over."""
    filed = world.file()
    ballots = dict(filed.ballots)
    for party, choice in zip(ROLL, choices, strict=True):
        if choice is not UNCAST:
            ballots[party.name] = world.vote(filed, party, choice)
    world.after_the_vote(filed)
    return filed, ballots


@pytest.mark.parametrize(
    ("attack", "rule"),
    [
        (record(0, votes_for=2), "what the ballots say"),
        (record(0, votes_against=0), "what the ballots say"),
        (record(0, outcome=ProposalOutcome.REJECTED), "what the ballots say"),
        (record(0, package_hash=OTHER_PACKAGE), "what the ballots say"),
        (record(0, description_hash=OTHER_PACKAGE), "what the ballots say"),
        (record(0, network=ST), "what the ballots say"),
        (record(0, proposal_tx=OTHER_PACKAGE), "what the ballots say"),
        (record(0, closes_s=NOW_S), "what the ballots say"),
        (window(NOW_S + DAY_S - 1, None), "voting is over"),
        (window(None, NOW_S + 2 * DAY_S), "voting is over"),
        (lambda b: replace(b, time_window=None), "voting is over"),
        (signed_by(STRANGER), "a member on the roll signs"),
        (lambda b: replace(b, outputs=b.outputs * 2), "one result is made"),
        (lambda b: replace(b, outputs=()), "one result is made"),
        (lambda b: replace(b, inputs=b.inputs[1:]), "first input is the proposal"),
        (others_state, "no other state"),
    ],
)
def test_a_closing_that_breaks_a_rule_is_refused(world: ProposalWorld, attack: Attack, rule: str) -> None:
    filed, ballots = all_voted(world, FOR, FOR, AGAINST, FOR)
    builder = closing(world.frame, filed, ballots.values())
    world.ledger.verify(builder)

    with pytest.raises(ProposalViolation, match=rule):
        world.ledger.verify(attack(builder))


def test_a_rejection_leaves_no_ballot_out(world: ProposalWorld) -> None:
    filed, ballots = all_voted(world, FOR, FOR, AGAINST, FOR)
    without_one = [ballots[name] for name in ("cn-a", "cn-b", "en")]

    with pytest.raises(ProposalViolation, match=r"left out of a rejection \(sn\)"):
        world.ledger.verify(closing(world.frame, filed, without_one))


def test_a_vote_that_was_cast_cannot_be_passed_off_as_uncast(world: ProposalWorld) -> None:
    filed, ballots = all_voted(world, FOR, FOR, AGAINST, FOR)
    buried = [*(ballots[name] for name in ("cn-a", "cn-b", "en")), filed.ballots["sn"]]

    with pytest.raises(NotaryRefusedError, match="spent"):
        world.ledger.commit(closing(world.frame, filed, buried))


def test_votes_against_can_be_withheld_and_that_helps_nobody(world: ProposalWorld) -> None:
    filed, ballots = all_voted(world, FOR, AGAINST, AGAINST, FOR)
    agreeing = [ballots[name] for name in ("cn-a", "sn")]

    with pytest.raises(ProposalViolation, match="left out"):
        world.ledger.verify(closing(world.frame, filed, agreeing))
    forged = record(0, outcome=ProposalOutcome.APPROVED)(closing(world.frame, filed, agreeing))
    with pytest.raises(ProposalViolation, match="what the ballots say"):
        world.ledger.verify(forged)


def test_a_ballot_does_not_count_twice_nor_for_another_proposal(world: ProposalWorld) -> None:
    twin = world.file()
    filed, ballots = all_voted(world, FOR, FOR, UNCAST, AGAINST)
    twice = closing(world.frame, filed, ballots.values())
    foreign = vote(world.frame, twin, EN, NOW_S)
    world.ledger.now_s = NOW_S
    (of_the_twin,) = world.ledger.commit(foreign)
    world.after_the_vote(filed)

    with pytest.raises(ProposalViolation, match="ballot of en is of this proposal"):
        world.ledger.verify(closing(world.frame, filed, [ballots["cn-a"], ballots["cn-b"], of_the_twin]))
    with pytest.raises(ProposalViolation, match="ballot of en is of this proposal"):
        world.ledger.verify(closing(world.frame, filed, [ballots["cn-a"], twin.ballots["en"]]))
    with pytest.raises(ContractViolation):
        world.ledger.verify(replace(twice, inputs=(*twice.inputs, of_the_twin.ref)))


def test_a_proposal_is_closed_once_and_a_result_stays_for_ever(world: ProposalWorld) -> None:
    filed, ballots = all_voted(world, FOR, FOR, AGAINST, FOR)
    (result,) = world.ledger.commit(closing(world.frame, filed, ballots.values()))

    with pytest.raises(NotaryRefusedError, match="spent"):
        world.ledger.commit(closing(world.frame, filed, ballots.values(), closer=CN_B))
    for name in ("File", "Vote", "Close"):
        command = Command(PROPOSAL, name, b"", (CN_A.key,))
        with pytest.raises(ContractViolation):
            world.ledger.verify(
                replace(
                    world.frame.start(),
                    inputs=(result.ref,),
                    commands=(command,),
                    time_window=TimeWindow(None, UnixSeconds(1)),
                )
            )


def test_a_proposal_is_not_replaced_by_one_for_another_package(world: ProposalWorld) -> None:
    """Votes name the transaction of their proposal, and a proposal leaves the ledger by its closing alone."""
    filed, ballots = all_voted(world, FOR, FOR, FOR, FOR)
    changed = as_output(replace(filed.state, package_hash=OTHER_PACKAGE), NN.party)
    builder = closing(world.frame, filed, ballots.values())

    with pytest.raises(ProposalViolation, match="a result is made"):
        world.ledger.verify(replace(builder, outputs=(changed,)))
    with pytest.raises(ProposalViolation, match="consumes nothing"):
        world.ledger.verify(replace(filing(world.frame, proposal_of(NOW_S)), inputs=(filed.proposal.ref,)))


def test_a_result_out_of_thin_air_is_refused(world: ProposalWorld) -> None:
    filed, ballots = all_voted(world, FOR, FOR, FOR, FOR)
    builder = closing(world.frame, filed, ballots.values())

    with pytest.raises(ProposalViolation, match="consumes the proposal"):
        world.ledger.verify(replace(builder, inputs=()))
    with pytest.raises(ProposalViolation, match="only one"):
        world.ledger.verify(_by_another(builder))


def _by_another(builder: TransactionBuilder) -> TransactionBuilder:
    """The result as an output beside a command of a contract that does not look at it."""
    extra = Command(UTILITY_TOKEN, "Issue", b"", (CN_A.key,))
    return replace(builder, commands=(*builder.commands, extra))


@given(st.lists(st.sampled_from(list(BallotChoice)), min_size=4, max_size=4))
def test_who_does_not_agree_counts_against_whatever_the_votes_are(choices: list[BallotChoice]) -> None:
    world = ProposalWorld(LedgerModel(PACKAGE, NOW_S))
    filed, ballots = all_voted(world, *choices)
    (closed,) = world.ledger.commit(closing(world.frame, filed, ballots.values()))
    result = record_of(closed.state)

    assert isinstance(result, ResultState)
    assert (result.votes_for, result.votes_against) == (choices.count(FOR), choices.count(AGAINST))
    assert (result.outcome is ProposalOutcome.APPROVED) == (choices.count(FOR) >= 3)
    assert (result.package_hash, result.proposal_tx) == (NEW_PACKAGE, filed.proposal.ref.tx_id)


@pytest.mark.parametrize(("votes_for", "size"), SHARES)
def test_the_agreed_share_is_reached_exactly(votes_for: int, size: int) -> None:
    roll = tuple(Party(f"m-{number:03}", STRANGER.key) for number in range(size))
    proposal = replace(proposal_of(NOW_S), roll=roll, needed_percent=NEEDED_PERCENT)
    assert agrees(votes_for, proposal)
    assert not agrees(votes_for - 1, proposal)
