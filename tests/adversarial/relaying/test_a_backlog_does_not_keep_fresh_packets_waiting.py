"""Thousands of packets wait, and those sent meanwhile are served in time: the nearest time-out first.

5,000 by default; ``CROSSDVP_BACKLOG=100000`` runs the whole of it.
"""

from __future__ import annotations

import os
from pathlib import Path as FilePath

from relayer.path import Path, PathSettings
from relayer.service import never
from relayer.store import RelayerStore
from tests.fakes.instant_chain import instant_pair

T0_S = 1_700_000_000
BACKLOG = int(os.environ.get("CROSSDVP_BACKLOG", "5000"))
DEADLINE_S, FRESH_EVERY, ROUNDS = 30, 5, 40


async def test_fresh_packets_are_received_within_their_deadline_while_a_backlog_is_worked_off(
    tmp_path: FilePath,
) -> None:
    now_s = T0_S
    chains, store = instant_pair(lambda: now_s), RelayerStore(tmp_path / "relayer.sqlite3")
    source, far = chains
    for number in range(BACKLOG):
        source.send(number.to_bytes(4, "big"), T0_S + 86_400)
    path = Path(chains, store, PathSettings(receive_margin_s=5), lambda: float(now_s), never)
    await path.round()
    assert sum(store.counts().values()) == BACKLOG
    sent_s: dict[int, int] = {}
    received_s: dict[int, int] = {}
    for round_number in range(ROUNDS):
        if round_number % FRESH_EVERY == 0:
            packet = source.send(b"fresh", now_s + DEADLINE_S)
            sent_s[packet.sequence] = now_s
        await path.round()
        received_s |= {each: now_s for each in sent_s if each in far.receipts and each not in received_s}
        now_s += 1
    assert received_s.keys() == sent_s.keys()
    waited_s = [received_s[each] - sent_s[each] for each in sent_s]
    assert max(waited_s) <= 3, "not only in time, but at once"
    backlog = [sequence for sequence in far.receipts if sequence <= BACKLOG]
    assert len(backlog) >= ROUNDS * 10, "and the backlog is worked off meanwhile"
    assert len(far.effects) == len(set(far.effects))
    store.close()
