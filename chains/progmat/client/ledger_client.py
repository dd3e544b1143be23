"""One node's API for other programs: requests in, plain values out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final

import grpc
import grpc.aio
from crossdvp.ledger.v1 import node_service_pb2 as pb
from crossdvp.ledger.v1.node_service_pb2_grpc import NodeServiceStub

from chains.progmat.client.channel import ApiEndpoint, ApiTls, open_channel
from chains.progmat.contracts.terms_codec import account_from_message, terms_to_message
from chains.progmat.flows.any_request import AnyRequest
from chains.progmat.flows.record import FlowKind
from chains.progmat.flows.request_codec import to_message
from chains.progmat.flows.steps import FlowStep
from chains.progmat.flows.views import FlowView, IbcEvent, IbcEventKind, TradeRecord, TradeStatus
from chains.rpc_status import RemoteCallerError, error_from_rpc
from ibc.dvp import CashAccount, SettlementTerms

CALL_TIMEOUT_S: Final = 15.0
"""Beyond what the node is asked to wait."""

_METHODS: Final = {
    FlowKind.ISSUE_CASH: "IssueCash",
    FlowKind.MOVE_CASH: "MoveCash",
    FlowKind.REDEEM_CASH: "RedeemCash",
    FlowKind.ROTATE_ACCOUNT_KEY: "RotateAccountKey",
    FlowKind.LOCK_CASH: "LockCash",
    FlowKind.CANCEL_TRADE: "CancelTrade",
    FlowKind.CREATE_LIGHT_CLIENT: "CreateLightClient",
    FlowKind.UPDATE_LIGHT_CLIENT: "UpdateLightClient",
    FlowKind.SUBMIT_MISBEHAVIOUR: "SubmitMisbehaviour",
    FlowKind.RECOVER_LIGHT_CLIENT: "RecoverLightClient",
    FlowKind.ENDORSE_LIGHT_CLIENT: "EndorseLightClient",
    FlowKind.PRUNE_LIGHT_CLIENT: "PruneLightClient",
    FlowKind.ACK_PACKET: "AckPacket",
    FlowKind.TIMEOUT_PACKET: "TimeoutPacket",
    FlowKind.RECEIVE_PACKET: "ReceivePacket",
}


@dataclass(frozen=True, slots=True)
class NodeInfo:
    """What a node says of itself."""

    name: str
    key: bytes
    roles: tuple[str, ...]
    ledger_id: str
    network_parameters_hash: bytes
    contract_package: bytes
    accounts: tuple[CashAccount, ...]


@dataclass(frozen=True, slots=True)
class CashBalance:
    """Unspent cash of one coin in one account; the three amounts do not overlap."""

    coin_id: str
    account: CashAccount
    free_yen: int
    reserved_yen: int
    locked_yen: int


@dataclass(frozen=True, slots=True)
class LightClientInfo:
    """A light client on the ledger; ``heights`` are pairs of height and Unix seconds, newest first.

    ``consensus_client_id`` is another's after a recovery, ``endorsers`` the issuers who endorsed it, ``status`` active,
    frozen or expired on the node's clock. ``newest_consensus_state`` is what it keeps of the first of the heights.
    """

    client_type: str
    client_state: bytes
    counterparty_client_id: str
    counterparty_merkle_prefix: tuple[bytes, ...]
    heights: tuple[tuple[int, int], ...]
    is_frozen: bool
    consensus_client_id: str
    endorsers: tuple[str, ...]
    status: str
    newest_consensus_state: bytes = b""


@dataclass(frozen=True, slots=True)
class TornEvidence:
    """A transaction of a trade, torn; bytes as ``chains.progmat.transactions.torn`` is made of. Untrusted."""

    journal_position: int
    tear_off: bytes
    notary_signature: bytes
    paid_output: bytes


class LedgerClient:
    """Asks one node.

    All methods raise ``RemoteCallerError``, ``RemotePeerError`` or ``RemoteUnavailableError`` with the node's reason.
    After the last one a call that starts a flow may be repeated with the same request: it never starts a second one.
    """

    def __init__(self, endpoint: ApiEndpoint, tls: ApiTls) -> None:
        self.name = endpoint.name
        self._channel = open_channel(endpoint, tls)
        self._stub: Any = NodeServiceStub(self._channel)  # type: ignore[no-untyped-call] # generated without annotations

    async def submit(self, request: AnyRequest, wait_s: int = 30) -> FlowView:
        """Start a flow, or find the one this request started; as it stands when final, failed, or after ``wait_s``."""
        message: Any = to_message(request)
        message.wait_s = wait_s
        answer = await self._call(getattr(self._stub, _METHODS[request.kind]), message, wait_s)
        return flow_view(answer.flow, getattr(answer, "packet", b""))

    async def flow(self, flow_id: str) -> FlowView:
        """One flow; reason FLOW_UNKNOWN if there is none."""
        answer = await self._call(self._stub.GetFlow, pb.GetFlowRequest(flow_id=flow_id))
        return flow_view(answer.flow)

    async def flows(self, steps: Collection[FlowStep] = (), max_flows: int = 100) -> tuple[FlowView, ...]:
        """Flows at any of ``steps`` (none = all), newest first."""
        names = [f"FLOW_STEP_{step.value}" for step in steps]
        answer = await self._call(self._stub.ListFlows, pb.ListFlowsRequest(steps=names, max_flows=max_flows))
        return tuple(flow_view(flow) for flow in answer.flows)

    async def node_info(self) -> NodeInfo:
        """Who this is."""
        answer = await self._call(self._stub.GetNodeInfo, pb.GetNodeInfoRequest())
        return NodeInfo(
            name=answer.name,
            key=answer.key,
            roles=tuple(answer.roles),
            ledger_id=answer.ledger_id,
            network_parameters_hash=answer.network_parameters_hash,
            contract_package=answer.contract_package,
            accounts=tuple(account_from_message(account) for account in answer.accounts),
        )

    async def open_account(self, request_id: str) -> CashAccount:
        """A new account at this node; the same id gives the same account."""
        answer = await self._call(self._stub.OpenAccount, pb.OpenAccountRequest(request_id=request_id))
        return account_from_message(answer.account)

    async def authorise_trade(self, request_id: str, terms: SettlementTerms) -> bytes:
        """Tell the buyer's custodian node that its customer wants exactly these terms; returns their hash there."""
        request = pb.AuthoriseTradeRequest(request_id=request_id, terms=terms_to_message(terms))
        answer = await self._call(self._stub.AuthoriseTrade, request)
        found: bytes = answer.terms_hash
        return found

    async def balances(self, coin_id: str = "", account_key: bytes = b"") -> tuple[CashBalance, ...]:
        """Balances this node sees, of one coin or account if given."""
        request = pb.GetBalanceRequest(coin_id=coin_id, account_key=account_key)
        answer = await self._call(self._stub.GetBalance, request)
        return tuple(
            CashBalance(
                line.coin_id,
                account_from_message(line.account),
                line.free_yen,
                line.reserved_yen,
                line.locked_yen,
            )
            for line in answer.balances
        )

    async def trade(self, trade_id: bytes) -> TradeRecord | None:
        """What this node knows of a trade, or None."""
        try:
            answer = await self._call(self._stub.GetTrade, pb.GetTradeRequest(trade_id=trade_id))
        except RemoteCallerError as error:
            if error.reason == "TRADE_UNKNOWN":
                return None
            raise
        return _trade_record(trade_id, answer)

    async def trades(self, trade_ids: Sequence[bytes]) -> tuple[TradeRecord, ...]:
        """What this node knows of these trades, at most 500, in no order; those it does not know are not there."""
        answer = await self._call(self._stub.GetTrades, pb.GetTradesRequest(trade_ids=trade_ids))
        return tuple(_trade_record(known.trade_id, known.trade) for known in answer.trades)

    async def trade_evidence(self, terms: SettlementTerms) -> tuple[TornEvidence, ...]:
        """What the node recorded of a trade, torn, for who knows its terms; empty if it has no trade with these."""
        request = pb.GetTradeEvidenceRequest(terms=terms_to_message(terms))
        try:
            answer = await self._call(self._stub.GetTradeEvidence, request)
        except RemoteCallerError as error:
            if error.reason == "TRADE_UNKNOWN":
                return ()
            raise
        return tuple(
            TornEvidence(torn.journal_position, torn.tear_off, torn.notary_signature, torn.paid_output)
            for torn in answer.transactions
        )

    async def ibc_events(self, after: int, wait_s: int = 0, max_events: int = 100) -> tuple[IbcEvent, ...]:
        """IBC events after a cursor, in order; waits up to ``wait_s`` seconds for the first one."""
        request = pb.ListIbcEventsRequest(after=after, wait_s=wait_s, max_events=max_events)
        answer = await self._call(self._stub.ListIbcEvents, request, wait_s)
        return tuple(
            IbcEvent(
                cursor=event.cursor,
                kind=IbcEventKind(pb.IbcEventKind.Name(event.kind).removeprefix("IBC_EVENT_KIND_")),
                packet=event.packet,
                acknowledgement=event.acknowledgement,
                tx_id=event.tx_id,
                journal_position=event.journal_position,
            )
            for event in answer.events
        )

    async def light_client(self, client_id: str, max_heights: int = 0) -> LightClientInfo | None:
        """A light client as this node knows it, or None; with so many of its heights, 0 for all it lists."""
        request = pb.GetLightClientRequest(client_id=client_id, max_heights=max_heights)
        try:
            answer = await self._call(self._stub.GetLightClient, request)
        except RemoteCallerError as error:
            if error.reason == "LIGHT_CLIENT_UNKNOWN":
                return None
            raise
        return LightClientInfo(
            client_type=answer.client_type,
            client_state=answer.client_state,
            counterparty_client_id=answer.counterparty_client_id,
            counterparty_merkle_prefix=tuple(answer.counterparty_merkle_prefix),
            heights=tuple((item.height, item.timestamp_s) for item in answer.heights),
            is_frozen=answer.frozen,
            consensus_client_id=answer.consensus_client_id,
            endorsers=tuple(answer.endorsers),
            status=answer.status,
            newest_consensus_state=answer.newest_consensus_state,
        )

    async def consensus_state(self, client_id: str, height: int) -> bytes | None:
        """What a light client keeps of a height, as its kind encodes it; None if this node knows of none."""
        request = pb.GetConsensusStateRequest(client_id=client_id, height=height)
        try:
            answer = await self._call(self._stub.GetConsensusState, request)
        except RemoteCallerError as error:
            if error.reason == "LIGHT_CLIENT_UNKNOWN":
                return None
            raise
        found: bytes = answer.consensus_state
        return found

    async def transaction(self, tx_id: bytes) -> tuple[bytes, int]:
        """A recorded signed transaction's bytes, and its journal position (0 without provable writes)."""
        answer = await self._call(self._stub.GetTransaction, pb.GetTransactionRequest(tx_id=tx_id))
        return answer.signed_transaction, answer.journal_position

    async def close(self) -> None:
        """Close the channel."""
        await self._channel.close(grace=None)

    async def _call(self, method: Callable[..., Awaitable[Any]], message: object, wait_s: int = 0) -> Any:  # noqa: ANN401 # generated messages
        return await call(self.name, method, message, wait_s)


