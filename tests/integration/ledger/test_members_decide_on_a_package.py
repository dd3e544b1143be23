"""Proposals and votes on a whole ledger: who learns of them, and what flows answer to whom."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from chains.progmat.contracts.membership import MemberRole
from chains.progmat.contracts.proposal_states import BallotChoice, ProposalOutcome
from chains.progmat.flows.any_request import AnyRequest
from chains.progmat.flows.governance_errors import ProposalUnknown
from chains.progmat.flows.governance_requests import CloseProposal, VoteOnPackage
from chains.progmat.flows.market_requests import ChangeMembership, MembershipChange
from chains.progmat.flows.peer_codec import FINALISE
from chains.progmat.flows.steps import FlowStep
from chains.progmat.node.peers.in_process import Delivery
from tests.fakes.ledger_parties import AN, CN_A, CN_B, SN, LedgerParty
from tests.fakes.proposal_world import DAY_S, NEW_PACKAGE
from tests.fakes.token_parties import ST
from tests.integration.ledger.network import CASH_PARTIES, TOKEN_PARTIES, LedgerNetwork, running_ledger
from tests.integration.ledger.proposals import SC, VOTERS, approved, known, proposal_request, propose, vote

FOR, AGAINST = BallotChoice.FOR, BallotChoice.AGAINST


async def refused(ledger: LedgerNetwork, party: LedgerParty, request: AnyRequest) -> str:
    """Why a request failed."""
    record = await ledger.run(party, request)
    assert record.step is FlowStep.FAILED, record
    return record.last_error_reason


async def test_members_vote_at_once_and_the_result_is_on_every_node(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, CASH_PARTIES) as ledger:
        proposal_tx = await propose(ledger)
        await asyncio.gather(
            vote(ledger, proposal_tx, SN), vote(ledger, proposal_tx, CN_A), vote(ledger, proposal_tx, CN_B, AGAINST)
        )
        ledger.clock.advance_s(2 * DAY_S)
        closed = await ledger.done(SN, CloseProposal("close", proposal_tx))
        for party in VOTERS:
            found = await known(ledger, party, proposal_tx)
            assert found.result is not None
            assert found.result_tx == closed.tx_id
            assert (found.result.outcome, found.result.votes_for) == (ProposalOutcome.APPROVED, 2)
            assert found.result.package_hash == NEW_PACKAGE
            assert {name: kept.ballot.choice for name, kept in found.ballots.items()} == {
                "sn": FOR,
                "cn-a": FOR,
                "cn-b": AGAINST,
            }


async def test_a_proposal_without_enough_votes_is_rejected(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, CASH_PARTIES) as ledger:
        result_tx = await approved(ledger, agreeing=(SN,))
        proposal_tx = (await ledger.operations(CN_A).flow("close-" + NEW_PACKAGE[:4].hex())).tx_id
        assert proposal_tx == result_tx
        filed = (await ledger.operations(CN_A).flow("propose-" + NEW_PACKAGE[:4].hex())).tx_id
        assert filed is not None
        found = await known(ledger, CN_B, filed)
        assert found.result is not None
        assert found.result.outcome is ProposalOutcome.REJECTED


async def test_what_cannot_be_done_is_named(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, TOKEN_PARTIES) as ledger:
        await ledger.admit(AN, ST, MemberRole.REGISTRAR)
        assert await refused(ledger, AN, proposal_request(ledger)) == "NOT_ON_ROLL"
        proposal_tx = await propose(ledger)
        assert await refused(ledger, AN, VoteOnPackage("v", proposal_tx, FOR)) == "PROPOSAL_UNKNOWN"
        assert await refused(ledger, CN_B, CloseProposal("early", proposal_tx)) == "VOTING_NOT_OVER"
        await vote(ledger, proposal_tx, CN_B)
        again = await ledger.done(CN_B, VoteOnPackage("again", proposal_tx, FOR))
        assert again.tx_id == (await ledger.operations(CN_B).flow("vote-" + proposal_tx[:4].hex())).tx_id
        assert await refused(ledger, CN_B, VoteOnPackage("other", proposal_tx, AGAINST)) == "BALLOT_CAST"
        ledger.clock.advance_s(2 * DAY_S)
        assert await refused(ledger, SN, VoteOnPackage("late", proposal_tx, FOR)) == "VOTING_NOT_OPEN"
        closed = await ledger.done(CN_B, CloseProposal("close", proposal_tx))
        assert (await ledger.done(SN, CloseProposal("close", proposal_tx))).tx_id == closed.tx_id
        assert await refused(ledger, SN, VoteOnPackage("too-late", proposal_tx, FOR)) == "PROPOSAL_CLOSED"


async def test_members_of_another_network_see_nothing_of_a_proposal(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, TOKEN_PARTIES) as ledger:
        await ledger.admit(AN, ST, MemberRole.REGISTRAR)
        proposal_tx = await propose(ledger)
        await vote(ledger, proposal_tx, CN_B)
        with pytest.raises(ProposalUnknown):
            await known(ledger, AN, proposal_tx)


async def test_a_suspended_member_has_no_vote_and_still_counts(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, CASH_PARTIES) as ledger:
        proposal_tx = await propose(ledger)
        await ledger.done(SN, ChangeMembership("out", MembershipChange.SUSPEND, SC, CN_B.name))
        assert await refused(ledger, CN_B, VoteOnPackage("v", proposal_tx, FOR)) == "NOT_ON_ROLL"
        await vote(ledger, proposal_tx, SN)
        ledger.clock.advance_s(2 * DAY_S)
        await ledger.done(SN, CloseProposal("close", proposal_tx))
        found = await known(ledger, CN_A, proposal_tx)
        assert found.result is not None
        assert (found.result.outcome, found.result.roll_size) == (ProposalOutcome.REJECTED, 3)


async def test_a_member_that_keeps_its_vote_to_itself_cannot_stop_an_approval(tmp_path: Path) -> None:
    """Its ballot is spent and nobody has the vote: the others' ballots are enough, and a rejection waits for it."""
    async with running_ledger(tmp_path, CASH_PARTIES) as ledger:
        proposal_tx = await propose(ledger)

        async def withhold(asker: str, _asked: str, method: str) -> Delivery:
            return Delivery.LOSE_REQUEST if (asker, method) == (CN_B.name, FINALISE) else Delivery.DELIVER

        ledger.hub.policy = withhold
        await ledger.run(CN_B, VoteOnPackage("kept", proposal_tx, AGAINST))
        await vote(ledger, proposal_tx, SN)
        await vote(ledger, proposal_tx, CN_A)
        ledger.clock.advance_s(2 * DAY_S)
        await ledger.done(CN_A, CloseProposal("close", proposal_tx))
        found = await known(ledger, SN, proposal_tx)
        assert found.result is not None
        assert found.result.outcome is ProposalOutcome.APPROVED


