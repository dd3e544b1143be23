"""NodeService over gRPC: messages to requests, records to messages; who may call what.

Servicers raise our errors; ``ErrorStatusInterceptor`` turns them into statuses, so no traceback reaches a caller.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final, Protocol

import grpc.aio
from crossdvp.ledger.v1 import node_service_pb2 as pb
from crossdvp.ledger.v1.node_service_pb2_grpc import NodeServiceServicer
from google.protobuf.message import Message

from chains.progmat.contracts.terms_codec import account_to_message, terms_from_message
from chains.progmat.flows.errors import (
    FlowUnknown,
    InvalidRequest,
    LightClientUnknown,
    TradeUnknown,
    TransactionUnknown,
)
from chains.progmat.flows.record import FlowKind, FlowRecord
from chains.progmat.flows.request_codec import from_message
from chains.progmat.flows.requests import ReceivePacket
from chains.progmat.flows.steps import FlowStep
from chains.progmat.flows.views import IbcEventKind, TradeRecord, TradeStatus
from chains.progmat.identity import KeyStore
from chains.progmat.node.api_access import ApiAccess
from chains.progmat.node.errors import CallerNotAuthorised
from chains.progmat.node.ledger_node import LedgerNode
from chains.progmat.node.operations import NodeOperations, packet_of_lock
from chains.progmat.node.peers.rpc_service import identity_of
from chains.progmat.transactions.signed_codec import encode_signature
from primitives.errors import DecodeError

Context = grpc.aio.ServicerContext[Any, Any]

STATUS_CODES: Final = {
    FlowUnknown: grpc.StatusCode.NOT_FOUND,
    TradeUnknown: grpc.StatusCode.NOT_FOUND,
    TransactionUnknown: grpc.StatusCode.NOT_FOUND,
    LightClientUnknown: grpc.StatusCode.NOT_FOUND,
    CallerNotAuthorised: grpc.StatusCode.PERMISSION_DENIED,
}
"""Finer than the kinds of blame; for ``ErrorStatusInterceptor``."""

_STEPS: Final = {step: f"FLOW_STEP_{step.value}" for step in FlowStep}
_STEP_OF: Final = {int(pb.FlowStep.Value(name)): step for step, name in _STEPS.items()}
_EVENTS: Final = {kind: f"IBC_EVENT_KIND_{kind.value}" for kind in IbcEventKind}
_TRADES: Final = {status: f"TRADE_STATUS_{status.value}" for status in TradeStatus}


class FlowMessage(Protocol):
    """Any of the messages that start a flow."""

    wait_s: int


Starter = Callable[["FlowStarting", FlowMessage, Context], Awaitable[Message]]


def starter(method: str, kind: FlowKind, response: type[Message]) -> Starter:
    """The servicer's method for a call that starts a flow: all of them do the same."""

    async def start(self: FlowStarting, request: FlowMessage, context: Context) -> Message:
        record = await self.submit(method, kind, request, context)
        return response(flow=flow_to_message(record))

    return start


class FlowStarting:
    """What the servicers of a vault node share: the node's operations, and who may ask for them."""

    def __init__(self, node: LedgerNode, keys: KeyStore, access: ApiAccess) -> None:
        self._node = node
        self._operations = NodeOperations(node, keys)
        self._access = access

    def stop(self) -> None:
        """Let waiting calls return."""
        self._operations.stop()

    async def submit(self, method: str, kind: FlowKind, message: FlowMessage, context: Context) -> FlowRecord:
        """Start the flow that a message asks for, if its sender may."""
        self._authorise(context, method)
        return await self._operations.submit(from_message(kind, message), message.wait_s)

    def _authorise(self, context: Context, method: str) -> None:
        self._access.require(identity_of(context).name, method)


