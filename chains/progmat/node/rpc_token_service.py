"""TokenService over gRPC. As ``rpc_node_service``: servicers raise our errors."""

from __future__ import annotations

from typing import Any

import grpc.aio
from crossdvp.ledger.v1 import token_service_pb2 as pb
from crossdvp.ledger.v1.token_service_pb2_grpc import TokenServiceServicer

from chains.progmat.contracts.membership import BusinessNetwork
from chains.progmat.contracts.native_terms import native_terms_from_message
from chains.progmat.contracts.terms_codec import account_to_message
from chains.progmat.flows.errors import InvalidRequest
from chains.progmat.flows.record import FlowKind
from chains.progmat.identity import KeyStore
from chains.progmat.node.api_access import ApiAccess
from chains.progmat.node.ledger_node import LedgerNode
from chains.progmat.node.peers.rpc_service import identity_of
from chains.progmat.node.rpc_node_service import FlowStarting, starter
from chains.progmat.node.token_operations import TokenOperations
from primitives.errors import DecodeError

Context = grpc.aio.ServicerContext[Any, Any]


class TokenServiceRpc(FlowStarting, TokenServiceServicer):
    """The servicer of one vault node."""

    def __init__(self, node: LedgerNode, keys: KeyStore, access: ApiAccess) -> None:
        super().__init__(node, keys, access)
        self._tokens = TokenOperations(node, self._operations)

    IssueToken = starter("IssueToken", FlowKind.ISSUE_TOKEN, pb.IssueTokenResponse)
    MoveToken = starter("MoveToken", FlowKind.MOVE_TOKEN, pb.MoveTokenResponse)
    RedeemToken = starter("RedeemToken", FlowKind.REDEEM_TOKEN, pb.RedeemTokenResponse)
    SettleDvp = starter("SettleDvp", FlowKind.SETTLE_DVP, pb.SettleDvpResponse)

    async def ListTokenBalances(  # noqa: D102, N802 # named and documented by the .proto file
        self, request: pb.ListTokenBalancesRequest, context: Context
    ) -> pb.ListTokenBalancesResponse:
        self._authorise(context, "ListTokenBalances")
        lines = await self._tokens.balances(request.token_id, request.account_key)
        if not self._access.is_operator(identity_of(context).name):
            lines = [line for line in lines if line.account.node == self._node.parts.me.name]
        return pb.ListTokenBalancesResponse(
            balances=[
                pb.TokenBalance(
                    network=int(BusinessNetwork[line.asset.network]),  # type: ignore[arg-type] # enum values are ints at run time
                    token_id=line.asset.asset_id,
                    registrar=line.asset.issuer,
                    account=account_to_message(line.account),
                    free=line.balance.free,
                    reserved=line.balance.soft_locked,
                )
                for line in lines
            ]
        )

    async def AuthoriseDvp(self, request: pb.AuthoriseDvpRequest, context: Context) -> pb.AuthoriseDvpResponse:  # noqa: D102, N802 # named and documented by the .proto file
        self._authorise(context, "AuthoriseDvp")
        try:
            terms = native_terms_from_message(request.terms)
        except DecodeError as error:
            raise InvalidRequest("terms", str(error)) from error
        entered = await self._tokens.authorise_dvp(identity_of(context).name, request.request_id, terms)
        return pb.AuthoriseDvpResponse(terms_hash=entered.terms_hash, at_ms=entered.at_ms)

    async def GetDvp(self, request: pb.GetDvpRequest, context: Context) -> pb.GetDvpResponse:  # noqa: D102, N802 # named and documented by the .proto file
        self._authorise(context, "GetDvp")
        found = await self._tokens.dvp(request.trade_id)
        return pb.GetDvpResponse(terms_hash=found.terms_hash, tx_id=found.tx_id)
