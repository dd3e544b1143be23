"""A packet message as a flow of a ledger node: under which request id it is asked for, and what its answer means."""

from __future__ import annotations

import uuid
from collections.abc import Callable

from chains.progmat.client import AckPacket, FlowView, LedgerClient, ReceivePacket, TimeoutPacket
from relayer.core.chain import MessageKind, Outcome, PacketMessage, Verdict

FLOW_WAIT_S = 15
ALREADY_PROCESSED = "PACKET_ALREADY_PROCESSED"


async def submitted(node: LedgerClient, message: PacketMessage, now_s: Callable[[], float]) -> FlowView:
    """The message's flow at a node, after at most ``FLOW_WAIT_S`` seconds; started anew if an earlier try failed."""
    started_ms = int(now_s() * 1000)
    request_id = f"{message.kind.value}/{message.packet.source_client}/{message.packet.sequence}"
    request_id += f"/{message.proof_height}"
    flow = await node.submit(_request(request_id, message), FLOW_WAIT_S)
    if flow.is_failed and flow.updated_ms < started_ms:
        # The same request failed before this attempt and would answer so for ever: try anew under a new id.
        flow = await node.submit(_request(f"{request_id}/{uuid.uuid4().hex[:12]}", message), FLOW_WAIT_S)
    return flow


def outcome_of(flow: FlowView) -> Outcome:
    """What a flow's state says about its message."""
    if flow.is_final_on_ledger:
        return Outcome(Verdict.DONE, flow.tx_id.hex(), flow.journal_position)
    if not flow.is_failed:
        waits = f"{flow.kind.value} waits for {flow.waiting_on or flow.step.value}"
        return Outcome(Verdict.PENDING, refusal=f"LEDGER_FLOW_PENDING: {waits}: {flow.last_error}")
    return refusal_of(flow.last_error_reason, flow.last_error)


def refusal_of(reason: str, text: str) -> Outcome:
    """A refusal by its reason; that somebody else was faster is none."""
    if reason == ALREADY_PROCESSED:
        return Outcome(Verdict.ALREADY_DONE)
    return Outcome(Verdict.REFUSED, refusal=f"{reason}: {text}")


def _request(request_id: str, message: PacketMessage) -> ReceivePacket | AckPacket | TimeoutPacket:
    if message.kind is MessageKind.RECEIVE:
        return ReceivePacket(request_id, message.packet, message.proof, message.proof_height)
    if message.kind is MessageKind.ACKNOWLEDGE:
        return AckPacket(request_id, message.packet, message.ack or b"", message.proof, message.proof_height)
    return TimeoutPacket(request_id, message.packet, message.proof, message.proof_height)
