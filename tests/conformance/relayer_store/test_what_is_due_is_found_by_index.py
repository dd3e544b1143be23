"""A backlog costs nothing: what is due is read by index, and rows that are not due are not looked at."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from ibc.light_client import LightClientStatus
from ibc.packet import Packet
from relayer.core.chain import EventKind, EventPage, Head, HostedClient, PacketEvent
from relayer.core.plan import DirectionView, Target
from relayer.store import RelayerStore
from relayer.store_tables import packets
from tests.fakes.instant_chain import payload

T0_S = 1_700_000_000
BACKLOG = 3000


def view(now_s: float) -> DirectionView:
    client = HostedClient("client", 1, T0_S, 3600, LightClientStatus.ACTIVE)
    return DirectionView(Head(10, T0_S), Head(10, T0_S), client, client, now_s, 5)


@pytest.fixture
def store(tmp_path: Path) -> RelayerStore:
    opened = RelayerStore(tmp_path / "relayer.sqlite3")
    events = tuple(
        PacketEvent(EventKind.SENT, _packet(sequence, T0_S + 600), 5, "tx") for sequence in range(1, BACKLOG + 1)
    )
    opened.of_path("p").record_page("one", "two", EventPage(events, 1), T0_S)
    return opened


def _packet(sequence: int, timeout_s: int) -> Packet:
    return Packet(sequence, "client-one", "client-two", timeout_s, (payload(b"x" * 400),))


@pytest.mark.parametrize("target", list(Target))
def test_each_question_uses_an_index(store: RelayerStore, target: Target) -> None:
    asked: list[str] = []

    @sa.event.listens_for(store.database._engine, "before_cursor_execute")
    def note(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
        asked.append(statement)

    store.of_path("p").open_packets("one", target, view(T0_S), 40)
    questions = [statement for statement in asked if statement.startswith("SELECT")]
    assert questions
    for statement in questions:
        with store.database.reading() as connection:
            values = tuple("p" for _ in range(statement.count("?")))
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values).all()
        assert all("USING INDEX packets_by_" in row[3] for row in plan), (statement, plan)
    store.close()


def test_a_fresh_packet_is_found_behind_a_backlog_that_waits_and_the_nearest_first_in_one_that_does_not(
    store: RelayerStore,
) -> None:
    path = store.of_path("p")
    fresh = _packet(BACKLOG + 1, T0_S + 60)
    path.record_page("one", "two", EventPage((PacketEvent(EventKind.SENT, fresh, 5, "tx"),), 2), T0_S)
    nearest = path.open_packets("one", Target.DESTINATION, view(T0_S), 5)
    assert [tracked.packet.sequence for tracked in nearest] == [BACKLOG + 1, 1, 2, 3, 4]
    with store.database.transaction() as connection:
        waits = packets.c.sequence != str(fresh.sequence)
        connection.execute(sa.update(packets).where(waits).values(not_before_s=T0_S + 30.0))
    due = path.open_packets("one", Target.DESTINATION, view(T0_S), 5)
    assert [tracked.packet for tracked in due] == [fresh]
    store.close()


def test_what_the_other_end_has_to_take_first_is_not_read(store: RelayerStore) -> None:
    assert store.of_path("p").open_packets("one", Target.SOURCE, view(T0_S), 5) == []
    store.close()
