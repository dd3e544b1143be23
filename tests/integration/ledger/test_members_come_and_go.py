"""Memberships on a whole ledger: who learns of them, and what flows do when one changes under them."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from chains.progmat.contracts.membership import BusinessNetwork, MemberRole
from chains.progmat.flows import peer_codec
from chains.progmat.flows.any_request import AnyRequest
from chains.progmat.flows.market_requests import ChangeMembership, IssueToken, MembershipChange, MoveToken
from chains.progmat.flows.peer_codec import FETCH_MEMBERSHIP, FINALISE
from chains.progmat.flows.record import FlowRecord
from chains.progmat.flows.requests import IssueCash, MoveCash, RedeemCash
from chains.progmat.flows.steps import ANSWERED, FlowStep
from chains.progmat.node.peers import PeerRouter
from chains.progmat.node.peers.in_process import Delivery
from chains.rpc_status import RemoteCallerError
from tests.fakes.ledger_parties import AN, BUYER, CN_A, CN_B, COIN_ID, EN, NN, SELLER, SN, LedgerParty
from tests.fakes.token_parties import SC, ST, TOKEN_ID, UT
from tests.integration.ledger.network import (
    BUYER_ACCOUNT,
    CASH_PARTIES,
    SELLER_ACCOUNT,
    TOKEN_PARTIES,
    WAIT_S,
    LedgerNetwork,
    running_ledger,
)

MOVE = MoveCash("move", COIN_ID, SN.name, 300, BUYER_ACCOUNT.key, SELLER_ACCOUNT)
CUSTODIAN = MemberRole.CUSTODIAN


async def change(ledger: LedgerNetwork, what: MembershipChange, party: LedgerParty, *roles: MemberRole) -> None:
    """The operator changes a membership of the cash network, and all who must know have it."""
    request = ChangeMembership(f"{what.name}-{party.name}-{len(roles)}", what, SC, party.name, roles)
    await ledger.done(SN, request)


async def known(ledger: LedgerNetwork, party: LedgerParty) -> set[tuple[str, str]]:
    """Network and party of every membership in a node's vault."""
    lines = await ledger.operations(party).memberships(list(BusinessNetwork), 100)
    return {(line.indexed.network, line.indexed.party) for line in lines}


def lost(ledger: LedgerNetwork, *ways: tuple[LedgerParty, str]) -> None:
    """From now on, until the policy is another one, these requests to these parties are lost."""
    names = {(party.name, method) for party, method in ways}

    async def policy(_asker: str, asked: str, method: str) -> Delivery:
        return Delivery.LOSE_REQUEST if (asked, method) in names else Delivery.DELIVER

    ledger.hub.policy = policy


async def ended(ledger: LedgerNetwork, request: AnyRequest, at: LedgerParty = CN_B) -> FlowRecord:
    """Submit to the payer, and move time, one retry at a time, until the outcome is known."""
    await ledger.run(at, request, wait_s=0)
    engine = ledger.vault(at).node.engine
    async with asyncio.timeout(WAIT_S):
        record = await engine.outcome(request.request_id, 0)
        while record.step not in ANSWERED:
            ledger.clock.advance_ms(max(record.next_attempt_ms - ledger.clock.now_ms(), 0))
            record = await engine.outcome(request.request_id, 0.1, ANSWERED)
    return record


async def test_every_member_knows_the_members_of_its_networks_and_of_no_other(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, (*TOKEN_PARTIES, EN)) as ledger:
        await ledger.admit(AN, ST, MemberRole.REGISTRAR)
        await ledger.admit(CN_A, ST, CUSTODIAN)
        await ledger.admit(EN, ST, MemberRole.EXCHANGE)
        await ledger.admit(AN, UT, MemberRole.REGISTRAR)
        await ledger.admit(CN_A, UT, CUSTODIAN)

        of_sc = {("SC", name) for name in ("sn", "cn-a", "cn-b")}
        of_st = {("ST", name) for name in ("an", "cn-a", "en")}
        of_ut = {("UT", name) for name in ("an", "cn-a")}
        assert await known(ledger, SN) == of_sc | of_st | of_ut  # the operator's node
        assert await known(ledger, CN_A) == of_sc | of_st | of_ut
        assert await known(ledger, CN_B) == of_sc
        assert await known(ledger, AN) == of_st | of_ut
        assert await known(ledger, EN) == of_st


async def test_two_admissions_at_once_make_one_membership(tmp_path: Path) -> None:
    """A second one, which nobody sees, would outlive the revocation of the first."""
    async with running_ledger(tmp_path, TOKEN_PARTIES) as ledger:
        requests = [
            ChangeMembership(f"admit-{n}", MembershipChange.ADMIT, ST, CN_A.name, (CUSTODIAN,)) for n in range(3)
        ]
        await asyncio.gather(*(ledger.run(SN, request, wait_s=0) for request in requests))
        records = [await ended(ledger, request, SN) for request in requests]
        assert {record.step for record in records} <= {FlowStep.RECORDED, FlowStep.DONE}
        assert len({record.tx_id for record in records}) == 1
        lines = await ledger.operations(SN).memberships([ST], 100)
        assert [line.indexed.party for line in lines] == [CN_A.name]
        both = [
            ChangeMembership("suspend", MembershipChange.SUSPEND, ST, CN_A.name),
            ChangeMembership("revoke", MembershipChange.REVOKE, ST, CN_A.name),
        ]
        await asyncio.gather(*(ledger.run(SN, request, wait_s=0) for request in both))
        assert {(await ended(ledger, request, SN)).step for request in both} <= {FlowStep.RECORDED, FlowStep.DONE}


