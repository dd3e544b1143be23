"""The relayer's memory in every database: a page and its cursor are one, contradictions are refused whole."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from ibc.light_client import LightClientStatus
from ibc.packet import Packet
from primitives.types import UINT64_MAX
from relayer.core.chain import (
    EventKind,
    EventPage,
    Head,
    HostedClient,
    MessageKind,
    Outcome,
    PacketEvent,
    PacketMessage,
    Verdict,
)
from relayer.core.lifecycle import ContradictoryEvent, PacketState, SequenceReused
from relayer.core.plan import DirectionView, Target, TrackedPacket
from relayer.path_store import FIRST_STEPS, NEWEST_STEPS
from relayer.store import PacketKey, RelayerStore
from tests.fakes.instant_chain import payload

NOW_S = 1_700_000_000.0
PACKET = Packet(1, "client-one", "client-two", 1_700_000_600, (payload(b"x"),))
SENT = PacketEvent(EventKind.SENT, PACKET, 5, "tx-1")
ACK_WRITTEN = PacketEvent(EventKind.ACK_WRITTEN, PACKET, 9, "tx-2", b"taken")
TIMED_OUT = PacketEvent(EventKind.TIMEOUT_PROCESSED, PACKET, 8, "tx-3")


def view(now_s: float = NOW_S, destination_s: int = int(NOW_S)) -> DirectionView:
    client = HostedClient("client", 1, int(NOW_S), 3600, LightClientStatus.ACTIVE)
    return DirectionView(Head(100, int(NOW_S)), Head(100, destination_s), client, client, now_s, 5)


@pytest.fixture
def store(relayer_store: RelayerStore) -> Store:
    return Store(relayer_store)


@dataclass
class Store:
    """A path's share, and what people see of it."""

    whole: RelayerStore

    def __post_init__(self) -> None:
        self.path = self.whole.of_path("path")
        self.story, self.page, self.counts = self.whole.story, self.whole.page, self.whole.counts
        self.cursor, self.record_outcomes = self.path.cursor, self.path.record_outcomes

    def open_packets(
        self, source_chain: str, now_s: float, limit: int, target: Target = Target.DESTINATION
    ) -> list[TrackedPacket]:
        return self.path.open_packets(source_chain, target, view(now_s), limit)


def _record(store: Store, chain: str, cursor: int, *events: PacketEvent) -> int:
    other = "two" if chain == "one" else "one"
    return store.path.record_page(chain, other, EventPage(events, cursor), NOW_S)


def _state(store: Store, sequence: int = 1) -> PacketState:
    story = store.story(PacketKey("one", "client-one", sequence))
    assert story is not None
    return story[0].tracked.state


def test_a_page_that_dies_in_the_middle_leaves_neither_packets_nor_cursor(store: Store) -> None:
    _record(store, "one", 3, SENT)
    second = replace(SENT, packet=replace(PACKET, sequence=2))
    with pytest.raises(ContradictoryEvent):
        _record(store, "one", 9, second, TIMED_OUT, replace(TIMED_OUT, kind=EventKind.ACK_PROCESSED))
    assert store.cursor("one") == 3
    assert store.story(PacketKey("one", "client-one", 2)) is None
    assert _state(store) is PacketState.SENT


def test_a_page_read_again_after_a_crash_changes_nothing(store: Store) -> None:
    assert _record(store, "one", 3, SENT) == 1
    assert _record(store, "one", 3, SENT) == 0
    story = store.story(PacketKey("one", "client-one", 1))
    assert story is not None
    assert [step.what for step in story[1]] == ["sent"]


def test_both_orders_of_the_two_chains_pages_lead_to_the_same_packet(relayer_store: RelayerStore) -> None:
    stories = []
    for order in ((("one", SENT), ("two", ACK_WRITTEN)), (("two", ACK_WRITTEN), ("one", SENT))):
        path = relayer_store.of_path(f"{order[0][0]} first")
        for chain, event in order:
            path.record_page(chain, "two" if chain == "one" else "one", EventPage((event,), 1), NOW_S)
        stories.append(path.open_packets("one", Target.SOURCE, view(), 10))
    assert stories[0] == stories[1]
    assert (stories[0][0].state, stories[0][0].ack, stories[0][0].sent_height) == (PacketState.RECEIVED, b"taken", 5)


