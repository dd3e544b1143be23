"""Databases that are not the relayer's, or not whole: named in the error, told no contents, left untouched."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

import pytest

from ibc.packet import Packet
from relayer.core.chain import EventKind, EventPage, PacketEvent
from relayer.store import RelayerStore
from relayer.store_errors import SchemaUnknown, StoreUnavailable
from relayer.store_tables import SCHEMA_VERSION
from tests.fakes.instant_chain import payload

NOW_S = 1_700_000_000.0
PACKET = Packet(1, "client-one", "client-two", 1_700_000_600, (payload(b"x"),))
SENT = PacketEvent(EventKind.SENT, PACKET, 5, "tx-1")


def test_a_database_of_another_version_is_left_untouched(tmp_path: Path) -> None:
    path = tmp_path / "relayer.sqlite3"
    RelayerStore(path).close()
    with contextlib.closing(sqlite3.connect(path)) as other:
        other.execute("UPDATE alembic_version SET version_num = '0099'")
        other.commit()
    before = path.read_bytes()
    with pytest.raises(SchemaUnknown, match=f"schema 99, this program knows {SCHEMA_VERSION}:"):
        RelayerStore(path)
    assert path.read_bytes()[100:] == before[100:]


@pytest.mark.parametrize("kind", ["no database", "no folder", "a folder"])
def test_a_path_that_holds_no_database_is_named_in_the_error(tmp_path: Path, kind: str) -> None:
    path = {"no database": tmp_path / "x", "no folder": tmp_path / "none" / "x", "a folder": tmp_path}[kind]
    if kind == "no database":
        path.write_bytes(b"these are not the bytes of a database" * 40)
    with pytest.raises(StoreUnavailable, match=str(path)):
        RelayerStore(path)


def test_a_failing_database_tells_the_drivers_words_and_no_contents(tmp_path: Path) -> None:
    path = tmp_path / "relayer.sqlite3"
    store = RelayerStore(path)
    with contextlib.closing(sqlite3.connect(path)) as vandal:
        vandal.execute("DROP TABLE steps")
    with pytest.raises(StoreUnavailable, match="no such table: steps") as caught:
        store.of_path("path").record_page("one", "two", EventPage((SENT,), 1), NOW_S)
    assert "client-one" not in str(caught.value)
    store.close()
