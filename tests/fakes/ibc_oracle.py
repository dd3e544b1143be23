"""IBC v2 packets and commitments by the letter of the format table, sharing no code with `ibc`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from eth_abi import abi as eth_abi

from tests.fakes.progmat_oracle import keccak, sha

PACKET_TYPE: Final = "(uint64,string,string,uint64,(string,string,string,string,bytes)[])"
ERROR_ACK: Final = sha(b"UNIVERSAL_ERROR_ACKNOWLEDGEMENT")
TERMS_TYPES: Final = ["bytes32", "address", "address", "uint256", "address", "address", "bytes32", "uint256"]

Payload = tuple[str, str, str, str, bytes]
Terms = tuple[bytes, bytes, bytes, int, bytes, bytes, bytes, int]


@dataclass(frozen=True)
class Packet:
    """A packet with its payloads as ABI tuples."""

    sequence: int
    source_client: str
    dest_client: str
    timeout_s: int
    payloads: tuple[Payload, ...]

    @property
    def abi(self) -> tuple[int, str, str, int, list[Payload]]:
        """The ABI value."""
        return (self.sequence, self.source_client, self.dest_client, self.timeout_s, list(self.payloads))

    @property
    def encoded(self) -> bytes:
        """abi.encode(packet)."""
        return bytes(eth_abi.encode([PACKET_TYPE], [self.abi]))

    @property
    def receipt(self) -> bytes:
        """Value of the receipt."""
        return keccak(self.encoded)

    @property
    def commitment(self) -> bytes:
        """Value of the commitment."""
        hashes = b"".join(
            sha(b"".join(sha(part if isinstance(part, bytes) else part.encode()) for part in payload))
            for payload in self.payloads
        )
        return sha(b"\x02" + sha(self.dest_client.encode()) + sha(self.timeout_s.to_bytes(8, "big")) + sha(hashes))

    @property
    def commitment_path(self) -> bytes:
        """Where the source commits."""
        return path(self.source_client, 1, self.sequence)

    @property
    def receipt_path(self) -> bytes:
        """Where the destination notes the receipt."""
        return path(self.dest_client, 2, self.sequence)

    @property
    def ack_path(self) -> bytes:
        """Where the destination commits to the acknowledgement."""
        return path(self.dest_client, 3, self.sequence)


def path(client_id: str, tag: int, sequence: int) -> bytes:
    """`clientId | tag | BE8(sequence)`."""
    return client_id.encode() + bytes([tag]) + sequence.to_bytes(8, "big")


def ack_commitment(acknowledgement: bytes) -> bytes:
    """H(02 | H(ack))."""
    return sha(b"\x02" + sha(acknowledgement))


def terms_value(terms: Terms) -> bytes:
    """The eight words."""
    return bytes(eth_abi.encode(TERMS_TYPES, terms))


def terms_hash(terms: Terms, chain_id: int) -> bytes:
    """keccak256(type hash | chain id | eight words)."""
    return keccak(keccak(b"crossdvp.SettlementTerms.v1") + chain_id.to_bytes(32, "big") + terms_value(terms))


def window(lead_leg: int, lock_by_s: int, settle_by_s: int) -> int:
    """Lead leg and deadlines in one word."""
    return lead_leg << 128 | lock_by_s << 64 | settle_by_s
