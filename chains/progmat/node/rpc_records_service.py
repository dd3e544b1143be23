"""RecordsService over gRPC: an operator's word on a running node's records."""

from __future__ import annotations

from typing import Any, Final

import grpc.aio
from crossdvp.ledger.v1 import records_service_pb2 as pb
from crossdvp.ledger.v1.records_service_pb2_grpc import RecordsServiceServicer

from chains.progmat.flows.errors import InvalidRequest
from chains.progmat.node.api_access import ApiAccess
from chains.progmat.node.peers.rpc_service import identity_of
from chains.progmat.node.reconciliation import Reconciliation
from chains.progmat.node.storage.standing import Doubt

Context = grpc.aio.ServicerContext[Any, Any]

MAX_NAME_CHARS: Final = 128


class RecordsServiceRpc(RecordsServiceServicer):
    """The servicer of one node with a database."""

    def __init__(self, reconciliation: Reconciliation, access: ApiAccess) -> None:
        self._reconciliation = reconciliation
        self._access = access

    async def SettleDoubt(self, request: pb.SettleDoubtRequest, context: Context) -> pb.SettleDoubtResponse:  # noqa: D102, N802 # named and documented by the .proto file
        operator = identity_of(context).name
        self._access.require(operator, "SettleDoubt")
        if len(request.said_by) > MAX_NAME_CHARS or not request.said_by.isprintable():
            raise InvalidRequest("said_by", f"at most {MAX_NAME_CHARS} printable characters are wanted")
        try:
            doubt = Doubt(request.doubt)
        except ValueError as error:
            known = ", ".join(item.value for item in Doubt if item is not Doubt.NONE)
            raise InvalidRequest("doubt", f"one of {known} is wanted") from error
        said_by = f"{operator} ({request.said_by})" if request.said_by else operator
        return pb.SettleDoubtResponse(settled=await self._reconciliation.settle(doubt, said_by))
