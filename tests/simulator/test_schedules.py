"""Thousands of schedules: whatever is lost, late, repeated or killed, no yen is made, lost or spent twice.

``CROSSDVP_SCHEDULES`` says how many (default 2000), ``CROSSDVP_FIRST_SEED`` where to begin. A broken rule names its
seed and the command that replays it.
"""

from __future__ import annotations

import os

import pytest

from tests.simulator.schedule import run_schedule

SCHEDULES = int(os.environ.get("CROSSDVP_SCHEDULES", "2000"))
FIRST_SEED = int(os.environ.get("CROSSDVP_FIRST_SEED", "0"))
AT_ONCE = 50


@pytest.mark.simulator
@pytest.mark.parametrize("first", range(FIRST_SEED, FIRST_SEED + SCHEDULES, AT_ONCE))
def test_no_schedule_breaks_a_rule_and_no_two_are_the_same(first: int) -> None:
    flows_done = 0
    seeds = range(first, min(first + AT_ONCE, FIRST_SEED + SCHEDULES))
    traces: set[str] = set()
    for seed in seeds:
        verdict = run_schedule(seed)
        assert not verdict.violations, f"seed {seed}; replay: {verdict.replay}\n" + "\n".join(verdict.violations)
        flows_done += verdict.flows_done
        traces.add(verdict.digest)
    assert len(traces) == len(seeds), "other seeds make other traces"
    assert flows_done > 0, "a run in which nothing succeeds shows nothing"
