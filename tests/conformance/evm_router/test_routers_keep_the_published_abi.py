"""Our router and a second one, written from the published ABI alone, do the same to our light client, app and client
program: selectors, event topics, stored words, and who is refused."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from chains.evm.client.abi import EvmCall
from chains.evm.client.node_types import EvmLog
from chains.evm.client.router import (
    ACK_PACKET,
    ACK_PACKET_EVENT,
    ADD_CLIENT,
    ADD_IBC_APP,
    GET_CLIENT,
    GET_COMMITMENT,
    GET_COUNTERPARTY,
    GET_IBC_APP,
    GET_NEXT_CLIENT_SEQ,
    MULTICALL,
    NOOP_EVENT,
    RECV_PACKET,
    SEND_PACKET_EVENT,
    SUBMIT_MISBEHAVIOUR,
    TIMEOUT_PACKET,
    TIMEOUT_PACKET_EVENT,
    UPDATE_CLIENT,
    WRITE_ACKNOWLEDGEMENT_EVENT,
    Router,
    WriteAcknowledgementEvent,
)
from ibc.packet import decode_packet
from tests.fakes.dvp_deployment import CLIENT_ID, RELAYER, STRANGER, DvpDeployment, deploy_dvp
from tests.fakes.evm_abi import ContractAbi, decode_revert, selector_of, signature_of
from tests.fakes.evm_sandbox import Receipt, Reverted
from tests.fakes.ibc_oracle import ERROR_ACK, ack_commitment
from tests.fakes.progmat_oracle import keccak
from tests.fakes.second_router import STORE_SLOT, deploy_on_second_router
from tests.fakes.wayward_deployment import ANSWER, Mood, WaywardDeployment

ROUTERS: dict[str, Callable[[], DvpDeployment]] = {"ours": deploy_dvp, "second": deploy_on_second_router}
CALLS = (
    RECV_PACKET,
    ACK_PACKET,
    TIMEOUT_PACKET,
    MULTICALL,
    ADD_CLIENT,
    UPDATE_CLIENT,
    SUBMIT_MISBEHAVIOUR,
    ADD_IBC_APP,
    GET_IBC_APP,
    GET_CLIENT,
    GET_COUNTERPARTY,
    GET_NEXT_CLIENT_SEQ,
    GET_COMMITMENT,
)
EVENTS = (SEND_PACKET_EVENT, WRITE_ACKNOWLEDGEMENT_EVENT, ACK_PACKET_EVENT, TIMEOUT_PACKET_EVENT, NOOP_EVENT)


@pytest.fixture(params=ROUTERS)
def dvp(request: pytest.FixtureRequest) -> DvpDeployment:
    return ROUTERS[request.param]()


def wayward_on(dvp: DvpDeployment) -> WaywardDeployment:
    app = dvp.sandbox.deploy("WaywardApp", dvp.router.address)
    dvp.router.transact("addIBCApp", "wayward", app.address)
    return WaywardDeployment(dvp, app)


def sent_by_the_client(dvp: DvpDeployment, *calls: EvmCall) -> Receipt:
    """Calls as our client program encodes them, in a multicall."""
    return dvp.sandbox.send(RELAYER, dvp.router.address, Router(dvp.router.address).multicall(*calls).data)


@pytest.mark.parametrize("contract", ["ICS26Router", "SecondRouter"])
def test_what_the_client_calls_and_reads_is_what_the_router_has(contract: str) -> None:
    abi = ContractAbi.load(contract)
    assert {call.selector for call in CALLS} <= {selector_of(entry) for entry in abi.functions()}
    events = {keccak(signature_of(entry).encode()) for entry in abi.entries if entry["type"] == "event"}
    assert {event.topic0 for event in EVENTS} <= events


def test_the_client_program_settles_a_trade_and_reads_its_answer(dvp: DvpDeployment) -> None:
    dvp.earmark(dvp.terms())
    packet = dvp.packet(dvp.terms())
    dvp.writes[packet.commitment_path] = packet.commitment
    router = Router(dvp.router.address)
    header = dvp.header()
    proof = dvp.proof(packet.commitment_path)
    ours = decode_packet(packet.encoded)
    receipt = sent_by_the_client(
        dvp, router.update_client(CLIENT_ID, header), router.recv_packet(ours, proof, dvp.height)
    )
    assert dvp.balances() == (975, 25, 0)
    (event,) = (read for read in map(router.event_of, evm_logs(receipt)) if read is not None)
    assert isinstance(event, WriteAcknowledgementEvent)
    assert (event.packet, event.acknowledgements) == (ours, (dvp.terms_hash(dvp.terms()),))
    assert dvp.router.call("getCommitment", keccak(packet.receipt_path)) == packet.receipt
    assert dvp.router.call("getCommitment", keccak(packet.ack_path)) == ack_commitment(event.acknowledgements[0])


def evm_logs(receipt: Receipt) -> list[EvmLog]:
    """The receipt's logs as a node would give them."""
    return [
        EvmLog(log.address, log.topics, log.data, 1, bytes(32), bytes(32), number)
        for number, log in enumerate(receipt.logs)
    ]


