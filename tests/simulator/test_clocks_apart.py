"""A node whose clock is wrong by more than a time window: it waits and says why, and does not hammer the others."""

from __future__ import annotations

import asyncio

from chains.progmat.flows.record import FlowRecord
from chains.progmat.flows.requests import IssueCash
from chains.progmat.flows.steps import ENDS, FlowStep
from chains.progmat.node.roles import VaultRole
from tests.fakes.ledger_parties import CN_A, COIN_ID, SN
from tests.simulator.clock import SkewedClock
from tests.simulator.ledger import SimulatedLedger, genesis
from tests.simulator.parties import accounts_at

ISSUE = IssueCash("late", COIN_ID, 5, accounts_at(CN_A)[0])


def test_an_issuer_three_minutes_behind_pauses_between_its_transactions_and_goes_on_when_its_clock_is_right() -> None:
    lines: list[str] = []
    ledger = SimulatedLedger("clocks apart", images=genesis(), lines=lines)

    async def behind() -> tuple[FlowRecord, FlowRecord]:
        ledger.start()
        await ledger.started()
        role = ledger.machines[SN].role
        assert isinstance(role, VaultRole)
        clock = role.node.parts.clock
        assert isinstance(clock, SkewedClock)
        clock.skew_ms = -180_000
        waiting = await ledger.ask(SN, lambda operations: operations.submit(ISSUE, 0))
        await asyncio.sleep(100)
        waiting = await ledger.ask(SN, lambda operations: operations.flow(ISSUE.request_id))
        clock.skew_ms = 0
        return waiting, await role.node.engine.outcome(ISSUE.request_id, 300, ENDS)

    try:
        waiting, ended = ledger.run(behind())
    finally:
        ledger.close()
    assert waiting.step in {FlowStep.PROPOSED, FlowStep.APPROVED}
    assert waiting.last_error_reason in {"TRANSACTION_OUTDATED", ""}
    asked = [line for line in lines if "asks nn notary.notarise" in line]
    assert 10 < len(asked) < 150
    assert ended.step is FlowStep.DONE
