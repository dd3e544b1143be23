"""Issued, paid and redeemed wholly at a second notary; coins at both; members at one of them; killed at any point."""

from __future__ import annotations

from pathlib import Path

from chains.progmat.contracts.membership import BusinessNetwork
from chains.progmat.flows.market_requests import ChangeMembership, MembershipChange
from chains.progmat.flows.requests import MergeCash, MoveCash, RedeemCash, RotateAccountKey
from chains.progmat.flows.steps import FlowStep
from tests.fakes.ledger_parties import CN_A, CN_B, COIN_ID, NN, SECOND, SN
from tests.integration.ledger.network import BUYER_ACCOUNT, SELLER_ACCOUNT, LedgerNetwork
from tests.integration.ledger.test_every_kind_killed_at_every_point import Moment, ended, killed_at, undisturbed
from tests.integration.ledger.two_notaries import free_at, ledger_of_two_notaries


def pay(name: str, amount_yen: int) -> MoveCash:
    """From the buyer to the seller."""
    return MoveCash(name, COIN_ID, SN.name, amount_yen, BUYER_ACCOUNT.key, SELLER_ACCOUNT)


async def test_coins_live_wholly_at_the_second_notary_and_a_restart_changes_nothing(tmp_path: Path) -> None:
    async with ledger_of_two_notaries(tmp_path) as ledger:
        await ledger.issue(1000, notary=SECOND.name)
        await ledger.stop(NN)  # nothing below needs it
        await ledger.done(CN_B, pay("pay-1", 300))
        for party in (CN_B, CN_A, SN):
            await ledger.everything_delivered(party)
            await ledger.kill(party)
            await ledger.start(party)
        await ledger.done(CN_B, pay("pay-2", 200))
        await ledger.done(CN_A, RedeemCash("redeem-1", COIN_ID, SN.name, 100, SELLER_ACCOUNT.key))
        assert await free_at(ledger, CN_B, BUYER_ACCOUNT) == {SECOND.name: 500}
        assert await free_at(ledger, CN_A, SELLER_ACCOUNT) == {SECOND.name: 400}
        assert await ledger.total_yen(SN) == 900


async def test_a_payment_takes_coins_of_one_notary_the_journals_first(tmp_path: Path) -> None:
    async with ledger_of_two_notaries(tmp_path) as ledger:
        await ledger.issue(100)
        await ledger.issue(100, notary=SECOND.name)
        await ledger.done(CN_B, pay("pay-1", 60))
        assert await free_at(ledger, CN_A, SELLER_ACCOUNT) == {NN.name: 60}
        await ledger.done(CN_B, pay("pay-2", 60))
        assert await free_at(ledger, CN_A, SELLER_ACCOUNT) == {NN.name: 60, SECOND.name: 60}
        assert await free_at(ledger, CN_B, BUYER_ACCOUNT) == {NN.name: 40, SECOND.name: 40}
        both = await ledger.run(CN_B, pay("pay-3", 70))
        assert (both.step, both.last_error_reason) == (FlowStep.FAILED, "HELD_AT_SEVERAL_NOTARIES")
        assert "40 at nn, 40 at nn-2: change the notary" in both.last_error
        too_much = await ledger.run(CN_B, pay("pay-4", 81))
        assert (too_much.step, too_much.last_error_reason) == (FlowStep.FAILED, "INSUFFICIENT_FUNDS")


async def test_small_coins_are_merged_and_keys_rotated_at_each_notary_in_turn(tmp_path: Path) -> None:
    async with ledger_of_two_notaries(tmp_path) as ledger:
        for notary in ("", "", SECOND.name, SECOND.name):
            await ledger.issue(10, notary=notary)
        for number in range(2):
            await ledger.done(CN_B, MergeCash(f"m-{number}", COIN_ID, SN.name, BUYER_ACCOUNT.key, 15, 2))
        new = await ledger.operations(CN_B).open_account("second")
        for number in range(2):
            await ledger.done(CN_B, RotateAccountKey(f"r-{number}", COIN_ID, SN.name, BUYER_ACCOUNT.key, new.key))
        assert await free_at(ledger, CN_B, new) == {NN.name: 20, SECOND.name: 20}


async def test_a_member_suspended_at_one_notary_still_acts_at_the_other(tmp_path: Path) -> None:
    async with ledger_of_two_notaries(tmp_path) as ledger:
        await ledger.issue(100)
        await ledger.issue(100, notary=SECOND.name)
        suspend = ChangeMembership(
            "suspend", MembershipChange.SUSPEND, BusinessNetwork.SC, CN_A.name, notary=SECOND.name
        )
        await ledger.done(SN, suspend)
        await ledger.done(CN_B, pay("pay-1", 80))
        refused = await ledger.run(CN_B, pay("pay-2", 80))
        assert (refused.step, refused.last_error_reason) == (FlowStep.FAILED, "MEMBERSHIP_MISSING")
        assert "at nn-2" in refused.last_error
        lines = await ledger.operations(SN).memberships([BusinessNetwork.SC], 100)
        of_seller = {line.state.notary.name: line.indexed.status for line in lines if line.indexed.party == CN_A.name}
        assert of_seller == {NN.name: "ACTIVE", SECOND.name: "SUSPENDED"}


async def test_nothing_is_made_at_a_notary_that_the_network_does_not_have(tmp_path: Path) -> None:
    async with ledger_of_two_notaries(tmp_path) as ledger:
        for number, request in enumerate(
            (
                ChangeMembership("c", MembershipChange.SUSPEND, BusinessNetwork.SC, CN_A.name, notary="nn-9"),
                ChangeMembership("d", MembershipChange.SUSPEND, BusinessNetwork.SC, CN_A.name, notary=CN_B.name),
            )
        ):
            refused = await ledger.run(SN, request)
            assert (number, refused.step, refused.last_error_reason) == (number, FlowStep.FAILED, "NOTARY_NOT_SERVING")


async def test_whoever_dies_at_whatever_point_a_payment_at_the_second_notary_is_made_once(tmp_path: Path) -> None:
    async with ledger_of_two_notaries(tmp_path) as ledger:
        await ledger.issue(10_000, notary=SECOND.name)
        seen = await undisturbed(ledger, CN_B, pay("r-0", 30))
        points = list(seen.points())
        assert (SECOND.name, "notary.notarise") in seen.asked
        assert {point.moment for point in points} == set(Moment)
        for number, point in enumerate(points, start=1):
            try:
                await killed_at(ledger, CN_B, pay(f"r-{number}", 30), point)
                await ended(ledger, CN_B, pay(f"r-{number}", 30))
                await _hold(ledger, 30 * (number + 1))
            except BaseException as error:
                error.add_note(f"{point}")
                raise


async def _hold(ledger: LedgerNetwork, paid_yen: int) -> None:
    assert await free_at(ledger, CN_B, BUYER_ACCOUNT) == {SECOND.name: 10_000 - paid_yen}
    assert await free_at(ledger, CN_A, SELLER_ACCOUNT) == {SECOND.name: paid_yen}
    assert await ledger.total_yen(SN) == 10_000
