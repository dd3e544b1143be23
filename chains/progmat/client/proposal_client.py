"""One node's ProposalService for other programs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from crossdvp.ledger.v1 import proposal_service_pb2 as pb
from crossdvp.ledger.v1.proposal_service_pb2_grpc import ProposalServiceStub

from chains.progmat.client.channel import ApiEndpoint, ApiTls, open_channel
from chains.progmat.client.ledger_client import call, flow_view
from chains.progmat.contracts.proposal_codec import proposal_from_message, result_from_message
from chains.progmat.contracts.proposal_states import BallotChoice, ProposalState, ResultState
from chains.progmat.flows.governance_requests import CloseProposal, ProposePackage, VoteOnPackage
from chains.progmat.flows.record import FlowKind
from chains.progmat.flows.request_codec import to_message
from chains.progmat.flows.views import FlowView

_METHODS: Final[Mapping[FlowKind, str]] = {
    FlowKind.PROPOSE_PACKAGE: "ProposePackage",
    FlowKind.VOTE_ON_PACKAGE: "VoteOnPackage",
    FlowKind.CLOSE_PROPOSAL: "CloseProposal",
}


@dataclass(frozen=True, slots=True)
class ProposalLine:
    """A proposal as a node knows it; ``votes`` by voter, ``result_tx`` (empty while open) is what an epoch names."""

    proposal_tx: bytes
    proposal: ProposalState
    votes: Mapping[str, BallotChoice]
    result: ResultState | None
    result_tx: bytes


class ProposalClient:
    """Asks one node. All methods raise as those of ``LedgerClient``, and a request may be repeated as there."""

    def __init__(self, endpoint: ApiEndpoint, tls: ApiTls) -> None:
        self.name = endpoint.name
        self._channel = open_channel(endpoint, tls)
        self._stub: Any = ProposalServiceStub(self._channel)  # type: ignore[no-untyped-call] # generated without annotations

    async def submit(self, request: ProposePackage | VoteOnPackage | CloseProposal, wait_s: int = 30) -> FlowView:
        """Start the flow, or find the one this request started; as it is when final, failed, or after ``wait_s``."""
        message: Any = to_message(request)
        message.wait_s = wait_s
        answer = await call(self.name, getattr(self._stub, _METHODS[request.kind]), message, wait_s)
        return flow_view(answer.flow)

    async def list(self, most: int = 20) -> tuple[ProposalLine, ...]:
        """Proposals this node knows, newest first."""
        answer = await call(self.name, self._stub.ListProposals, pb.ListProposalsRequest(max_proposals=most))
        return tuple(
            ProposalLine(
                entry.proposal_tx,
                proposal_from_message(entry.proposal),
                {vote.voter: BallotChoice(vote.choice) for vote in entry.votes},
                result_from_message(entry.result) if entry.HasField("result") else None,
                entry.result_tx,
            )
            for entry in answer.proposals
        )

    async def close(self) -> None:
        """Close the channel."""
        await self._channel.close(grace=None)
