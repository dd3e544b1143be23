"""A node that takes requests and never answers: hundreds of flows that do not need it go on beside those that do."""

from __future__ import annotations

import asyncio
from pathlib import Path

from chains.progmat.flows.any_request import AnyRequest
from chains.progmat.flows.requests import CancelTrade, IssueCash, MoveCash, RedeemCash
from chains.progmat.flows.steps import ENDS, FlowStep
from chains.progmat.node.peers import Delivery
from tests.fakes.ledger_parties import CN_A, CN_B, COIN_ID, SN, VALIDATORS, LedgerParty
from tests.integration.ledger.network import (
    BUYER_ACCOUNT,
    CASH_PARTIES,
    SELLER_ACCOUNT,
    LedgerNetwork,
    running_ledger,
)
from tests.integration.ledger.settlement import Settlements

FLOWS = 130
"""More than one lane of the engine or of the deliveries holds."""
WAIT_S = 40


async def all_at(ledger: LedgerNetwork, party: LedgerParty, requests: list[AnyRequest], steps: set[FlowStep]) -> None:
    operations, engine = ledger.operations(party), ledger.vault(party).node.engine
    for request in requests:
        await operations.submit(request, 0)
    for request in requests:
        record = await engine.outcome(request.request_id, WAIT_S, steps)
        assert record.step in steps, record


def silence(ledger: LedgerNetwork, party: LedgerParty) -> None:
    """From now on ``party`` reads what it is asked and says nothing."""

    async def policy(_asker: str, asked: str, _method: str) -> Delivery:
        if asked == party.name:
            await asyncio.Event().wait()
        return Delivery.DELIVER

    ledger.hub.policy = policy


async def test_a_silent_payee_delays_its_own_deliveries_and_nothing_else(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, CASH_PARTIES) as ledger:
        coins: list[AnyRequest] = [IssueCash(f"coin-{n}", COIN_ID, 100, BUYER_ACCOUNT) for n in range(2 * FLOWS)]
        await all_at(ledger, SN, coins, {FlowStep.DONE})
        silence(ledger, CN_A)
        moves: list[AnyRequest] = [
            MoveCash(f"move-{n}", COIN_ID, SN.name, 100, BUYER_ACCOUNT.key, SELLER_ACCOUNT) for n in range(FLOWS)
        ]
        redeems: list[AnyRequest] = [
            RedeemCash(f"redeem-{n}", COIN_ID, SN.name, 100, BUYER_ACCOUNT.key) for n in range(FLOWS)
        ]
        await all_at(ledger, CN_B, moves, {FlowStep.RECORDED})
        await all_at(ledger, CN_B, redeems, {FlowStep.DONE})
        assert await ledger.total_yen(SN) == 100 * FLOWS
        ledger.hub.policy = ledger.deliver_all
        await ledger.stop(CN_B)  # what was on its way to the silent node is lost; what is owed is not
        await ledger.start(CN_B)
        await all_at(ledger, CN_B, moves, set(ENDS))
        assert await ledger.free_yen(CN_A, SELLER_ACCOUNT) == 100 * FLOWS


async def test_a_silent_validator_delays_no_flow_that_others_can_approve(tmp_path: Path) -> None:
    async with running_ledger(tmp_path) as ledger:
        world = await Settlements.connect(ledger)
        silence(ledger, VALIDATORS[0])
        cancels: list[AnyRequest] = [CancelTrade(f"cancel-{n}", world.terms(n)) for n in range(1, FLOWS + 1)]
        await all_at(ledger, CN_B, cancels, {FlowStep.DONE})
