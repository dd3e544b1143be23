"""KeyService over gRPC. As ``rpc_node_service``: servicers raise our errors."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

import grpc.aio
from crossdvp.ledger.v1 import key_service_pb2 as pb
from crossdvp.ledger.v1.key_service_pb2_grpc import KeyServiceServicer

from chains.progmat.contracts.terms_codec import account_to_message
from chains.progmat.flows.errors import InvalidRequest
from chains.progmat.flows.record import FlowKind
from chains.progmat.identity import KeyStore
from chains.progmat.keys.investor_keys import InvestorKey, InvestorKeys
from chains.progmat.node.api_access import ApiAccess
from chains.progmat.node.ledger_node import LedgerNode
from chains.progmat.node.rpc_node_service import FlowStarting, starter
from ibc.dvp import CashAccount
from primitives.errors import InvalidArgument

Context = grpc.aio.ServicerContext[Any, Any]
T = TypeVar("T")


class KeyServiceRpc(FlowStarting, KeyServiceServicer):
    """The servicer of one vault node."""

    def __init__(self, node: LedgerNode, keys: KeyStore, access: ApiAccess) -> None:
        super().__init__(node, keys, access)
        self._investors = InvestorKeys(keys)

    RotateTokens = starter("RotateTokens", FlowKind.ROTATE_TOKENS, pb.RotateTokensResponse)

    async def OpenInvestorAccount(  # noqa: D102, N802 # named and documented by the .proto file
        self, request: pb.OpenInvestorAccountRequest, context: Context
    ) -> pb.OpenInvestorAccountResponse:
        self._authorise(context, "OpenInvestorAccount")
        found = await _named(lambda: self._investors.open(request.investor_id))
        return pb.OpenInvestorAccountResponse(key=self._message(found))

    async def RotateInvestorKey(  # noqa: D102, N802 # named and documented by the .proto file
        self, request: pb.RotateInvestorKeyRequest, context: Context
    ) -> pb.RotateInvestorKeyResponse:
        self._authorise(context, "RotateInvestorKey")
        found = await _named(lambda: self._investors.rotate(request.investor_id, request.from_version))
        return pb.RotateInvestorKeyResponse(key=self._message(found))

    async def ListInvestorKeys(  # noqa: D102, N802 # named and documented by the .proto file
        self, request: pb.ListInvestorKeysRequest, context: Context
    ) -> pb.ListInvestorKeysResponse:
        self._authorise(context, "ListInvestorKeys")
        found = await _named(lambda: self._investors.all(request.investor_id))
        return pb.ListInvestorKeysResponse(keys=map(self._message, found))

    def _message(self, key: InvestorKey) -> pb.InvestorKey:
        account = CashAccount(self._node.parts.me.name, key.kept.public_key.encoded())
        return pb.InvestorKey(version=key.version, account=account_to_message(account))


async def _named(work: Callable[[], T]) -> T:
    """Off the event loop: the store writes to disk, and may ask the master key's keeper."""
    try:
        return await asyncio.to_thread(work)
    except InvalidArgument as error:
        raise InvalidRequest("investor_id", str(error)) from error
