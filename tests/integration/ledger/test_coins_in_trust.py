"""Registered coins on a whole ledger: yen in, coin out, moves, redemptions, and the trust always equal to the coin."""

from __future__ import annotations

from pathlib import Path

import pytest

from chains.progmat.contracts.cash_codec import CoinKind
from chains.progmat.flows.coin_requests import RegisterCoin
from chains.progmat.flows.requests import IssueCash, MoveCash, RedeemCash
from chains.progmat.flows.steps import FlowStep
from chains.progmat.market.trust.redemptions import RedemptionStatus
from tests.fakes.ledger_parties import CN_A, CN_B, COIN_ID, SN
from tests.integration.ledger.coins import CALLER, CLERK, Coins
from tests.integration.ledger.network import BUYER_ACCOUNT, CASH_PARTIES, SELLER_ACCOUNT, running_ledger


@pytest.mark.parametrize("kind", [CoinKind.WHOLESALE, CoinKind.RETAIL], ids=lambda kind: kind.name)
async def test_yen_come_in_coin_goes_round_and_yen_go_out(tmp_path: Path, kind: CoinKind) -> None:
    async with running_ledger(tmp_path, CASH_PARTIES) as ledger:
        coins = await Coins.open(ledger, kind)
        await coins.pay_in(1000)
        move = MoveCash("move-1", COIN_ID, SN.name, 300, BUYER_ACCOUNT.key, SELLER_ACCOUNT)
        await ledger.done(CN_B, move)
        await ledger.done(CN_A, RedeemCash("redeem-1", COIN_ID, SN.name, 120, SELLER_ACCOUNT.key))
        found = await coins.agreed()
        assert {line.node: (line.trust_yen, line.payable_yen) for line in found.lines} == {
            CN_A.name: (180, 120),
            CN_B.name: (700, 0),
        }
        (owed,) = await coins.desk.redemptions(COIN_ID, RedemptionStatus.PENDING)
        await coins.desk.confirm_payout(owed.redemption_id, "out 1", CLERK, CALLER)
        found = await coins.agreed()
        assert found.bank_yen == 880
        assert [(line.account, line.balance_yen) for line in await coins.desk.holders(COIN_ID, CN_A.name, 0)] == [
            (SELLER_ACCOUNT, 180)
        ]


async def test_a_registered_coin_is_not_issued_without_its_deposit(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, CASH_PARTIES) as ledger:
        coins = await Coins.open(ledger)
        for request in (
            IssueCash("issue-x", COIN_ID, 1000, BUYER_ACCOUNT),
            IssueCash("coin-deposit/deposit-1/1", COIN_ID, 1000, BUYER_ACCOUNT),  # announced, not confirmed
        ):
            await coins.announce(1000)
            failed = await ledger.run(SN, request)
            assert (failed.step, failed.last_error_reason) == (FlowStep.FAILED, "COIN_DEPOSIT_MISSING")
        assert await ledger.total_yen(SN) == 0
        unregistered = await ledger.done(SN, IssueCash("plain", "PGC-2", 5, BUYER_ACCOUNT))
        assert unregistered.step is FlowStep.DONE
        late = await ledger.run(SN, RegisterCoin("late", "PGC-2", CoinKind.RETAIL, (coins.approver.key,), "a", "b"))
        assert late.last_error_reason == "COIN_ALREADY_ISSUED"


async def test_a_wholesale_coin_does_not_leave_the_admitted_accounts(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, CASH_PARTIES) as ledger:
        coins = await Coins.open(ledger)
        await coins.pay_in(1000)
        stranger = await ledger.operations(CN_A).open_account("stranger")
        refused = await ledger.run(CN_B, MoveCash("to-stranger", COIN_ID, SN.name, 1, BUYER_ACCOUNT.key, stranger))
        assert (refused.step, refused.last_error_reason) == (FlowStep.FAILED, "RULE_STATE_MISSING")
        await coins.admit("stranger", stranger)
        await ledger.done(CN_B, MoveCash("again", COIN_ID, SN.name, 1, BUYER_ACCOUNT.key, stranger))
        await coins.agreed()
