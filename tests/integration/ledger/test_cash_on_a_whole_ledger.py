"""Issue, move and redeem between real nodes."""

from __future__ import annotations

from pathlib import Path

from chains.progmat.flows.requests import MoveCash, RedeemCash
from chains.progmat.flows.steps import FlowStep
from tests.fakes.ledger_parties import CN_A, CN_B, COIN_ID, SN
from tests.integration.ledger.network import BUYER_ACCOUNT, CASH_PARTIES, SELLER_ACCOUNT, running_ledger


async def test_cash_is_issued_moved_and_redeemed_and_every_node_knows_its_own(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, CASH_PARTIES) as ledger:
        await ledger.issue(1000)
        move = MoveCash("move-1", COIN_ID, SN.name, 300, BUYER_ACCOUNT.key, SELLER_ACCOUNT)
        moved = await ledger.done(CN_B, move)
        assert moved.tx_id is not None
        assert await ledger.free_yen(CN_B, BUYER_ACCOUNT) == 700
        redeem = RedeemCash("redeem-1", COIN_ID, SN.name, 200, BUYER_ACCOUNT.key)
        redeemed = await ledger.done(CN_B, redeem)
        assert redeemed.step in {FlowStep.RECORDED, FlowStep.DONE}
        assert await ledger.total_yen(SN) == 800
        assert await ledger.free_yen(CN_A, SELLER_ACCOUNT) == 300
