"""A store is killed with SIGKILL while it commits; what it had acknowledged must be there, all of it and once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from chains.progmat.notary.errors import NotarisationConflict
from chains.progmat.notary.journal import genesis, validate_successor
from chains.progmat.notary.model import Repeated
from tests.fakes.commit_requests import LEDGER_ID, NOW_S, create, state, tx_id_of
from tests.fakes.commit_requests import request as asked
from tests.fakes.uniqueness_stores import DURABLE_STORES, place_of

ROOT = Path(__file__).parents[3]
BATCH = 8
ROUNDS = 3

COMMITTER = f"""
import sys
from tests.fakes.commit_requests import NOW_S, create, request, state
from tests.fakes.uniqueness_stores import open_at

store = open_at(sys.argv[1])
for number in range(int(sys.argv[2]), 10**6):
    names = [f"{{number}}-{{index}}" for index in range({BATCH})]
    store.commit_batch([request(n, inputs=(state(n),), writes=(create(n),)) for n in names], NOW_S)
    print(number, flush=True)
"""


def commit_until_killed(address: str, start: int, acknowledgements: int) -> int:
    """Number of the last batch that was acknowledged before the kill."""
    environment = os.environ | {"PYTHONPATH": f"{ROOT}:{ROOT / 'proto' / 'gen'}"}
    arguments = [sys.executable, "-c", COMMITTER, address, str(start)]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True, env=environment, cwd=ROOT) as process:
        assert process.stdout is not None
        for _ in range(acknowledgements):
            process.stdout.readline()
        process.send_signal(signal.SIGKILL)
        rest = process.stdout.read().split()
    return int(rest[-1]) if rest else start + acknowledgements - 1


@pytest.mark.parametrize("kind", DURABLE_STORES)
def test_acknowledged_commits_survive_kill_9(kind: str, request: pytest.FixtureRequest) -> None:
    place, start = place_of(kind, request), 0
    for _ in range(ROUNDS):
        last = commit_until_killed(place.address, start, acknowledgements=5)
        store = place.open()
        for number in range(start, last + 1):
            retries = [asked(f"{number}-{index}", inputs=(state(f"{number}-{index}"),)) for index in range(BATCH)]
            assert all(isinstance(outcome, Repeated) for outcome in store.commit_batch(retries, NOW_S))
        (double,) = store.commit_batch([asked("double", inputs=(state(f"{last}-0"),), writes=(create("d"),))], NOW_S)
        assert isinstance(double, NotarisationConflict)
        whole = [store.find_committed(tx_id_of(f"{last + 1}-{index}")) is not None for index in range(BATCH)]
        assert len(set(whole)) == 1, "a batch is there as a whole or not at all"
        head = genesis(LEDGER_ID)
        for entry in store.read_entries(0, 10**6):
            validate_successor(head, entry)
            head = entry.head
        assert head.position == (last + 1 + whole[0]) * BATCH
        store.close()
        start = last + 1 + whole[0]
