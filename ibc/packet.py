"""IBC v2 packets: their commitment (ibc-go's, ICS-4 version 2) and their ABI form (the Solidity router's `Packet`).

One payload a packet, as every published implementation demands.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from ibc.errors import InvalidPacket
from ibc.identifiers import client_id, port_id
from primitives import abi
from primitives.errors import DecodeError
from primitives.hashing import sha256
from primitives.keccak import keccak256
from primitives.types import UINT64_MAX, Hash32

PROTOCOL_VERSION: Final = b"\x02"
PAYLOADS_PER_PACKET: Final = 1
MAX_PAYLOAD_BYTES: Final = 256 * 1024
MAX_LABEL_BYTES: Final = 256
MAX_ENCODED_PACKET_BYTES: Final = MAX_PAYLOAD_BYTES + 4096
PACKET_ABI_TYPE: Final = "(uint64,string,string,uint64,(string,string,string,string,bytes)[])"
_ABI_TYPES: Final = (PACKET_ABI_TYPE,)


@dataclass(frozen=True, slots=True)
class Payload:
    """What one application sends another. Raises `InvalidPacket`, `InvalidIdentifier`."""

    source_port: str
    destination_port: str
    version: str
    encoding: str
    value: bytes

    def __post_init__(self) -> None:
        port_id(self.source_port)
        port_id(self.destination_port)
        for what, label in (("version", self.version), ("encoding", self.encoding)):
            if not label.strip() or len(label.encode()) > MAX_LABEL_BYTES:
                raise InvalidPacket(
                    f"payload {what} has a wrong length", expected=f"1..{MAX_LABEL_BYTES} bytes", found=label
                )
        if not 0 < len(self.value) <= MAX_PAYLOAD_BYTES:
            raise InvalidPacket(
                "payload value has a wrong length", expected=f"1..{MAX_PAYLOAD_BYTES} bytes", found=len(self.value)
            )


@dataclass(frozen=True, slots=True)
class Packet:
    """One packet on its way from `source_client`'s chain to `destination_client`'s.

    `timeout_s`: seconds since 1970 on the destination's clock, from which on it can no longer be received. Raises
    `InvalidPacket`, `InvalidIdentifier`.
    """

    sequence: int
    source_client: str
    destination_client: str
    timeout_s: int
    payloads: tuple[Payload, ...]

    def __post_init__(self) -> None:
        client_id(self.source_client)
        client_id(self.destination_client)
        for what, number in (("sequence", self.sequence), ("time-out", self.timeout_s)):
            if not 0 < number <= UINT64_MAX:
                raise InvalidPacket(f"packet {what} is out of range", expected=f"1..{UINT64_MAX}", found=number)
        if len(self.payloads) != PAYLOADS_PER_PACKET:
            raise InvalidPacket(
                "packet has a wrong number of payloads", expected=PAYLOADS_PER_PACKET, found=len(self.payloads)
            )


def payload_hash(payload: Payload) -> Hash32:
    """SHA-256 over the SHA-256 of each field, in order."""
    texts = (payload.source_port, payload.destination_port, payload.version, payload.encoding)
    return sha256(b"".join([sha256(text.encode()) for text in texts]) + sha256(payload.value))


def packet_commitment(packet: Packet) -> Hash32:
    """What the sender stores and the receiver has proved to it."""
    payload_hashes = b"".join(payload_hash(payload) for payload in packet.payloads)
    return sha256(
        PROTOCOL_VERSION
        + sha256(packet.destination_client.encode())
        + sha256(packet.timeout_s.to_bytes(8, "big"))
        + sha256(payload_hashes)
    )


def encode_packet(packet: Packet) -> bytes:
    """`abi.encode(packet)` as the Solidity router does it."""
    return abi.encode(_ABI_TYPES, (abi_values(packet),))


def decode_packet(data: bytes) -> Packet:
    """The packet whose `encode_packet` is `data`. Raises `InvalidPacket`."""
    if len(data) > MAX_ENCODED_PACKET_BYTES:
        raise InvalidPacket("packet is too long", expected=f"at most {MAX_ENCODED_PACKET_BYTES} bytes", found=len(data))
    _check_payload_count(data)
    try:
        (values,) = abi.decode(_ABI_TYPES, data)
    except DecodeError as error:
        raise InvalidPacket(f"packet is not in its canonical encoding: {error}", found=data) from error
    return packet_of_abi_values(values)


def _check_payload_count(data: bytes) -> None:
    """Before anything is made of them: a message of many payloads is no packet, however well it is encoded."""
    if data[: abi.WORD] != abi.WORD.to_bytes(abi.WORD, "big"):
        raise InvalidPacket(
            "packet is not in its canonical encoding", expected="an offset of 32 first", found=data[: abi.WORD]
        )
    array = abi.WORD + int.from_bytes(data[5 * abi.WORD : 6 * abi.WORD], "big")
    count = int.from_bytes(data[array : array + abi.WORD], "big")
    if count != PAYLOADS_PER_PACKET:
        raise InvalidPacket(
            "packet has a wrong number of payloads", expected=PAYLOADS_PER_PACKET, found=str(count)[:20]
        )


def packet_receipt_value(packet: Packet) -> Hash32:
    """What the Solidity router stores as receipt."""
    return keccak256(encode_packet(packet))


def packet_commitment_receipt(packet: Packet) -> Hash32:
    """What the ledger stores as receipt: SHA-256 of the packet's commitment."""
    return sha256(packet_commitment(packet))


def abi_values(packet: Packet) -> tuple[Any, ...]:
    """The packet as `PACKET_ABI_TYPE` takes it."""
    payloads = [
        (payload.source_port, payload.destination_port, payload.version, payload.encoding, payload.value)
        for payload in packet.payloads
    ]
    return (packet.sequence, packet.source_client, packet.destination_client, packet.timeout_s, payloads)


def packet_of_abi_values(values: Sequence[Any]) -> Packet:
    """The packet of values that were decoded as `PACKET_ABI_TYPE`. Raises `InvalidPacket`."""
    sequence, source_client, destination_client, timeout_s, payloads = values
    if len(payloads) != PAYLOADS_PER_PACKET:
        raise InvalidPacket("packet has a wrong number of payloads", expected=PAYLOADS_PER_PACKET, found=len(payloads))
    try:
        return Packet(
            sequence, source_client, destination_client, timeout_s, tuple(Payload(*payload) for payload in payloads)
        )
    except InvalidPacket:
        raise
    except DecodeError as error:
        raise InvalidPacket(f"packet is invalid: {error}") from error
