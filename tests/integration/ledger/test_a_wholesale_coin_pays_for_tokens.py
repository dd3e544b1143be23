"""A native trade paid in a wholesale coin: the seller must be admitted, or neither leg moves."""

from __future__ import annotations

from pathlib import Path

from chains.progmat.contracts.membership import MemberRole
from chains.progmat.flows.coin_requests import RemoveHolder
from chains.progmat.flows.steps import FlowStep
from tests.fakes.ledger_parties import AN, CN_A, CN_B, COIN_ID, SN
from tests.fakes.token_parties import ST
from tests.integration.ledger.coins import Coins
from tests.integration.ledger.native_trades import NativeTrades
from tests.integration.ledger.network import SELLER_ACCOUNT, TOKEN_PARTIES, running_ledger


async def test_tokens_move_against_a_wholesale_coin_for_an_admitted_seller_only(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, TOKEN_PARTIES) as ledger:
        coins = await Coins.open(ledger)
        for party, role in ((AN, MemberRole.REGISTRAR), (CN_A, MemberRole.CUSTODIAN), (CN_B, MemberRole.CUSTODIAN)):
            await ledger.admit(party, ST, role)
        trades = NativeTrades(ledger)
        await trades.issue_tokens(100)
        await coins.pay_in(1000)
        terms = trades.terms(trade=1)
        await trades.authorise(terms)
        await ledger.done(CN_A, trades.settle(terms))
        assert await trades.holdings() == (90, 10, 400, 600)
        await ledger.done(SN, RemoveHolder("remove", COIN_ID, SELLER_ACCOUNT, "clerk-1"))
        refused = trades.terms(trade=2)
        await trades.authorise(refused)
        request = trades.settle(refused)
        await ledger.run(CN_A, request, wait_s=0)
        ended = await trades.until(request.request_id)
        assert (ended.step, ended.last_error_reason) == (FlowStep.FAILED, "RULE_STATE_MISSING")
        await ledger.everything_delivered(CN_A)  # the buyer's node is told that it is over
        ledger.clock.advance_s(200)  # and what it had signed on the old admission has lapsed
        assert await trades.holdings() == (90, 10, 400, 600)
        found = await coins.agreed()
        assert {line.node: line.trust_yen for line in found.lines} == {CN_A.name: 400, CN_B.name: 600}
