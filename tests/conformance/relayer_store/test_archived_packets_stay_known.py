"""The archive in every database: what ended long ago is out of the way, short, and still recognised."""

from __future__ import annotations

from dataclasses import replace

import pytest
import sqlalchemy as sa

from ibc.packet import Packet
from relayer.core.chain import EventKind, EventPage, MessageKind, Outcome, PacketEvent, PacketMessage, Verdict
from relayer.core.lifecycle import ContradictoryEvent, PacketState, SequenceReused
from relayer.leases import LeaseLost
from relayer.path_store import PathStore
from relayer.store import PacketKey, RelayerStore
from tests.fakes.instant_chain import payload

NOW_S = 1_700_000_000.0
AGE_S = 3600.0
PACKET = Packet(1, "client-one", "client-two", 1_700_000_600, (payload(b"x"),))
SENT = PacketEvent(EventKind.SENT, PACKET, 5, "tx-sent")
ACK_WRITTEN = PacketEvent(EventKind.ACK_WRITTEN, PACKET, 9, "tx-ack", b"taken")
ACKNOWLEDGED = PacketEvent(EventKind.ACK_PROCESSED, PACKET, 8, "tx-end")
KEY = PacketKey("one", "client-one", 1)


@pytest.fixture
def path(relayer_store: RelayerStore) -> PathStore:
    """With a packet that ended at ``NOW_S`` after a refused attempt."""
    path = relayer_store.of_path("p")
    path.record_page("one", "two", EventPage((SENT,), 1), NOW_S)
    attempt = PacketMessage(MessageKind.RECEIVE, PACKET, b"proof", 5)
    path.record_outcomes("one", "two", [(attempt, Outcome(Verdict.REFUSED, refusal="SOME_RULE: no"))], NOW_S)
    path.record_page("two", "one", EventPage((ACK_WRITTEN,), 1), NOW_S)
    path.record_page("one", "two", EventPage((ACKNOWLEDGED,), 2), NOW_S)
    return path


def test_what_is_kept_says_who_it_was_and_how_when_and_where_it_ended(
    relayer_store: RelayerStore, path: PathStore
) -> None:
    assert path.archive(NOW_S, NOW_S + AGE_S, 10) == 0, "not yet"
    assert path.archive(NOW_S + 1, NOW_S + AGE_S, 10) == 1
    assert relayer_store.story(KEY) is None
    kept = relayer_store.archived(KEY)
    assert kept is not None
    assert relayer_store.archived(KEY, "another path") is None
    assert (kept.key, kept.destination_client, kept.state) == (KEY, "client-two", PacketState.ACKNOWLEDGED)
    assert (kept.timeout_s, kept.ended_s, kept.archived_s) == (PACKET.timeout_s, NOW_S, NOW_S + AGE_S)
    assert [(step.chain, step.what, step.tx_id, step.height) for step in kept.events] == [
        ("one", "sent", "tx-sent", 5),
        ("two", "ack_written", "tx-ack", 9),
        ("one", "ack_processed", "tx-end", 8),
    ]
    sizes = relayer_store.sizes()
    assert (sizes["packets"], sizes["steps"], sizes["archived_packets"]) == (0, 0, 1)


def test_its_events_read_again_change_nothing(relayer_store: RelayerStore, path: PathStore) -> None:
    path.archive(NOW_S + 1, NOW_S + AGE_S, 10)
    for chain, other, events in (("one", "two", (SENT, ACKNOWLEDGED)), ("two", "one", (ACK_WRITTEN,))):
        assert path.record_page(chain, other, EventPage(events, 3), NOW_S) == 0
    assert relayer_store.sizes()["packets"] == 0


def test_another_packet_under_its_sequence_halts_the_path_as_before(
    relayer_store: RelayerStore, path: PathStore
) -> None:
    """A chain that was restored from a backup sends again under sequences that ended long ago."""
    path.archive(NOW_S + 1, NOW_S + AGE_S, 10)
    reused = replace(SENT, packet=replace(PACKET, payloads=(payload(b"after the restore"),)))
    with pytest.raises(SequenceReused, match="backup"):
        path.record_page("one", "two", EventPage((reused,), 3), NOW_S)
    assert (path.cursor("one"), relayer_store.sizes()["packets"]) == (2, 0)


def test_a_contradiction_to_its_end_halts_the_path(path: PathStore) -> None:
    path.archive(NOW_S + 1, NOW_S + AGE_S, 10)
    timed_out = replace(ACKNOWLEDGED, kind=EventKind.TIMEOUT_PROCESSED)
    with pytest.raises(ContradictoryEvent):
        path.record_page("one", "two", EventPage((timed_out,), 3), NOW_S)


def test_an_answer_that_comes_after_the_archiving_is_no_error(relayer_store: RelayerStore, path: PathStore) -> None:
    path.archive(NOW_S + 1, NOW_S + AGE_S, 10)
    message = PacketMessage(MessageKind.ACKNOWLEDGE, PACKET, b"proof", 9, b"taken")
    path.record_outcomes("one", "one", [(message, Outcome(Verdict.ALREADY_DONE))], NOW_S)
    assert relayer_store.sizes()["steps"] == 0


def test_open_packets_and_other_paths_are_never_archived_and_batches_are_bounded(
    relayer_store: RelayerStore, path: PathStore
) -> None:
    for sequence in range(2, 9):
        packet = replace(PACKET, sequence=sequence)
        timed_out = replace(ACKNOWLEDGED, packet=packet, kind=EventKind.TIMEOUT_PROCESSED)
        events = (replace(SENT, packet=packet), *([timed_out] if sequence < 8 else []))
        path.record_page("one", "two", EventPage(events, 2 + sequence), NOW_S)
    assert relayer_store.archive("another", 9e12, NOW_S, 10) == 0
    assert [relayer_store.archive("p", 9e12, NOW_S, 3) for _ in range(4)] == [3, 3, 1, 0]
    assert [row.tracked.packet.sequence for row in relayer_store.page([], 0, 10)] == [8]


def test_whoever_lost_its_lease_archives_nothing(relayer_store: RelayerStore, path: PathStore) -> None:
    def lost(_connection: sa.Connection) -> None:
        raise LeaseLost("held by another")

    with pytest.raises(LeaseLost):
        relayer_store.of_path("p", lost).archive(9e12, NOW_S, 10)
    assert relayer_store.sizes()["archived_packets"] == 0
    assert path.archive(9e12, NOW_S, 10) == 1
