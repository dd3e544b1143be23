"""``kill -9`` of the selling, the buying or a countersigning node at every step of a native trade: once or never."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from chains.progmat.flows.dvp_codec import PROPOSE_DVP, RELEASE_DVP
from chains.progmat.flows.market_requests import SettleDvp
from chains.progmat.flows.notary_desk import NOTARISE
from chains.progmat.flows.peer_codec import COUNTERSIGN, FETCH_TRANSACTIONS, FINALISE
from chains.progmat.flows.steps import FlowStep
from chains.progmat.node.peers.in_process import Delivery
from tests.fakes.ledger_parties import AN, CN_A, CN_B, SN, LedgerParty
from tests.integration.ledger.native_trades import NativeTrades
from tests.integration.ledger.network import TOKEN_PARTIES, WAIT_S, LedgerNetwork, running_ledger
from tests.integration.ledger.test_a_node_killed_at_any_step import killed_when_asked, killed_when_stored, resumed


async def opened(ledger: LedgerNetwork) -> tuple[NativeTrades, SettleDvp]:
    """A trade that both sides want."""
    trades = await NativeTrades.open(ledger)
    terms = trades.terms()
    await trades.authorise(terms)
    return trades, trades.settle(terms)


async def it_settled_once(trades: NativeTrades, request: SettleDvp) -> None:
    assert await trades.holdings() == (90, 10, 400, 600)
    assert await trades.totals() == (100, 1000)
    assert await trades.reserved() == (0, 0)
    ids = [(await trades.tokens_of(party).dvp(request.dvp.trade_id)).tx_id for party in (SN, AN, CN_A, CN_B)]
    assert len(set(ids)) == 1


@pytest.mark.parametrize("step", [FlowStep.PROPOSED, FlowStep.BUILT, FlowStep.APPROVED, FlowStep.NOTARISED])
async def test_a_seller_killed_when_a_step_is_stored_settles_once(tmp_path: Path, step: FlowStep) -> None:
    async with running_ledger(tmp_path, TOKEN_PARTIES) as ledger:
        trades, request = await opened(ledger)
        await killed_when_stored(ledger, CN_A, request, step)
        await resumed(ledger, CN_A, request)
        await it_settled_once(trades, request)


@pytest.mark.parametrize("method", [PROPOSE_DVP, FETCH_TRANSACTIONS, COUNTERSIGN, NOTARISE, FINALISE])
async def test_a_seller_killed_before_an_answer_arrives_settles_once(tmp_path: Path, method: str) -> None:
    async with running_ledger(tmp_path, TOKEN_PARTIES) as ledger:
        trades, request = await opened(ledger)
        await killed_when_asked(ledger, CN_A, request, method)
        await resumed(ledger, CN_A, request)
        await it_settled_once(trades, request)


async def killed_after_answering(
    ledger: LedgerNetwork, trades: NativeTrades, party: LedgerParty, request: SettleDvp, method: str
) -> None:
    """Submit, and kill ``party`` when it has carried out ``method``; its answer is lost. Then start it again."""
    carried_out = asyncio.Event()

    async def policy(asker: str, asked: str, asked_method: str) -> Delivery:
        if (asker, asked, asked_method) != (CN_A.name, party.name, method) or carried_out.is_set():
            return Delivery.DELIVER
        carried_out.set()
        return Delivery.LOSE_ANSWER

    ledger.hub.policy = policy
    await ledger.run(CN_A, request, wait_s=0)
    async with asyncio.timeout(WAIT_S):
        await carried_out.wait()
        record = await ledger.vault(CN_A).node.engine.outcome(request.request_id, 0)
        while method != FINALISE and record.attempts == 0:  # until the lost answer shows
            await asyncio.sleep(0)
            record = await ledger.vault(CN_A).node.engine.outcome(request.request_id, 0)
    await ledger.kill(party)
    ledger.hub.policy = ledger.deliver_all
    await ledger.start(party)
    ledger.clock.advance_s(5)
    assert (await trades.until(request.request_id)).step is FlowStep.DONE


@pytest.mark.parametrize("method", [PROPOSE_DVP, COUNTERSIGN, FINALISE])
async def test_a_buyer_killed_after_it_has_answered_settles_once(tmp_path: Path, method: str) -> None:
    async with running_ledger(tmp_path, TOKEN_PARTIES) as ledger:
        trades, request = await opened(ledger)
        await killed_after_answering(ledger, trades, CN_B, request, method)
        await it_settled_once(trades, request)


@pytest.mark.parametrize("party", [AN, SN], ids=["registrar", "issuer"])
@pytest.mark.parametrize("method", [COUNTERSIGN, FINALISE])
async def test_a_countersigner_killed_after_it_has_answered_settles_once(
    tmp_path: Path, party: LedgerParty, method: str
) -> None:
    async with running_ledger(tmp_path, TOKEN_PARTIES) as ledger:
        trades, request = await opened(ledger)
        await killed_after_answering(ledger, trades, party, request, method)
        await it_settled_once(trades, request)


async def test_a_buyer_that_is_away_when_a_trade_ends_is_told_when_it_is_back(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, TOKEN_PARTIES) as ledger:
        trades = await NativeTrades.open(ledger)
        terms = trades.terms(quantity=101)  # the seller has 100: the trade ends after the buyer's answer
        await trades.authorise(terms)

        async def lose_releases(_asker: str, _asked: str, method: str) -> Delivery:
            return Delivery.LOSE_REQUEST if method == RELEASE_DVP else Delivery.DELIVER

        ledger.hub.policy = lose_releases
        failed = await ledger.run(CN_A, trades.settle(terms))
        assert (failed.step, failed.last_error_reason) == (FlowStep.FAILED, "TOKENS_INSUFFICIENT")
        assert await trades.reserved() == (0, 1000)

        await ledger.kill(CN_A)
        ledger.hub.policy = ledger.deliver_all
        await ledger.start(CN_A)
        ledger.clock.advance_s(2)
        await ledger.everything_delivered(CN_A)
        assert await trades.reserved() == (0, 0)
