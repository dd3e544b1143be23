"""One node's FlowService for an operator's programs: plain values in and out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import grpc
from crossdvp.ledger.v1 import flow_service_pb2 as pb
from crossdvp.ledger.v1.flow_service_pb2_grpc import FlowServiceStub

from chains.progmat.client.channel import ApiEndpoint, ApiTls, open_channel
from chains.progmat.client.ledger_client import CALL_TIMEOUT_S
from chains.rpc_status import error_from_rpc

RECOVERY_TIMEOUT_S = 600


@dataclass(frozen=True, slots=True)
class FlowLine:
    """A flow in a list. Times in Unix milliseconds, 0 where there is none."""

    flow_id: str
    kind: str
    step: str
    wish: str
    tx_id: bytes
    waiting_on: str
    since_ms: int
    next_attempt_ms: int
    attempts: int
    last_error_reason: str
    last_error_message: str
    created_ms: int


@dataclass(frozen=True, slots=True)
class ActLine:
    """An entry of the record of operators' acts."""

    number: int
    at_ms: int
    operator: str
    act: str
    flow_id: str
    step: str
    reason: str
    entry_hash: bytes


@dataclass(frozen=True, slots=True)
class FlowExplanation:
    """A flow's story (what, Unix ms), what it holds, what was done to it, and per act why not (empty: possible)."""

    flow: FlowLine
    request: str
    story: tuple[tuple[str, int], ...]
    held_states: int
    held_yen: int
    held_until_s: int
    acts: tuple[ActLine, ...]
    chances: dict[str, str]


@dataclass(frozen=True, slots=True)
class PeerRecovered:
    """What asking one peer for missed transactions brought."""

    peer: str
    listed: int
    fetched: int
    missing: int
    problem: str


@dataclass(frozen=True, slots=True)
class PendingLine:
    """A transaction that another node began and this one signed. Times in Unix milliseconds."""

    tx_id: bytes
    asker: str
    since_ms: int
    attempts: int
    next_attempt_ms: int
    last_error_reason: str
    last_error_message: str


class FlowOperator:
    """Asks one node. All methods raise ``RemoteCallerError``, ``RemotePeerError`` or ``RemoteUnavailableError``."""

    def __init__(self, endpoint: ApiEndpoint, tls: ApiTls) -> None:
        self.name = endpoint.name
        self._channel = open_channel(endpoint, tls)
        self._stub: Any = FlowServiceStub(self._channel)  # type: ignore[no-untyped-call] # generated without annotations

    async def find(
        self,
        kinds: Sequence[str] = (),
        steps: Sequence[str] = (),
        stuck_for_ms: int = 0,
        waiting_on: str = "",
        after: str = "",
        max_flows: int = 0,
    ) -> tuple[tuple[FlowLine, ...], bool]:
        """A page of flows, newest first, and whether there are more."""
        request = pb.FindFlowsRequest(
            kinds=kinds,
            steps=steps,
            stuck_for_ms=stuck_for_ms,
            waiting_on=waiting_on,
            after=after,
            max_flows=max_flows,
        )
        answer = await self._call(self._stub.FindFlows, request)
        return tuple(map(_line, answer.flows)), answer.more

    async def explain(self, flow_id: str) -> FlowExplanation:
        """All there is to say of a flow."""
        answer = await self._call(self._stub.ExplainFlow, pb.ExplainFlowRequest(flow_id=flow_id))
        return FlowExplanation(
            flow=_line(answer.flow),
            request=answer.request,
            story=tuple((line.what, line.at_ms) for line in answer.story),
            held_states=answer.held_states,
            held_yen=answer.held_yen,
            held_until_s=answer.held_until_s,
            acts=tuple(map(_act, answer.acts)),
            chances={_act_name(chance.act): chance.why_not for chance in answer.chances},
        )

    async def act(self, act: str, flow_id: str, reason: str) -> FlowLine:
        """RETRY, PARK, UNPARK or ABORT a flow; the flow afterwards."""
        request = pb.ActOnFlowRequest(flow_id=flow_id, act=f"FLOW_ACT_{act}", reason=reason)
        return _line((await self._call(self._stub.ActOnFlow, request)).flow)

    async def acts(self, after: int = 0, max_acts: int = 0) -> tuple[tuple[ActLine, ...], int]:
        """What operators did, and the number of the first entry that does not follow from the one before (0: none)."""
        answer = await self._call(
            self._stub.ListOperatorActs, pb.ListOperatorActsRequest(after=after, max_acts=max_acts)
        )
        return tuple(map(_act, answer.acts)), answer.first_broken_entry

    async def recover(self) -> tuple[tuple[PeerRecovered, ...], bool]:
        """Ask all peers for missed transactions; per peer what came of it, and whether nothing is left open."""
        answer = await self._call(self._stub.Recover, pb.RecoverRequest(), RECOVERY_TIMEOUT_S)
        peers = tuple(
            PeerRecovered(item.peer, item.listed, item.fetched, item.missing, item.problem) for item in answer.peers
        )
        return peers, answer.complete

    async def pending(self, max_transactions: int = 0) -> tuple[PendingLine, ...]:
        """What the node signed for others and what is not final there yet, oldest first."""
        answer = await self._call(self._stub.ListPending, pb.ListPendingRequest(max_transactions=max_transactions))
        return tuple(
            PendingLine(
                tx_id=item.tx_id,
                asker=item.asker,
                since_ms=item.since_ms,
                attempts=item.attempts,
                next_attempt_ms=item.next_attempt_ms,
                last_error_reason=item.last_error_reason,
                last_error_message=item.last_error_message,
            )
            for item in answer.pending
        )

    async def close(self) -> None:
        """Close the channel."""
        await self._channel.close(grace=None)

    async def _call(
        self, method: Callable[..., Awaitable[Any]], message: object, timeout_s: float = CALL_TIMEOUT_S
    ) -> Any:  # noqa: ANN401 # generated messages
        try:
            return await method(message, timeout=timeout_s)
        except grpc.RpcError as error:
            raise error_from_rpc(error, self.name) from error


def _line(message: pb.FlowSummary) -> FlowLine:
    return FlowLine(
        flow_id=message.flow_id,
        kind=message.kind,
        step=message.step,
        wish=message.wish,
        tx_id=message.tx_id,
        waiting_on=message.waiting_on,
        since_ms=message.since_ms,
        next_attempt_ms=message.next_attempt_ms,
        attempts=message.attempts,
        last_error_reason=message.last_error_reason,
        last_error_message=message.last_error_message,
        created_ms=message.created_ms,
    )


def _act(message: pb.OperatorActEntry) -> ActLine:
    return ActLine(
        number=message.number,
        at_ms=message.at_ms,
        operator=message.operator,
        act=message.act,
        flow_id=message.flow_id,
        step=message.step,
        reason=message.reason,
        entry_hash=message.entry_hash,
    )


def _act_name(number: int) -> str:
    return str(pb.FlowAct.Name(number)).removeprefix("FLOW_ACT_")
