"""ProposalService over gRPC. As ``rpc_node_service``: servicers raise our errors."""

from __future__ import annotations

from typing import Any

import grpc.aio
from crossdvp.ledger.v1 import proposal_service_pb2 as pb
from crossdvp.ledger.v1.proposal_service_pb2_grpc import ProposalServiceServicer

from chains.progmat.contracts.proposal_codec import proposal_to_message, result_to_message
from chains.progmat.flows.proposal_book import KnownProposal
from chains.progmat.flows.record import FlowKind
from chains.progmat.node.rpc_node_service import FlowStarting, starter

Context = grpc.aio.ServicerContext[Any, Any]


class ProposalServiceRpc(FlowStarting, ProposalServiceServicer):
    """The servicer of one vault node."""

    ProposePackage = starter("ProposePackage", FlowKind.PROPOSE_PACKAGE, pb.ProposePackageResponse)
    VoteOnPackage = starter("VoteOnPackage", FlowKind.VOTE_ON_PACKAGE, pb.VoteOnPackageResponse)
    CloseProposal = starter("CloseProposal", FlowKind.CLOSE_PROPOSAL, pb.CloseProposalResponse)

    async def ListProposals(  # noqa: D102, N802 # named and documented by the .proto file
        self, request: pb.ListProposalsRequest, context: Context
    ) -> pb.ListProposalsResponse:
        self._authorise(context, "ListProposals")
        found = await self._operations.proposals(request.max_proposals)
        return pb.ListProposalsResponse(proposals=map(_entry, found))


def _entry(known: KnownProposal) -> pb.ProposalEntry:
    return pb.ProposalEntry(
        proposal_tx=known.at.ref.tx_id,
        proposal=proposal_to_message(known.proposal),
        votes=[
            pb.ProposalVote(voter=name, choice=int(known.ballots[name].ballot.choice))  # type: ignore[arg-type] # enum values are ints at run time
            for name in sorted(known.ballots)
        ],
        result=None if known.result is None else result_to_message(known.result),
        result_tx=known.result_tx,
    )
