"""How long a refused requester is told to wait: on a scripted clock."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from chains.progmat.notary.batch_writer import BatchWriter
from chains.progmat.notary.decisions import Outcome
from chains.progmat.notary.errors import NotaryBusy
from chains.progmat.notary.memory_store import MemoryUniquenessStore
from chains.progmat.notary.model import CommitRequest
from chains.progmat.notary.pace import Pace, WaitEstimate
from tests.fakes.commit_requests import LEDGER_ID, NOW_S, request, state
from tests.fakes.notary_world import NOTARY_SIGNER

durations_s = st.integers(1, 500).map(lambda ms: ms / 1000)


class ScriptedStore(MemoryUniquenessStore):
    """Each batch takes as long as the script says, on a clock that nothing else moves."""

    def __init__(self, script_s: Sequence[float]) -> None:
        super().__init__(LEDGER_ID)
        self.now_s = 0.0
        self.script_s = list(script_s)

    def commit_batch(self, batch: Sequence[CommitRequest], clock_s: int) -> tuple[Outcome, ...]:
        self.now_s += self.script_s.pop(0)
        return super().commit_batch(batch, clock_s)


def asked(number: int) -> CommitRequest:
    return request(f"tx {number}", inputs=(state(f"coin {number}"),))


@given(
    measured_s=st.lists(durations_s, min_size=1, max_size=8),
    coming=st.lists(st.integers(0, 7), min_size=12, max_size=12),
    max_batch=st.integers(1, 4),
    max_waiting=st.integers(1, 9),
)
def test_the_wait_told_to_a_refused_requester_brackets_the_real_one(
    measured_s: list[float], coming: list[int], max_batch: int, max_waiting: int
) -> None:
    coming_s = [measured_s[index % len(measured_s)] for index in coming]
    store = ScriptedStore(measured_s + coming_s)
    asyncio.run(wait_and_compare(store, len(measured_s), max_batch, max_waiting))


async def wait_and_compare(store: ScriptedStore, measured: int, max_batch: int, max_waiting: int) -> None:
    writer = BatchWriter(
        store,
        lambda: NOTARY_SIGNER,
        lambda: NOW_S,
        lambda: None,
        lambda: None,
        max_batch=max_batch,
        max_waiting=max_waiting,
        monotonic_s=lambda: store.now_s,
    )
    writer.start()
    for number in range(measured):
        await writer.commit([asked(number)])
    waiting = [asyncio.create_task(writer.commit([asked(1000 + number)])) for number in range(max_waiting)]
    refused = asyncio.create_task(writer.commit([asked(9999)]))
    await asyncio.sleep(0)  # all have asked, nothing of it is committed yet
    told_at_s = store.now_s
    estimate = refused_with((await refused)[0])
    await asyncio.gather(*waiting)
    real_s = store.now_s - told_at_s
    assert estimate.at_least_s - 1e-9 <= real_s <= estimate.at_most_s + 1e-9
    assert estimate.at_least_s <= estimate.likely_s <= estimate.at_most_s
    await writer.stop()


def refused_with(result: object) -> WaitEstimate:
    assert isinstance(result, NotaryBusy)
    assert result.retry_after_s == result.estimate.likely_s
    return result.estimate


def test_what_remains_of_the_batch_under_way_is_counted() -> None:
    pace = Pace(max_batch=10)
    pace.committed(0.4)
    pace.committed(0.6)
    estimate = pace.time_to_drain(25, under_way_for_s=0.5)
    assert (estimate.at_least_s, estimate.at_most_s) == (3 * 0.4, 3 * 0.6 + (0.6 - 0.5))
