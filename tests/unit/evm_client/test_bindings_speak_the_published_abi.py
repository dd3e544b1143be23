from __future__ import annotations

import json
from dataclasses import replace
from types import ModuleType

import pytest
from eth_abi.abi import decode as abi_decode
from eth_abi.abi import encode as abi_encode

from chains.evm.client import dvp_app, progmat_light_client, router, token
from chains.evm.client.abi import AbiEvent, AbiFunction
from chains.evm.client.artifacts import ARTIFACTS_DIR, canonical_type
from chains.evm.client.dvp_app import (
    DeliveredEvent,
    DvpAppBinding,
    EarmarkedEvent,
    PacketSentEvent,
    ReleasedEvent,
    earmark_slot,
)
from chains.evm.client.node_types import EvmLog
from chains.evm.client.router import (
    AckPacketEvent,
    Router,
    SendPacketEvent,
    TimeoutPacketEvent,
    WriteAcknowledgementEvent,
)
from ibc.dvp import DvpPayload
from ibc.errors import InvalidPacket
from ibc.packet import PACKET_ABI_TYPE, Packet, Payload, abi_values, encode_packet, packet_of_abi_values
from primitives.errors import DecodeError
from primitives.keccak import keccak256
from primitives.types import Address
from tests.fakes.evm_devnet_world import words

ROUTER = Router(b"\xaa" * 20)
APP = DvpAppBinding(b"\xbb" * 20)
PAYLOAD = Payload("transfer", "transfer", "ics20-1", "application/json", b'{"a":1}')
PACKET = Packet(1, "07-tendermint-0", "07-tendermint-1", 100, (PAYLOAD,))
INDEXED = (keccak256(b"07-tendermint-0"), words(1))


def log_of(address: bytes, topics: tuple[bytes, ...], data: bytes) -> EvmLog:
    return EvmLog(address, topics, data, 5, b"\x01" * 32, b"\x02" * 32, 0)


@pytest.mark.parametrize(
    ("event", "topic0"),
    [
        (router.SEND_PACKET_EVENT, "ab3a4458a269be61dfa43faa33aa7b1f5d570716f83ad078bc2ba5dab039abae"),
        (router.WRITE_ACKNOWLEDGEMENT_EVENT, "76765590e2b799b0506100f8a6610cfecab2c71e8e1f8aa981b099aff0dfdb74"),
        (router.ACK_PACKET_EVENT, "f9bab74bcdb634f4d3dd064cc42a13df056598e1c0336905d2f5750fbfb08b7b"),
        (router.TIMEOUT_PACKET_EVENT, "01e5ed58494819ef3f6480dd08e433b7c08ed75c7abdf2c22c6f04b71340a168"),
        (router.NOOP_EVENT, "d08bf58b0e4eec5bfc697a4fdbb6839057fbf4dd06f1b1ce07445c0e5a654caf"),
    ],
)
def test_events_have_the_published_topics(event: AbiEvent, topic0: str) -> None:
    assert event.topic0.hex() == topic0


@pytest.mark.parametrize(
    ("module", "contract"),
    [
        (router, "ICS26Router"),
        (dvp_app, "DvpApp"),
        (progmat_light_client, "ProgmatLightClient"),
        (token, "SecurityToken"),
    ],
)
def test_every_function_and_event_bound_exists_in_the_compiled_contract(module: ModuleType, contract: str) -> None:
    abi = json.loads((ARTIFACTS_DIR / f"{contract}.json").read_text())["abi"]
    functions, events = {}, set()
    for entry in abi:
        inputs = ",".join(map(canonical_type, entry.get("inputs", [])))
        if entry["type"] == "function":
            functions[f"{entry['name']}({inputs})"] = [canonical_type(output) for output in entry["outputs"]]
        elif entry["type"] == "event":
            indexed = tuple(item["indexed"] for item in entry["inputs"])
            events.add((f"{entry['name']}({inputs})", indexed))
    bound = [value for value in vars(module).values() if isinstance(value, AbiFunction | AbiEvent)]
    assert bound
    for binding in bound:
        if isinstance(binding, AbiFunction):
            signature = f"{binding.name}({','.join(binding.inputs)})"
            assert signature in functions
            assert not binding.outputs or list(binding.outputs) == functions[signature]
        else:
            signature = f"{binding.name}({','.join(binding.signature_types)})"
            found = [indexed for name, indexed in events if name == signature]
            assert len(found) == 1
            assert sum(found[0]) == len(binding.indexed)


def test_a_packet_survives_the_way_into_call_data_and_back() -> None:
    call = ROUTER.recv_packet(PACKET, b"proof", 7)
    assert (call.to, call.data[:4]) == (ROUTER.address, router.RECV_PACKET.selector)
    ((values, proof, height),) = abi_decode(router.RECV_PACKET.inputs, call.data[4:])
    assert (packet_of_abi_values(values), proof, height) == (PACKET, b"proof", (0, 7))


