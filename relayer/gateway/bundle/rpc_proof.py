"""ProofService over gRPC."""

from __future__ import annotations

import asyncio
from typing import Any, Protocol

import grpc.aio
from crossdvp.gateway.v1 import proof_service_pb2 as pb
from crossdvp.gateway.v1 import proof_service_pb2_grpc as pb_grpc

from primitives.hashing import sha256
from relayer.gateway.access import Speakers
from relayer.gateway.model import Settlement
from relayer.gateway.settlement_codec import trade_id_of
from relayer.gateway.store import GatewayStore
from relayer.rpc_server import caller_of

Context = grpc.aio.ServicerContext[Any, Any]
MOST_AT_ONCE = 4
"""Collections under way: each asks all Validators and the chain's node."""


class Bundles(Protocol):
    """Collects a settlement's bundle; ``BundleCollector`` does."""

    async def collect(self, settlement: Settlement) -> bytes:
        """The bundle of an ended settlement."""
        ...


class ProofRpc(pb_grpc.ProofServiceServicer):
    """One per gateway process; reads only."""

    def __init__(self, store: GatewayStore, speakers: Speakers, bundles: Bundles) -> None:
        self._store = store
        self._speakers = speakers
        self._bundles = bundles
        self._turns = asyncio.Semaphore(MOST_AT_ONCE)

    async def GetProofBundle(  # noqa: N802  # the name in the .proto
        self, request: pb.GetProofBundleRequest, context: Context
    ) -> pb.GetProofBundleResponse:
        """See the .proto."""
        speaker = self._speakers.speaker(caller_of(context))
        settlement = speaker.require_either(await asyncio.to_thread(self._store.get, trade_id_of(request.name)))
        async with self._turns:
            bundle = await self._bundles.collect(settlement)
        return pb.GetProofBundleResponse(bundle=bundle, sha256=sha256(bundle))
