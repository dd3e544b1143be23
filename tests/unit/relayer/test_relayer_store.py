"""The relayer's memory: a page and its cursor are one, contradictions are refused whole, other schemas left alone."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ibc.packet import Packet
from primitives.types import UINT64_MAX
from relayer.core.chain import EventKind, EventPage, MessageKind, Outcome, PacketEvent, PacketMessage, Verdict
from relayer.core.lifecycle import ContradictoryEvent, PacketState, SequenceReused
from relayer.database import SchemaUnknown, StoreUnavailable
from relayer.store import PacketKey, RelayerStore
from tests.fakes.instant_chain import payload

NOW_S = 1_700_000_000.0
PACKET = Packet(1, "client-one", "client-two", 1_700_000_600, (payload(b"x"),))
SENT = PacketEvent(EventKind.SENT, PACKET, 5, "tx-1")
ACK_WRITTEN = PacketEvent(EventKind.ACK_WRITTEN, PACKET, 9, "tx-2", b"taken")
TIMED_OUT = PacketEvent(EventKind.TIMEOUT_PROCESSED, PACKET, 8, "tx-3")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[RelayerStore]:
    opened = RelayerStore(tmp_path / "relayer.sqlite3")
    yield opened
    opened.close()


def _record(store: RelayerStore, chain: str, cursor: int, *events: PacketEvent) -> int:
    other = "two" if chain == "one" else "one"
    return store.record_page(chain, other, EventPage(events, cursor), NOW_S)


def _state(store: RelayerStore, sequence: int = 1) -> PacketState:
    story = store.story(PacketKey("one", "client-one", sequence))
    assert story is not None
    return story[0].tracked.state


def test_a_page_that_dies_in_the_middle_leaves_neither_packets_nor_cursor(store: RelayerStore) -> None:
    _record(store, "one", 3, SENT)
    second = replace(SENT, packet=replace(PACKET, sequence=2))
    with pytest.raises(ContradictoryEvent):
        _record(store, "one", 9, second, TIMED_OUT, replace(TIMED_OUT, kind=EventKind.ACK_PROCESSED))
    assert store.cursor("one") == 3
    assert store.story(PacketKey("one", "client-one", 2)) is None
    assert _state(store) is PacketState.SENT


def test_a_page_read_again_after_a_crash_changes_nothing(store: RelayerStore) -> None:
    assert _record(store, "one", 3, SENT) == 1
    assert _record(store, "one", 3, SENT) == 0
    story = store.story(PacketKey("one", "client-one", 1))
    assert story is not None
    assert [step.what for step in story[1]] == ["sent"]


def test_both_orders_of_the_two_chains_pages_lead_to_the_same_packet(tmp_path: Path) -> None:
    stories = []
    for order in ((("one", SENT), ("two", ACK_WRITTEN)), (("two", ACK_WRITTEN), ("one", SENT))):
        store = RelayerStore(tmp_path / f"{order[0][0]}.sqlite3")
        for chain, event in order:
            _record(store, chain, 1, event)
        stories.append(store.open_packets("one", NOW_S, 10))
        store.close()
    assert stories[0] == stories[1]
    assert (stories[0][0].state, stories[0][0].ack, stories[0][0].sent_height) == (PacketState.RECEIVED, b"taken", 5)


def test_a_packet_whose_sending_was_not_seen_yet_is_not_worked_on(store: RelayerStore) -> None:
    _record(store, "two", 1, ACK_WRITTEN)
    assert store.open_packets("one", NOW_S, 10) == []


def test_received_and_timed_out_is_refused_with_both_facts_named(store: RelayerStore) -> None:
    _record(store, "one", 1, SENT)
    _record(store, "two", 1, ACK_WRITTEN)
    with pytest.raises(ContradictoryEvent, match=r"received.*timeout_processed"):
        _record(store, "one", 2, TIMED_OUT)
    assert _state(store) is PacketState.RECEIVED


@pytest.mark.parametrize("chain", ["one", "two"])
def test_another_packet_under_a_known_sequence_is_refused_as_a_chain_that_lost_its_memory(
    store: RelayerStore, chain: str
) -> None:
    _record(store, "one", 1, SENT)
    other = replace(PACKET, payloads=(payload(b"restored from a backup"),))
    event = replace(SENT if chain == "one" else ACK_WRITTEN, packet=other)
    with pytest.raises(SequenceReused, match="backup"):
        _record(store, chain, 2, event)
    assert store.cursor(chain) == (1 if chain == "one" else 0)


def test_sequences_up_to_64_bits_are_kept(store: RelayerStore) -> None:
    _record(store, "one", 1, replace(SENT, packet=replace(PACKET, sequence=UINT64_MAX)))
    assert _state(store, UINT64_MAX) is PacketState.SENT


def test_each_refusal_waits_longer_and_a_new_state_starts_afresh(store: RelayerStore) -> None:
    _record(store, "one", 1, SENT)
    message = PacketMessage(MessageKind.RECEIVE, PACKET, b"proof", 5)
    pauses = []
    for _ in range(3):
        store.record_outcomes("one", "two", [(message, Outcome(Verdict.REFUSED, refusal="SOME_RULE: no"))], NOW_S)
        pauses.append(store.page([], 0, 1)[0].tracked.not_before_s - NOW_S)
    assert pauses == [0.5, 1.0, 2.0]
    story = store.story(PacketKey("one", "client-one", 1))
    assert story is not None
    assert (story[0].last_error, story[0].tracked.attempts) == ("SOME_RULE: no", 3)
    assert [step.proof_bytes for step in story[1]] == [0, 5, 5, 5]
    _record(store, "two", 1, ACK_WRITTEN)
    tracked = store.open_packets("one", NOW_S, 10)[0]
    assert (tracked.attempts, tracked.not_before_s) == (0, 0.0)


def test_packets_that_wait_hide_none_that_can_be_worked_on(store: RelayerStore) -> None:
    """A page of stuck packets, older and nearer to their time-outs than the one that could go."""
    stuck = [replace(PACKET, sequence=sequence, timeout_s=PACKET.timeout_s - 60) for sequence in (2, 3, 4)]
    for packet in (*stuck, PACKET):
        _record(store, "one", packet.sequence, replace(SENT, packet=packet))
    refused = Outcome(Verdict.REFUSED, refusal="SOME_RULE: no")
    messages = [PacketMessage(MessageKind.RECEIVE, packet, b"proof", 5) for packet in stuck]
    store.record_outcomes("one", "two", [(message, refused) for message in messages], NOW_S)
    assert [tracked.packet for tracked in store.open_packets("one", NOW_S, limit=3)] == [PACKET]
    assert [tracked.packet for tracked in store.open_packets("one", NOW_S + 1, limit=3)] == stuck


def test_the_nearest_time_out_comes_first_and_the_farthest_is_kept(store: RelayerStore) -> None:
    far, near = replace(PACKET, sequence=2, timeout_s=UINT64_MAX), replace(PACKET, sequence=3, timeout_s=1)
    for packet in (far, PACKET, near):
        _record(store, "one", packet.sequence, replace(SENT, packet=packet))
    assert [tracked.packet for tracked in store.open_packets("one", NOW_S, 10)] == [near, PACKET, far]


def test_packets_of_two_chains_whose_clients_have_one_name_are_told_apart(store: RelayerStore) -> None:
    back = replace(PACKET, timeout_s=PACKET.timeout_s + 1)
    _record(store, "one", 1, SENT)
    _record(store, "two", 1, replace(SENT, packet=back))
    stories = [store.story(PacketKey(chain, "client-one", 1)) for chain in ("one", "two")]
    assert [story and story[0].tracked.packet for story in stories] == [PACKET, back]


def test_packets_are_paged_by_row_and_filtered_by_state(store: RelayerStore) -> None:
    for sequence in range(1, 6):
        _record(store, "one", sequence, replace(SENT, packet=replace(PACKET, sequence=sequence)))
    _record(store, "one", 6, TIMED_OUT)
    first = store.page([], 0, 3)
    assert [row.tracked.packet.sequence for row in first] == [1, 2, 3]
    assert [row.tracked.packet.sequence for row in store.page([], first[-1].row_id, 3)] == [4, 5]
    assert [row.tracked.packet.sequence for row in store.page([PacketState.TIMED_OUT], 0, 3)] == [1]
    none = dict.fromkeys((state.value for state in PacketState), 0)
    assert store.counts() == none | {"sent": 4, "timed_out": 1}


def test_a_database_of_another_version_is_left_untouched(tmp_path: Path) -> None:
    path = tmp_path / "relayer.sqlite3"
    RelayerStore(path).close()
    with contextlib.closing(sqlite3.connect(path)) as other:
        other.execute("UPDATE schema_version SET version = 99")
        other.commit()
    before = path.read_bytes()
    with pytest.raises(SchemaUnknown, match=r"schema 99, this program knows 4"):
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
        _record(store, "one", 1, SENT)
    assert "client-one" not in str(caught.value)
    store.close()
