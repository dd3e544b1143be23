"""Events compared with what the router has stored before anything is remembered: a packet read wrong is never relayed.

A log's data is a node's word. Kept as told, a changed packet could be proved by nobody, and the true one, read later,
would be taken for a second packet of its number.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Final

from chains.evm.client.router import Router
from chains.evm.client.rpc import EvmRpc
from chains.evm.errors import NodeMisbehaved
from ibc.acknowledgement import ack_commitment
from ibc.packet import packet_commitment
from relayer.chains.packet_paths import proved_path
from relayer.core.chain import EventKind, PacketEvent, ProofKind

_ENDED: Final = {EventKind.ACK_PROCESSED, EventKind.TIMEOUT_PROCESSED}


async def require_stored(rpc: EvmRpc, router: Router, events: Sequence[PacketEvent]) -> None:
    """Raises ``NodeMisbehaved`` where the router has stored something else than an event says.

    A commitment that is not there may be processed by now, or the node that is asked be behind: it contradicts nothing.
    """
    if events:
        await rpc.on_one(partial(_require_stored_at, router=router, events=events))


async def _require_stored_at(node: EvmRpc, router: Router, events: Sequence[PacketEvent]) -> None:
    stored = await router.commitments(node, [_path_of(event) for event in events])
    for event, found in zip(events, stored, strict=True):
        if found is not None and (event.kind in _ENDED or found != _commitment_of(event)):
            expected = "nothing" if event.kind in _ENDED else f"0x{_commitment_of(event).hex()}"
            subject = f"event {event.kind.value} of packet {event.packet.sequence}, compared with what is stored"
            raise NodeMisbehaved(subject, expected, f"0x{found.hex()}")


def _path_of(event: PacketEvent) -> bytes:
    kind = ProofKind.ACKNOWLEDGEMENT if event.kind is EventKind.ACK_WRITTEN else ProofKind.COMMITMENT
    return proved_path(kind, event.packet)


def _commitment_of(event: PacketEvent) -> bytes:
    if event.kind is EventKind.ACK_WRITTEN:
        return ack_commitment([event.ack or b""])
    return packet_commitment(event.packet)
