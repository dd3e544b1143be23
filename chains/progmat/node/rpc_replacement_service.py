"""ReplacementService over gRPC. As ``rpc_node_service``: servicers raise our errors."""

from __future__ import annotations

from typing import Any

import grpc.aio
from crossdvp.ledger.v1 import replacement_service_pb2 as pb
from crossdvp.ledger.v1.replacement_service_pb2_grpc import ReplacementServiceServicer

from chains.progmat.flows.record import FlowKind
from chains.progmat.node.attesting import attest_unspent
from chains.progmat.node.rpc_node_service import FlowStarting, starter

Context = grpc.aio.ServicerContext[Any, Any]


class ReplacementServiceRpc(FlowStarting, ReplacementServiceServicer):
    """The servicer of one vault node."""

    ChangeNotary = starter("ChangeNotary", FlowKind.CHANGE_NOTARY, pb.ChangeNotaryResponse)
    UpgradeStates = starter("UpgradeStates", FlowKind.UPGRADE_STATES, pb.UpgradeStatesResponse)

    async def AttestUnspent(  # noqa: D102, N802 # named and documented by the .proto file
        self, request: pb.AttestUnspentRequest, context: Context
    ) -> pb.AttestUnspentResponse:
        self._authorise(context, "AttestUnspent")
        done = await attest_unspent(self._node, request.max_transactions)
        return pb.AttestUnspentResponse(attested=done.attested, left=done.left)
