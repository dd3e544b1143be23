"""Random batches with retries, ticks, a wandering clock and reopened files: the stores agree with each other and with
four rules that are stated here once more, in another way than the code states them."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from chains.progmat.notary.journal import genesis, validate_successor
from chains.progmat.notary.memory_store import MemoryUniquenessStore
from chains.progmat.notary.model import CommitRequest, Committed, Repeated
from chains.progmat.transactions.model import ProvableWrite, StateRef, TimeWindow, WriteKind
from primitives.types import UnixSeconds
from scripts.local_postgres import LocalPostgres
from tests.fakes.commit_requests import LEDGER_ID, NOW_S, create, delete, request, state, told
from tests.fakes.uniqueness_stores import open_at

STATES = [state("pool", index) for index in range(6)]
refs = st.lists(st.sampled_from(STATES), max_size=2, unique=True).map(tuple)
write = st.builds(create, st.sampled_from("pqr"), st.sampled_from("ab")) | st.builds(delete, st.sampled_from("pqr"))
writes = st.lists(write, max_size=2, unique_by=lambda w: w.path).map(tuple)
windows = st.none() | st.integers(NOW_S - 20, NOW_S + 20).map(lambda t: TimeWindow(None, UnixSeconds(t)))


class Batches(RuleBasedStateMachine):
    """Memory beside a durable store."""

    address: str

    def __init__(self) -> None:
        super().__init__()
        self.memory = MemoryUniquenessStore(LEDGER_ID)
        self.asked: list[CommitRequest] = []
        self.answers: dict[bytes, Committed] = {}
        self.final: list[CommitRequest] = []
        self.clock_s = NOW_S

    @initialize()
    def open(self) -> None:
        self.durable = open_at(self.address)

    @rule(
        fresh=st.lists(st.tuples(refs, refs, writes, windows), min_size=1, max_size=5),
        retries=st.lists(st.integers(0, 100), max_size=3),
        step_s=st.integers(-3, 4),
    )
    def commit(
        self,
        fresh: list[tuple[tuple[StateRef, ...], tuple[StateRef, ...], tuple[ProvableWrite, ...], TimeWindow | None]],
        retries: list[int],
        step_s: int,
    ) -> None:
        self.clock_s += step_s
        batch = [self.asked[i % len(self.asked)] for i in retries if self.asked]
        for inputs, references, made, window in fresh:
            name = f"tx {len(self.asked)}"
            used = tuple(ref for ref in references if ref not in inputs)
            batch.append(request(name, inputs=inputs, references=used, writes=made, window=window))
            self.asked.append(batch[-1])
        outcomes = self.memory.commit_batch(batch, self.clock_s)
        assert [told(o) for o in outcomes] == [told(o) for o in self.durable.commit_batch(batch, self.clock_s)]
        for asked, outcome in zip(batch, outcomes, strict=True):
            self.hold(asked, outcome)

    def hold(self, asked: CommitRequest, outcome: object) -> None:
        earlier = self.answers.get(asked.tx_id)
        if earlier is not None:
            assert outcome == Repeated(earlier)
            return
        spent = {ref for tx in self.final for ref in tx.inputs}
        history = [w for tx in self.final for w in tx.writes]
        possible = spent.isdisjoint(asked.inputs + asked.references)
        for w in asked.writes:
            before = [h.kind for h in history if h.path == w.path]
            possible = possible and before == ([] if w.kind is WriteKind.CREATE else [WriteKind.CREATE])
        if isinstance(outcome, Committed):
            assert possible
            assert asked.time_window is None or asked.time_window.contains(outcome.time_s)
            self.answers[asked.tx_id] = outcome
            self.final.append(asked)
        else:
            closed = asked.time_window is not None and not asked.time_window.contains(
                max(self.clock_s, self.memory.head().time_s)
            )
            assert closed or not possible

    @rule(step_s=st.integers(-3, 4))
    def tick(self, step_s: int) -> None:
        self.clock_s += step_s
        assert self.memory.append_tick(self.clock_s) == self.durable.append_tick(self.clock_s)

    @rule()
    def reopen(self) -> None:
        self.durable.close()
        self.open()

    @invariant()
    def the_journals_are_one_chain(self) -> None:
        if not hasattr(self, "durable"):
            return
        entries = self.memory.read_entries(0, 1000)
        assert self.durable.read_entries(0, 1000) == entries
        head = genesis(LEDGER_ID)
        for entry in entries:
            validate_successor(head, entry)
            head = entry.head
        journalled = [tx.tx_id for tx in self.final if tx.writes]
        assert [e.tx_id for e in entries if e.tx_id is not None] == journalled

    def teardown(self) -> None:
        self.durable.close()


SCHEDULES = settings(max_examples=30, stateful_step_count=15, deadline=None)


def test_uniqueness_holds_over_random_batches_in_sqlite() -> None:
    class InSqlite(Batches):
        def __init__(self) -> None:
            super().__init__()
            self.folder = tempfile.TemporaryDirectory()
            self.address = str(Path(self.folder.name) / "notary.db")

        def teardown(self) -> None:
            super().teardown()
            self.folder.cleanup()

    run_state_machine_as_test(InSqlite, settings=SCHEDULES)


@pytest.mark.timeout(300)
def test_uniqueness_holds_over_random_batches_in_postgresql(postgres_server: LocalPostgres) -> None:
    class InPostgres(Batches):
        def __init__(self) -> None:
            super().__init__()
            self.address = postgres_server.fresh_database()

    run_state_machine_as_test(InPostgres, settings=SCHEDULES)
