"""Two custodians' desks settle, hold up and end native trades by themselves."""

from __future__ import annotations

from pathlib import Path

from chains.progmat.market.trades.model import TradeState
from tests.fakes.ledger_parties import CN_A, CN_B
from tests.integration.ledger.network import BUYER_ACCOUNT, TOKEN_PARTIES, running_ledger
from tests.integration.ledger.trade_desks import BROKER_A, BROKER_B, SETTLES_WITHIN_S, TradeDesks


async def test_a_shortage_is_told_to_the_buying_broker_alone_and_cured_or_ends_the_trade_at_its_deadline(
    tmp_path: Path,
) -> None:
    async with running_ledger(tmp_path, TOKEN_PARTIES) as ledger:
        desks = await TradeDesks.open(ledger, tokens=100, yen=300)
        await desks.pay_in_coin()
        of = await desks.resolve(1)
        short = await desks.until(CN_A, of, TradeState.BALANCE_SHORT)
        assert short.reason == "BUYER_BALANCE_SHORT"
        assert "100" not in short.says, "by how much the buyer is short is not the seller's business"
        assert await desks.told(CN_A, of) == []
        assert await desks.told(CN_B, of) == [(BROKER_B, "BUYER_BALANCE_SHORT", 100)]

        await desks.give_yen(100, BUYER_ACCOUNT)
        sold, bought = await desks.end(of)
        assert (sold.state, bought.state) == (TradeState.SETTLED, TradeState.SETTLED)
        assert sold.tx_id == bought.tx_id
        assert await desks.trades.holdings() == (90, 10, 400, 0)
        assert (await desks.told(CN_A, of))[-1] == (BROKER_A, "TRADE_SETTLED", 0)
        assert (await desks.told(CN_B, of))[-1] == (BROKER_B, "TRADE_SETTLED", 0)

        of = await desks.resolve(2)
        await desks.until(CN_A, of, TradeState.BALANCE_SHORT)
        ledger.clock.advance_s(SETTLES_WITHIN_S)
        sold, bought = await desks.end(of)
        assert (sold.state, bought.state) == (TradeState.CANCELLED, TradeState.CANCELLED)
        assert (await desks.told(CN_A, of))[-1] == (BROKER_A, "CANCELLED_BALANCE_SHORT", 0)
        assert (await desks.told(CN_B, of))[-1] == (BROKER_B, "CANCELLED_BALANCE_SHORT", 0)

        await desks.give_yen(1000, BUYER_ACCOUNT)
        assert await desks.desk(CN_A).run_due() + await desks.desk(CN_B).run_due() == 0
        assert await desks.trades.holdings() == (90, 10, 400, 1000), "what was cancelled stays so"
        assert await desks.trades.reserved() == (0, 0)
