"""What relayer/core/chain.py promises of every endpoint, tried on each kind of pair."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import replace

import pytest

from ibc.light_client import LightClientStatus
from ibc.packet import Packet
from relayer.core.chain import (
    ChainEndpoint,
    EventKind,
    MessageKind,
    Outcome,
    PacketEvent,
    PacketMessage,
    ProofKind,
    Verdict,
)
from tests.conformance.chain_endpoint.endpoint_pair import EndpointPair, in_memory
from tests.conformance.chain_endpoint.evm_pairs import received_on_the_devnet, sent_from_anvil

KINDS: dict[str, Callable[[], AbstractAsyncContextManager[EndpointPair]]] = {
    "in memory": in_memory,
    "sent from anvil": sent_from_anvil,
    "received on the devnet": received_on_the_devnet,
}
PROOFS = {
    MessageKind.RECEIVE: ProofKind.COMMITMENT,
    MessageKind.ACKNOWLEDGE: ProofKind.ACKNOWLEDGEMENT,
    MessageKind.TIME_OUT: ProofKind.RECEIPT_ABSENCE,
}


@pytest.fixture(params=list(KINDS))
async def pair(request: pytest.FixtureRequest) -> AsyncIterator[EndpointPair]:
    async with KINDS[request.param]() as pair:
        yield pair


async def _all_events(chain: ChainEndpoint, cursor: int = 0, limit: int = 100) -> list[PacketEvent]:
    found: list[PacketEvent] = []
    while True:
        page = await chain.events(cursor, limit)
        assert page.next_cursor >= cursor
        found += page.events
        if page.next_cursor == cursor:
            return found
        cursor = page.next_cursor


async def _submit(
    prover: ChainEndpoint, target: ChainEndpoint, kind: MessageKind, packet: Packet, ack: bytes | None = None
) -> Outcome:
    """Update the target's client to the prover's head, unless it is there, prove there, submit one message."""
    height, newest = (await target.hosted_client()).latest_height, (await prover.head()).height
    update = await prover.update_for_counterparty(height, newest) if newest > height else None
    height = height if update is None else update.height
    proof = await prover.prove(PROOFS[kind], packet, height)
    (outcome,) = await target.submit(update, [PacketMessage(kind, packet, proof, height, ack)])
    return outcome


async def _received(pair: EndpointPair) -> tuple[Packet, bytes]:
    """A packet that was sent and received, and its acknowledgement."""
    packet = await pair.send(pair.clock_s() + 600)
    outcome = await _submit(pair.source, pair.destination, MessageKind.RECEIVE, packet)
    assert outcome.verdict is Verdict.DONE
    (written,) = [e for e in await _all_events(pair.destination) if e.kind is EventKind.ACK_WRITTEN]
    assert written.ack is not None
    return packet, written.ack


async def test_the_ends_have_different_names_and_name_each_others_clients(pair: EndpointPair) -> None:
    assert pair.source.chain_name != pair.destination.chain_name
    packet = await pair.send(pair.clock_s() + 600)
    assert (packet.source_client, packet.destination_client) == (pair.source.client_id, pair.destination.client_id)


async def test_heads_never_go_back(pair: EndpointPair) -> None:
    for chain in (pair.source, pair.destination):
        before = await chain.head()
        await pair.pass_time(3)
        after = await chain.head()
        assert after.height >= before.height
        assert after.timestamp_s >= before.timestamp_s


async def test_a_sent_packet_is_reported_once_at_a_height_the_head_has_reached(pair: EndpointPair) -> None:
    packets = [await pair.send(pair.clock_s() + 600) for _ in range(3)]
    sent = await _all_events(pair.source, limit=2)
    assert [(event.kind, event.packet) for event in sent] == [(EventKind.SENT, packet) for packet in packets]
    head = await pair.source.head()
    assert all(0 < event.height <= head.height and event.tx_id and event.ack is None for event in sent)


async def test_reading_again_from_a_cursor_gives_what_came_after_it_and_an_empty_page_keeps_the_cursor(
    pair: EndpointPair,
) -> None:
    await pair.send(pair.clock_s() + 600)
    page = await pair.source.events(0, 100)
    empty = await pair.source.events(page.next_cursor, 100)
    assert not empty.events
    second = await pair.send(pair.clock_s() + 600)
    later = await _all_events(pair.source, empty.next_cursor)
    assert [event.packet for event in later] == [second]


async def test_an_update_reaches_at_least_what_was_asked_for_and_moves_the_hosted_client(pair: EndpointPair) -> None:
    hosted = await pair.destination.hosted_client()
    assert hosted.status is LightClientStatus.ACTIVE
    assert hosted.client_id == pair.destination.client_id
    asked = (await pair.source.head()).height
    update = await pair.source.update_for_counterparty(hosted.latest_height, asked)
    assert update.height >= asked
    assert await pair.destination.submit(update, ()) == ()
    moved = await pair.destination.hosted_client()
    assert (moved.latest_height, moved.latest_timestamp_s) == (update.height, update.timestamp_s)


async def test_receive_writes_an_ack_and_acknowledge_ends_the_packet(pair: EndpointPair) -> None:
    packet, ack = await _received(pair)
    outcome = await _submit(pair.destination, pair.source, MessageKind.ACKNOWLEDGE, packet, ack)
    assert outcome.verdict is Verdict.DONE
    assert outcome.tx_id
    assert outcome.height > 0
    kinds = [event.kind for event in await _all_events(pair.source)]
    assert kinds == [EventKind.SENT, EventKind.ACK_PROCESSED]


@pytest.mark.parametrize("kind", [MessageKind.RECEIVE, MessageKind.ACKNOWLEDGE])
async def test_a_repeated_message_is_already_done_and_has_no_second_effect(
    pair: EndpointPair, kind: MessageKind
) -> None:
    packet, ack = await _received(pair)
    if kind is MessageKind.ACKNOWLEDGE:
        assert (await _submit(pair.destination, pair.source, kind, packet, ack)).verdict is Verdict.DONE
        again = await _submit(pair.destination, pair.source, kind, packet, ack)
    else:
        again = await _submit(pair.source, pair.destination, kind, packet)
    assert again.verdict is Verdict.ALREADY_DONE
    written = [event for event in await _all_events(pair.destination) if event.kind is EventKind.ACK_WRITTEN]
    assert len(written) == 1


async def test_a_time_out_is_refused_before_its_time_and_done_after_it(pair: EndpointPair) -> None:
    packet = await pair.send(pair.clock_s() + 60)
    early = await _submit(pair.destination, pair.source, MessageKind.TIME_OUT, packet)
    assert early.verdict is Verdict.REFUSED
    assert ": " in early.refusal
    await pair.pass_time(61)
    late = await _submit(pair.source, pair.destination, MessageKind.RECEIVE, packet)
    assert late.verdict is Verdict.REFUSED
    assert (await _submit(pair.destination, pair.source, MessageKind.TIME_OUT, packet)).verdict is Verdict.DONE
    kinds = [event.kind for event in await _all_events(pair.source)]
    assert kinds == [EventKind.SENT, EventKind.TIMEOUT_PROCESSED]


async def test_a_received_packet_cannot_be_timed_out(pair: EndpointPair) -> None:
    packet, _ = await _received(pair)
    await pair.pass_time(700)
    outcome = await _submit(pair.destination, pair.source, MessageKind.TIME_OUT, packet)
    assert outcome.verdict is Verdict.REFUSED
    assert EventKind.TIMEOUT_PROCESSED not in [event.kind for event in await _all_events(pair.source)]


async def test_one_refused_message_does_not_hold_back_the_others_and_answers_keep_their_order(
    pair: EndpointPair,
) -> None:
    bad, good = await pair.send(pair.clock_s() + 600), await pair.send(pair.clock_s() + 600)
    trusted = (await pair.destination.hosted_client()).latest_height
    update = await pair.source.update_for_counterparty(trusted, (await pair.source.head()).height)
    proof = await pair.source.prove(ProofKind.COMMITMENT, good, update.height)
    messages = [PacketMessage(MessageKind.RECEIVE, packet, proof, update.height) for packet in (bad, good)]
    outcomes = await pair.destination.submit(update, messages)
    assert [outcome.verdict for outcome in outcomes] == [Verdict.REFUSED, Verdict.DONE]


async def test_another_acknowledgement_than_the_one_written_is_refused(pair: EndpointPair) -> None:
    packet, ack = await _received(pair)
    forged = bytes(reversed(ack)) + b"!"
    outcome = await _submit(pair.destination, pair.source, MessageKind.ACKNOWLEDGE, packet, forged)
    assert outcome.verdict is Verdict.REFUSED


@pytest.mark.parametrize("kind", [MessageKind.ACKNOWLEDGE, MessageKind.TIME_OUT])
async def test_a_proved_outcome_that_the_application_refuses_is_blocked_and_done_when_it_takes_it(
    pair: EndpointPair, kind: MessageKind
) -> None:
    packet, ack = (
        await _received(pair) if kind is MessageKind.ACKNOWLEDGE else (await pair.send(pair.clock_s() + 60), None)
    )
    await pair.pass_time(61)
    await pair.refuse_outcome_of(packet)
    for _ in range(2):
        blocked = await _submit(pair.destination, pair.source, kind, packet, ack)
        assert (blocked.verdict, ": " in blocked.refusal) == (Verdict.BLOCKED, True)
    forged = await _submit(pair.destination, pair.source, kind, replace(packet, sequence=9), ack)
    assert forged.verdict in {Verdict.REFUSED, Verdict.ALREADY_DONE}
    await pair.take_outcomes()
    assert (await _submit(pair.destination, pair.source, kind, packet, ack)).verdict is Verdict.DONE


async def test_an_endpoint_can_be_closed_twice(pair: EndpointPair) -> None:
    for _ in range(2):
        await pair.source.close()
        await pair.destination.close()
