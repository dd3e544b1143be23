"""Attacks on the batch entry: what one proof of many packets must not let through, and that it does as `recvPacket`."""

from __future__ import annotations

from typing import Any

import pytest

from tests.fakes.dvp_deployment import BUYER, RELAYER, STRANGER, DvpDeployment, deploy_dvp
from tests.fakes.evm_sandbox import Receipt, Reverted
from tests.fakes.ibc_oracle import ERROR_ACK, Packet
from tests.fakes.progmat_oracle import keccak

TRADES = (1, 2, 3)
LINES = 6
PROOF = 7


@pytest.fixture
def dvp() -> DvpDeployment:
    return deploy_dvp()


def committed(dvp: DvpDeployment, trades: tuple[int, ...] = TRADES) -> list[Packet]:
    """Earmarked trades whose packets the ledger committed to and the light client knows."""
    packets = [dvp.packet(dvp.terms(number), sequence=number) for number in trades]
    for number in trades:
        dvp.earmark(dvp.terms(number))
    dvp.writes |= {packet.commitment_path: packet.commitment for packet in packets}
    dvp.update()
    return packets


def receive(dvp: DvpDeployment, message: tuple[object, ...], *, gas: int = 10_000_000) -> Receipt:
    return dvp.router.transact("recvPackets", message, sender=RELAYER, gas=gas)


def changed(message: tuple[object, ...], position: int, value: object) -> tuple[object, ...]:
    return (*message[:position], value, *message[position + 1 :])


def refused(dvp: DvpDeployment, message: tuple[object, ...]) -> str:
    """Name of the error; nothing may have moved."""
    before = dvp.balances()
    with pytest.raises(Reverted) as caught:
        receive(dvp, message)
    assert dvp.balances() == before
    return caught.value.error


def test_a_batch_leaves_exactly_what_packets_received_one_by_one_leave(dvp: DvpDeployment) -> None:
    packets = committed(dvp)
    alone = deploy_dvp()
    committed(alone)
    together = receive(dvp, dvp.recv_together_args(packets)).named("WriteAcknowledgement")
    by_sequence = sorted(packets, key=lambda packet: [log.args[1] for log in together].index(packet.sequence))
    one_by_one = [log for packet in by_sequence for log in alone.receive(packet).named("WriteAcknowledgement")]
    assert [(log.topics, log.args) for log in together] == [(log.topics, log.args) for log in one_by_one]
    assert dvp.balances() == alone.balances() == (925, 75, 0)
    for packet in packets:
        for at in (packet.receipt_path, packet.ack_path):
            stored = dvp.router.call("getCommitment", keccak(at))
            assert any(stored)
            assert stored == alone.router.call("getCommitment", keccak(at))


def test_a_batch_again_is_a_noop_for_each_packet(dvp: DvpDeployment) -> None:
    packets = committed(dvp)
    receive(dvp, dvp.recv_together_args(packets))
    again = receive(dvp, dvp.recv_together_args(packets))
    assert [log.event for log in again.logs] == ["Noop"] * 3
    assert dvp.balances() == (925, 75, 0)


def test_a_packet_received_alone_before_is_left_out_of_its_batch(dvp: DvpDeployment) -> None:
    packets = committed(dvp)
    dvp.receive(packets[1])
    receipt = receive(dvp, dvp.recv_together_args(packets))
    assert len(receipt.named("Noop")) == 1
    assert len(receipt.named("Delivered")) == 2


def test_the_same_packet_twice_in_a_batch_is_refused(dvp: DvpDeployment) -> None:
    message = dvp.recv_together_args(committed(dvp))
    lines: Any = message[LINES]
    assert refused(dvp, changed(message, LINES, [lines[0], *lines])) == "SmtMultiproofOrderInvalid"


def test_packets_out_of_the_proofs_order_are_refused(dvp: DvpDeployment) -> None:
    message = dvp.recv_together_args(committed(dvp))
    lines: Any = message[LINES]
    assert refused(dvp, changed(message, LINES, lines[::-1])) == "SmtMultiproofOrderInvalid"


def test_a_forged_packet_among_good_ones_stops_the_whole_batch(dvp: DvpDeployment) -> None:
    packets = committed(dvp)
    message = dvp.recv_together_args(packets)
    lines: Any = message[LINES]
    for position, (sequence, timeout_s, value) in enumerate(lines):
        for forged in ((sequence, timeout_s + 1, value), (sequence, timeout_s, value[:-1] + b"\x01")):
            with_forgery = [*lines[:position], forged, *lines[position + 1 :]]
            assert refused(dvp, changed(message, LINES, with_forgery)) == "ProgmatProofInvalid"


def test_a_route_that_was_not_committed_to_is_refused(dvp: DvpDeployment) -> None:
    message = dvp.recv_together_args(committed(dvp))
    for position in (2, 3, 4, 5):
        assert refused(dvp, changed(message, position, "dvp-x")) == "ProgmatProofInvalid"
    assert refused(dvp, changed(message, 0, "qbft-1")) == "IBCCounterpartyMismatch"
    # padded with a zero byte it would have the same first bytes as the counterparty's id
    assert refused(dvp, changed(message, 0, "qbft-0\x00")) == "IBCCounterpartyMismatch"
    assert refused(dvp, changed(message, 1, "progmat-1")) == "ICS02ClientUnknown"


def test_an_empty_batch_proves_nothing_and_is_refused(dvp: DvpDeployment) -> None:
    message = dvp.recv_together_args(committed(dvp))
    assert refused(dvp, changed(message, LINES, [])) == "SmtMultiproofEmpty"


