"""A packet message as a flow of a ledger node: under which request id it is asked for, and what its answer means."""

from __future__ import annotations

import uuid
from collections.abc import Callable

from chains.progmat.client.ledger_client import LedgerClient
from chains.progmat.client.nouns import AckPacket, FlowView, ReceivePacket, TimeoutPacket
from relayer.core.chain import MessageKind, Outcome, PacketMessage, Verdict

FLOW_WAIT_S = 15
ALREADY_PROCESSED = "PACKET_ALREADY_PROCESSED"


Request = ReceivePacket | AckPacket | TimeoutPacket


class Submissions:
    """Messages on their way through ledger nodes.

    What a node has not ended yet is asked for again by the same request, whatever height it was proved at: a second
    flow for one packet would reserve a second time, and be refused in the end. After a restart it may happen.
    """

    def __init__(self, now_s: Callable[[], float]) -> None:
        self._now_s = now_s
        self._under_way: dict[tuple[str, MessageKind, str, int], Request] = {}

    async def submitted(self, node: LedgerClient, message: PacketMessage) -> FlowView:
        """The message's flow at a node, after at most ``FLOW_WAIT_S`` seconds; a new one if an earlier try failed."""
        key = (node.name, message.kind, message.packet.source_client, message.packet.sequence)
        under_way = self._under_way.get(key)
        if under_way is not None:
            flow = await node.submit(under_way, FLOW_WAIT_S)
            if not flow.is_failed:
                return self._noted(key, under_way, flow)
        started_ms = int(self._now_s() * 1000)
        request_id = f"{message.kind.value}/{message.packet.source_client}/{message.packet.sequence}"
        request = _request(f"{request_id}/{message.proof_height}", message)
        flow = await node.submit(request, FLOW_WAIT_S)
        if flow.is_failed and flow.updated_ms < started_ms:
            # The same request failed before this attempt and would answer so for ever: try anew under a new id.
            request = _request(f"{request.request_id}/{uuid.uuid4().hex[:12]}", message)
            flow = await node.submit(request, FLOW_WAIT_S)
        return self._noted(key, request, flow)

    def _noted(self, key: tuple[str, MessageKind, str, int], request: Request, flow: FlowView) -> FlowView:
        if flow.is_failed or flow.is_final_on_ledger:
            self._under_way.pop(key, None)
        else:
            self._under_way[key] = request
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


def _request(request_id: str, message: PacketMessage) -> Request:
    if message.kind is MessageKind.RECEIVE:
        return ReceivePacket(request_id, message.packet, message.proof, message.proof_height)
    if message.kind is MessageKind.ACKNOWLEDGE:
        return AckPacket(request_id, message.packet, message.ack or b"", message.proof, message.proof_height)
    return TimeoutPacket(request_id, message.packet, message.proof, message.proof_height)
