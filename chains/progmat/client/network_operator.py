"""NetworkService of a node as plain values, for the node's operator."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import grpc
import grpc.aio
from crossdvp.ledger.v1 import network_service_pb2 as pb
from crossdvp.ledger.v1.network_service_pb2_grpc import NetworkServiceStub

from chains.progmat.client.channel import ApiEndpoint, ApiTls, open_channel
from chains.progmat.transactions.network_parameters import NetworkParameters
from chains.rpc_status import error_from_rpc

CALL_TIMEOUT_S: Final = 15.0


@dataclass(frozen=True, slots=True)
class EpochLine:
    """An epoch as the node has it."""

    parameters: NetworkParameters
    is_accepted: bool
    is_in_force: bool


@dataclass(frozen=True, slots=True)
class PeerLine:
    """The last epoch a peer said it accepted, and when it was heard (Unix seconds); 0: never."""

    name: str
    accepted_epoch: int
    heard_at_s: int


@dataclass(frozen=True, slots=True)
class NetworkStatus:
    """What a node knows of its network; ``fork_evidence`` is a path on the node, empty if all is well."""

    node: str
    epochs: tuple[EpochLine, ...]
    map_serial: int
    peers: tuple[PeerLine, ...]
    fork_evidence: str


class NetworkOperator:
    """Calls one node. Methods raise ``RemoteCallerError``, ``RemotePeerError``, ``RemoteUnavailableError``."""

    def __init__(self, endpoint: ApiEndpoint, tls: ApiTls) -> None:
        self.name = endpoint.name
        self._channel = open_channel(endpoint, tls)
        self._stub = NetworkServiceStub(self._channel)  # type: ignore[no-untyped-call] # generated without annotations

    async def status(self) -> NetworkStatus:
        """Epochs, map, peers. Raises ``DecodeError`` for parameters that are none."""
        answer = await self._call(self._stub.GetNetworkStatus, pb.GetNetworkStatusRequest())
        return NetworkStatus(
            answer.node,
            tuple(
                EpochLine(NetworkParameters.decode(item.parameters), item.accepted, item.in_force)
                for item in answer.epochs
            ),
            answer.map_serial,
            tuple(PeerLine(item.name, item.accepted_epoch, item.heard_at_s) for item in answer.peers),
            answer.fork_evidence,
        )

    async def offer_parameters(self, signed: bytes) -> int:
        """Hand over a signed epoch; the newest epoch the node knows now."""
        answer = await self._call(self._stub.OfferParameters, pb.OfferParametersRequest(signed_parameters=signed))
        return int(answer.newest_epoch)

    async def accept_parameters(self, epoch: int, parameters_hash: bytes) -> int:
        """Accept an epoch; when it begins, in Unix seconds."""
        request = pb.AcceptParametersRequest(epoch=epoch, hash=parameters_hash)
        return int((await self._call(self._stub.AcceptParameters, request)).effective_from_s)

    async def offer_map(self, signed: bytes) -> int:
        """Hand over a signed map; the serial number of the node's map now."""
        answer = await self._call(self._stub.OfferNetworkMap, pb.OfferNetworkMapRequest(signed_map=signed))
        return int(answer.serial)

    async def close(self) -> None:
        """Close the channel."""
        await self._channel.close(grace=None)

    async def _call(self, method: Any, request: Any) -> Any:  # noqa: ANN401 # gRPC's stubs are untyped
        try:
            return await method(request, timeout=CALL_TIMEOUT_S)
        except grpc.RpcError as error:
            raise error_from_rpc(error, self.name) from error
