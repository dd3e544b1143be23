"""Tokens against cash on one ledger: both custodians, one custodian, refusals, withdrawals."""

from __future__ import annotations

from pathlib import Path

import pytest

from chains.progmat.contracts.membership import MemberRole
from chains.progmat.flows.market_requests import MembershipChange, MoveToken, RedeemToken
from chains.progmat.flows.requests import IssueCash, MoveCash
from chains.progmat.flows.steps import FlowStep
from tests.fakes.ledger_parties import AN, CN_A, CN_B, COIN_ID, SN
from tests.fakes.token_parties import SC, ST, TOKEN_ID
from tests.integration.ledger.native_trades import NativeTrades, at_one_node
from tests.integration.ledger.network import (
    BUYER_ACCOUNT,
    SELLER_ACCOUNT,
    TOKEN_PARTIES,
    running_ledger,
)


async def test_tokens_are_issued_moved_and_redeemed_and_every_node_knows_its_own(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, TOKEN_PARTIES) as ledger:
        trades = await NativeTrades.open(ledger)
        move = MoveToken("move", ST, TOKEN_ID, AN.name, 30, SELLER_ACCOUNT.key, BUYER_ACCOUNT)
        await ledger.done(CN_A, move)
        await ledger.done(CN_B, RedeemToken("redeem", ST, TOKEN_ID, AN.name, 5, BUYER_ACCOUNT.key))

        assert await trades.holdings() == (70, 25, 0, 1000)
        assert await trades.totals() == (95, 1000)
        assert await trades.units(CN_A, BUYER_ACCOUNT) == 0
        assert await trades.units(SN, SELLER_ACCOUNT) == 0
        assert await ledger.total_yen(AN) == 0


async def test_both_legs_settle_in_one_ledger_transaction(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, TOKEN_PARTIES) as ledger:
        trades = await NativeTrades.open(ledger)
        terms = trades.terms()
        await trades.authorise(terms)
        record = await ledger.done(CN_A, trades.settle(terms))

        assert await trades.holdings() == (90, 10, 400, 600)
        assert await trades.totals() == (100, 1000)
        assert await trades.reserved() == (0, 0)
        for party in (SN, AN, CN_A, CN_B):
            assert (await trades.tokens_of(party).dvp(terms.trade_id)).tx_id == record.tx_id


async def test_one_custodian_settles_for_both_sides(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, TOKEN_PARTIES) as ledger:
        trades = await NativeTrades.open(ledger)
        buyer = await ledger.operations(CN_A).open_account("buyer")
        await ledger.done(SN, IssueCash("to-the-buyer", COIN_ID, 500, buyer))
        terms = at_one_node(trades.terms(), buyer)

        refused = await ledger.run(CN_A, trades.settle(terms))
        assert refused.last_error_reason == "TRADE_NOT_AUTHORISED"
        await trades.authorise(terms, at=CN_A)
        await ledger.done(CN_A, trades.settle(terms))

        assert await trades.units(CN_A, buyer) == 10
        assert await ledger.free_yen(CN_A, buyer) == 100
        assert await ledger.free_yen(CN_A, SELLER_ACCOUNT) == 400


async def test_a_settled_trade_answers_with_its_transaction_and_settles_no_more(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, TOKEN_PARTIES) as ledger:
        trades = await NativeTrades.open(ledger)
        terms = trades.terms()
        await trades.authorise(terms)
        first = await ledger.done(CN_A, trades.settle(terms))
        again = await ledger.done(CN_A, trades.settle(terms))

        assert again.tx_id == first.tx_id
        assert await trades.holdings() == (90, 10, 400, 600)