async def test_three_networks_share_nodes_and_nothing_leaks_between_them(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, (*TOKEN_PARTIES, EN)) as ledger:
        for network in (ST, UT):
            await ledger.admit(AN, network, MemberRole.REGISTRAR)
            await ledger.admit(CN_A, network, CUSTODIAN)
        await ledger.admit(EN, ST, MemberRole.EXCHANGE)
        other = await ledger.operations(CN_A).open_account("second")
        for network in (ST, UT):
            name = network.name
            await ledger.done(AN, IssueToken(f"issue-{name}", network, TOKEN_ID, 50, SELLER_ACCOUNT))
            move = MoveToken(f"move-{name}", network, TOKEN_ID, AN.name, 20, SELLER_ACCOUNT.key, other)
            await ledger.done(CN_A, move)
        await ledger.issue(1000)
        await ledger.done(CN_B, MOVE)

        to_cn_b = MoveToken("not-a-member", ST, TOKEN_ID, AN.name, 1, SELLER_ACCOUNT.key, BUYER_ACCOUNT)
        assert (await ledger.run(CN_A, to_cn_b)).last_error_reason == "MEMBERSHIP_MISSING"
        for party in (CN_B, SN, EN, AN):
            database = ledger.vault(party).node.parts.database
            tables = await database.read(
                lambda connection: {
                    what: connection.exec_driver_sql(f"SELECT COUNT(*) FROM vault_holdings WHERE {which}").scalar_one()  # noqa: S608 - ours
                    for what, which in (("tokens", "network <> 'SC'"), ("cash", "network = 'SC'"))
                }
            )
            sees = (bool(tables["tokens"]), bool(tables["cash"]))
            assert sees == {CN_B: (False, True), SN: (False, True), EN: (False, False), AN: (True, False)}[party]


async def test_a_suspended_custodian_neither_pays_nor_is_paid_until_it_is_active_again(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, CASH_PARTIES) as ledger:
        await ledger.issue(1000)
        await change(ledger, MembershipChange.SUSPEND, CN_A)
        for party, request in (
            (CN_B, MOVE),
            (SN, IssueCash("issue", COIN_ID, 5, SELLER_ACCOUNT)),
            (CN_A, MoveCash("out", COIN_ID, SN.name, 1, SELLER_ACCOUNT.key, BUYER_ACCOUNT)),
            (CN_A, RedeemCash("redeem", COIN_ID, SN.name, 1, SELLER_ACCOUNT.key)),
        ):
            failed = await ledger.run(party, request)
            assert (failed.step, failed.last_error_reason) == (FlowStep.FAILED, "MEMBERSHIP_MISSING"), failed

        await change(ledger, MembershipChange.ACTIVATE, CN_A)
        await ledger.done(CN_B, MoveCash("again", COIN_ID, SN.name, 300, BUYER_ACCOUNT.key, SELLER_ACCOUNT))
        assert await ledger.free_yen(CN_A, SELLER_ACCOUNT) == 300


async def test_a_payment_on_an_outdated_membership_is_built_again_on_the_present_one(tmp_path: Path) -> None:
    """The payer has not heard of the change: the notary refuses, the operator's node knows."""
    async with running_ledger(tmp_path, CASH_PARTIES) as ledger:
        await ledger.issue(1000)
        lost(ledger, (CN_B, FINALISE))
        request = ChangeMembership("amend", MembershipChange.AMEND, SC, CN_A.name, (CUSTODIAN, MemberRole.EXCHANGE))
        await ledger.run(SN, request)
        moved = await ended(ledger, MOVE)

        assert moved.step in {FlowStep.RECORDED, FlowStep.DONE}, moved
        assert await ledger.free_yen(CN_B, BUYER_ACCOUNT) == 700
        assert await ledger.total_yen(SN) == 1000
        lines = await ledger.operations(CN_B).memberships([SC], 100)
        assert {line.indexed.roles for line in lines if line.indexed.party == CN_A.name} == {"CUSTODIAN,EXCHANGE"}


@pytest.mark.parametrize("what", [MembershipChange.SUSPEND, MembershipChange.REVOKE])
async def test_a_payment_to_one_who_is_a_member_no_more_fails_and_moves_nothing(
    tmp_path: Path, what: MembershipChange
) -> None:
    async with running_ledger(tmp_path, CASH_PARTIES) as ledger:
        await ledger.issue(1000)
        lost(ledger, (CN_B, FINALISE))
        await ledger.run(SN, ChangeMembership("out", what, SC, CN_A.name))
        failed = await ended(ledger, MOVE)

        assert (failed.step, failed.last_error_reason) == (FlowStep.FAILED, "MEMBERSHIP_MISSING")
        assert await ledger.free_yen(CN_B, BUYER_ACCOUNT) == 1000


