"""What is written down of countersigned transactions, over each of the databases."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pytest

from chains.progmat.flows import pending_rows
from chains.progmat.flows.errors import AnswerProvesNothing
from chains.progmat.flows.pending_rows import PendingRow
from chains.progmat.node.database_location import DatabaseLocation
from chains.progmat.node.database_tables import ROLE_TABLES
from chains.progmat.node.storage import NodeDatabase, store_recorded
from tests.fakes.commit_requests import tx_id_of


def row(name: str, since_ms: int, asker: str = "cn-a", size_bytes: int = 10) -> PendingRow:
    return PendingRow(tx_id_of(name), asker, bytes(size_bytes), since_ms, next_attempt_ms=since_ms + 30)


async def test_rows_are_kept_found_put_off_and_forgotten(database_at: DatabaseLocation) -> None:
    database = await NodeDatabase.open(database_at, "sn", ROLE_TABLES)
    try:
        first, second, final = row("first", 1), row("second", 2, "cn-b"), row("final", 3)
        await database.submit(lambda connection: store_recorded(connection, final.tx_id, b"tx", 0, 1))
        kept = await database.submit(partial(pending_rows.keep, rows=(first, second, final)))
        assert kept == pending_rows.Kept((first, second), ())
        await database.submit(partial(pending_rows.keep, rows=(replace(first, asker="cn-b"),)))
        assert await database.read(pending_rows.askers) == {first.tx_id: "cn-a", second.tx_id: "cn-b"}
        assert await database.read(partial(pending_rows.due, now_ms=31, limit=9)) == (first,)
        error = AnswerProvesNothing("nn", "\x00" + "x" * 9999)
        await database.submit(partial(pending_rows.put_off, row=first, next_attempt_ms=99, error=error))
        noted = await database.read(partial(pending_rows.found, tx_id=first.tx_id))
        assert noted is not None
        assert (noted.attempts, noted.next_attempt_ms, noted.last_error_reason) == (1, 99, "ANSWER_PROVES_NOTHING")
        assert len(noted.last_error) == pending_rows.MAX_ERROR_CHARS
        await database.submit(partial(pending_rows.put_off, row=noted, next_attempt_ms=199, error=None))
        assert await database.read(partial(pending_rows.all_of, tx_ids=[first.tx_id])) == (
            replace(first, attempts=2, next_attempt_ms=199),
        )
        await database.submit(partial(pending_rows.forget, tx_ids=[first.tx_id, final.tx_id]))
        assert await database.read(partial(pending_rows.oldest, limit=9)) == (second,)
    finally:
        await database.close()


async def test_an_asker_with_too_many_or_too_large_ones_loses_its_oldest(
    database_at: DatabaseLocation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pending_rows, "MAX_ROWS_OF_AN_ASKER", 3)
    monkeypatch.setattr(pending_rows, "MAX_BYTES_OF_AN_ASKER", 100)
    database = await NodeDatabase.open(database_at, "sn", ROLE_TABLES)
    try:
        other = row("other", 0, "cn-b")
        many = [row(f"many {number}", number) for number in range(5)]
        kept = await database.submit(partial(pending_rows.keep, rows=(other, *many)))
        assert set(kept.dropped) == {many[0].tx_id, many[1].tx_id}
        large = row("large", 9, size_bytes=85)
        assert set((await database.submit(partial(pending_rows.keep, rows=(large,)))).dropped) == {
            many[2].tx_id,
            many[3].tx_id,
        }
        assert await database.read(partial(pending_rows.oldest, limit=9)) == (other, many[4], large)
    finally:
        await database.close()
