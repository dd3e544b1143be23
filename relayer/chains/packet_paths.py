"""Which IBC path a proof is about, on the chain that proves it (ICS-24 paths of IBC v2)."""

from __future__ import annotations

from ibc.packet import Packet
from ibc.paths import ack_path, commitment_path, receipt_path
from relayer.core.chain import ProofKind


def proved_path(kind: ProofKind, packet: Packet) -> bytes:
    """The path under which the proving chain keeps, or does not keep, what is proved."""
    if kind is ProofKind.COMMITMENT:
        return commitment_path(packet.source_client, packet.sequence)
    if kind is ProofKind.ACKNOWLEDGEMENT:
        return ack_path(packet.destination_client, packet.sequence)
    return receipt_path(packet.destination_client, packet.sequence)
