"""ReplacementService over gRPC. As ``rpc_node_service``: servicers raise our errors."""

from __future__ import annotations

from crossdvp.ledger.v1 import replacement_service_pb2 as pb
from crossdvp.ledger.v1.replacement_service_pb2_grpc import ReplacementServiceServicer

from chains.progmat.flows.record import FlowKind
from chains.progmat.node.rpc_node_service import FlowStarting, starter


class ReplacementServiceRpc(FlowStarting, ReplacementServiceServicer):
    """The servicer of one vault node."""

    ChangeNotary = starter("ChangeNotary", FlowKind.CHANGE_NOTARY, pb.ChangeNotaryResponse)
    UpgradeStates = starter("UpgradeStates", FlowKind.UPGRADE_STATES, pb.UpgradeStatesResponse)