async def test_a_payer_that_cannot_ask_the_operator_waits_and_says_for_whom(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, CASH_PARTIES) as ledger:
        await ledger.issue(1000)
        lost(ledger, (CN_B, FINALISE), (SN, FETCH_MEMBERSHIP))
        request = ChangeMembership("amend", MembershipChange.AMEND, SC, CN_A.name, (CUSTODIAN, MemberRole.EXCHANGE))
        await ledger.run(SN, request)
        await ledger.run(CN_B, MOVE, wait_s=0)
        engine = ledger.vault(CN_B).node.engine
        async with asyncio.timeout(WAIT_S):
            while (waiting := await engine.outcome(MOVE.request_id, 0.1, ANSWERED)).waiting_on != SN.name:
                ledger.clock.advance_ms(max(waiting.next_attempt_ms - ledger.clock.now_ms(), 0))
        assert waiting.step is FlowStep.PROPOSED

        ledger.hub.policy = ledger.deliver_all
        moved = await ended(ledger, MOVE)
        assert moved.step in {FlowStep.RECORDED, FlowStep.DONE}


async def test_a_member_that_was_revoked_and_admitted_again_is_found_where_the_revocation_was_missed(
    tmp_path: Path,
) -> None:
    async with running_ledger(tmp_path, CASH_PARTIES) as ledger:
        await ledger.issue(1000)
        lost(ledger, (CN_B, FINALISE))
        await ledger.run(SN, ChangeMembership("out", MembershipChange.REVOKE, SC, CN_A.name))
        await ledger.run(SN, ChangeMembership("in-again", MembershipChange.ADMIT, SC, CN_A.name, (CUSTODIAN,)))
        moved = await ended(ledger, MOVE)

        assert moved.step in {FlowStep.RECORDED, FlowStep.DONE}, moved
        assert (await ledger.operations(CN_B).memberships([SC], 100))[0].indexed.party == CN_A.name


async def test_a_change_that_is_so_already_answers_with_its_transaction(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, CASH_PARTIES) as ledger:
        first = await ledger.done(SN, ChangeMembership("s-1", MembershipChange.SUSPEND, SC, CN_A.name))
        again = await ledger.done(SN, ChangeMembership("s-2", MembershipChange.SUSPEND, SC, CN_A.name))
        assert again.tx_id == first.tx_id


@pytest.mark.parametrize(
    ("asked", "request_", "reason"),
    [
        (CN_A, ChangeMembership("r", MembershipChange.ADMIT, SC, "cn-a", (CUSTODIAN,)), "OPERATOR_KEY_MISSING"),
        (SN, ChangeMembership("r", MembershipChange.ADMIT, SC, "nobody", (CUSTODIAN,)), "PARTY_UNKNOWN"),
        (SN, ChangeMembership("r", MembershipChange.SUSPEND, UT, "cn-a"), "MEMBERSHIP_UNKNOWN"),
        (SN, ChangeMembership("r", MembershipChange.ADMIT, SC, "cn-a", (MemberRole.EXCHANGE,)), "INVALID_REQUEST"),
    ],
    ids=["not the operator", "nobody", "no member", "a member already"],
)
async def test_a_change_that_cannot_be_is_named(
    tmp_path: Path, asked: LedgerParty, request_: ChangeMembership, reason: str
) -> None:
    async with running_ledger(tmp_path, CASH_PARTIES) as ledger:
        failed = await ledger.run(asked, request_)
        assert (failed.step, failed.last_error_reason) == (FlowStep.FAILED, reason)


async def test_who_is_no_member_of_a_network_is_not_told_who_is(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, (*TOKEN_PARTIES, EN)) as ledger:
        await ledger.admit(AN, ST, MemberRole.REGISTRAR)
        for asker, network, party in ((CN_A, ST, AN), (EN, SC, SN), (NN, SC, SN)):
            view = ledger.hub.join(asker.name, PeerRouter())
            body = peer_codec.encode_fetch_membership(network, party.name)
            with pytest.raises(RemoteCallerError) as refused:
                await view.request(SN.name, FETCH_MEMBERSHIP, body, 5)
            assert refused.value.reason == "NOT_A_MEMBER"
            await view.close()


async def test_an_exchange_holds_nothing_and_starts_nothing_of_others(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, (*TOKEN_PARTIES, EN)) as ledger:
        await ledger.admit(EN, ST, MemberRole.EXCHANGE)
        await ledger.issue(1000)
        wanted: tuple[AnyRequest, ...] = (
            IssueCash("cash", COIN_ID, 5, SELLER_ACCOUNT),
            IssueToken("tokens", ST, TOKEN_ID, 5, SELLER_ACCOUNT),
            MoveCash("move", COIN_ID, SN.name, 1, BUYER.key.encoded(), SELLER.account_at(CN_A)),
        )
        for request in wanted:
            assert (await ledger.run(EN, request)).step is FlowStep.FAILED, request
        assert await ledger.total_yen(EN) == 0
