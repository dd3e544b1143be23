"""A caller whose time is over, or whose wire broke, leaves in the middle of a commit: what is stored goes on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Connection

from chains.progmat.flows import engine, store
from chains.progmat.flows.acts import Act
from chains.progmat.flows.errors import AnswerProvesNothing
from chains.progmat.flows.record import FlowRecord
from chains.progmat.flows.steps import FlowStep
from chains.progmat.node.storage.errors import StorageFailed
from tests.unit.flows.flow_world import FlowWorld, control_of, flow_world

WAIT_S = 10
AWAY = AnswerProvesNothing("nn", "no answer")


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[FlowWorld]:
    async with flow_world(tmp_path) as world:
        yield world


async def gone(call: asyncio.Task[FlowRecord]) -> None:
    """Cancelled as a server cancels a handler: it has begun, and waits."""
    await asyncio.sleep(0)
    call.cancel()
    await asyncio.gather(call, return_exceptions=True)
    assert call.cancelled()


async def test_a_flow_whose_caller_left_while_it_was_stored_is_driven(world: FlowWorld) -> None:
    await gone(asyncio.create_task(world.engine.submit(world.record())))
    await world.database.submit(lambda _connection: None)  # what was on its way to the disk is there
    assert (await world.engine.outcome("flow-1", WAIT_S)).step is FlowStep.RECORDED


async def test_a_flow_that_was_stored_though_the_database_failed_is_found_and_driven(
    world: FlowWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The commit's answer was lost: whoever asked was told of a failure and does not come back."""
    commit = world.database._writer.commit

    def committed_and_lost(begun: object) -> object:
        monkeypatch.setattr(world.database._writer, "commit", commit)
        commit(begun)  # type: ignore[arg-type] # as it was given
        return world.database._writer._lost(begun.batch, OSError("the wire broke"))  # type: ignore[attr-defined] # as above

    monkeypatch.setattr(world.database._writer, "commit", committed_and_lost)
    with pytest.raises(StorageFailed):
        await world.engine.submit(world.record())
    assert (await world.engine.outcome("flow-1", WAIT_S)).step is FlowStep.RECORDED


async def stuck(world: FlowWorld) -> None:
    """A flow that waits at BUILT for its next attempt."""
    world.steps[FlowStep.BUILT].errors = [AWAY]
    await world.engine.submit(world.record())
    while not (await world.database.read(partial(store.find_flow, flow_id="flow-1"))).attempts:  # type: ignore[union-attr]  # it is stored
        await world.clock.until_somebody_sleeps()


async def test_an_act_is_finished_though_the_operator_leaves(world: FlowWorld) -> None:
    """It stops the flow's driver first; with the operator gone, nobody else would start it again."""
    await stuck(world)
    await gone(asyncio.create_task(control_of(world).act(Act.RETRY, "flow-1", "ops-1", "as told on the phone")))
    assert (await world.engine.outcome("flow-1", WAIT_S)).step is FlowStep.RECORDED


async def test_a_flow_goes_on_though_the_database_failed_an_operators_act(
    world: FlowWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    await stuck(world)
    control = control_of(world)

    def fails(_connection: Connection, **_act: object) -> FlowRecord:
        raise StorageFailed("the disk is full")

    monkeypatch.setattr(control, "_take_effect", fails)
    with pytest.raises(StorageFailed):
        await control.act(Act.RETRY, "flow-1", "ops-1", "as told on the phone")
    await world.clock.until_somebody_sleeps()
    world.clock.advance_s(60)
    assert (await world.engine.outcome("flow-1", WAIT_S)).step is FlowStep.RECORDED


async def test_many_that_fail_while_the_database_is_away_are_looked_for_by_one_task_and_so_many_only(
    world: FlowWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = world.record("flow-1")
    await world.database.submit(partial(store.add_flow, record=stored))
    monkeypatch.setattr(engine, "MAX_IN_DOUBT", 2)
    find, away = store.find_flow, [True]

    def found(connection: Connection, flow_id: str) -> FlowRecord | None:
        if away[0]:
            raise StorageFailed("no server")
        return find(connection, flow_id)

    monkeypatch.setattr(store, "find_flow", found)
    before = len(asyncio.all_tasks())
    for flow_id in ("never stored", "flow-1", "one too many"):
        world.engine.take_up(flow_id)
    assert len(asyncio.all_tasks()) == before + 1
    assert list(world.engine._in_doubt) == ["never stored", "flow-1"]
    await world.clock.until_somebody_sleeps()
    away[0] = False
    world.clock.advance_s(60)
    assert (await world.engine.outcome("flow-1", WAIT_S)).step is FlowStep.RECORDED
    assert not world.engine._in_doubt
