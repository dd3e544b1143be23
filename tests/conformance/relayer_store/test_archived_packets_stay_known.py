"""The archive in every database: what ended long ago is out of the way, short, and still recognised."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
import sqlalchemy as sa

from ibc.dvp import payload_of
from ibc.packet import Packet
from relayer.core.chain import EventKind, EventPage, MessageKind, Outcome, PacketEvent, PacketMessage, Verdict
from relayer.core.lifecycle import ContradictoryEvent, PacketState, SequenceReused
from relayer.leases import LeaseLost
from relayer.operator_errors import PacketAmbiguous, PacketEnded, PacketUnknown
from relayer.packet_desk import PacketDesk
from relayer.packet_stories import PacketStories
from relayer.path import Path, PathSettings
from relayer.path_store import PathStore
from relayer.service import RelayerLoop, never
from relayer.store import PacketKey, RelayerStore
from relayer.store_tables import archived_packets
from tests.fakes.instant_chain import instant_pair, payload
from tests.fakes.settlement_terms import some_terms

NOW_S = 1_700_000_000.0
AGE_S = 3600.0
PACKET = Packet(1, "client-one", "client-two", 1_700_000_600, (payload(b"x"),))
SENT = PacketEvent(EventKind.SENT, PACKET, 5, "tx-sent")
ACK_WRITTEN = PacketEvent(EventKind.ACK_WRITTEN, PACKET, 9, "tx-ack", b"taken")
ACKNOWLEDGED = PacketEvent(EventKind.ACK_PROCESSED, PACKET, 8, "tx-end")
KEY = PacketKey("one", "client-one", 1)
TRADE_2 = some_terms(2).trade_id.hex()


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


def stories_of(store: RelayerStore) -> PacketStories:
    ends = Path(instant_pair(lambda: int(NOW_S)), store, PathSettings(5), lambda: NOW_S, never, name="p")
    return PacketStories(store, PacketDesk(store), (RelayerLoop(ends, 1.0, asyncio.Event()),), lambda: NOW_S)


def archive_trade(store: RelayerStore, trade: int, sequence: int) -> str:
    """A packet of a trade that ends and is archived; returns the packet's name."""
    packet = Packet(sequence, "client-one", "client-two", 1_700_000_600, (payload_of(some_terms(trade)),))
    ended = PacketEvent(EventKind.TIMEOUT_PROCESSED, packet, 8, "tx-end")
    path, sent = store.of_path("p"), replace(SENT, packet=packet)
    path.record_page("one", "two", EventPage((sent, ended), sequence), NOW_S)
    assert path.archive(NOW_S + 1, NOW_S + AGE_S, 10) == 1
    return f"one/client-one/{sequence}"


@pytest.mark.parametrize("form", ["{}", "0x{}", "settlements/0x{}"])
def test_an_archived_packet_is_found_by_its_trade(relayer_store: RelayerStore, form: str) -> None:
    names = [archive_trade(relayer_store, trade, trade) for trade in (1, 2)]
    stories, reference = stories_of(relayer_store), form.format(TRADE_2.upper())
    found = stories.whole(reference)
    assert (found.name, found.trade_id, [step.tx_id for step in found.steps]) == (
        names[1],
        TRADE_2,
        ["tx-sent", "tx-end"],
    )
    told, sentences = stories.explained(reference)
    assert (told, sentences) == (found, ("It ended long ago: its events are kept in the archive.",))
    with pytest.raises(PacketEnded, match=f"{names[1]} is timed_out"):
        stories.row(reference)
    with pytest.raises(PacketUnknown):
        stories.whole("settlements/0x" + "77" * 32)


def test_packets_without_a_trade_are_no_trades_packets(relayer_store: RelayerStore, path: PathStore) -> None:
    assert path.archive(NOW_S + 1, NOW_S + AGE_S, 10) == 1
    kept = relayer_store.archived(KEY)
    assert kept is not None
    assert kept.trade_id == ""


def test_one_archived_before_trades_were_kept_is_found_by_its_sequence_and_says_so(relayer_store: RelayerStore) -> None:
    name = archive_trade(relayer_store, 2, 1)
    with relayer_store.database.transaction() as connection:
        connection.execute(sa.update(archived_packets).values(trade_id=None))
    with pytest.raises(PacketUnknown):
        stories_of(relayer_store).whole(TRADE_2)
    packet, sentences = stories_of(relayer_store).explained("client-one/1")
    assert (packet.name, packet.trade_id) == (name, "")
    assert "Which trade it was of is not known here" in sentences[-1]


def test_two_archived_packets_of_one_trade_are_both_named(relayer_store: RelayerStore) -> None:
    first, second = (archive_trade(relayer_store, 2, sequence) for sequence in (1, 2))
    with pytest.raises(PacketAmbiguous, match=f"can be any of {first}, {second}"):
        stories_of(relayer_store).whole(TRADE_2)


def test_of_two_packets_of_one_trade_the_one_under_way_is_meant(relayer_store: RelayerStore) -> None:
    archive_trade(relayer_store, 2, 1)
    under_way = replace(PACKET, sequence=2, payloads=(payload_of(some_terms(2)),))
    relayer_store.of_path("p").record_page("one", "two", EventPage((replace(SENT, packet=under_way),), 3), NOW_S)
    assert stories_of(relayer_store).whole(TRADE_2).name == "one/client-one/2"


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