async def call(node: str, method: Callable[..., Awaitable[Any]], message: object, wait_s: int = 0) -> Any:  # noqa: ANN401 # generated messages
    """Call a method of one of a node's services; raises what ``LedgerClient`` says."""
    try:
        return await method(message, timeout=wait_s + CALL_TIMEOUT_S)
    except grpc.RpcError as error:
        raise error_from_rpc(error, node) from error


def _trade_record(trade_id: bytes, answer: pb.GetTradeResponse) -> TradeRecord:
    return TradeRecord(
        trade_id=trade_id,
        status=TradeStatus(pb.TradeStatus.Name(answer.status).removeprefix("TRADE_STATUS_")),
        terms_hash=answer.terms_hash,
        packet=answer.packet,
        opening_tx_id=answer.opening_tx_id,
        opening_position=answer.opening_position,
        closing_tx_id=answer.closing_tx_id,
        closing_position=answer.closing_position,
    )


def flow_view(message: pb.Flow, packet: bytes = b"") -> FlowView:
    """A flow in an answer of any of a node's services."""
    return FlowView(
        flow_id=message.flow_id,
        kind=FlowKind(message.kind),
        step=FlowStep(pb.FlowStep.Name(message.step).removeprefix("FLOW_STEP_")),
        tx_id=message.tx_id,
        journal_position=message.journal_position,
        attempts=message.attempts,
        last_error_reason=message.last_error_reason,
        last_error=message.last_error_message,
        waiting_on=message.waiting_on,
        since_ms=message.since_ms,
        next_attempt_ms=message.next_attempt_ms,
        created_ms=message.created_ms,
        updated_ms=message.updated_ms,
        packet=packet,
    )
