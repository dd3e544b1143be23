"""Attacks on packets at the router: changed, replayed, late, under another's sequence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.fakes.dvp_deployment import RELAYER, DvpDeployment, deploy_dvp
from tests.fakes.evm_sandbox import Reverted
from tests.fakes.ibc_oracle import ERROR_ACK, Packet, ack_commitment
from tests.fakes.wayward_deployment import ANSWER, LIFETIME_S, PORT, Mood, WaywardDeployment, deploy_wayward

Change = Callable[[Packet], Packet]


def with_payload(index: int, value: str | bytes) -> Change:
    """A change of one field of the payload."""

    def change(packet: Packet) -> Packet:
        payload = list(packet.payloads[0])
        payload[index] = value
        return replace(packet, payloads=(tuple(payload),))  # type: ignore[arg-type]  # same five types

    return change


CHANGES: dict[str, tuple[Change, str]] = {
    "sequence": (lambda p: replace(p, sequence=p.sequence + 1), "ProgmatProofInvalid"),
    "sequence zero": (lambda p: replace(p, sequence=0), "IBCSequenceInvalid"),
    "source client": (lambda p: replace(p, source_client="qbft-1"), "IBCCounterpartyMismatch"),
    "destination client": (lambda p: replace(p, dest_client="progmat-1"), "ICS02ClientUnknown"),
    "clients swapped": (
        lambda p: replace(p, source_client=p.dest_client, dest_client=p.source_client),
        "ICS02ClientUnknown",
    ),
    "later time-out": (lambda p: replace(p, timeout_s=p.timeout_s + 1), "ProgmatProofInvalid"),
    "earlier time-out": (lambda p: replace(p, timeout_s=p.timeout_s - 1), "ProgmatProofInvalid"),
    "no payload": (lambda p: replace(p, payloads=()), "IBCPayloadCountInvalid"),
    "two payloads": (lambda p: replace(p, payloads=p.payloads * 2), "IBCPayloadCountInvalid"),
    "source port": (with_payload(0, "dvq"), "ProgmatProofInvalid"),
    "destination port": (with_payload(1, "dvq"), "ProgmatProofInvalid"),
    "version": (with_payload(2, "dvp-2"), "ProgmatProofInvalid"),
    "encoding": (with_payload(3, "application/json"), "ProgmatProofInvalid"),
    "value": (with_payload(4, b"\x01" * 256), "ProgmatProofInvalid"),
    "value padded": (lambda p: with_payload(4, p.payloads[0][4] + b"\x00")(p), "ProgmatProofInvalid"),
}


@pytest.fixture
def dvp() -> DvpDeployment:
    return deploy_dvp()


@pytest.fixture
def wayward() -> WaywardDeployment:
    return deploy_wayward()


def locked_packet(dvp: DvpDeployment) -> Packet:
    """A packet of an earmarked trade that the ledger committed to."""
    dvp.earmark(dvp.terms())
    packet = dvp.packet(dvp.terms())
    dvp.commit(packet)
    return packet


@pytest.mark.parametrize("change", CHANGES)
def test_a_packet_changed_in_one_field_is_not_received(dvp: DvpDeployment, change: str) -> None:
    packet = locked_packet(dvp)
    altered = CHANGES[change][0](packet)
    message = (altered.abi, dvp.proof(packet.commitment_path), (0, dvp.height))
    with pytest.raises(Reverted) as caught:
        dvp.router.transact("recvPacket", message, sender=RELAYER)
    assert caught.value.error == CHANGES[change][1]
    assert dvp.balances() == (975, 0, 25)
    dvp.receive(packet)
    assert dvp.balances() == (975, 25, 0)


def test_the_same_packet_a_second_time_is_a_noop(dvp: DvpDeployment) -> None:
    packet = locked_packet(dvp)
    dvp.receive(packet)
    again = dvp.receive(packet)
    assert [log.event for log in again.logs] == ["Noop"]
    assert dvp.balances() == (975, 25, 0)


def test_the_same_packet_after_its_timeout_is_still_a_noop(dvp: DvpDeployment) -> None:
    packet = locked_packet(dvp)
    dvp.receive(packet)
    dvp.sandbox.now_s = packet.timeout_s + 1
    assert [log.event for log in dvp.receive(packet).logs] == ["Noop"]


@pytest.mark.parametrize("proof", [b"", b"junk", "of a later height"])
def test_the_same_packet_with_another_proof_or_none_is_still_a_noop(dvp: DvpDeployment, proof: bytes | str) -> None:
    """What was received is known by the packet: a key with the proof in it would take each proof for a new packet."""
    packet = locked_packet(dvp)
    dvp.receive(packet)
    if isinstance(proof, str):
        dvp.commit(dvp.packet(dvp.terms(), sequence=2))
        dvp.update()
        proof = dvp.proof(packet.commitment_path)
    again = dvp.router.transact("recvPacket", (packet.abi, proof, (0, dvp.height)), sender=RELAYER)
    assert [log.event for log in again.logs] == ["Noop"]
    assert dvp.balances() == (975, 25, 0)


def test_another_packet_under_a_received_sequence_is_refused_even_with_a_proof(dvp: DvpDeployment) -> None:
    dvp.receive(locked_packet(dvp))
    dvp.earmark(dvp.terms(2))
    other = dvp.packet(dvp.terms(2), sequence=1)
    dvp.commit(other)
    with pytest.raises(Reverted) as caught:
        dvp.receive(other)
    assert caught.value.error == "IBCReceiptConflict"
    assert dvp.balances() == (950, 25, 25)


@pytest.mark.parametrize(("offset_s", "arrives"), [(-1, True), (0, False), (1, False)])
def test_a_packet_arrives_strictly_before_its_timeout(dvp: DvpDeployment, offset_s: int, arrives: bool) -> None:  # noqa: FBT001 - a table of outcomes
    packet = locked_packet(dvp)
    dvp.sandbox.now_s = packet.timeout_s + offset_s
    if arrives:
        dvp.receive(packet)
    else:
        with pytest.raises(Reverted) as caught:
            dvp.receive(packet)
        assert caught.value.error == "IBCTimeoutElapsed"
    assert dvp.balances()[1] == (25 if arrives else 0)


def test_a_packet_never_committed_is_refused_with_any_proof_at_hand(dvp: DvpDeployment) -> None:
    packet = locked_packet(dvp)
    forged = dvp.packet(dvp.terms(2), sequence=2)
    for proof in (dvp.proof(packet.commitment_path), dvp.proof(forged.commitment_path)):
        with pytest.raises(Reverted) as caught:
            dvp.router.transact("recvPacket", (forged.abi, proof, (0, dvp.height)), sender=RELAYER)
        assert caught.value.error in {"ProgmatProofInvalid", "SmtProofKindInvalid"}


def test_an_acknowledgement_replayed_is_a_noop(wayward: WaywardDeployment) -> None:
    packet = wayward.send()
    wayward.answer(packet)
    assert len(wayward.acknowledge(packet).named("Acknowledged")) == 1
    assert wayward.commitment_of(packet.commitment_path) == bytes(32)
    assert [log.event for log in wayward.acknowledge(packet).logs] == ["Noop"]


@pytest.mark.parametrize("acknowledgement", [b"", b"well receive", b"well received\x00", ERROR_ACK])
def test_an_acknowledgement_that_was_not_written_is_refused(wayward: WaywardDeployment, acknowledgement: bytes) -> None:
    packet = wayward.send()
    wayward.answer(packet)
    with pytest.raises(Reverted) as caught:
        wayward.acknowledge(packet, acknowledgement)
    assert caught.value.error == "ProgmatProofInvalid"
    assert wayward.commitment_of(packet.commitment_path) == packet.commitment


@pytest.mark.parametrize("change", [name for name in CHANGES if "value" in name or "port" in name or "time" in name])
def test_a_changed_packet_is_neither_acknowledged_nor_timed_out(wayward: WaywardDeployment, change: str) -> None:
    packet = wayward.send()
    wayward.answer(packet)
    altered = CHANGES[change][0](packet)
    for attempt in (wayward.acknowledge, wayward.time_out):
        with pytest.raises(Reverted) as caught:
            attempt(altered)
        assert caught.value.error == "IBCCommitmentMismatch"


def test_a_packet_never_sent_is_neither_acknowledged_nor_timed_out(wayward: WaywardDeployment) -> None:
    forged = replace(wayward.send(), sequence=77)
    wayward.answer(forged)
    assert [log.event for log in wayward.acknowledge(forged).logs] == ["Noop"]
    assert [log.event for log in wayward.time_out(forged).logs] == ["Noop"]


@pytest.mark.parametrize(("offset_s", "times_out"), [(-1, False), (0, True), (1, True)])
def test_a_timeout_needs_a_consensus_time_at_or_after_it(
    wayward: WaywardDeployment,
    offset_s: int,
    times_out: bool,  # noqa: FBT001 - a table of outcomes
) -> None:
    packet = wayward.send()
    wayward.dvp.sandbox.now_s = packet.timeout_s + 60
    wayward.dvp.update(timestamp_s=packet.timeout_s + offset_s)
    if times_out:
        assert len(wayward.time_out(packet).named("TimedOut")) == 1
        assert wayward.commitment_of(packet.commitment_path) == bytes(32)
        assert [log.event for log in wayward.time_out(packet).logs] == ["Noop"]
    else:
        with pytest.raises(Reverted) as caught:
            wayward.time_out(packet)
        assert caught.value.error == "IBCTimeoutNotReached"


def test_a_received_packet_cannot_time_out(wayward: WaywardDeployment) -> None:
    packet = wayward.send()
    wayward.answer(packet)
    wayward.dvp.sandbox.now_s = packet.timeout_s + 1
    wayward.dvp.update()
    with pytest.raises(Reverted) as caught:
        wayward.time_out(packet)
    assert caught.value.error == "SmtProofKindInvalid"


def test_an_old_proof_of_absence_cannot_time_a_packet_out(wayward: WaywardDeployment) -> None:
    """The receipt came later than the proof; the proof's own time, before the time-out, gives it away."""
    packet = wayward.send()
    wayward.dvp.update()
    old = (packet.abi, wayward.dvp.proof(packet.receipt_path), (0, wayward.dvp.height))
    wayward.answer(packet)
    wayward.dvp.sandbox.now_s = packet.timeout_s + 1
    with pytest.raises(Reverted) as caught:
        wayward.dvp.router.transact("timeoutPacket", old, sender=RELAYER)
    assert caught.value.error == "IBCTimeoutNotReached"


