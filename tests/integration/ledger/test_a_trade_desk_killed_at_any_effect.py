"""The seller's desk dies after each of its effects in turn; the next one settles the trade, once."""

from __future__ import annotations

import contextlib
from pathlib import Path

from chains.progmat.market.trades.agreeing import payment_reference
from chains.progmat.market.trades.model import TradeState
from tests.fakes.ledger_parties import CN_A, CN_B
from tests.fakes.mortal_desk import DeskKilled, mortal_desk
from tests.integration.ledger.network import TOKEN_PARTIES, running_ledger
from tests.integration.ledger.trade_desks import BUYER_ID, SELLER_ID, TradeDesks, fiat_method, trade_id

MOST_EFFECTS = 12


async def settled_after_deaths(desks: TradeDesks, first: int) -> int:
    """Trades from number ``first`` on, each under a desk that lives one effect longer; how many deaths there were."""
    for effects in range(MOST_EFFECTS):
        of = await desks.resolve(first + effects, quantity=1, amount_yen=10)
        role, flows = desks.ledger.vault(CN_A), desks.ledger.operations(CN_A)
        died = True
        with contextlib.suppress(DeskKilled):
            desk = mortal_desk(role, flows, effects)
            for _ in range(3):  # to the flow, from its end, and to the last word
                await desk.run_due()
                await desks.flow_at_work(of)
                desks.ledger.clock.advance_s(2)
            died = False
        sold, bought = await desks.end(of)
        assert (sold.state, bought.state) == (TradeState.SETTLED, TradeState.SETTLED), (effects, sold, bought)
        assert sold.tx_id == bought.tx_id
        if not died:
            return effects
    raise AssertionError("the desk never lived to the end")


async def test_whichever_effect_is_the_last_a_trade_settles_once(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, TOKEN_PARTIES) as ledger:
        desks = await TradeDesks.open(ledger, tokens=100, yen=1000)
        await desks.pay_in_coin()
        for party in (CN_A, CN_B):
            await desks.desk(party).stop()  # only the test's desks act

        deaths = await settled_after_deaths(desks, first=1)
        assert deaths >= 5, "asking, taking the answer, beginning, the flow, concluding"
        trades = deaths + 1
        assert await desks.trades.holdings() == (100 - trades, trades, 10 * trades, 1000 - 10 * trades)
        assert await desks.trades.reserved() == (0, 0)

        await desks.register(CN_A, fiat_method(SELLER_ID, "カ)エ-"))
        await desks.register(CN_B, fiat_method(BUYER_ID, "カ)ビ-"))
        rows = [
            f"2026-11-30,,DEPOSIT,10,{10 * (1 + number)},{payment_reference('T', trade_id(100 + number))}"
            for number in range(MOST_EFFECTS)
        ]
        content = "\n".join(("date,value_date,direction,amount_yen,balance_yen,text", *rows)).encode()
        assert (await desks.bank_says(CN_A, content)).matched == 0, "nothing is expected before it is agreed"
        deaths = await settled_after_deaths(desks, first=100)
        assert deaths >= 6, "asking, taking the answer, moving, the flow, concluding, telling"
        moved = trades + deaths + 1
        assert await desks.trades.holdings() == (100 - moved, moved, 10 * trades, 1000 - 10 * trades)
