"""A wholesale coin under a lock, and paid on a packet's arrival: who is admitted then counts, and nothing later."""

from __future__ import annotations

from pathlib import Path

from chains.progmat.flows.coin_requests import RemoveHolder
from chains.progmat.flows.steps import FlowStep
from ibc.dvp import SettlementTerms
from tests.fakes.ledger_parties import CN_A, CN_B, COIN_ID, SN
from tests.integration.ledger.coins import Coins
from tests.integration.ledger.network import BUYER_ACCOUNT, SELLER_ACCOUNT, running_ledger
from tests.integration.ledger.settlement import Settlements


async def test_what_was_locked_or_paid_stands_though_the_admissions_were_taken_back(tmp_path: Path) -> None:
    async with running_ledger(tmp_path) as ledger:
        coins = await Coins.open(ledger)
        world = await Settlements.connect(ledger)
        await coins.pay_in(1000)
        arrived = world.leading_terms(trade=1, amount_yen=100)
        await world.authorise(arrived)
        await ledger.done(CN_B, await world.sent(arrived))
        to_be_delivered, to_be_refused = (world.terms(trade=trade, amount_yen=200) for trade in (2, 3))
        first, second = await world.lock(to_be_delivered), await world.lock(to_be_refused)
        for name, account in (("seller", SELLER_ACCOUNT), ("buyer", BUYER_ACCOUNT)):
            await ledger.done(SN, RemoveHolder(f"remove-{name}", COIN_ID, account, "clerk-1"))
        assert await _refused(world, world.terms(trade=4, amount_yen=1)) == "RULE_STATE_MISSING"
        await ledger.done(SN, await world.delivered(first, to_be_delivered))
        await ledger.done(SN, await world.refused(second))
        await ledger.everything_delivered(SN)
        assert await ledger.free_yen(CN_A, SELLER_ACCOUNT) == 300
        assert await ledger.free_yen(CN_B, BUYER_ACCOUNT) == 700
        found = await coins.agreed()
        assert {line.node: line.trust_yen for line in found.lines} == {CN_A.name: 300, CN_B.name: 700}


async def _refused(world: Settlements, terms: SettlementTerms) -> str:
    """The notary refuses the spent admission; then there is none."""
    ledger = world.ledger
    request = await world.lock_request(terms)
    engine = ledger.vault(CN_B).node.engine
    record = await ledger.run(CN_B, request)
    while record.step is not FlowStep.FAILED:
        ledger.clock.advance_ms(max(record.next_attempt_ms - ledger.clock.now_ms(), 0))
        record = await engine.outcome(request.request_id, 0.1, frozenset({FlowStep.FAILED}))
    return record.last_error_reason
