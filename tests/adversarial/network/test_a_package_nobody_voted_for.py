"""The operator, alone or with some members, tries to bring in a contract package that the members did not agree to."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Connection

from chains.progmat.contracts.membership import MemberRole
from chains.progmat.contracts.proposal_states import BallotChoice
from chains.progmat.flows.approvals import APPROVAL_HOLDS_S
from chains.progmat.flows.governance_errors import PackageNotApproved
from chains.progmat.flows.governance_requests import CloseProposal
from chains.progmat.flows.market_requests import ChangeMembership, MembershipChange
from chains.progmat.network.drafting import Changes, next_epoch
from chains.progmat.transactions.errors import MalformedComponent, ParametersNotContinued
from chains.progmat.transactions.network_parameters import NetworkParameters
from chains.progmat.transactions.package_approval import PackageApproval
from chains.progmat.transactions.parameters_history import ParametersHistory
from chains.progmat.vault.schema import memberships
from primitives.types import Hash32
from tests.fakes.epochs import following, signed_epoch
from tests.fakes.ledger_parties import AN, CN_A, CN_B, SN, LedgerParty
from tests.fakes.proposal_world import DAY_S, NEW_PACKAGE
from tests.fakes.token_parties import ST
from tests.integration.ledger.epochs import announce, flag_day_s
from tests.integration.ledger.network import CASH_PARTIES, PARAMETERS, TOKEN_PARTIES, LedgerNetwork, running_ledger
from tests.integration.ledger.proposals import SC, approved, propose, vote

OTHER_PACKAGE = Hash32(bytes(reversed(NEW_PACKAGE)))
NOWHERE = Hash32(b"\x07" * 32)


def bringing_in(starts_s: int, result_tx: bytes = NOWHERE, package: Hash32 = NEW_PACKAGE) -> NetworkParameters:
    """The second epoch, with one more package."""
    packages = tuple(sorted((*PARAMETERS.contract_packages, package)))
    approvals = (PackageApproval(package, Hash32(result_tx)),)
    return following(PARAMETERS, starts_s, contract_packages=packages, package_approvals=approvals)


async def refusal(ledger: LedgerNetwork, party: LedgerParty, epoch: NetworkParameters) -> str:
    """Why a node does not accept an epoch."""
    book = ledger.nodes[party.name].around.parameters_book
    with pytest.raises(PackageNotApproved) as refused:
        await book.accept_checked(epoch.epoch, epoch.hash)
    assert book.accepted_epoch == epoch.epoch - 1
    return str(refused.value)


async def accepted(ledger: LedgerNetwork, party: LedgerParty, epoch: NetworkParameters) -> bool:
    """Accept, as the service does."""
    book = ledger.nodes[party.name].around.parameters_book
    await book.accept_checked(epoch.epoch, epoch.hash)
    return book.accepted_epoch == epoch.epoch


# ---- what the epoch itself must say ----


@pytest.mark.parametrize(
    "changes",
    [
        {"package_approvals": ()},
        {"package_approvals": (PackageApproval(OTHER_PACKAGE, NOWHERE),)},
        {"package_approvals": tuple(sorted(PackageApproval(p, NOWHERE) for p in (OTHER_PACKAGE, NEW_PACKAGE)))},
        {"contract_packages": PARAMETERS.contract_packages},
    ],
    ids=["none", "of another", "one too many", "of nothing new"],
)
def test_an_epoch_that_does_not_name_the_approvals_of_what_it_brings_in_is_not_taken(
    changes: dict[str, object],
) -> None:
    history = ParametersHistory.of(PARAMETERS)
    history.extended(signed_epoch(bringing_in(100)))

    with pytest.raises(ParametersNotContinued, match="approval of each contract package"):
        history.extended(signed_epoch(replace(bringing_in(100), **changes)))  # type: ignore[arg-type] # some fields


def test_a_withdrawn_package_does_not_come_back_by_the_same_votes() -> None:
    """The members replaced a package for its faults; the operator cannot bring it back with the old approval."""
    history = ParametersHistory.of(PARAMETERS).extended(signed_epoch(bringing_in(100)))
    without = following(history.newest, 200, contract_packages=PARAMETERS.contract_packages, package_approvals=())
    history = history.extended(signed_epoch(without))
    back = replace(bringing_in(300), epoch=4, previous_hash=without.hash)

    with pytest.raises(ParametersNotContinued, match="once"):
        history.extended(signed_epoch(back))
    fresh = replace(back, package_approvals=(PackageApproval(NEW_PACKAGE, Hash32(b"\x08" * 32)),))
    assert history.extended(signed_epoch(fresh)).newest == fresh


def test_approvals_are_bounded_ordered_and_survive_their_encoding() -> None:
    epoch = bringing_in(100)
    assert NetworkParameters.decode(epoch.encode()) == epoch
    descending = tuple(PackageApproval(NEW_PACKAGE, Hash32(bytes([number]) * 32)) for number in (2, 1))
    for approvals in (epoch.package_approvals * 2, descending):
        with pytest.raises(MalformedComponent, match="ascend"):
            replace(epoch, package_approvals=approvals)
    with pytest.raises(MalformedComponent):
        PackageApproval(NEW_PACKAGE, Hash32(b"short"))
    many = tuple(PackageApproval(NEW_PACKAGE, Hash32(n.to_bytes(32, "big"))) for n in range(193))
    with pytest.raises(MalformedComponent, match="package approvals"):
        replace(epoch, package_approvals=many)


def test_an_epoch_without_approvals_has_the_hash_it_always_had() -> None:
    assert not PARAMETERS.package_approvals
    assert NetworkParameters.decode(PARAMETERS.encode()).hash == PARAMETERS.hash


def test_a_draft_that_leaves_the_approval_out_is_refused_before_it_is_signed() -> None:
    packages = (*PARAMETERS.contract_packages, NEW_PACKAGE)
    with pytest.raises(ParametersNotContinued, match="approval"):
        next_epoch(PARAMETERS, Changes(contract_packages=packages), 10**6, 0)
    approval = PackageApproval(NEW_PACKAGE, NOWHERE)
    draft = next_epoch(PARAMETERS, Changes(contract_packages=packages, package_approvals=(approval,)), 10**6, 0)
    assert draft.package_approvals == (approval,)


# ---- what a node finds in its own records ----


async def test_members_who_agreed_accept_the_epoch_that_names_their_result(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, CASH_PARTIES) as ledger:
        result_tx = await approved(ledger)
        epoch = bringing_in(flag_day_s(ledger), result_tx)
        await announce(ledger, epoch)
        for party in CASH_PARTIES:  # the notary has no records of votes, and agrees to what the members agreed to
            assert await accepted(ledger, party, epoch)


async def test_a_result_that_is_nowhere_is_refused_by_every_member(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, CASH_PARTIES) as ledger:
        epoch = bringing_in(flag_day_s(ledger))
        await announce(ledger, epoch)
        for party in (SN, CN_A, CN_B):
            assert "no result of theirs is recorded here" in await refusal(ledger, party, epoch)


@pytest.mark.parametrize("what", [MembershipChange.SUSPEND, MembershipChange.REVOKE])
async def test_the_operator_does_not_get_round_members_by_shutting_them_out(
    tmp_path: Path, what: MembershipChange
) -> None:
    async with running_ledger(tmp_path, CASH_PARTIES) as ledger:
        for party in (CN_A, CN_B):
            await ledger.done(SN, ChangeMembership(f"out-{party.name}", what, SC, party.name))
        epoch = bringing_in(flag_day_s(ledger))
        await announce(ledger, epoch)
        for party in (SN, CN_A, CN_B):
            assert "members of SC have not agreed" in await refusal(ledger, party, epoch)


async def test_an_issue_or_a_filing_named_as_a_result_is_refused(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, CASH_PARTIES) as ledger:
        issued = await ledger.issue(5)
        proposal_tx = await propose(ledger)
        for tx_id in (issued.tx_id, proposal_tx):
            assert tx_id is not None
        epoch = bringing_in(flag_day_s(ledger), proposal_tx)
        await announce(ledger, epoch)
        assert "no result" in await refusal(ledger, CN_A, epoch)


async def test_a_rejection_is_no_approval(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, CASH_PARTIES) as ledger:
        result_tx = await approved(ledger, agreeing=(SN,))
        epoch = bringing_in(flag_day_s(ledger), result_tx)
        await announce(ledger, epoch)
        for party in (SN, CN_A, CN_B):
            assert "1 of 3 agreed: REJECTED" in await refusal(ledger, party, epoch)


async def test_an_approval_of_another_package_is_none_of_this_one(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, CASH_PARTIES) as ledger:
        result_tx = await approved(ledger)
        epoch = bringing_in(flag_day_s(ledger), result_tx, OTHER_PACKAGE)
        await announce(ledger, epoch)
        assert "is about package " + NEW_PACKAGE.hex() in await refusal(ledger, CN_B, epoch)


async def test_an_approval_does_not_hold_for_ever(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, CASH_PARTIES) as ledger:
        result_tx = await approved(ledger)
        epoch = bringing_in(ledger.clock.now_s() + APPROVAL_HOLDS_S, result_tx)
        await announce(ledger, epoch)
        assert "holds for" in await refusal(ledger, CN_A, epoch)


async def test_an_approval_of_one_network_does_not_speak_for_the_members_of_another(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, TOKEN_PARTIES) as ledger:
        await ledger.admit(AN, ST, MemberRole.REGISTRAR)
        result_tx = await approved(ledger)  # of SC
        epoch = bringing_in(flag_day_s(ledger), result_tx)
        await announce(ledger, epoch)
        assert "members of ST have not agreed" in await refusal(ledger, AN, epoch)
        assert "members of ST have not agreed" in await refusal(ledger, SN, epoch)  # the operator's own node
        assert await accepted(ledger, CN_A, epoch)


async def test_who_is_left_off_the_roll_is_missed_by_every_node_that_knows_it(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, CASH_PARTIES) as ledger:
        ledger.clock.advance_s(300)
        await _forget_a_member(ledger, CN_A, "cn-b")
        proposal_tx = await propose(ledger)
        for voter in (SN, CN_A):
            await vote(ledger, proposal_tx, voter)
        ledger.clock.advance_s(2 * DAY_S)
        closed = await ledger.done(CN_A, CloseProposal("close", proposal_tx))
        assert closed.tx_id is not None
        epoch = bringing_in(flag_day_s(ledger), closed.tx_id)
        await announce(ledger, epoch)
        assert "left off the roll: cn-b" in await refusal(ledger, SN, epoch)
        assert "no result of theirs" in await refusal(ledger, CN_B, epoch)  # it was not even told


async def _forget_a_member(ledger: LedgerNetwork, party: LedgerParty, name: str) -> None:
    """A proposer that does not want to know of somebody."""
    database = ledger.vault(party).node.parts.database

    def forget(connection: Connection) -> None:
        rows = memberships.update().where(memberships.c.party == name)
        connection.execute(rows.values(consumed=True))

    await database.submit(forget)


async def test_a_member_suspended_after_the_filing_had_to_be_on_the_roll_and_a_later_one_not(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, TOKEN_PARTIES) as ledger:
        ledger.clock.advance_s(300)
        proposal_tx = await propose(ledger)
        await ledger.admit(AN, SC, MemberRole.EXCHANGE)
        for voter in (SN, CN_A):
            await vote(ledger, proposal_tx, voter)
        await ledger.done(SN, ChangeMembership("out", MembershipChange.REVOKE, SC, CN_B.name))
        ledger.clock.advance_s(2 * DAY_S)
        closed = await ledger.done(CN_A, CloseProposal("close", proposal_tx))
        assert closed.tx_id is not None
        epoch = bringing_in(flag_day_s(ledger), closed.tx_id)
        await announce(ledger, epoch)
        for party in (SN, CN_A, AN):
            assert await accepted(ledger, party, epoch)


async def test_a_member_admitted_after_the_vote_is_sent_the_result_and_can_accept(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, TOKEN_PARTIES) as ledger:
        result_tx = await approved(ledger)
        await ledger.admit(AN, SC, MemberRole.EXCHANGE)
        await ledger.everything_delivered(SN)
        epoch = bringing_in(flag_day_s(ledger), result_tx)
        await announce(ledger, epoch)
        assert await accepted(ledger, AN, epoch)


async def test_votes_against_are_not_turned_into_an_approval(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, CASH_PARTIES) as ledger:
        proposal_tx = await propose(ledger)
        for voter, choice in ((SN, BallotChoice.FOR), (CN_A, BallotChoice.AGAINST), (CN_B, BallotChoice.AGAINST)):
            await vote(ledger, proposal_tx, voter, choice)
        ledger.clock.advance_s(2 * DAY_S)
        closed = await ledger.done(SN, CloseProposal("close", proposal_tx))
        assert closed.tx_id is not None
        epoch = bringing_in(flag_day_s(ledger), closed.tx_id)
        await announce(ledger, epoch)
        assert "REJECTED" in await refusal(ledger, SN, epoch)
