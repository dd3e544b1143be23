"""The table of steps, and what a record says of an attempt."""

from __future__ import annotations

import pytest

from chains.progmat.flows.errors import KeyHolderUnknown, PacketUnknown
from chains.progmat.flows.record import MAX_ERROR_CHARACTERS, FlowKind, FlowRecord
from chains.progmat.flows.retry import RetrySchedule
from chains.progmat.flows.steps import ANSWERED, DRIVEN, ENDS, FINAL_ON_LEDGER, TRANSITIONS, FlowStep


def record_at(step: FlowStep) -> FlowRecord:
    return FlowRecord("f", FlowKind.MOVE_CASH, b"request", step, 1, 1, 1)


def test_what_is_final_on_the_ledger_can_never_fail() -> None:
    for step in FINAL_ON_LEDGER:
        assert FlowStep.FAILED not in TRANSITIONS[step]
        with pytest.raises(ValueError, match="cannot go"):
            record_at(step).failed(PacketUnknown("qbft-0", 1), 2)


def test_every_step_that_is_no_end_leads_to_done() -> None:
    for start in set(FlowStep) - ENDS:
        reached, frontier = {start}, {start}
        while frontier:
            frontier = {following for step in frontier for following in TRANSITIONS[step]} - reached
            reached |= frontier
        assert FlowStep.DONE in reached


def test_the_engine_drives_exactly_the_steps_that_are_neither_ended_nor_being_delivered() -> None:
    assert DRIVEN | ENDS | {FlowStep.RECORDED} == set(FlowStep)
    assert ENDS < ANSWERED


def test_only_moves_of_the_table_are_possible() -> None:
    for step in FlowStep:
        for target in FlowStep:
            if target in TRANSITIONS[step]:
                assert record_at(step).advanced(target, 5).since_ms == 5
            else:
                with pytest.raises(ValueError, match="cannot go"):
                    record_at(step).advanced(target, 5)


def test_a_failed_attempt_shows_why_on_whom_and_when_next_and_is_forgotten_at_the_next_step() -> None:
    waiting = record_at(FlowStep.BUILT).attempt_failed(KeyHolderUnknown(b"\x04" + bytes(32)), 10, 210, "sn")
    assert (waiting.attempts, waiting.waiting_on, waiting.next_attempt_ms) == (1, "sn", 210)
    assert waiting.last_error_reason == "KEY_HOLDER_UNKNOWN"
    advanced = waiting.advanced(FlowStep.COUNTERSIGNED, 20)
    assert (advanced.attempts, advanced.last_error_reason, advanced.next_attempt_ms) == (0, "", 0)


def test_a_talkative_error_is_kept_in_part() -> None:
    long = KeyHolderUnknown(bytes(5000))
    assert len(record_at(FlowStep.BUILT).attempt_failed(long, 1, 2, "").last_error) == MAX_ERROR_CHARACTERS


def test_waits_double_up_to_the_ceiling_and_never_overflow() -> None:
    schedule = RetrySchedule(first_ms=100, ceiling_ms=1000)
    assert [schedule.wait_ms(attempts) for attempts in (1, 2, 3, 4, 5, 10**9)] == [100, 200, 400, 800, 1000, 1000]
