"""Peers that are down, slow or restored from a backup: nothing is lost or done twice, only the concerned wait."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

from chains.progmat.flows.errors import AnswerProvesNothing
from chains.progmat.flows.notary_desk import NOTARISE
from chains.progmat.flows.requests import CancelTrade, MoveCash, RedeemCash
from chains.progmat.flows.steps import ENDS, FlowStep
from chains.progmat.node.peers import PeerIdentity, PeerRouter
from tests.fakes.ledger_parties import CN_A, CN_B, COIN_ID, NN, SN, VALIDATORS
from tests.integration.ledger.network import (
    BUYER_ACCOUNT,
    CASH_PARTIES,
    SELLER_ACCOUNT,
    WAIT_S,
    LedgerNetwork,
    running_ledger,
)
from tests.integration.ledger.settlement import Settlements


def move(number: int, amount_yen: int = 100) -> MoveCash:
    return MoveCash(f"move-{number}", COIN_ID, SN.name, amount_yen, BUYER_ACCOUNT.key, SELLER_ACCOUNT)


async def until(ledger: LedgerNetwork, flow_id: str, step: FlowStep) -> None:
    """Move time, one retry at a time, until the flow stands there."""
    engine = ledger.vault(CN_B).node.engine
    async with asyncio.timeout(WAIT_S):
        record = await engine.outcome(flow_id, 0)
        while record.step is not step:
            ledger.clock.advance_ms(max(record.next_attempt_ms - ledger.clock.now_ms(), 0))
            record = await engine.outcome(flow_id, 0.1, {step})


async def test_a_payee_that_is_away_delays_only_its_delivery(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, CASH_PARTIES) as ledger:
        await ledger.issue(1000)
        await ledger.stop(CN_A)
        moved = await ledger.run(CN_B, move(1))
        assert moved.step is FlowStep.RECORDED
        await ledger.done(CN_B, RedeemCash("redeem", COIN_ID, SN.name, 50, BUYER_ACCOUNT.key))
        waiting = await ledger.vault(CN_B).node.engine.outcome("move-1", 0)
        assert waiting.step is FlowStep.RECORDED
        await ledger.start(CN_A)
        await until(ledger, "move-1", FlowStep.DONE)
        assert await ledger.free_yen(CN_A, SELLER_ACCOUNT) == 100


async def test_a_delivery_put_off_before_a_restart_is_made_in_its_time(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, CASH_PARTIES) as ledger:
        await ledger.issue(1000)
        await ledger.stop(CN_A)
        await ledger.run(CN_B, move(1))
        async with asyncio.timeout(WAIT_S):
            while (await ledger.operations(CN_B).flow("move-1")).attempts == 0:  # noqa: ASYNC110 - told in a commit
                await asyncio.sleep(0)
        await ledger.stop(CN_B)
        await ledger.start(CN_B)  # before the next attempt is due, and nothing else happens there
        await ledger.start(CN_A)
        await until(ledger, "move-1", FlowStep.DONE)


async def test_a_notary_that_is_away_is_asked_until_it_answers(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, CASH_PARTIES) as ledger:
        await ledger.issue(1000)
        await ledger.stop(NN)
        waiting = await ledger.run(CN_B, move(1), wait_s=1)
        assert (waiting.step, waiting.waiting_on) == (FlowStep.APPROVED, NN.name)
        assert waiting.next_attempt_ms > 0
        await ledger.start(NN)
        await until(ledger, "move-1", FlowStep.DONE)


async def test_a_notary_that_answers_garbage_leaves_the_outcome_open(tmp_path: Path) -> None:
    async def garbage(_asker: PeerIdentity, _body: bytes) -> bytes:
        return b"\xff"

    async with running_ledger(tmp_path, CASH_PARTIES) as ledger:
        await ledger.issue(1000)
        await ledger.stop(NN)
        liar = PeerRouter()
        liar.register(NOTARISE, garbage)
        ledger.hub.join(NN.name, liar)
        waiting = await ledger.run(CN_B, move(1), wait_s=1)
        assert (waiting.step, waiting.last_error_reason) == (FlowStep.APPROVED, AnswerProvesNothing.reason)
        await ledger.start(NN)
        await until(ledger, "move-1", FlowStep.DONE)


async def test_one_validator_of_four_may_be_away_two_may_not(tmp_path: Path) -> None:
    async with running_ledger(tmp_path) as ledger:
        world = await Settlements.connect(ledger)
        await ledger.issue(1000)
        await ledger.stop(VALIDATORS[0])
        await ledger.done(CN_B, CancelTrade("cancel-1", world.terms(1)))
        await ledger.stop(VALIDATORS[1])
        waiting = await ledger.run(CN_B, CancelTrade("cancel-2", world.terms(2)), wait_s=1)
        assert waiting.step is FlowStep.COUNTERSIGNED
        assert waiting.waiting_on in {"validator-0", "validator-1"}
        await ledger.start(VALIDATORS[1])
        await until(ledger, "cancel-2", FlowStep.DONE)


async def test_a_lock_whose_window_passes_while_the_notary_is_away_is_built_again(tmp_path: Path) -> None:
    async with running_ledger(tmp_path) as ledger:
        world = await Settlements.connect(ledger)
        await ledger.issue(1000)
        lock = await world.lock_request(world.terms(amount_yen=400))
        await ledger.stop(NN)
        first = await ledger.run(CN_B, lock, wait_s=2)
        assert first.step is FlowStep.APPROVED
        ledger.clock.advance_s(200)
        await ledger.start(NN)
        await until(ledger, lock.request_id, FlowStep.DONE)
        record = await ledger.vault(CN_B).node.engine.outcome(lock.request_id, 0)
        assert record.tx_id != first.tx_id
        assert await ledger.free_yen(CN_B, BUYER_ACCOUNT) == 600


async def test_a_lock_whose_time_passes_fails_and_frees_the_cash(tmp_path: Path) -> None:
    async with running_ledger(tmp_path) as ledger:
        world = await Settlements.connect(ledger)
        await ledger.issue(1000)
        lock = await world.lock_request(world.terms(amount_yen=400))
        await ledger.stop(NN)
        await ledger.run(CN_B, lock, wait_s=2)
        ledger.clock.advance_s(3600)
        await ledger.start(NN)
        await until(ledger, lock.request_id, FlowStep.FAILED)
        record = await ledger.vault(CN_B).node.engine.outcome(lock.request_id, 0)
        assert record.last_error_reason == "LOCK_TIME_PASSED"
        assert await ledger.free_yen(CN_B, BUYER_ACCOUNT) == 1000


async def test_a_node_restored_from_a_backup_is_told_of_the_conflict_and_keeps_no_lock(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, CASH_PARTIES) as ledger:
        await ledger.issue(1000)
        await ledger.stop(CN_B)
        shutil.copytree(tmp_path / CN_B.name, tmp_path / "backup")
        await ledger.start(CN_B)
        await ledger.done(CN_B, move(1))
        await ledger.stop(CN_B)
        shutil.rmtree(tmp_path / CN_B.name)
        shutil.move(tmp_path / "backup", tmp_path / CN_B.name)
        await ledger.start(CN_B)
        double = await ledger.run(CN_B, move(2))
        assert (double.step, double.last_error_reason) == (FlowStep.FAILED, "NOTARISATION_CONFLICT")
        assert "input" in double.last_error
        lines = await ledger.operations(CN_B).balances(COIN_ID, BUYER_ACCOUNT.key)
        assert [line.balance.soft_locked for line in lines] == [0]
        assert await ledger.total_yen(SN) == 1000


async def test_two_flows_never_spend_the_same_cash(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, CASH_PARTIES) as ledger:
        for _ in range(10):
            await ledger.issue(100)
        operations = ledger.operations(CN_B)
        await asyncio.gather(*(operations.submit(move(number), 0) for number in range(12)))
        engine = ledger.vault(CN_B).node.engine

        async def ended() -> list[FlowStep]:
            records = [await engine.outcome(f"move-{number}", 0) for number in range(12)]
            return [record.step for record in records]

        async with asyncio.timeout(WAIT_S):
            while not set(await ended()) <= ENDS:
                ledger.clock.advance_ms(500)
                await asyncio.sleep(0)
        assert sorted(step.value for step in await ended()) == ["DONE"] * 10 + ["FAILED"] * 2
        assert await ledger.free_yen(CN_A, SELLER_ACCOUNT) == 1000


async def test_a_lock_and_a_cancellation_of_one_trade_end_with_one_winner(tmp_path: Path) -> None:
    async with running_ledger(tmp_path) as ledger:
        world = await Settlements.connect(ledger)
        await ledger.issue(1000)
        terms = world.terms(amount_yen=400)
        lock = await world.lock_request(terms)
        cancel = CancelTrade("cancel", terms)
        locked, cancelled = await asyncio.gather(ledger.run(CN_B, lock), ledger.run(CN_A, cancel))
        outcomes = {locked.step is FlowStep.FAILED, cancelled.step is FlowStep.FAILED}
        assert outcomes == {True, False}
        loser = locked if locked.step is FlowStep.FAILED else cancelled
        assert loser.last_error_reason in {"NOTARISATION_CONFLICT", "TRADE_ID_USED"}
