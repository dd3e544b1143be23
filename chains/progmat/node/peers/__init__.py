"""Transport between nodes: one multiplexed mTLS stream a peer and direction, and its in-process twin."""

from chains.progmat.node.peers.in_process import (
    Delivery,
    DeliveryPolicy,
    InProcessPeerNetwork,
    InProcessPeerView,
    deliver_all,
)
from chains.progmat.node.peers.limits import DEFAULT_LIMITS, PeerLimits
from chains.progmat.node.peers.router import PeerRouter
from chains.progmat.node.peers.rpc_network import GrpcPeerNetwork, PeerTls
from chains.progmat.node.peers.rpc_service import PeerService, server_options
from chains.progmat.node.peers.seam import PeerGroupHandler, PeerHandler, PeerIdentity, PeerNetwork

__all__ = [
    "DEFAULT_LIMITS",
    "Delivery",
    "DeliveryPolicy",
    "GrpcPeerNetwork",
    "InProcessPeerNetwork",
    "InProcessPeerView",
    "PeerGroupHandler",
    "PeerHandler",
    "PeerIdentity",
    "PeerLimits",
    "PeerNetwork",
    "PeerRouter",
    "PeerService",
    "PeerTls",
    "deliver_all",
    "server_options",
]
