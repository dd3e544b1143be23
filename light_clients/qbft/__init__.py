"""Light client of EVM chains run by QBFT: headers with commit seals, state by Merkle-Patricia proofs.

Safety: more than two thirds of the chain's validators are honest. Two different blocks at one height freeze the client.
"""

from __future__ import annotations

from light_clients.qbft.client_state import IBC_STORE_SLOT, QbftClientState
from light_clients.qbft.consensus_state import QbftConsensusState
from light_clients.qbft.engine import ConsensusEngine, read_sealed_header
from light_clients.qbft.header import QbftHeader, QbftMisbehaviour
from light_clients.qbft.light_client import QbftLightClient, verify_storage_at
from light_clients.qbft.qbft_extra_data import read_qbft_header
from light_clients.qbft.sealed_header import SealedHeader

__all__ = [
    "IBC_STORE_SLOT",
    "ConsensusEngine",
    "QbftClientState",
    "QbftConsensusState",
    "QbftHeader",
    "QbftLightClient",
    "QbftMisbehaviour",
    "SealedHeader",
    "read_qbft_header",
    "read_sealed_header",
    "verify_storage_at",
]