async def test_a_rejection_waits_for_a_vote_that_is_kept_back_and_is_closed_once_it_is_there(tmp_path: Path) -> None:
    """Without it the closer would bury a vote; the flow ends with a named error, and nothing stays reserved."""
    async with running_ledger(tmp_path, CASH_PARTIES) as ledger:
        proposal_tx = await propose(ledger)
        owed = asyncio.Event()

        async def withhold(asker: str, _asked: str, method: str) -> Delivery:
            is_kept = (asker, method) == (CN_B.name, FINALISE) and not owed.is_set()
            return Delivery.LOSE_REQUEST if is_kept else Delivery.DELIVER

        ledger.hub.policy = withhold
        await ledger.run(CN_B, VoteOnPackage("kept", proposal_tx, FOR))
        ledger.clock.advance_s(2 * DAY_S)
        buried = await ledger.run(CN_A, CloseProposal("close-1", proposal_tx))
        assert (buried.step, buried.last_error_reason) == (FlowStep.FAILED, "NOTARISATION_CONFLICT")
        assert (await known(ledger, CN_A, proposal_tx)).result is None

        owed.set()
        ledger.clock.advance_s(600)
        await ledger.everything_delivered(CN_B)
        await ledger.done(CN_A, CloseProposal("close-2", proposal_tx))
        found = await known(ledger, SN, proposal_tx)
        assert found.result is not None
        assert (found.result.outcome, found.result.votes_for) == (ProposalOutcome.REJECTED, 1)


async def test_two_members_who_close_at_once_make_one_result(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, CASH_PARTIES) as ledger:
        proposal_tx = await propose(ledger)
        for voter in (SN, CN_B):
            await vote(ledger, proposal_tx, voter)
        ledger.clock.advance_s(2 * DAY_S)
        await asyncio.gather(*(ledger.run(party, CloseProposal("close", proposal_tx)) for party in (SN, CN_B)))
        await asyncio.gather(ledger.everything_delivered(SN), ledger.everything_delivered(CN_B))
        results = {(await known(ledger, party, proposal_tx)).result_tx for party in (SN, CN_B)}
        assert len(results) == 1


async def test_a_vote_that_is_repeated_after_a_crash_is_cast_once(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, CASH_PARTIES) as ledger:
        proposal_tx = await propose(ledger)
        request = VoteOnPackage("v", proposal_tx, FOR)
        await ledger.run(CN_B, request, wait_s=0)
        await ledger.kill(CN_B)
        await ledger.start(CN_B)
        cast = await ledger.done(CN_B, request)
        found = await known(ledger, CN_B, proposal_tx)
        assert found.ballots["cn-b"].state.ref.tx_id == cast.tx_id