def test_a_packet_whose_sending_was_not_seen_yet_is_not_worked_on(store: Store) -> None:
    _record(store, "two", 1, ACK_WRITTEN)
    assert store.open_packets("one", NOW_S, 10) == []


def test_received_and_timed_out_is_refused_with_both_facts_named(store: Store) -> None:
    _record(store, "one", 1, SENT)
    _record(store, "two", 1, ACK_WRITTEN)
    with pytest.raises(ContradictoryEvent, match=r"received.*timeout_processed"):
        _record(store, "one", 2, TIMED_OUT)
    assert _state(store) is PacketState.RECEIVED


@pytest.mark.parametrize("chain", ["one", "two"])
def test_another_packet_under_a_known_sequence_is_refused_as_a_chain_that_lost_its_memory(
    store: Store, chain: str
) -> None:
    _record(store, "one", 1, SENT)
    other = replace(PACKET, payloads=(payload(b"restored from a backup"),))
    event = replace(SENT if chain == "one" else ACK_WRITTEN, packet=other)
    with pytest.raises(SequenceReused, match="backup"):
        _record(store, chain, 2, event)
    assert store.cursor(chain) == (1 if chain == "one" else 0)


def test_sequences_up_to_64_bits_are_kept(store: Store) -> None:
    _record(store, "one", 1, replace(SENT, packet=replace(PACKET, sequence=UINT64_MAX)))
    assert _state(store, UINT64_MAX) is PacketState.SENT


def test_each_refusal_waits_longer_and_a_new_state_starts_afresh(store: Store) -> None:
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
    tracked = store.open_packets("one", NOW_S, 10, Target.SOURCE)[0]
    assert (tracked.attempts, tracked.not_before_s) == (0, 0.0)


@pytest.mark.parametrize("refusal", ["PACKET_NOT_EXPECTED: no", "SOME_RULE: no"])
def test_packets_that_wait_hide_none_that_can_be_worked_on(store: Store, refusal: str) -> None:
    """A page of stuck packets, older and nearer to their time-outs than the one that could go.

    Of a clean record they come back into their lane; those that an answer spoke against are read apart.
    """
    stuck = [replace(PACKET, sequence=sequence, timeout_s=PACKET.timeout_s - 60) for sequence in (2, 3, 4)]
    for packet in (*stuck, PACKET):
        _record(store, "one", packet.sequence, replace(SENT, packet=packet))
    messages = [PacketMessage(MessageKind.RECEIVE, packet, b"proof", 5) for packet in stuck]
    answered = [(message, Outcome(Verdict.REFUSED, refusal=refusal)) for message in messages]
    store.record_outcomes("one", "two", answered, NOW_S)
    assert [tracked.packet for tracked in store.open_packets("one", NOW_S, limit=3)] == [PACKET]
    assert store.path.suspects("one", NOW_S, limit=3) == []
    later = [tracked.packet for tracked in store.open_packets("one", NOW_S + 3600, limit=3)]
    again = [tracked.packet for tracked in store.path.suspects("one", NOW_S + 3600, limit=3)]
    assert (later, again) == (([PACKET], stuck) if refusal.startswith("SOME_RULE") else (stuck, []))


def test_the_nearest_time_out_comes_first_and_the_farthest_is_kept(store: Store) -> None:
    far, near = (
        replace(PACKET, sequence=sequence, timeout_s=timeout_s)
        for sequence, timeout_s in ((2, UINT64_MAX), (3, PACKET.timeout_s - 1))
    )
    for packet in (far, PACKET, near):
        _record(store, "one", packet.sequence, replace(SENT, packet=packet))
    assert [tracked.packet for tracked in store.open_packets("one", NOW_S, 10)] == [near, PACKET, far]


def test_packets_of_two_chains_whose_clients_have_one_name_are_told_apart(store: Store) -> None:
    back = replace(PACKET, timeout_s=PACKET.timeout_s + 1)
    _record(store, "one", 1, SENT)
    _record(store, "two", 1, replace(SENT, packet=back))
    stories = [store.story(PacketKey(chain, "client-one", 1)) for chain in ("one", "two")]
    assert [story and story[0].tracked.packet for story in stories] == [PACKET, back]


