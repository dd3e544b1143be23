"""Light client of an EVM chain through a hub: a chain between that runs the far chain's light client in a contract.

Safety: the hub's light client is safe, and the contract on the hub is the far chain's light client it is taken for. The
hub's light client is an argument: this package knows the protocol only.
"""

from __future__ import annotations

from light_clients.hub.client_state import HubClientState
from light_clients.hub.consensus_state import HubConsensusState
from light_clients.hub.far_block import FarBlock, RingLayout
from light_clients.hub.hub_chain import HubChain
from light_clients.hub.light_client import HubLightClient
from light_clients.hub.message import HubHeader, HubMisbehaviour

__all__ = [
    "FarBlock",
    "HubChain",
    "HubClientState",
    "HubConsensusState",
    "HubHeader",
    "HubLightClient",
    "HubMisbehaviour",
    "RingLayout",
]
