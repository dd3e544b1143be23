"""What an operator does to flows takes effect once, at the steps where it may, and is written down."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Connection, delete, update

from chains.progmat.flows import store
from chains.progmat.flows.acts import ALLOWED_AT, Act, acts, first_broken_entry
from chains.progmat.flows.errors import (
    ActNotAllowed,
    AnswerProvesNothing,
    FlowUnknown,
    InvalidRequest,
    TransactionOutdated,
)
from chains.progmat.flows.finding import FlowQuery, find_flows
from chains.progmat.flows.record import FlowKind, FlowRecord, Wish
from chains.progmat.flows.schema import operator_acts
from chains.progmat.flows.steps import ENDS, FlowStep
from chains.progmat.flows.story import lines_of
from tests.unit.flows.flow_world import FlowWorld, control_of, flow_world

AWAY = AnswerProvesNothing("nn", "no answer")


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[FlowWorld]:
    async with flow_world(tmp_path) as world:
        yield world


async def stuck_at(world: FlowWorld, step: FlowStep, errors: int = 1) -> FlowRecord:
    """A flow that waits at a step for its next attempt."""
    world.steps[step].errors = [AWAY] * errors
    await world.engine.submit(world.record())
    while True:
        await world.clock.until_somebody_sleeps()
        record = await stored(world)
        if record.step is step and record.attempts:
            return record


async def stored(world: FlowWorld) -> FlowRecord:
    record = await world.database.read(partial(store.find_flow, flow_id="flow-1"))
    assert record is not None
    return record


async def act(world: FlowWorld, what: Act, why: str = "as told on the phone") -> FlowRecord:
    return await control_of(world).act(what, "flow-1", "ops-1", why)


async def test_a_retry_does_not_wait_for_the_next_attempt(world: FlowWorld) -> None:
    await stuck_at(world, FlowStep.APPROVED)
    await act(world, Act.RETRY)
    done = await world.engine.outcome("flow-1", 5, {FlowStep.RECORDED})
    assert done.step is FlowStep.RECORDED


async def test_a_parked_flow_is_not_driven_also_after_a_restart_until_it_is_unparked(world: FlowWorld) -> None:
    await stuck_at(world, FlowStep.BUILT)
    assert (await act(world, Act.PARK)).wish == Wish.PARK
    prepared = world.steps[FlowStep.BUILT].prepared
    world.clock.advance_s(3600)
    await world.engine.start()
    assert world.steps[FlowStep.BUILT].prepared == prepared
    await act(world, Act.UNPARK)
    assert (await world.engine.outcome("flow-1", 5, {FlowStep.RECORDED})).step is FlowStep.RECORDED


@pytest.mark.parametrize("step", [FlowStep.PROPOSED, FlowStep.BUILT, FlowStep.COUNTERSIGNED])
async def test_before_the_notary_is_asked_an_abort_ends_a_flow_at_once(world: FlowWorld, step: FlowStep) -> None:
    await stuck_at(world, step)
    ended = await act(world, Act.ABORT)
    assert (ended.step, ended.last_error_reason) == (FlowStep.FAILED, "FLOW_ABORTED")
    assert world.released == ["flow-1"]
    assert await world.engine.outcome("flow-1", 1, ENDS) == ended


async def test_when_the_notary_may_have_been_asked_an_abort_waits_for_what_it_says(world: FlowWorld) -> None:
    """Outdated: nothing can happen any more, and the flow ends instead of being built again."""
    await stuck_at(world, FlowStep.APPROVED)
    world.steps[FlowStep.APPROVED].errors = [AWAY, TransactionOutdated(bytes(32))]
    waiting = await act(world, Act.ABORT)
    assert (waiting.step, waiting.wish) == (FlowStep.APPROVED, Wish.ABORT)
    await world.clock.until_somebody_sleeps()
    world.clock.advance_s(60)
    ended = await world.engine.outcome("flow-1", 5, ENDS)
    assert (ended.step, ended.last_error_reason) == (FlowStep.FAILED, "FLOW_ABORTED")


async def test_an_abort_that_comes_too_late_changes_nothing(world: FlowWorld) -> None:
    """The notary had signed: the flow goes its way."""
    await stuck_at(world, FlowStep.APPROVED)
    await act(world, Act.ABORT)
    assert (await world.engine.outcome("flow-1", 5, {FlowStep.RECORDED})).step is FlowStep.RECORDED


async def test_what_is_final_can_be_neither_parked_nor_aborted(world: FlowWorld) -> None:
    await stuck_at(world, FlowStep.NOTARISED)
    for what in (Act.PARK, Act.UNPARK, Act.ABORT):
        with pytest.raises(ActNotAllowed, match="final on the ledger"):
            await act(world, what)
    await act(world, Act.RETRY)
    assert (await world.engine.outcome("flow-1", 5, {FlowStep.RECORDED})).step is FlowStep.RECORDED


async def test_a_refused_act_leaves_the_flow_driven_and_is_not_in_the_record(world: FlowWorld) -> None:
    await stuck_at(world, FlowStep.BUILT)
    with pytest.raises(ActNotAllowed, match="not parked"):
        await act(world, Act.UNPARK)
    world.clock.advance_s(60)
    assert (await world.engine.outcome("flow-1", 5, {FlowStep.RECORDED})).step is FlowStep.RECORDED
    assert await world.database.read(partial(acts, after=0, limit=10)) == []


async def test_unknown_flows_and_missing_reasons_are_refused(world: FlowWorld) -> None:
    with pytest.raises(FlowUnknown):
        await act(world, Act.RETRY)
    for why in ("", "  ", "x" * 501, "two\nlines"):
        with pytest.raises(InvalidRequest):
            await act(world, Act.RETRY, why)


async def test_every_act_is_recorded_and_a_changed_record_is_seen(world: FlowWorld) -> None:
    await stuck_at(world, FlowStep.BUILT, errors=5)
    for what in (Act.PARK, Act.UNPARK, Act.RETRY):
        await act(world, what, f"because of {what.value}")
    found = await world.database.read(partial(acts, after=0, limit=10))
    assert [(entry.operator, entry.act, entry.step) for entry in found] == [
        ("ops-1", "PARK", "BUILT"),
        ("ops-1", "UNPARK", "BUILT"),
        ("ops-1", "RETRY", "BUILT"),
    ]
    assert await world.database.read(first_broken_entry) is None

    def tamper(connection: Connection) -> None:
        connection.execute(update(operator_acts).where(operator_acts.c.number == 2).values(operator="nobody"))

    await world.database.submit(tamper)
    assert await world.database.read(first_broken_entry) == 2


async def test_a_removed_entry_is_seen(world: FlowWorld) -> None:
    await stuck_at(world, FlowStep.BUILT, errors=5)
    for what in (Act.PARK, Act.UNPARK, Act.RETRY):
        await act(world, what)

    def remove(connection: Connection) -> None:
        connection.execute(delete(operator_acts).where(operator_acts.c.number == 2))

    await world.database.submit(remove)
    assert await world.database.read(first_broken_entry) == 3


async def test_the_story_tells_steps_and_each_new_failure_once(world: FlowWorld) -> None:
    await stuck_at(world, FlowStep.APPROVED, errors=3)
    for attempts in (2, 3):
        world.clock.advance_s(60)
        while (await stored(world)).attempts < attempts:
            await world.clock.until_somebody_sleeps()
    world.clock.advance_s(60)
    done = await world.engine.outcome("flow-1", 5, {FlowStep.RECORDED})
    told = [line.what for line in lines_of(done.story)]
    assert told == ["BUILT", "COUNTERSIGNED", "APPROVED", "!ANSWER_PROVES_NOTHING", "NOTARISED", "RECORDED"]


def test_a_story_is_bounded_and_keeps_its_end() -> None:
    record = FlowRecord("f", FlowKind.MOVE_CASH, b"", FlowStep.PROPOSED, 1, 1, 1)
    for number in range(2000):
        record = record.attempt_failed(AWAY if number % 2 else TransactionOutdated(bytes(32)), number, number, "")
    assert len(record.story) < 2200
    assert lines_of(record.story)[-1].at_ms == 1999


def test_every_act_is_possible_somewhere_and_none_at_an_end() -> None:
    for what in Act:
        assert ALLOWED_AT[what]
        assert not ALLOWED_AT[what] & ENDS


async def test_flows_are_found_by_what_they_wait_for_and_page_by_page(world: FlowWorld) -> None:
    await stuck_at(world, FlowStep.APPROVED, errors=100)
    for number in range(2, 8):
        await world.engine.submit(world.record(f"flow-{number}"))
        await world.clock.until_somebody_sleeps()
    world.clock.advance_ms(1)

    async def ids(query: FlowQuery) -> list[str]:
        return [record.flow_id for record in (await world.database.read(partial(find_flows, query=query))).records]

    everything = await ids(FlowQuery())
    assert len(everything) == 7
    assert await ids(FlowQuery(limit=3)) + await ids(FlowQuery(limit=4, after=everything[2])) == everything
    assert await ids(FlowQuery(steps=[FlowStep.DONE])) == []
    assert await ids(FlowQuery(stuck_since_ms=world.clock.now_ms() - 3_600_000)) == []
    world.clock.advance_s(3600)
    with pytest.raises(FlowUnknown):
        await ids(FlowQuery(after="nowhere"))
