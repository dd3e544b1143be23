"""One schedule from one seed: operations, a climate, calm, and the verdict."""

from __future__ import annotations

import asyncio
import logging
import random
import sys
import tempfile
import traceback
from collections.abc import Iterator, MutableMapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import structlog

from chains.progmat.flows.requests import IssueCash
from tests.simulator.faults import Climate
from tests.simulator.ledger import FUNDS, NO_FOLDER, SimulatedLedger, genesis
from tests.simulator.parties import CASH_NODES, ROLES
from tests.simulator.properties import RULES, CommitWatcher, is_quiet
from tests.simulator.records import Records
from tests.simulator.trades import Trades, trading_genesis
from tests.simulator.workload import Users, drawn_operations

QUIET_WITHIN_S = 2 * 3600
TRADES_EVERY = 40
INCIDENT = "incident"
"""Log events of this name, and those in which the word defect stands, say: this is our own mistake."""


@dataclass(frozen=True)
class Verdict:
    """How a schedule ended; equal seeds have equal verdicts."""

    seed: int
    digest: str
    events: int
    virtual_s: float
    flows_done: int
    flows_failed: int
    violations: tuple[str, ...]

    @property
    def replay(self) -> str:
        """The command that shows this schedule again."""
        return f"python -m tests.simulator --seed {self.seed}"


def run_schedule(seed: int, lines: list[str] | None = None) -> Verdict:
    """Run it whole. ``lines`` receives the trace."""
    with _defects_noticed() as defects, _folder(seed) as folder:
        parties, images = (tuple(ROLES), trading_genesis()) if has_trades(seed) else (CASH_NODES, genesis())
        ledger = SimulatedLedger(f"schedule {seed}", parties, images, lines, Path(folder))
        try:
            return _verdict(seed, ledger, defects)
        finally:
            ledger.close()


def _folder(seed: int) -> AbstractContextManager[str | Path]:
    return tempfile.TemporaryDirectory() if has_trades(seed) else nullcontext(NO_FOLDER)


def has_trades(seed: int) -> bool:
    """Whether Validators take part and cash is locked and unlocked: such a schedule costs as much as ten others."""
    return seed % TRADES_EVERY == 0


def _verdict(seed: int, ledger: SimulatedLedger, defects: list[str]) -> Verdict:
    chance = ledger.chance("schedule")
    climate = Climate.drawn(chance)
    operations = drawn_operations(chance, climate.lasts_s)
    users = Users(ledger, ledger.chance("users"))
    issued_yen = sum(amount_yen for _, amount_yen in FUNDS)
    issued_yen += sum(o.request.amount_yen for o in operations if isinstance(o.request, IssueCash))
    watcher = CommitWatcher(ledger, issued_yen)
    ledger.setting.watcher = watcher

    async def live() -> None:
        ledger.start()
        await ledger.started()
        ledger.trouble(climate.weather, climate.mishaps)
        plans = [users.insist(operation) for operation in operations]
        if has_trades(seed):
            trades = Trades(ledger, users, ledger.chance("trades"))
            plans += [trades.settle(n, chance.uniform(0, climate.lasts_s)) for n in range(chance.choice((1, 1, 2, 3)))]
        plans += [_crash(ledger, chance, climate.lasts_s) for _ in range(climate.crashes)]
        plans += [_partition(ledger, chance, climate.lasts_s) for _ in range(climate.partitions)]
        tasks = [asyncio.ensure_future(plan) for plan in plans]
        await asyncio.sleep(climate.lasts_s)
        ledger.calm()
        await asyncio.gather(*tasks)
        deadline_s = ledger.loop.time() + QUIET_WITHIN_S
        while not is_quiet(ledger) and ledger.loop.time() < deadline_s:  # noqa: ASYNC110 - disks know none
            await asyncio.sleep(5)

    ledger.run(live())
    records = Records.of(ledger)
    violations = [*watcher.violations, *defects]
    violations += [f"{rule.__name__}: {text}" for rule in RULES for text in rule(ledger, records, users)]
    steps = [flow.step.value for flow in records.flows if flow.flow_id.startswith("op-")]
    return Verdict(
        seed=seed,
        digest=ledger.trace.digest,
        events=ledger.trace.events,
        virtual_s=ledger.loop.time(),
        flows_done=steps.count("DONE"),
        flows_failed=steps.count("FAILED"),
        violations=tuple(dict.fromkeys(violations)),
    )


async def _crash(ledger: SimulatedLedger, chance: random.Random, lasts_s: float) -> None:
    at_s, machine = chance.uniform(0, lasts_s), chance.choice(list(ledger.machines.values()))
    await asyncio.sleep(at_s)
    machine.crash()


async def _partition(ledger: SimulatedLedger, chance: random.Random, lasts_s: float) -> None:
    """Two nodes cannot reach each other for a while, or one cannot reach the other."""
    one, other = chance.sample([machine.name for machine in ledger.machines.values()], 2)
    begin_s, end_s = sorted((chance.uniform(0, lasts_s), chance.uniform(0, lasts_s)))
    links = {(one, other)} if chance.random() < 0.5 else {(one, other), (other, one)}
    down = ledger.setting.network.weather.down
    await asyncio.sleep(begin_s)
    down.update(links)
    await asyncio.sleep(end_s - begin_s)
    down.difference_update(links)


@contextmanager
def _defects_noticed() -> Iterator[list[str]]:
    """Log events that tell of defects; warnings of simulated trouble are nobody's concern."""
    defects: list[str] = []

    def notice(_logger: object, _method: str, event: MutableMapping[str, Any]) -> NoReturn:
        if event["event"] == INCIDENT or "defect" in event["event"]:
            defects.append(f"{event['event']}: {_cause(event)}")
        raise structlog.DropEvent

    before = structlog.get_config()
    structlog.configure(processors=[notice], wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    try:
        yield defects
    finally:
        structlog.configure(**before)


def _cause(event: MutableMapping[str, Any]) -> str:
    told = event.get("exc_info")
    error = told if isinstance(told, BaseException) else sys.exc_info()[1]
    return "" if error is None else "".join(traceback.format_exception(error))
