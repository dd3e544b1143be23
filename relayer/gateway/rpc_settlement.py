"""SettlementService over gRPC, put together from its verbs: they check requests, and answer with what is stored.

Errors are raised, not returned: the server's interceptor turns them into statuses with ErrorInfo.
"""

from __future__ import annotations

from crossdvp.gateway.v1 import settlement_service_pb2_grpc as pb_grpc

from relayer.gateway.admission import Margins, Scope
from relayer.gateway.rpc_affirm import AffirmVerbs
from relayer.gateway.rpc_change import ChangeVerbs
from relayer.gateway.rpc_desk import Desk
from relayer.gateway.rpc_propose import ProposeVerbs
from relayer.gateway.rpc_query import QueryVerbs, Watching


class SettlementRpc(ProposeVerbs, AffirmVerbs, ChangeVerbs, QueryVerbs, pb_grpc.SettlementServiceServicer):
    """One per gateway process."""

    def __init__(self, desk: Desk, watching: Watching) -> None:
        QueryVerbs.__init__(self, desk, watching)


__all__ = ["Margins", "Scope", "SettlementRpc", "Watching"]