async def test_a_registrar_that_is_away_delays_a_trade_and_does_not_end_it(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, TOKEN_PARTIES) as ledger:
        trades = await NativeTrades.open(ledger)
        terms = trades.terms()
        await trades.authorise(terms)
        await ledger.stop(AN)
        waiting = await trades.waiting(trades.settle(terms))
        assert (waiting.step, waiting.waiting_on) == (FlowStep.BUILT, AN.name)
        assert await trades.reserved() == (100, 1000)

        await ledger.start(AN)
        assert (await trades.until(waiting.flow_id)).step is FlowStep.DONE
        assert await trades.holdings() == (90, 10, 400, 600)


async def test_a_trade_that_fell_out_of_its_window_is_built_again_with_the_same_coins(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, TOKEN_PARTIES) as ledger:
        trades = await NativeTrades.open(ledger)
        terms = trades.terms()
        await trades.authorise(terms)
        await ledger.stop(AN)
        waiting = await trades.waiting(trades.settle(terms))
        ledger.clock.advance_s(130)
        await ledger.start(AN)
        record = await trades.until(waiting.flow_id)

        assert record.step is FlowStep.DONE
        assert record.tx_id != waiting.tx_id
        assert await trades.holdings() == (90, 10, 400, 600)


@pytest.mark.parametrize("cause", ["no authorisation", "no cash", "no tokens", "too late"])
async def test_a_trade_that_cannot_be_ends_named_and_leaves_nothing_reserved(tmp_path: Path, cause: str) -> None:
    async with running_ledger(tmp_path, TOKEN_PARTIES) as ledger:
        trades = await NativeTrades.open(ledger)
        terms = trades.terms(
            quantity=101 if cause == "no tokens" else 10, amount_yen=1001 if cause == "no cash" else 400
        )
        if cause != "no authorisation":
            await trades.authorise(terms)
        if cause == "too late":
            ledger.clock.advance_s(601)
        failed = await ledger.run(CN_A, trades.settle(terms))

        assert failed.step is FlowStep.FAILED
        assert (
            failed.last_error_reason
            == {
                "no authorisation": "TRADE_NOT_AUTHORISED",
                "no cash": "INSUFFICIENT_FUNDS",
                "no tokens": "TOKENS_INSUFFICIENT",
                "too late": "SETTLE_TIME_PASSED",
            }[cause]
        )
        await ledger.everything_delivered(CN_A)
        assert await trades.reserved() == (0, 0)
        assert await trades.holdings() == (100, 0, 0, 1000)


async def test_a_suspended_custodian_neither_sells_nor_buys_and_the_coins_are_free_again(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, TOKEN_PARTIES) as ledger:
        trades = await NativeTrades.open(ledger)
        await trades.change(MembershipChange.SUSPEND, CN_B, ST)
        terms = trades.terms()
        await trades.authorise(terms)
        failed = await ledger.run(CN_A, trades.settle(terms))
        assert (failed.step, failed.last_error_reason) == (FlowStep.FAILED, "MEMBERSHIP_MISSING")
        assert await trades.reserved() == (0, 0)

        await trades.change(MembershipChange.ACTIVATE, CN_B, ST)
        await ledger.done(CN_A, trades.settle(terms))
        assert await trades.holdings() == (90, 10, 400, 600)


async def test_cash_of_a_member_suspended_in_the_cash_network_only_stays_where_it_is(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, TOKEN_PARTIES) as ledger:
        trades = await NativeTrades.open(ledger)
        await trades.change(MembershipChange.AMEND, CN_B, SC, MemberRole.EXCHANGE)
        terms = trades.terms()
        await trades.authorise(terms)
        failed = await ledger.run(CN_A, trades.settle(terms))
        assert failed.last_error_reason == "MEMBERSHIP_MISSING"
        cash = await ledger.run(CN_B, MoveCash("pay", COIN_ID, SN.name, 1, BUYER_ACCOUNT.key, SELLER_ACCOUNT))
        assert cash.last_error_reason == "MEMBERSHIP_MISSING"
        moved = MoveToken("move", ST, TOKEN_ID, AN.name, 1, SELLER_ACCOUNT.key, BUYER_ACCOUNT)
        await ledger.done(CN_A, moved)
