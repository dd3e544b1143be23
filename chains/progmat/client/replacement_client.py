"""One node's ReplacementService for other programs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from crossdvp.ledger.v1 import replacement_service_pb2 as pb
from crossdvp.ledger.v1.replacement_service_pb2_grpc import ReplacementServiceStub

from chains.progmat.client.channel import ApiEndpoint, ApiTls, open_channel
from chains.progmat.client.ledger_client import call, flow_view
from chains.progmat.flows.record import FlowKind
from chains.progmat.flows.replacement_requests import ChangeNotary, UpgradeStates
from chains.progmat.flows.request_codec import to_message
from chains.progmat.flows.views import FlowView

ATTEST_WAIT_S: Final = 60
"""For a call's share of histories: each Validator verifies them from the first transaction on."""

_METHODS: Final[Mapping[FlowKind, str]] = {
    FlowKind.CHANGE_NOTARY: "ChangeNotary",
    FlowKind.UPGRADE_STATES: "UpgradeStates",
}


class ReplacementClient:
    """Asks one node. All methods raise as those of ``LedgerClient``, and a request may be repeated as there."""

    def __init__(self, endpoint: ApiEndpoint, tls: ApiTls) -> None:
        self.name = endpoint.name
        self._channel = open_channel(endpoint, tls)
        self._stub: Any = ReplacementServiceStub(self._channel)  # type: ignore[no-untyped-call] # generated without annotations

    async def submit(self, request: ChangeNotary | UpgradeStates, wait_s: int = 30) -> FlowView:
        """Start the flow, or find the one this request started; as it is when final, failed, or after ``wait_s``."""
        message: Any = to_message(request)
        message.wait_s = wait_s
        answer = await call(self.name, getattr(self._stub, _METHODS[request.kind]), message, wait_s)
        return flow_view(answer.flow)

    async def attest_unspent(self, max_transactions: int = 64) -> tuple[int, int]:
        """Have ledger_txs with unspent outputs attested; how many were, and how many are left."""
        asked = pb.AttestUnspentRequest(max_transactions=max_transactions)
        answer = await call(self.name, self._stub.AttestUnspent, asked, ATTEST_WAIT_S)
        return answer.attested, answer.left

    async def close(self) -> None:
        """Close the channel."""
        await self._channel.close(grace=None)
