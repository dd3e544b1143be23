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
_WORD = 32
_LINE_BYTES = 5 * _WORD
"""Its offset, sequence, time-out, and its value's offset and length."""


def call_of(router: Router, message: PacketMessage) -> EvmCall:
    """One message by the published ABI."""
    if message.kind is MessageKind.RECEIVE:
        return router.recv_packet(message.packet, message.proof, message.proof_height)
    if message.kind is MessageKind.ACKNOWLEDGE:
        return router.ack_packet(message.packet, message.ack or b"", message.proof, message.proof_height)
    return router.timeout_packet(message.packet, message.proof, message.proof_height)


def shared_call(router: Router, message: PacketMessage) -> object | None:
    """What messages have in common that may go in one call; None for one that has a call of its own."""
    if not router.takes_batches or message.kind is not MessageKind.RECEIVE:
        return None
    return batch_route(message.packet), message.proof_height


def line_bytes(message: PacketMessage) -> int:
    """The most that a message takes in a call that it shares: its line there, and its part of the joint proof."""
    value = len(message.packet.payloads[0].value)
    return _LINE_BYTES + value + -value % _WORD + len(message.proof)


def calls_of(router: Router, messages: Sequence[PacketMessage]) -> list[EvmCall]:
    """Calls for all messages; those to receive are batched by route and height if the router takes batches."""
    batches: dict[object, list[PacketMessage]] = {}
    alone: list[PacketMessage] = []
    for message in messages:
        with_whom = shared_call(router, message)
        if with_whom is None:
            alone.append(message)
        else:
            batches.setdefault(with_whom, []).append(message)
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
