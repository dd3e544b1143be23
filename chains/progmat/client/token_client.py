"""One node's TokenService for other programs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from crossdvp.ledger.v1 import token_service_pb2 as pb
from crossdvp.ledger.v1.token_service_pb2_grpc import TokenServiceStub

from chains.progmat.client.channel import ApiEndpoint, ApiTls, open_channel
from chains.progmat.client.ledger_client import call, flow_view
from chains.progmat.contracts.membership import BusinessNetwork
from chains.progmat.contracts.native_terms import NativeTerms, native_terms_to_message
from chains.progmat.contracts.terms_codec import account_from_message
from chains.progmat.flows.market_requests import IssueToken, MoveToken, RedeemToken, SettleDvp
from chains.progmat.flows.record import FlowKind
from chains.progmat.flows.request_codec import to_message
from chains.progmat.flows.views import DvpRecord, FlowView
from chains.rpc_status import RemoteCallerError
from ibc.dvp import CashAccount

TokenFlow = IssueToken | MoveToken | RedeemToken | SettleDvp

_METHODS: Final = {
    FlowKind.ISSUE_TOKEN: "IssueToken",
    FlowKind.MOVE_TOKEN: "MoveToken",
    FlowKind.REDEEM_TOKEN: "RedeemToken",
    FlowKind.SETTLE_DVP: "SettleDvp",
}


@dataclass(frozen=True, slots=True)
class TokenBalanceLine:
    """Unspent tokens of one register in one account: free, and reserved by running flows."""

    network: BusinessNetwork
    token_id: str
    registrar: str
    account: CashAccount
    free: int
    reserved: int


class TokenClient:
    """Asks one node. All methods raise as those of ``LedgerClient``, and a flow may be asked for again as there."""

    def __init__(self, endpoint: ApiEndpoint, tls: ApiTls) -> None:
        self.name = endpoint.name
        self._channel = open_channel(endpoint, tls)
        self._stub: Any = TokenServiceStub(self._channel)  # type: ignore[no-untyped-call] # generated without annotations

    async def submit(self, request: TokenFlow, wait_s: int = 30) -> FlowView:
        """Start a flow, or find the one this request started; as it stands when final, failed, or after ``wait_s``."""
        message: Any = to_message(request)
        message.wait_s = wait_s
        answer = await call(self.name, getattr(self._stub, _METHODS[request.kind]), message, wait_s)
        return flow_view(answer.flow)

    async def balances(self, token_id: str = "", account_key: bytes = b"") -> tuple[TokenBalanceLine, ...]:
        """Balances this node sees, of one token or account if given."""
        request = pb.ListTokenBalancesRequest(token_id=token_id, account_key=account_key)
        answer = await call(self.name, self._stub.ListTokenBalances, request)
        return tuple(
            TokenBalanceLine(
                BusinessNetwork(line.network),
                line.token_id,
                line.registrar,
                account_from_message(line.account),
                line.free,
                line.reserved,
            )
            for line in answer.balances
        )

    async def authorise_dvp(self, request_id: str, terms: NativeTerms) -> bytes:
        """Tell the buyer's custodian node that its customer buys on exactly these terms; returns their hash there."""
        request = pb.AuthoriseDvpRequest(request_id=request_id, terms=native_terms_to_message(terms))
        answer = await call(self.name, self._stub.AuthoriseDvp, request)
        found: bytes = answer.terms_hash
        return found

    async def dvp(self, trade_id: bytes) -> DvpRecord | None:
        """The settlement of a native trade as this node has recorded it, or None."""
        try:
            answer = await call(self.name, self._stub.GetDvp, pb.GetDvpRequest(trade_id=trade_id))
        except RemoteCallerError as error:
            if error.reason == "TRADE_UNKNOWN":
                return None
            raise
        return DvpRecord(trade_id, answer.terms_hash, answer.tx_id)

    async def close(self) -> None:
        """Close the channel."""
        await self._channel.close(grace=None)
