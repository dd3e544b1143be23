"""A light client that proves nothing, for tests of what stands above light clients. No production registry takes it."""

from __future__ import annotations

from light_clients.mock.light_client import MockLightClient
from light_clients.mock.states import (
    MockClientState,
    MockConsensusState,
    absence_proof,
    encode_client_state,
    encode_consensus_state,
    encode_header,
    presence_proof,
)

__all__ = [
    "MockClientState",
    "MockConsensusState",
    "MockLightClient",
    "absence_proof",
    "encode_client_state",
    "encode_consensus_state",
    "encode_header",
    "presence_proof",
]
