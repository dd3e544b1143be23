"""Two custodians' desks and the coin's trustee: a shortage is cured by additional trust, or ends the trade."""

from __future__ import annotations

from pathlib import Path

import pytest

from chains.progmat.market.trades.errors import NothingToTopUp
from chains.progmat.market.trades.model import TradeState
from tests.fakes.ledger_parties import CN_A, CN_B
from tests.integration.ledger.coins import CALLER, CLERK, Coins
from tests.integration.ledger.network import TOKEN_PARTIES, running_ledger
from tests.integration.ledger.trade_desks import BROKER_A, BROKER_B, SETTLES_WITHIN_S, TradeDesks


async def test_a_shortage_is_told_to_the_buying_broker_alone_cured_by_additional_trust_or_ends_the_trade(
    tmp_path: Path,
) -> None:
    async with running_ledger(tmp_path, TOKEN_PARTIES) as ledger:
        desks = await TradeDesks.open(ledger, tokens=100)
        coins = await Coins.open(ledger)
        await coins.pay_in(300)
        await desks.pay_in_coin()
        of = await desks.resolve(1)
        short = await desks.until(CN_A, of, TradeState.BALANCE_SHORT)
        assert short.reason == "BUYER_BALANCE_SHORT"
        assert "100" not in short.says, "by how much the buyer is short is not the seller's business"
        assert await desks.told(CN_A, of) == []
        assert await desks.told(CN_B, of) == [(BROKER_B, "BUYER_BALANCE_SHORT", 100)]

        with pytest.raises(NothingToTopUp):
            await desks.desk(CN_A).top_up(of, "EMP-1", lambda _connection: None)
        for _ in range(2):
            top_up = await desks.desk(CN_B).top_up(of, "EMP-1", lambda _connection: None)
        deposit_id = top_up.announcement.deposit_id
        assert top_up.announcement.amount_yen == 100
        await coins.issued(await coins.desk.confirm(deposit_id, 100, "bank 77", CLERK, CALLER))
        sold, bought = await desks.end(of)
        assert (sold.state, bought.state) == (TradeState.SETTLED, TradeState.SETTLED), sold
        assert sold.tx_id == bought.tx_id
        assert await desks.trades.holdings() == (90, 10, 400, 0)
        assert (await desks.told(CN_A, of))[-1] == (BROKER_A, "TRADE_SETTLED", 0)
        assert (await desks.told(CN_B, of))[-1] == (BROKER_B, "TRADE_SETTLED", 0)
        await ledger.everything_delivered(CN_A)
        await coins.desk.once()
        await coins.agreed()

        of = await desks.resolve(2)
        await desks.until(CN_A, of, TradeState.BALANCE_SHORT)
        ledger.clock.advance_s(SETTLES_WITHIN_S)
        sold, bought = await desks.end(of)
        assert (sold.state, bought.state) == (TradeState.CANCELLED, TradeState.CANCELLED)
        assert (await desks.told(CN_A, of))[-1] == (BROKER_A, "CANCELLED_BALANCE_SHORT", 0)
        assert (await desks.told(CN_B, of))[-1] == (BROKER_B, "CANCELLED_BALANCE_SHORT", 0)

        await coins.pay_in(1000)
        assert await desks.desk(CN_A).run_due() + await desks.desk(CN_B).run_due() == 0
        assert await desks.trades.holdings() == (90, 10, 400, 1000), "what was cancelled stays so"
        assert await desks.trades.reserved() == (0, 0)
