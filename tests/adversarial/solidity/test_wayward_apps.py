"""Apps and relayers that try to bend what becomes of a received packet."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.fakes.dvp_deployment import CLIENT_ID, LEDGER_CLIENT_ID, RELAYER, deploy_dvp, role
from tests.fakes.evm_abi import selector_of
from tests.fakes.evm_sandbox import Reverted
from tests.fakes.ibc_oracle import ERROR_ACK, ack_commitment
from tests.fakes.wayward_deployment import ANSWER, PORT, Mood, WaywardDeployment, deploy_wayward

REENTRANCY = selector_of({"name": "ReentrancyGuardReentrantCall", "inputs": []})


@pytest.fixture
def wayward() -> WaywardDeployment:
    return deploy_wayward()


def test_an_app_that_reverts_with_a_reason_gives_the_error_acknowledgement(wayward: WaywardDeployment) -> None:
    packet = wayward.incoming()
    wayward.set_mood(Mood.REVERTS_WITH_REASON)
    receipt = wayward.dvp.receive(packet)
    assert receipt.named("WriteAcknowledgement")[0].args[3] == (ERROR_ACK,)
    (reason,) = receipt.named("IBCAppRecvPacketCallbackError")[0].args
    assert reason[:4] == selector_of({"name": "Refused", "inputs": [{"type": "uint64"}]})
    assert wayward.commitment_of(packet.ack_path) == ack_commitment(ERROR_ACK)
    assert wayward.commitment_of(packet.receipt_path) == packet.receipt
    assert wayward.app.call("received") == 0


def test_after_an_error_acknowledgement_the_packet_is_not_received_again(wayward: WaywardDeployment) -> None:
    packet = wayward.incoming()
    wayward.set_mood(Mood.REVERTS_WITH_REASON)
    wayward.dvp.receive(packet)
    wayward.set_mood(Mood.ANSWERS)
    assert [log.event for log in wayward.dvp.receive(packet).logs] == ["Noop"]
    assert wayward.commitment_of(packet.ack_path) == ack_commitment(ERROR_ACK)


@pytest.mark.parametrize("mood", [Mood.REVERTS_WITHOUT_DATA, Mood.BURNS_ALL_GAS])
def test_an_app_that_fails_without_data_undoes_the_whole_transaction(wayward: WaywardDeployment, mood: Mood) -> None:
    packet = wayward.incoming()
    wayward.set_mood(mood)
    with pytest.raises(Reverted) as caught:
        wayward.dvp.receive(packet)
    assert caught.value.error == "IBCAppOutOfGas"
    assert wayward.commitment_of(packet.receipt_path) == bytes(32)
    wayward.set_mood(Mood.ANSWERS)
    receipt = wayward.dvp.receive(packet)
    assert receipt.named("WriteAcknowledgement")[0].args[3] == (ANSWER,)


@pytest.mark.parametrize("mood", [Mood.ANSWERS_NOTHING, Mood.ANSWERS_UNIVERSAL_ERROR])
def test_an_app_cannot_answer_nothing_or_forge_the_error_acknowledgement(
    wayward: WaywardDeployment, mood: Mood
) -> None:
    packet = wayward.incoming()
    wayward.set_mood(mood)
    with pytest.raises(Reverted) as caught:
        wayward.dvp.receive(packet)
    assert caught.value.error == "IBCAcknowledgementInvalid"
    assert wayward.commitment_of(packet.receipt_path) == bytes(32)


def test_an_app_that_answers_hugely_undoes_the_whole_transaction(wayward: WaywardDeployment) -> None:
    """Nobody should pay for an acknowledgement that no ledger would read: the packet times out."""
    packet = wayward.incoming()
    wayward.set_mood(Mood.ANSWERS_HUGELY)
    with pytest.raises(Reverted) as caught:
        wayward.dvp.receive(packet)
    assert caught.value.error == "CallbackAnswerTooLarge"
    assert wayward.commitment_of(packet.receipt_path) == bytes(32)


def test_of_a_huge_reason_only_the_beginning_is_told(wayward: WaywardDeployment) -> None:
    packet = wayward.incoming()
    wayward.set_mood(Mood.REVERTS_HUGELY)
    receipt = wayward.dvp.receive(packet)
    (reason,) = receipt.named("IBCAppRecvPacketCallbackError")[0].args
    assert len(reason) == 1024
    assert receipt.named("WriteAcknowledgement")[0].args[3] == (ERROR_ACK,)


@pytest.mark.parametrize("mood", [Mood.BURNS_ALL_GAS, Mood.REVERTS_WITHOUT_DATA, Mood.REVERTS_WITH_REASON])
def test_an_app_that_always_fails_on_answers_leaves_its_packet_pending_for_ever(
    wayward: WaywardDeployment, mood: Mood
) -> None:
    packet = wayward.send()
    wayward.answer(packet)
    wayward.set_mood(mood)
    for _ in range(2):
        with pytest.raises(Reverted):
            wayward.acknowledge(packet)
        assert wayward.commitment_of(packet.commitment_path) == packet.commitment
    wayward.set_mood(Mood.ANSWERS)
    assert wayward.acknowledge(packet).named("AckPacket")


@pytest.mark.parametrize("callback", ["acknowledgement", "time-out"])
@pytest.mark.parametrize("attempt", ["receive", "the same again", "update", "in a multicall", "a batch"])
def test_an_app_cannot_reenter_the_router_from_its_other_callbacks(
    wayward: WaywardDeployment, callback: str, attempt: str
) -> None:
    packet = wayward.send()
    router, dvp = wayward.dvp.router, wayward.dvp
    incoming = wayward.incoming()
    if callback == "acknowledgement":
        wayward.answer(packet)
        again = router.encode("ackPacket", (packet.abi, ANSWER, dvp.proof(packet.ack_path), (0, dvp.height)))
    else:
        dvp.sandbox.now_s = packet.timeout_s
        dvp.update()
        again = router.encode("timeoutPacket", (packet.abi, dvp.proof(packet.receipt_path), (0, dvp.height)))
    calls = {
        "receive": router.encode("recvPacket", dvp.recv_args(incoming)),
        "the same again": again,
        "update": router.encode("updateClient", CLIENT_ID, dvp.header()),
        "in a multicall": router.encode("multicall", [again]),
        "a batch": router.encode("recvPackets", dvp.recv_together_args([incoming])),
    }
    dvp.update()
    wayward.set_mood(Mood.REENTERS, calls[attempt])
    with pytest.raises(Reverted) as caught:
        wayward.acknowledge(packet) if callback == "acknowledgement" else wayward.time_out(packet)
    assert caught.value.error == "ReentrancyGuardReentrantCall"
    assert wayward.commitment_of(packet.commitment_path) == packet.commitment


REENTRANT_CALLS: dict[str, Callable[[WaywardDeployment], bytes]] = {
    "receive the same packet": lambda w: w.dvp.router.encode("recvPacket", w.dvp.recv_args(w.incoming())),
    "receive another packet": lambda w: w.dvp.router.encode("recvPacket", w.dvp.recv_args(w.incoming(2))),
    "receive in a multicall": lambda w: w.dvp.router.encode(
        "multicall", [w.dvp.router.encode("recvPacket", w.dvp.recv_args(w.incoming(2)))]
    ),
    "update the client": lambda w: w.dvp.router.encode("updateClient", CLIENT_ID, w.dvp.header()),
    "report misbehaviour": lambda w: w.dvp.router.encode("submitMisbehaviour", CLIENT_ID, b""),
    "acknowledge": lambda w: w.dvp.router.encode("ackPacket", (w.send().abi, b"", b"", (0, 0))),
    "time out": lambda w: w.dvp.router.encode("timeoutPacket", (w.send().abi, b"", (0, 0))),
}


@pytest.mark.parametrize("attempt", REENTRANT_CALLS)
def test_an_app_cannot_reenter_the_router(wayward: WaywardDeployment, attempt: str) -> None:
    call = REENTRANT_CALLS[attempt](wayward)
    packet = wayward.incoming()
    wayward.set_mood(Mood.REENTERS, call)
    receipt = wayward.dvp.receive(packet)
    assert receipt.named("IBCAppRecvPacketCallbackError")[0].args == (REENTRANCY,)
    assert wayward.app.call("received") == 0


def test_an_app_may_answer_a_packet_by_sending_another(wayward: WaywardDeployment) -> None:
    packet = wayward.incoming()
    payload = (PORT, PORT, "v1", "application/octet-stream", b"in return")
    message = (CLIENT_ID, wayward.dvp.sandbox.now_s + 60, payload)
    wayward.set_mood(Mood.REENTERS, wayward.dvp.router.encode("sendPacket", message))
    receipt = wayward.dvp.receive(packet)
    assert [log.event for log in receipt.logs] == ["SendPacket", "WriteAcknowledgement"]


def test_a_relayer_that_starves_a_delivery_of_gas_never_turns_it_into_a_refusal() -> None:
    """Whatever the gas limit, the delivery happens or nothing does: no error acknowledgement, no half."""
    dvp = deploy_dvp()
    dvp.earmark(dvp.terms())
    packet = dvp.packet(dvp.terms())
    dvp.commit(packet)
    with dvp.sandbox.undone():
        enough = dvp.receive(packet).gas_used
    outcomes = set()
    # refunds, and the least gas with which a delivery is tried, make the limit larger than the gas that is charged
    for gas in range(60_000, enough + 300_000, 6_007):
        with dvp.sandbox.undone():
            try:
                receipt = dvp.receive(packet, gas=gas)
            except Reverted:
                outcomes.add("nothing")
                assert dvp.balances() == (975, 0, 25)
            else:
                outcomes.add("delivered")
                assert receipt.named("WriteAcknowledgement")[0].args[3] == (dvp.terms_hash(dvp.terms()),)
                assert dvp.balances() == (975, 25, 0)
    assert outcomes == {"nothing", "delivered"}


def test_only_the_app_of_the_source_port_sends(wayward: WaywardDeployment) -> None:
    payload = (PORT, PORT, "v1", "application/octet-stream", b"forged")
    message = (CLIENT_ID, wayward.dvp.sandbox.now_s + 60, payload)
    with pytest.raises(Reverted) as caught:
        wayward.dvp.router.transact("sendPacket", message)
    assert caught.value.error == "IBCSenderNotApp"
    with pytest.raises(Reverted) as caught:
        wayward.app.transact("send", CLIENT_ID, wayward.dvp.sandbox.now_s + 60, ("dvp", *payload[1:]))
    assert caught.value.error == "IBCSenderNotApp"


def test_a_frozen_client_stops_packets_both_ways(wayward: WaywardDeployment) -> None:
    outgoing, packet = wayward.send(), wayward.incoming()
    wayward.answer(outgoing)
    router = wayward.dvp.router
    wayward.dvp.height -= 1
    wayward.dvp.writes[b"forked"] = b"history"
    fork = wayward.dvp.header()
    receipt = router.transact("updateClient", CLIENT_ID, fork, sender=RELAYER)
    assert int.from_bytes(receipt.output, "big") == 1
    assert len(receipt.named("ICS02MisbehaviourSubmitted")) == 1
    attempts: tuple[Callable[[], object], ...] = (
        lambda: wayward.dvp.receive(packet),
        lambda: wayward.acknowledge(outgoing),
        lambda: wayward.time_out(outgoing),
        wayward.dvp.update,
    )
    for attempt in attempts:
        with pytest.raises(Reverted) as caught:
            attempt()
        assert caught.value.error == "ProgmatClientFrozen"


def test_governance_leads_out_of_a_frozen_client(wayward: WaywardDeployment) -> None:
    dvp = wayward.dvp
    packet = wayward.incoming()
    dvp.height -= 1
    dvp.writes[b"forked"] = b"history"
    dvp.update()
    del dvp.writes[b"forked"]
    initial = (dvp.height, dvp.sandbox.now_s, dvp.tree.root, dvp.validators.hash)
    successor = dvp.sandbox.deploy("ProgmatLightClient", dvp.router.address, "progmat-test", 86400, 30, *initial)
    dvp.router.transact("migrateClient", CLIENT_ID, (LEDGER_CLIENT_ID, [b""]), successor.address)
    receipt = dvp.receive(packet)
    assert receipt.named("WriteAcknowledgement")[0].args[3] == (ANSWER,)


def test_without_the_open_role_only_relayers_relay() -> None:
    dvp = deploy_dvp(relayers=RELAYER.address)
    dvp.earmark(dvp.terms())
    packet = dvp.packet(dvp.terms())
    dvp.commit(packet)
    header = dvp.header()
    dvp.height -= 1
    empty = (packet.abi, b"", b"", (0, 0))
    calls = (
        ("recvPacket", (dvp.recv_args(packet),)),
        ("updateClient", (CLIENT_ID, header)),
        ("ackPacket", (empty,)),
        ("timeoutPacket", ((packet.abi, b"", (0, 0)),)),
    )
    for function, args in calls:
        with pytest.raises(Reverted) as caught:
            dvp.router.transact(function, *args)
        assert caught.value.error == "AccessControlUnauthorizedAccount"
        assert caught.value.error_args[1] == role("RELAYER")
    dvp.receive(packet)
    assert dvp.balances() == (975, 25, 0)