def test_sequence_zero_is_refused(dvp: DvpDeployment) -> None:
    message = dvp.recv_together_args(committed(dvp))
    lines: Any = message[LINES]
    assert refused(dvp, changed(message, LINES, [(0, *lines[0][1:]), *lines[1:]])) == "IBCSequenceInvalid"


@pytest.mark.parametrize("damage", ["cut", "padded", "no timestamp", "another time", "a proof of one"])
def test_a_damaged_joint_proof_is_refused(dvp: DvpDeployment, damage: str) -> None:
    packets = committed(dvp)
    message = dvp.recv_together_args(packets)
    proof: Any = message[PROOF]
    found = {
        "cut": proof[:-1],
        "padded": proof + b"\x00",
        "no timestamp": proof[:7],
        "another time": (dvp.checkpoint_s + 1).to_bytes(8, "big") + proof[8:],
        "a proof of one": dvp.proof(packets[0].commitment_path),
    }[damage]
    assert refused(dvp, changed(message, PROOF, found)) in {
        "SmtProofLengthInvalid",
        "ProgmatProofLengthInvalid",
        "ProgmatProofInvalid",
        "SmtMultiproofOrderInvalid",
        "SmtMultiproofBitmapInvalid",
    }


def test_a_joint_proof_at_a_height_never_verified_is_refused(dvp: DvpDeployment) -> None:
    message = dvp.recv_together_args(committed(dvp))
    assert refused(dvp, changed(message, 8, (0, dvp.height + 1))) == "ProgmatConsensusUnknown"
    assert refused(dvp, changed(message, 8, (1, dvp.height))) == "ProgmatRevisionInvalid"


def test_one_packet_past_its_timeout_stops_the_batch_and_the_others_arrive_without_it(dvp: DvpDeployment) -> None:
    packets = committed(dvp)
    late = Packet(9, packets[0].source_client, packets[0].dest_client, dvp.sandbox.now_s + 1, packets[0].payloads)
    dvp.writes[late.commitment_path] = late.commitment
    dvp.sandbox.now_s += 1
    dvp.update()
    assert refused(dvp, dvp.recv_together_args([*packets, late])) == "IBCTimeoutElapsed"
    assert len(receive(dvp, dvp.recv_together_args(packets)).named("Delivered")) == 3


def test_a_refusal_inside_a_batch_is_an_error_acknowledgement_for_that_packet_alone(dvp: DvpDeployment) -> None:
    packets = committed(dvp)
    unearmarked = dvp.packet(dvp.terms(7), sequence=7)
    dvp.writes[unearmarked.commitment_path] = unearmarked.commitment
    dvp.update()
    receipt = receive(dvp, dvp.recv_together_args([*packets, unearmarked]))
    answers = {log.args[1]: log.args[3] for log in receipt.named("WriteAcknowledgement")}
    assert answers[7] == (ERROR_ACK,)
    assert len(receipt.named("Delivered")) == 3


def test_a_relayer_that_starves_a_batch_of_gas_never_turns_a_delivery_into_a_refusal(dvp: DvpDeployment) -> None:
    packets = committed(dvp)
    message = dvp.recv_together_args(packets)
    with dvp.sandbox.undone():
        enough = receive(dvp, message).gas_used
    outcomes = set()
    for gas in range(100_000, enough + 250_000, 15_013):
        with dvp.sandbox.undone():
            try:
                receipt = receive(dvp, message, gas=gas)
            except Reverted:
                outcomes.add("nothing")
                assert dvp.balances() == (925, 0, 75)
            else:
                outcomes.add("delivered")
                assert len(receipt.named("Delivered")) == 3
    assert outcomes == {"nothing", "delivered"}


def test_strangers_receive_no_batch_where_relaying_is_not_open() -> None:
    dvp = deploy_dvp(relayers=RELAYER.address)
    message: tuple[object, ...] = ("a", "b", "c", "d", "e", "f", [], b"", (0, 0))
    with pytest.raises(Reverted) as caught:
        dvp.router.transact("recvPackets", message, sender=STRANGER)
    assert caught.value.error == "AccessControlUnauthorizedAccount"


def test_a_counterparty_with_a_prefix_has_no_batches(dvp: DvpDeployment) -> None:
    message = dvp.recv_together_args(committed(dvp))
    dvp.router.transact("migrateClient", "progmat-0", ("qbft-0", [b"ibc/"]), dvp.light_client.address)
    assert refused(dvp, message) == "IBCBatchPrefixUnsupported"


def test_the_relaying_role_follows_every_grant_and_revocation(dvp: DvpDeployment) -> None:
    """Whether relaying is open is kept beside the guard: it must never lag behind the roles."""
    role = keccak(b"crossdvp.role.RELAYER")
    header = dvp.header()
    for _ in range(2):
        dvp.router.transact("revokeRole", role, bytes(20))
        with pytest.raises(Reverted):
            dvp.router.transact("updateClient", "progmat-0", header, sender=BUYER)
        dvp.router.transact("grantRole", role, bytes(20))
        dvp.router.call("updateClient", "progmat-0", header, sender=BUYER)
    dvp.router.transact("revokeRole", role, bytes(20))
    dvp.router.transact("grantRole", role, BUYER.address)
    dvp.router.call("updateClient", "progmat-0", header, sender=BUYER)
    with pytest.raises(Reverted):
        dvp.router.call("updateClient", "progmat-0", header, sender=RELAYER)
