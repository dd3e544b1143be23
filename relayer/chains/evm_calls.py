"""Messages for an EVM router as calls: one each, or one for all packets that the batch entry takes together."""

from __future__ import annotations

from collections.abc import Sequence

from chains.evm.client.abi import EvmCall
from chains.evm.client.router import Router, batch_route
from ibc.paths import commitment_path
from light_clients.progmat import join_proofs
from relayer.core.chain import MessageKind, PacketMessage

SMALLEST_BATCH = 2
"""A batch of one costs more than the packet alone."""


def call_of(router: Router, message: PacketMessage) -> EvmCall:
    """One message by the published ABI."""
    if message.kind is MessageKind.RECEIVE:
        return router.recv_packet(message.packet, message.proof, message.proof_height)
    if message.kind is MessageKind.ACKNOWLEDGE:
        return router.ack_packet(message.packet, message.ack or b"", message.proof, message.proof_height)
    return router.timeout_packet(message.packet, message.proof, message.proof_height)


def calls_of(router: Router, messages: Sequence[PacketMessage]) -> list[EvmCall]:
    """Calls for all messages; those to receive are batched by route and height if the router takes batches."""
    if not router.takes_batches:
        return [call_of(router, message) for message in messages]
    batches: dict[object, list[PacketMessage]] = {}
    alone: list[PacketMessage] = []
    for message in messages:
        if message.kind is MessageKind.RECEIVE:
            batches.setdefault((batch_route(message.packet), message.proof_height), []).append(message)
        else:
            alone.append(message)
    calls = []
    for batch in batches.values():
        if len(batch) < SMALLEST_BATCH:
            alone += batch
        else:
            calls.append(_batch_call(router, batch))
    return calls + [call_of(router, message) for message in alone]


def _batch_call(router: Router, batch: Sequence[PacketMessage]) -> EvmCall:
    packets = [message.packet for message in batch]
    paths = [commitment_path(packet.source_client, packet.sequence) for packet in packets]
    joint = join_proofs(paths, [message.proof for message in batch])
    return router.recv_packets([packets[at] for at in joint.order], joint.proof, batch[0].proof_height)
