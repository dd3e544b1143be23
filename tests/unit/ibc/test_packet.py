"""Packets: ibc-go's check values, the router's ABI form, and every field bound by the commitment."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from eth_abi.abi import encode as abi_encode
from hypothesis import given
from hypothesis import strategies as st

from ibc.errors import InvalidIdentifier, InvalidPacket
from ibc.packet import (
    MAX_LABEL_BYTES,
    MAX_PAYLOAD_BYTES,
    PACKET_ABI_TYPE,
    Packet,
    Payload,
    decode_packet,
    encode_packet,
    packet_commitment,
    packet_receipt_value,
    payload_hash,
)
from primitives.errors import DecodeError
from primitives.keccak import keccak256

TRANSFER = Payload(
    source_port="transfer",
    destination_port="transfer",
    version="ics20-1",
    encoding="application/json",
    value=b'{"denom":"uatom","amount":"1000000","sender":"sender","receiver":"receiver","memo":"memo"}',
)
PACKET = Packet(1, "07-tendermint-0", "07-tendermint-1", 100, (TRANSFER,))

IDENTIFIERS = st.text("abcXYZ019._+-#[]<>", min_size=2, max_size=64)
PAYLOADS = st.builds(
    Payload,
    IDENTIFIERS,
    IDENTIFIERS,
    st.text(min_size=1, max_size=20).filter(str.strip),
    st.text(min_size=1, max_size=20).filter(str.strip),
    st.binary(min_size=1, max_size=100),
)
UINT64 = st.integers(1, 2**64 - 1)
PACKETS = st.builds(Packet, UINT64, IDENTIFIERS, IDENTIFIERS, UINT64, st.tuples(PAYLOADS))


def test_the_commitment_is_that_of_ibc_go() -> None:
    assert packet_commitment(PACKET).hex() == "a096722aa6534040a0efbdae05765132a7b223ad306d6512f3734821bd046505"


@pytest.mark.parametrize(
    "change",
    [
        {"destination_client": "07-tendermint-2"},
        {"timeout_s": 101},
        {"payloads": (replace(TRANSFER, source_port="other"),)},
        {"payloads": (replace(TRANSFER, destination_port="other"),)},
        {"payloads": (replace(TRANSFER, version="ics20-2"),)},
        {"payloads": (replace(TRANSFER, encoding="other"),)},
        {"payloads": (replace(TRANSFER, value=b"other"),)},
        {"payloads": (replace(TRANSFER, source_port="ab", destination_port="cd"),)},
    ],
    ids=str,
)
def test_a_change_of_any_committed_field_changes_the_commitment(change: dict[str, Any]) -> None:
    assert packet_commitment(replace(PACKET, **change)) != packet_commitment(PACKET)


@pytest.mark.parametrize("change", [{"sequence": 2}, {"source_client": "07-tendermint-2"}], ids=str)
def test_sequence_and_source_are_bound_by_the_path_not_by_the_commitment(change: dict[str, Any]) -> None:
    """ICS-4 version 2: whoever verifies must compute the path from the same packet."""
    assert packet_commitment(replace(PACKET, **change)) == packet_commitment(PACKET)
    assert packet_receipt_value(replace(PACKET, **change)) != packet_receipt_value(PACKET)


def test_moving_bytes_between_neighbouring_fields_changes_the_payload_hash() -> None:
    first = replace(TRANSFER, source_port="aab", destination_port="bc")
    second = replace(TRANSFER, source_port="aa", destination_port="bbc")
    assert payload_hash(first) != payload_hash(second)


@given(PACKETS)
def test_a_packet_survives_its_abi_form(packet: Packet) -> None:
    assert decode_packet(encode_packet(packet)) == packet


def test_the_abi_form_is_that_of_the_router() -> None:
    payload = ("transfer", "transfer", "ics20-1", "application/json", TRANSFER.value)
    expected = abi_encode([PACKET_ABI_TYPE], [(1, "07-tendermint-0", "07-tendermint-1", 100, [payload])])
    assert encode_packet(PACKET) == expected
    assert packet_receipt_value(PACKET) == keccak256(expected)


@pytest.mark.parametrize("size", [0, 31, 32, 64, 500])
def test_a_truncated_packet_is_refused(size: int) -> None:
    with pytest.raises(InvalidPacket):
        decode_packet(encode_packet(PACKET)[:size])


def test_a_packet_with_something_after_it_is_refused() -> None:
    with pytest.raises(InvalidPacket, match="canonical"):
        decode_packet(encode_packet(PACKET) + bytes(32))


def test_a_packet_at_another_offset_is_refused() -> None:
    encoded = encode_packet(PACKET)
    with pytest.raises(InvalidPacket, match="canonical"):
        decode_packet((64).to_bytes(32, "big") + bytes(32) + encoded[32:])


def test_a_packet_with_dirty_padding_is_refused() -> None:
    encoded = bytearray(encode_packet(PACKET))
    encoded[-1] ^= 1
    with pytest.raises(InvalidPacket):
        decode_packet(bytes(encoded))


def test_an_oversized_packet_is_refused() -> None:
    with pytest.raises(InvalidPacket, match="too long"):
        decode_packet(bytes(MAX_PAYLOAD_BYTES + 5000))


@given(st.integers(0, len(encode_packet(PACKET)) * 8 - 1))
def test_a_flipped_bit_gives_another_packet_or_none(bit: int) -> None:
    encoded = encode_packet(PACKET)
    forged = (int.from_bytes(encoded, "big") ^ 1 << bit).to_bytes(len(encoded), "big")
    try:
        packet = decode_packet(forged)
    except DecodeError:
        return
    assert packet != PACKET
    assert encode_packet(packet) == forged


def test_two_payloads_or_none_are_refused_on_the_wire_too() -> None:
    payload = ("transfer", "transfer", "ics20-1", "application/json", b"v")
    for payloads in ([], [payload, payload]):
        with pytest.raises(InvalidPacket, match="number of payloads"):
            decode_packet(abi_encode([PACKET_ABI_TYPE], [(1, "client-0", "client-1", 100, payloads)]))


def test_a_small_packet_that_would_unpack_to_a_huge_one_is_refused_at_once() -> None:
    """4,000 payloads whose offsets all lead to the same 100 KiB."""
    payload = abi_encode(["(string,string,string,string,bytes)"], [("ab", "ab", "v", "e", bytes(100_000))])[32:]
    count = 4000
    words = [32, 1, 160, 224, 100, 288, 8, int.from_bytes(b"client-0".ljust(32, b"\x00"), "big")]
    words += [8, int.from_bytes(b"client-1".ljust(32, b"\x00"), "big"), count, *[32 * count] * count]
    bomb = b"".join(word.to_bytes(32, "big") for word in words) + payload
    with pytest.raises(InvalidPacket, match="number of payloads"):
        decode_packet(bomb)


@pytest.mark.parametrize("change", [{"sequence": 0}, {"sequence": 2**64}, {"timeout_s": 0}, {"timeout_s": -1}], ids=str)
def test_numbers_out_of_range_make_no_packet(change: dict[str, Any]) -> None:
    with pytest.raises(InvalidPacket):
        replace(PACKET, **change)


@pytest.mark.parametrize("change", [{"source_client": "a"}, {"destination_client": "has space"}], ids=str)
def test_identifiers_out_of_alphabet_make_no_packet(change: dict[str, Any]) -> None:
    with pytest.raises(InvalidIdentifier):
        replace(PACKET, **change)


@pytest.mark.parametrize(
    "change",
    [
        {"version": ""},
        {"version": " "},
        {"encoding": ""},
        {"encoding": "x" * (MAX_LABEL_BYTES + 1)},
        {"value": b""},
        {"value": bytes(MAX_PAYLOAD_BYTES + 1)},
    ],
    ids=lambda change: str(change)[:40],
)
def test_empty_or_oversized_fields_make_no_payload(change: dict[str, Any]) -> None:
    with pytest.raises(InvalidPacket):
        replace(TRANSFER, **change)


def test_the_largest_payload_survives() -> None:
    packet = replace(PACKET, payloads=(replace(TRANSFER, value=bytes(MAX_PAYLOAD_BYTES)),))
    assert decode_packet(encode_packet(packet)) == packet