def test_an_acknowledgement_after_the_timeout_changes_nothing(wayward: WaywardDeployment) -> None:
    packet = wayward.send()
    wayward.dvp.sandbox.now_s = packet.timeout_s
    wayward.dvp.update()
    wayward.time_out(packet)
    wayward.dvp.writes[packet.ack_path] = ack_commitment(ANSWER)
    wayward.dvp.update()
    assert [log.event for log in wayward.acknowledge(packet).logs] == ["Noop"]


def test_a_proof_for_another_sequence_does_not_acknowledge(wayward: WaywardDeployment) -> None:
    first, second = wayward.send(), wayward.send()
    assert (first.sequence, second.sequence) == (1, 2)
    wayward.answer(first)
    message = (second.abi, ANSWER, wayward.dvp.proof(first.ack_path), (0, wayward.dvp.height))
    with pytest.raises(Reverted) as caught:
        wayward.dvp.router.transact("ackPacket", message, sender=RELAYER)
    assert caught.value.error == "ProgmatProofInvalid"


@pytest.mark.parametrize("mood", [Mood.REVERTS_WITH_REASON, Mood.REVERTS_WITHOUT_DATA])
def test_an_app_that_refuses_its_answer_leaves_the_packet_pending(wayward: WaywardDeployment, mood: Mood) -> None:
    packet = wayward.send()
    wayward.answer(packet)
    wayward.set_mood(mood)
    with pytest.raises(Reverted):
        wayward.acknowledge(packet)
    assert wayward.commitment_of(packet.commitment_path) == packet.commitment
    wayward.set_mood(Mood.ANSWERS)
    assert len(wayward.acknowledge(packet).named("AckPacket")) == 1


@pytest.mark.parametrize("timeout_offset_s", [-1, 0, 86401])
def test_a_packet_with_a_timeout_out_of_range_cannot_be_sent(wayward: WaywardDeployment, timeout_offset_s: int) -> None:
    payload = (PORT, PORT, "v1", "application/octet-stream", b"outgoing")
    timeout_s = wayward.dvp.sandbox.now_s + timeout_offset_s
    with pytest.raises(Reverted) as caught:
        wayward.app.transact("send", "progmat-0", timeout_s, payload)
    assert caught.value.error == "IBCTimeoutInvalid"
    assert wayward.send().timeout_s == wayward.dvp.sandbox.now_s + LIFETIME_S
