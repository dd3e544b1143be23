"""NetworkService over gRPC. Servicers raise our errors; ``ErrorStatusInterceptor`` turns them into statuses."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any

import grpc.aio
from crossdvp.ledger.v1 import network_service_pb2 as pb
from crossdvp.ledger.v1.network_service_pb2_grpc import NetworkServiceServicer

from chains.progmat.network.learning import NetworkDesk
from chains.progmat.network.map_book import MapBook, SignedNetworkMap
from chains.progmat.network.parameters_book import ParametersBook
from chains.progmat.node.api_access import ApiAccess
from chains.progmat.node.peers.rpc_service import identity_of
from chains.progmat.transactions.parameters_history import SignedParameters

Context = grpc.aio.ServicerContext[Any, Any]


class NetworkServiceRpc(NetworkServiceServicer):
    """The servicer of one node, whatever its roles."""

    def __init__(
        self,
        node: str,
        parameters: ParametersBook,
        network_map: MapBook,
        desk: NetworkDesk,
        access: ApiAccess,
        clock_s: Callable[[], int],
    ) -> None:
        self._node = node
        self._parameters = parameters
        self._map = network_map
        self._desk = desk
        self._access = access
        self._clock_s = clock_s

    async def GetNetworkStatus(  # noqa: N802 # named by the .proto file
        self, _request: pb.GetNetworkStatusRequest, context: Context
    ) -> pb.GetNetworkStatusResponse:
        """Epochs, map, and what peers said."""
        self._authorise(context, "GetNetworkStatus")
        history = self._parameters.history
        in_force = history.at(self._clock_s())
        fork = self._parameters.fork
        return pb.GetNetworkStatusResponse(
            node=self._node,
            epochs=[
                pb.EpochStatus(
                    epoch=epoch.epoch,
                    hash=epoch.hash,
                    effective_from_s=epoch.effective_from_s,
                    accepted=epoch.epoch <= self._parameters.accepted_epoch,
                    in_force=epoch is in_force,
                    parameters=epoch.encode(),
                )
                for epoch in history.epochs
            ],
            map_serial=self._map.serial,
            peers=[self._heard_of(name) for name in sorted(self._map.names() - {self._node})],
            fork_evidence="" if fork is None else str(fork),
        )

    async def OfferParameters(  # noqa: N802 # named by the .proto file
        self, request: pb.OfferParametersRequest, context: Context
    ) -> pb.OfferParametersResponse:
        """Learn a signed epoch."""
        self._authorise(context, "OfferParameters")
        await asyncio.to_thread(self._parameters.learn, SignedParameters.decode(request.signed_parameters))
        return pb.OfferParametersResponse(newest_epoch=self._parameters.history.newest.epoch)

    async def AcceptParameters(  # noqa: N802 # named by the .proto file
        self, request: pb.AcceptParametersRequest, context: Context
    ) -> pb.AcceptParametersResponse:
        """The operator's word, held against this node's own records."""
        self._authorise(context, "AcceptParameters")
        accepted = await self._parameters.accept_checked(request.epoch, request.hash)
        return pb.AcceptParametersResponse(effective_from_s=accepted.effective_from_s)

    async def OfferNetworkMap(  # noqa: N802 # named by the .proto file
        self, request: pb.OfferNetworkMapRequest, context: Context
    ) -> pb.OfferNetworkMapResponse:
        """Learn a signed map."""
        self._authorise(context, "OfferNetworkMap")
        signed_map = SignedNetworkMap.decode(request.signed_map)
        await asyncio.to_thread(partial(self._map.learn, signed_map, self._clock_s()))
        return pb.OfferNetworkMapResponse(serial=self._map.serial)

    def _authorise(self, context: Context, method: str) -> None:
        self._access.require(identity_of(context).name, method)

    def _heard_of(self, name: str) -> pb.PeerAcceptance:
        heard = self._desk.heard.get(name)
        if heard is None:
            return pb.PeerAcceptance(name=name)
        return pb.PeerAcceptance(name=name, accepted_epoch=heard.accepted_epoch, heard_at_s=heard.at_s)