class NodeServiceRpc(FlowStarting, NodeServiceServicer):
    """The servicer of one vault node."""

    # ---- flows ----

    IssueCash = starter("IssueCash", FlowKind.ISSUE_CASH, pb.IssueCashResponse)
    MoveCash = starter("MoveCash", FlowKind.MOVE_CASH, pb.MoveCashResponse)
    RedeemCash = starter("RedeemCash", FlowKind.REDEEM_CASH, pb.RedeemCashResponse)
    RotateAccountKey = starter("RotateAccountKey", FlowKind.ROTATE_ACCOUNT_KEY, pb.RotateAccountKeyResponse)
    CancelTrade = starter("CancelTrade", FlowKind.CANCEL_TRADE, pb.CancelTradeResponse)
    CreateLightClient = starter("CreateLightClient", FlowKind.CREATE_LIGHT_CLIENT, pb.CreateLightClientResponse)
    UpdateLightClient = starter("UpdateLightClient", FlowKind.UPDATE_LIGHT_CLIENT, pb.UpdateLightClientResponse)
    SubmitMisbehaviour = starter("SubmitMisbehaviour", FlowKind.SUBMIT_MISBEHAVIOUR, pb.SubmitMisbehaviourResponse)
    RecoverLightClient = starter("RecoverLightClient", FlowKind.RECOVER_LIGHT_CLIENT, pb.RecoverLightClientResponse)
    EndorseLightClient = starter("EndorseLightClient", FlowKind.ENDORSE_LIGHT_CLIENT, pb.EndorseLightClientResponse)
    PruneLightClient = starter("PruneLightClient", FlowKind.PRUNE_LIGHT_CLIENT, pb.PruneLightClientResponse)
    AckPacket = starter("AckPacket", FlowKind.ACK_PACKET, pb.AckPacketResponse)
    TimeoutPacket = starter("TimeoutPacket", FlowKind.TIMEOUT_PACKET, pb.TimeoutPacketResponse)

    async def LockCash(self, request: pb.LockCashRequest, context: Context) -> pb.LockCashResponse:  # noqa: D102, N802 # named and documented by the .proto file
        record = await self.submit("LockCash", FlowKind.LOCK_CASH, request, context)
        return pb.LockCashResponse(flow=flow_to_message(record), packet=packet_of_lock(record))

    async def ReceivePacket(self, request: pb.ReceivePacketRequest, context: Context) -> pb.ReceivePacketResponse:  # noqa: D102, N802 # named and documented by the .proto file
        self._authorise(context, "ReceivePacket")
        wanted = from_message(FlowKind.RECEIVE_PACKET, request)
        if not isinstance(wanted, ReceivePacket):
            raise TypeError(f"{wanted} is of another kind than its message")
        record = await self._operations.receive_packet(wanted, request.wait_s)
        return pb.ReceivePacketResponse(flow=flow_to_message(record))

    async def AuthoriseTrade(self, request: pb.AuthoriseTradeRequest, context: Context) -> pb.AuthoriseTradeResponse:  # noqa: D102, N802 # named and documented by the .proto file
        self._authorise(context, "AuthoriseTrade")
        try:
            terms = terms_from_message(request.terms)
        except DecodeError as error:
            raise InvalidRequest("terms", str(error)) from error
        caller = identity_of(context).name
        entered = await self._operations.authorise_trade(caller, request.request_id, terms)
        return pb.AuthoriseTradeResponse(terms_hash=entered.terms_hash, at_ms=entered.at_ms)

    async def GetFlow(self, request: pb.GetFlowRequest, context: Context) -> pb.GetFlowResponse:  # noqa: D102, N802 # named and documented by the .proto file
        self._authorise(context, "GetFlow")
        return pb.GetFlowResponse(flow=flow_to_message(await self._operations.flow(request.flow_id)))

    async def ListFlows(self, request: pb.ListFlowsRequest, context: Context) -> pb.ListFlowsResponse:  # noqa: D102, N802 # named and documented by the .proto file
        self._authorise(context, "ListFlows")
        if not set(request.steps) <= set(_STEP_OF):
            raise InvalidRequest("steps", f"{sorted(set(request.steps) - set(_STEP_OF))} are no steps")
        steps = frozenset(_STEP_OF[number] for number in request.steps)
        found = await self._operations.flows(steps, request.max_flows)
        return pb.ListFlowsResponse(flows=[flow_to_message(record) for record in found])

    # ---- the node and its accounts ----

    async def GetNodeInfo(self, _request: pb.GetNodeInfoRequest, context: Context) -> pb.GetNodeInfoResponse:  # noqa: D102, N802 # named and documented by the .proto file
        self._authorise(context, "GetNodeInfo")
        me, verifier = self._node.parts.me, self._node.parts.verifier
        return pb.GetNodeInfoResponse(
            name=me.name,
            key=me.party.key.encoded(),
            roles=sorted(role.value for role in me.roles),
            ledger_id=verifier.epochs[0].ledger_id,
            network_parameters_hash=verifier.parameters.hash,
            contract_package=verifier.package.hash,
            accounts=[account_to_message(account) for account in self._operations.accounts()],
        )

    async def OpenAccount(self, request: pb.OpenAccountRequest, context: Context) -> pb.OpenAccountResponse:  # noqa: D102, N802 # named and documented by the .proto file
        self._authorise(context, "OpenAccount")
        return pb.OpenAccountResponse(
            account=account_to_message(await self._operations.open_account(request.request_id))
        )

    async def GetBalance(self, request: pb.GetBalanceRequest, context: Context) -> pb.GetBalanceResponse:  # noqa: D102, N802 # named and documented by the .proto file
        self._authorise(context, "GetBalance")
        lines = await self._operations.balances(request.coin_id, request.account_key)
        if not self._access.is_operator(identity_of(context).name):
            lines = [line for line in lines if line.account.node == self._node.parts.me.name]
        return pb.GetBalanceResponse(
            balances=[
                pb.Balance(
                    coin_id=line.asset.asset_id,
                    account=account_to_message(line.account),
                    free_yen=line.balance.free,
                    reserved_yen=line.balance.soft_locked,
                    locked_yen=line.balance.encumbered,
                )
                for line in lines
            ]
        )

    # ---- the ledger ----

    async def GetTransaction(self, request: pb.GetTransactionRequest, context: Context) -> pb.GetTransactionResponse:  # noqa: D102, N802 # named and documented by the .proto file
        self._authorise(context, "GetTransaction")
        found = await self._operations.transaction(request.tx_id)
        return pb.GetTransactionResponse(signed_transaction=found.signed_bytes, journal_position=found.journal_position)

    async def GetTrade(self, request: pb.GetTradeRequest, context: Context) -> pb.GetTradeResponse:  # noqa: D102, N802 # named and documented by the .proto file
        self._authorise(context, "GetTrade")
        return _trade_to_message(await self._operations.trade(request.trade_id))

    async def GetTrades(self, request: pb.GetTradesRequest, context: Context) -> pb.GetTradesResponse:  # noqa: D102, N802 # named and documented by the .proto file
        self._authorise(context, "GetTrades")
        found = await self._operations.trades(frozenset(request.trade_ids))
        known = [pb.KnownTrade(trade_id=trade.trade_id, trade=_trade_to_message(trade)) for trade in found]
        return pb.GetTradesResponse(trades=known)

    async def GetTradeEvidence(  # noqa: D102, N802 # named and documented by the .proto file
        self, request: pb.GetTradeEvidenceRequest, context: Context
    ) -> pb.GetTradeEvidenceResponse:
        self._authorise(context, "GetTradeEvidence")
        try:
            terms = terms_from_message(request.terms)
        except DecodeError as error:
            raise InvalidRequest("terms", str(error)) from error
        found = await self._operations.trade_evidence(terms)
        return pb.GetTradeEvidenceResponse(
            transactions=[
                pb.TornTransaction(
                    journal_position=position,
                    tear_off=torn.tear_off.encode(),
                    notary_signature=encode_signature(torn.notary_signature),
                    paid_output=b"" if torn.paid is None else torn.paid.encode(),
                )
                for torn, position in found
            ]
        )

    async def ListIbcEvents(self, request: pb.ListIbcEventsRequest, context: Context) -> pb.ListIbcEventsResponse:  # noqa: D102, N802 # named and documented by the .proto file
        self._authorise(context, "ListIbcEvents")
        events = await self._operations.ibc_events(request.after, request.wait_s, request.max_events)
        return pb.ListIbcEventsResponse(
            events=[
                pb.IbcEvent(
                    cursor=event.cursor,
                    kind=_EVENTS[event.kind],
                    packet=event.packet,
                    tx_id=event.tx_id,
                    journal_position=event.journal_position,
                    acknowledgement=event.acknowledgement,
                )
                for event in events
            ]
        )

    async def GetLightClient(self, request: pb.GetLightClientRequest, context: Context) -> pb.GetLightClientResponse:  # noqa: D102, N802 # named and documented by the .proto file
        self._authorise(context, "GetLightClient")
        view = await self._operations.light_client(request.client_id, request.max_heights)
        return pb.GetLightClientResponse(
            client_type=view.record.client_type,
            client_state=view.record.client_state,
            counterparty_client_id=view.record.counterparty_client_id,
            counterparty_merkle_prefix=view.record.counterparty_merkle_prefix,
            heights=[pb.LightClientHeight(height=height, timestamp_s=at_s) for height, at_s in view.heights],
            frozen=view.is_frozen,
            consensus_client_id=view.record.consensus_client_id,
            endorsers=[party.name for party in view.record.endorsers],
            status=view.status,
            newest_consensus_state=view.newest_consensus_state,
        )

    async def GetConsensusState(  # noqa: D102, N802 # named and documented by the .proto file
        self, request: pb.GetConsensusStateRequest, context: Context
    ) -> pb.GetConsensusStateResponse:
        self._authorise(context, "GetConsensusState")
        record = await self._operations.consensus(request.client_id, request.height)
        return pb.GetConsensusStateResponse(
            height=record.height, timestamp_s=record.timestamp_s, consensus_state=record.consensus_state
        )


def _trade_to_message(trade: TradeRecord) -> pb.GetTradeResponse:
    return pb.GetTradeResponse(
        status=_TRADES[trade.status],
        packet=trade.packet,
        opening_tx_id=trade.opening_tx_id,
        opening_position=trade.opening_position,
        closing_tx_id=trade.closing_tx_id,
        closing_position=trade.closing_position,
        terms_hash=trade.terms_hash,
    )


def flow_to_message(record: FlowRecord) -> pb.Flow:
    """A flow's record as a message."""
    return pb.Flow(
        flow_id=record.flow_id,
        kind=record.kind.value,
        step=_STEPS[record.step],
        tx_id=record.tx_id or b"",
        journal_position=record.journal_position,
        attempts=record.attempts,
        last_error_reason=record.last_error_reason,
        last_error_message=record.last_error,
        waiting_on=record.waiting_on,
        since_ms=record.since_ms,
        next_attempt_ms=record.next_attempt_ms,
        created_ms=record.created_ms,
        updated_ms=record.updated_ms,
    )
