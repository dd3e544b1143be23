"""The engine: what it retries, what it ends, what it stores, and what survives it."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path

import pytest

from chains.progmat.flows import store
from chains.progmat.flows.engine import MAX_CALLERS, Commit
from chains.progmat.flows.errors import (
    BadCountersignature,
    FlowUnknown,
    KeyHolderUnknown,
    NodeStopping,
    PacketUnknown,
    TransactionOutdated,
)
from chains.progmat.flows.record import FlowRecord
from chains.progmat.flows.steps import FlowStep
from chains.progmat.notary.errors import NotarisationConflict
from chains.rpc_status import RemoteInternalError, RemoteUnavailableError
from tests.unit.flows.flow_world import FlowWorld, ScriptedStep, flow_world

Steps = dict[FlowStep, ScriptedStep]
WAIT_S = 10


async def finished(world: FlowWorld, flow_id: str = "flow-1") -> FlowRecord:
    return await world.engine.outcome(flow_id, WAIT_S)


async def test_a_flow_passes_every_step_and_each_is_stored(tmp_path: Path) -> None:
    async with flow_world(tmp_path) as world:
        await world.engine.submit(world.record())
        assert (await finished(world)).step is FlowStep.RECORDED
        steps = [FlowStep.BUILT, FlowStep.COUNTERSIGNED, FlowStep.APPROVED, FlowStep.NOTARISED, FlowStep.RECORDED]
        assert world.stored == steps


async def test_a_caller_who_asks_right_after_submitting_needs_no_look_at_the_database(tmp_path: Path) -> None:
    async with flow_world(tmp_path) as world:
        stored = await world.engine.submit(world.record())
        assert world.engine._driven["flow-1"] is stored
        assert (await finished(world)).step is FlowStep.RECORDED
        await asyncio.sleep(0)  # the task's end is told in the next turn
        assert not world.engine._driven


async def test_a_step_without_work_is_stored_together_with_the_one_before(tmp_path: Path) -> None:
    def script(steps: Steps) -> None:
        steps[FlowStep.BUILT].skipped = steps[FlowStep.COUNTERSIGNED].skipped = True

    async with flow_world(tmp_path, script) as world:
        await world.engine.submit(world.record())
        await finished(world)
        assert world.stored == [FlowStep.APPROVED, FlowStep.NOTARISED, FlowStep.RECORDED]
        assert world.steps[FlowStep.BUILT].prepared == 0


async def test_steps_that_ask_nobody_are_stored_together_with_the_one_before(tmp_path: Path) -> None:
    def script(steps: Steps) -> None:
        steps[FlowStep.PROPOSED].asks_nobody = steps[FlowStep.NOTARISED].asks_nobody = True

    async with flow_world(tmp_path, script) as world:
        submitted = await world.engine.submit(world.record())
        assert submitted.step is FlowStep.BUILT
        assert (await finished(world)).step is FlowStep.RECORDED
        assert world.stored == [FlowStep.BUILT, FlowStep.COUNTERSIGNED, FlowStep.APPROVED, FlowStep.RECORDED]


async def test_a_step_of_our_own_that_fails_leaves_the_one_before_stored_and_is_tried_by_itself(tmp_path: Path) -> None:
    def script(steps: Steps) -> None:
        steps[FlowStep.NOTARISED].asks_nobody = True
        steps[FlowStep.NOTARISED].errors = [PacketUnknown("qbft-0", 1)]

    async with flow_world(tmp_path, script) as world:
        await world.engine.submit(world.record())
        await world.clock.until_somebody_sleeps()
        waiting = await world.engine.outcome("flow-1", 0)
        assert (waiting.step, waiting.attempts) == (FlowStep.NOTARISED, 1)
        assert await world.database.submit(partial(store.next_count, name="undone")) == 1
        world.clock.advance_ms(100)
        assert (await finished(world)).step is FlowStep.RECORDED


async def test_what_is_unavailable_is_tried_again_when_the_record_says(tmp_path: Path) -> None:
    def script(steps: Steps) -> None:
        steps[FlowStep.BUILT].errors = [KeyHolderUnknown(b"k"), KeyHolderUnknown(b"k")]

    async with flow_world(tmp_path, script) as world:
        await world.engine.submit(world.record())
        await world.clock.until_somebody_sleeps()
        waiting = await world.engine.outcome("flow-1", 0)
        assert (waiting.attempts, waiting.last_error_reason) == (1, "KEY_HOLDER_UNKNOWN")
        assert waiting.next_attempt_ms == world.clock.now_ms() + 100
        assert waiting.waiting_on == "party of BUILT"
        assert world.renewed == ["flow-1"]
        world.clock.advance_ms(99)
        assert (await world.engine.outcome("flow-1", 0)).attempts == 1
        world.clock.advance_ms(1)
        await world.clock.until_somebody_sleeps()
        assert (await world.engine.outcome("flow-1", 0)).attempts == 2
        world.clock.advance_ms(200)
        assert (await finished(world)).step is FlowStep.RECORDED


@pytest.mark.parametrize(
    "error", [PacketUnknown("qbft-0", 1), BadCountersignature("sn", "forged"), NotarisationConflict((), ())]
)
async def test_a_callers_or_peers_error_ends_the_flow_and_releases_what_it_reserved(
    tmp_path: Path, error: Exception
) -> None:
    def script(steps: Steps) -> None:
        steps[FlowStep.APPROVED].errors = [error]

    async with flow_world(tmp_path, script) as world:
        await world.engine.submit(world.record())
        failed = await finished(world)
        assert (failed.step, failed.last_error_reason) == (FlowStep.FAILED, getattr(error, "reason", None))
        assert world.released == ["flow-1"]


async def test_after_the_notary_nothing_ends_a_flow_but_success(tmp_path: Path) -> None:
    def script(steps: Steps) -> None:
        steps[FlowStep.NOTARISED].errors = [PacketUnknown("qbft-0", 1)]

    async with flow_world(tmp_path, script) as world:
        await world.engine.submit(world.record())
        await world.clock.until_somebody_sleeps()
        assert (await world.engine.outcome("flow-1", 0)).step is FlowStep.NOTARISED
        world.clock.advance_ms(100)
        assert (await finished(world)).step is FlowStep.RECORDED
        assert world.released == []


@pytest.mark.parametrize("error", [RuntimeError("bug"), RemoteInternalError("sn", "INTERNAL", "incident 1")])
async def test_a_defect_here_or_there_is_shown_and_tried_again(tmp_path: Path, error: Exception) -> None:
    def script(steps: Steps) -> None:
        steps[FlowStep.APPROVED].errors = [error]

    async with flow_world(tmp_path, script) as world:
        await world.engine.submit(world.record())
        await world.clock.until_somebody_sleeps()
        shown = await world.engine.outcome("flow-1", 0)
        assert (shown.step, shown.attempts) == (FlowStep.APPROVED, 1)
        assert shown.last_error_reason in {"FLOW_DEFECT", "INTERNAL"}
        assert "bug" not in shown.last_error
        world.clock.advance_ms(100)
        assert (await finished(world)).step is FlowStep.RECORDED


async def test_an_outdated_transaction_is_built_again_after_a_pause(tmp_path: Path) -> None:
    def script(steps: Steps) -> None:
        steps[FlowStep.APPROVED].errors = [TransactionOutdated(b"tx")]

    async with flow_world(tmp_path, script) as world:
        await world.engine.submit(world.record())
        await world.clock.until_somebody_sleeps()
        shown = await world.engine.outcome("flow-1", 0)
        assert (shown.step, shown.last_error_reason) == (FlowStep.PROPOSED, "TRANSACTION_OUTDATED")
        assert shown.next_attempt_ms > world.clock.now_ms()
        world.clock.advance_ms(shown.next_attempt_ms - world.clock.now_ms())
        assert (await finished(world)).step is FlowStep.RECORDED
        assert world.steps[FlowStep.PROPOSED].prepared == 2
        assert world.released == ["flow-1"]


async def test_a_flow_submitted_again_is_the_first_one(tmp_path: Path) -> None:
    async with flow_world(tmp_path) as world:
        await world.engine.submit(world.record())
        await finished(world)
        again = await world.engine.submit(world.record(request=b"another"))
        assert (again.request, again.step) == (b"request", FlowStep.RECORDED)
        assert world.steps[FlowStep.PROPOSED].prepared == 1


async def test_a_restarted_engine_goes_on_where_the_records_stand(tmp_path: Path) -> None:
    def script(steps: Steps) -> None:
        steps[FlowStep.APPROVED].errors = [KeyHolderUnknown(b"k")]

    async with flow_world(tmp_path, script) as world:
        await world.engine.submit(world.record())
        await world.clock.until_somebody_sleeps()
    async with flow_world(tmp_path) as world:
        world.clock.advance_ms(1000)
        assert await world.engine.start() == 1
        assert world.renewed == ["flow-1"]
        assert (await finished(world)).step is FlowStep.RECORDED
        assert world.steps[FlowStep.PROPOSED].prepared == 0


async def test_many_flows_run_side_by_side_and_one_that_waits_delays_no_other(tmp_path: Path) -> None:
    async with flow_world(tmp_path) as world:
        world.steps[FlowStep.PROPOSED].errors = [KeyHolderUnknown(b"k")]
        await world.engine.submit(world.record("stuck"))
        await world.clock.until_somebody_sleeps()
        await asyncio.gather(*(world.engine.submit(world.record(f"flow-{number}")) for number in range(200)))
        ends = await asyncio.gather(*(finished(world, f"flow-{number}") for number in range(200)))
        assert {record.step for record in ends} == {FlowStep.RECORDED}
        assert (await world.engine.outcome("stuck", 0)).attempts == 1


async def test_flows_that_wait_for_a_silent_party_hold_up_only_those_that_need_it(tmp_path: Path) -> None:
    def script(steps: Steps) -> None:
        wait = steps[FlowStep.BUILT].prepare

        async def silent_for_some(record: FlowRecord) -> Commit:
            if record.flow_id.startswith("dead"):
                await asyncio.Event().wait()
            return await wait(record)

        steps[FlowStep.BUILT].prepare = silent_for_some  # type: ignore[method-assign] # a party that does not answer
        steps[FlowStep.BUILT].waiting_on = lambda record: record.flow_id.split("-")[0]  # type: ignore[method-assign,assignment]  # as above

    async with flow_world(tmp_path, script) as world:
        await asyncio.gather(*(world.engine.submit(world.record(f"dead-{number}")) for number in range(300)))
        await asyncio.gather(*(world.engine.submit(world.record(f"live-{number}")) for number in range(200)))
        for number in range(200):
            assert (await finished(world, f"live-{number}")).step is FlowStep.RECORDED
        assert (await world.engine.outcome("dead-299", 0)).step is FlowStep.BUILT


async def test_callers_who_wait_beyond_the_bound_are_answered_at_once(tmp_path: Path) -> None:
    def script(steps: Steps) -> None:
        steps[FlowStep.BUILT].errors = [RemoteUnavailableError("party", "AWAY", "away") for _ in range(100)]

    async with flow_world(tmp_path, script) as world:
        await world.engine.submit(world.record())
        assert (await world.engine.outcome("flow-1", WAIT_S, {FlowStep.BUILT})).step is FlowStep.BUILT
        waiting = [asyncio.create_task(world.engine.outcome("flow-1", 60)) for _ in range(MAX_CALLERS)]
        async with asyncio.timeout(5):
            while world.engine._waiting_callers < MAX_CALLERS:  # noqa: ASYNC110 # nobody tells who waits
                await asyncio.sleep(0)
            assert (await world.engine.outcome("flow-1", 60)).step is FlowStep.BUILT
        assert not any(task.done() for task in waiting)
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        assert world.engine._waiting_callers == 0


async def test_a_stopping_engine_takes_nothing_new_and_an_unknown_flow_is_named(tmp_path: Path) -> None:
    async with flow_world(tmp_path) as world:
        with pytest.raises(FlowUnknown):
            await world.engine.outcome("nothing", 0)
        await world.engine.stop()
        with pytest.raises(NodeStopping):
            await world.engine.submit(world.record())


async def test_two_drivers_cannot_both_advance_a_flow(tmp_path: Path) -> None:
    async with flow_world(tmp_path) as world:
        record = world.record()
        await world.database.submit(partial(store.add_flow, record=record))
        done = record.advanced(FlowStep.DONE, 1)
        await world.database.submit(partial(store.save_flow, record=done, expected_step=FlowStep.PROPOSED))
        with pytest.raises(ValueError, match="another driver"):
            await world.database.submit(partial(store.save_flow, record=done, expected_step=FlowStep.PROPOSED))


async def test_a_counter_never_gives_a_number_twice_and_forgets_undone_ones(tmp_path: Path) -> None:
    async with flow_world(tmp_path) as world:
        count = partial(store.next_count, name="n")

        def undone(connection: object) -> int:
            count(connection)  # type: ignore[arg-type] # the writer's connection
            raise RuntimeError("undone")

        assert [await world.database.submit(count) for _ in range(3)] == [1, 2, 3]
        with pytest.raises(RuntimeError):
            await world.database.submit(undone)
        assert await world.database.submit(count) == 4