def test_a_multicall_carries_the_calls_as_they_are() -> None:
    calls = (ROUTER.update_client("progmat-0", b"header"), ROUTER.recv_packet(PACKET, b"proof", 7))
    (bundled,) = abi_decode(("bytes[]",), ROUTER.multicall(*calls).data[4:])
    assert bundled == tuple(call.data for call in calls)


def test_router_events_become_packets() -> None:
    packet = encode_packet(PACKET)
    values = abi_values(PACKET)
    ack = abi_encode((PACKET_ABI_TYPE, "bytes"), (values, b"ok"))
    acks = abi_encode((PACKET_ABI_TYPE, "bytes[]"), (values, [b"ok"]))
    send = log_of(ROUTER.address, (router.SEND_PACKET_EVENT.topic0, *INDEXED), packet)
    assert ROUTER.event_of(send) == SendPacketEvent(PACKET, send)
    timeout = log_of(ROUTER.address, (router.TIMEOUT_PACKET_EVENT.topic0, *INDEXED), packet)
    assert ROUTER.event_of(timeout) == TimeoutPacketEvent(PACKET, timeout)
    acked = log_of(ROUTER.address, (router.ACK_PACKET_EVENT.topic0, *INDEXED), ack)
    assert ROUTER.event_of(acked) == AckPacketEvent(PACKET, b"ok", acked)
    written = log_of(ROUTER.address, (router.WRITE_ACKNOWLEDGEMENT_EVENT.topic0, *INDEXED), acks)
    assert ROUTER.event_of(written) == WriteAcknowledgementEvent(PACKET, (b"ok",), written)


def test_other_contracts_and_other_events_are_left_alone() -> None:
    send = log_of(ROUTER.address, (router.SEND_PACKET_EVENT.topic0, *INDEXED), encode_packet(PACKET))
    assert ROUTER.event_of(replace(send, address=b"\xcc" * 20)) is None
    assert ROUTER.event_of(replace(send, topics=())) is None
    assert ROUTER.event_of(replace(send, topics=(router.NOOP_EVENT.topic0,))) is None


@pytest.mark.parametrize("attack", ["cut", "trailing", "topics", "two payloads", "sequence 0"])
def test_a_forged_log_is_refused_not_misread(attack: str) -> None:
    send = log_of(ROUTER.address, (router.SEND_PACKET_EVENT.topic0, *INDEXED), encode_packet(PACKET))
    values = abi_values(PACKET)
    forged = {
        "cut": replace(send, data=send.data[:-32]),
        "trailing": replace(send, data=send.data + bytes(32)),
        "topics": replace(send, topics=send.topics[:2]),
        "two payloads": replace(send, data=abi_encode([PACKET_ABI_TYPE], [(*values[:4], values[4] * 2)])),
        "sequence 0": replace(send, data=abi_encode([PACKET_ABI_TYPE], [(0, *values[1:])])),
    }[attack]
    with pytest.raises((DecodeError, InvalidPacket)):
        ROUTER.event_of(forged)


def test_dvp_events_are_read() -> None:
    trade, terms = b"\x07" * 32, b"\x08" * 32
    token_, seller, buyer, adapter = (bytes([n]) * 20 for n in (1, 2, 3, 4))
    topics = (dvp_app.EARMARKED_EVENT.topic0, trade, bytes(12) + token_, bytes(12) + seller)
    cash, window = b"\x06" * 32, 1 << 128 | 5 << 64 | 9
    body = bytes(12) + adapter + bytes(12) + buyer + words(25) + cash + words(window) + terms
    earmarked = log_of(APP.address, topics, body)
    payload = DvpPayload(*(trade, Address(token_), Address(adapter), 25, Address(seller), Address(buyer), cash, window))
    assert APP.event_of(earmarked) == EarmarkedEvent(payload, terms, earmarked)
    sent = log_of(APP.address, (dvp_app.PACKET_SENT_EVENT.topic0, trade), terms + words(7))
    assert APP.event_of(sent) == PacketSentEvent(trade, terms, 7, sent)
    delivered = log_of(APP.address, (dvp_app.DELIVERED_EVENT.topic0, trade), terms)
    assert APP.event_of(delivered) == DeliveredEvent(trade, terms, delivered)
    released = log_of(APP.address, (dvp_app.RELEASED_EVENT.topic0, trade), terms)
    assert APP.event_of(released) == ReleasedEvent(trade, terms, released)
    with pytest.raises(DecodeError):
        APP.event_of(replace(earmarked, topics=(*topics[:2], b"\xff" * 32, topics[3])))


def test_the_earmark_slot_follows_erc7201() -> None:
    namespace = int.from_bytes(keccak256(b"crossdvp.storage.DvpApp"), "big") - 1
    root = keccak256(words(namespace))[:-1] + b"\x00"
    assert root == dvp_app.EARMARKS_SLOT
    assert earmark_slot(b"\x07" * 32) == keccak256(b"\x07" * 32 + root)