def test_a_second_receive_is_a_noop_and_another_packet_under_the_sequence_a_revert(dvp: DvpDeployment) -> None:
    dvp.earmark(dvp.terms())
    packet = dvp.committed(dvp.packet(dvp.terms()))
    dvp.receive(packet)
    assert [log.event for log in dvp.receive(packet).logs] == ["Noop"]
    other = dvp.committed(dvp.packet(dvp.terms(2)))
    with pytest.raises(Reverted):
        dvp.receive(other)
    assert dvp.router.call("getCommitment", keccak(packet.receipt_path)) == packet.receipt


@pytest.mark.parametrize("mood", [Mood.REVERTS_WITHOUT_DATA, Mood.BURNS_ALL_GAS])
def test_an_app_that_reverts_without_data_undoes_the_whole(dvp: DvpDeployment, mood: Mood) -> None:
    wayward = wayward_on(dvp)
    packet = wayward.incoming()
    wayward.set_mood(mood)
    with pytest.raises(Reverted):
        dvp.receive(packet)
    assert wayward.commitment_of(packet.receipt_path) == bytes(32)


def test_an_app_that_reverts_with_a_reason_gives_the_universal_error(dvp: DvpDeployment) -> None:
    packet = dvp.committed(dvp.packet(dvp.terms()))
    receipt = dvp.receive(packet)
    assert receipt.named("WriteAcknowledgement")[0].args[3] == (ERROR_ACK,)
    (reason,) = receipt.named("IBCAppRecvPacketCallbackError")[0].args
    assert decode_revert(reason).error == "DvpEarmarkMismatch"


def test_packets_are_sent_acknowledged_and_timed_out_once(dvp: DvpDeployment) -> None:
    wayward = wayward_on(dvp)
    answered, unanswered = wayward.send(), wayward.send()
    assert (answered.sequence, unanswered.sequence) == (1, 2)
    assert wayward.commitment_of(answered.commitment_path) == answered.commitment
    wayward.answer(answered)
    assert wayward.acknowledge(answered).named("AckPacket")[0].args[3] == ANSWER
    assert [log.event for log in wayward.acknowledge(answered).logs] == ["Noop"]
    dvp.sandbox.now_s = unanswered.timeout_s
    dvp.update()
    assert wayward.time_out(unanswered).named("TimeoutPacket")
    assert [log.event for log in wayward.time_out(unanswered).logs] == ["Noop"]
    assert wayward.commitment_of(unanswered.commitment_path) == bytes(32)


def test_an_app_cannot_reenter(dvp: DvpDeployment) -> None:
    wayward = wayward_on(dvp)
    packet = wayward.incoming()
    wayward.set_mood(Mood.REENTERS, dvp.router.encode("recvPacket", dvp.recv_args(packet)))
    assert dvp.receive(packet).named("WriteAcknowledgement")[0].args[3] == (ERROR_ACK,)


def test_only_the_ports_app_sends_and_strangers_change_no_client(dvp: DvpDeployment) -> None:
    payload = ("dvp", "dvp", "v", "e", b"value")
    counterparty = ("qbft-0", [b""])
    attempts = (
        ("sendPacket", ((CLIENT_ID, dvp.sandbox.now_s + 60, payload),)),
        ("addClient(string,(string,bytes[]),address)", ("mine", counterparty, STRANGER.address)),
        ("migrateClient", (CLIENT_ID, counterparty, STRANGER.address)),
        ("addIBCApp(string,address)", ("mine", STRANGER.address)),
    )
    for function, arguments in attempts:
        with pytest.raises(Reverted):
            dvp.router.transact(function, *arguments, sender=STRANGER)


def test_a_refused_trade_is_released_by_the_routers_own_store(dvp: DvpDeployment) -> None:
    """The app reads receipt and answer back through `getCommitment`, wherever the router keeps them."""
    dvp.earmark(dvp.terms())
    packet = dvp.committed(dvp.packet(dvp.terms()))
    dvp.token.transact("pause")
    dvp.receive(packet)
    dvp.token.transact("unpause")
    dvp.app.transact("releaseRefused", dvp.terms(), packet.abi)
    assert dvp.balances() == (1000, 0, 0)


def test_the_second_routers_words_stand_in_another_contract_at_another_slot() -> None:
    """Store address and slot are configuration: here is what must be configured."""
    dvp = deploy_on_second_router()
    dvp.earmark(dvp.terms())
    packet = dvp.committed(dvp.packet(dvp.terms()))
    dvp.receive(packet)
    store = bytes.fromhex(dvp.router.call("STORE")[2:])
    place = keccak(keccak(packet.receipt_path) + STORE_SLOT.to_bytes(32, "big"))
    assert dvp.sandbox.storage_at(store, int.from_bytes(place, "big")) == packet.receipt