def test_packets_are_paged_by_row_and_filtered_by_state(store: Store) -> None:
    for sequence in range(1, 6):
        _record(store, "one", sequence, replace(SENT, packet=replace(PACKET, sequence=sequence)))
    _record(store, "one", 6, TIMED_OUT)
    first = store.page([], 0, 3)
    assert [row.tracked.packet.sequence for row in first] == [1, 2, 3]
    assert [row.tracked.packet.sequence for row in store.page([], first[-1].row_id, 3)] == [4, 5]
    assert [row.tracked.packet.sequence for row in store.page([PacketState.TIMED_OUT], 0, 3)] == [1]
    none = dict.fromkeys((state.value for state in PacketState), 0)
    assert store.counts() == none | {"sent": 4, "timed_out": 1}


def test_paths_that_share_a_chain_and_a_clients_name_do_not_share_packets(relayer_store: RelayerStore) -> None:
    other = replace(PACKET, payloads=(payload(b"of the other path"),))
    for name, packet in (("a", PACKET), ("b", other)):
        path = relayer_store.of_path(name)
        path.record_page("one", "two", EventPage((replace(SENT, packet=packet),), 7), NOW_S)
    key = PacketKey("one", "client-one", 1)
    stories = [relayer_store.story(key, name) for name in ("a", "b", "c")]
    assert [story and story[0].tracked.packet for story in stories] == [PACKET, other, None]
    assert [relayer_store.of_path(name).cursor("one") for name in ("a", "b", "c")] == [7, 7, 0]
    assert relayer_store.counts("a")["sent"] == 1
    assert relayer_store.paths() == ("a", "b")


def test_of_many_attempts_the_first_and_the_newest_are_kept_and_every_event(store: Store) -> None:
    _record(store, "one", 1, SENT)
    message = PacketMessage(MessageKind.RECEIVE, PACKET, b"proof", 5)
    for number in range(60):
        refused = Outcome(Verdict.REFUSED, refusal=f"SOME_RULE: {number}")
        store.record_outcomes("one", "two", [(message, refused)], NOW_S)
    _record(store, "two", 1, ACK_WRITTEN)
    story = store.story(PacketKey("one", "client-one", 1))
    assert story is not None
    assert len(story[1]) == FIRST_STEPS + NEWEST_STEPS + 1
    assert [step.what for step in story[1] if step.what != "receive"] == ["sent", "ack_written"]
    numbers = [step.number for step in story[1]]
    assert numbers[:FIRST_STEPS] == list(range(1, FIRST_STEPS + 1))
    assert numbers[-1] == 62
    assert story[1][-2].refusal == "SOME_RULE: 59"


def test_neither_end_hides_the_others_work_however_much_there_is(store: Store) -> None:
    """A page that is full of packets to receive, all nearer to their time-outs than the one to acknowledge."""
    early = [replace(PACKET, sequence=sequence, timeout_s=PACKET.timeout_s - 60) for sequence in range(2, 30)]
    _record(store, "one", 1, *(replace(SENT, packet=packet) for packet in (*early, PACKET)))
    _record(store, "two", 1, ACK_WRITTEN)
    assert [t.packet for t in store.open_packets("one", NOW_S, 10, Target.SOURCE)] == [PACKET]
    late = view(destination_s=PACKET.timeout_s - 60)
    assert store.path.open_packets("one", Target.DESTINATION, late, 10) == []
    assert len(store.path.open_packets("one", Target.SOURCE, late, 50)) == 29


def test_an_answer_that_comes_after_what_it_did_is_told_and_delays_nothing(store: Store) -> None:
    store.path.record_page("one", "two", EventPage((SENT,), 1), NOW_S)
    store.path.record_page("two", "one", EventPage((ACK_WRITTEN,), 1), NOW_S)
    message = PacketMessage(MessageKind.RECEIVE, PACKET, b"proof", 5)
    for late in (Outcome(Verdict.DONE, "tx-2", 9), Outcome(Verdict.REFUSED, refusal="INVALID_PROOF: overtaken")):
        store.record_outcomes("one", "two", [(message, late)], NOW_S)
    (waiting,) = store.open_packets("one", NOW_S, 5, Target.SOURCE)
    assert (waiting.state, waiting.attempts, waiting.suspect) == (PacketState.RECEIVED, 0, 0)
    told = store.story(PacketKey("one", PACKET.source_client, PACKET.sequence))
    assert told is not None
    assert [step.what for step in told[1]] == ["sent", "ack_written", "receive", "receive"]
