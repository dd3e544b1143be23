"""Light client of EVM chains run by QBFT or its relatives: headers with commit seals, state by Merkle-Patricia proofs.

Safety: more than two thirds of the chain's validators are honest. Two blocks that cannot both be of one chain freeze
the client.
"""

from __future__ import annotations

from light_clients.qbft.client_state import IBC_STORE_SLOT, QbftClientState
from light_clients.qbft.consensus_state import QbftConsensusState
from light_clients.qbft.engine import ConsensusEngine, read_sealed_header
from light_clients.qbft.eras import QBFT_FROM_GENESIS, EngineEra, ProposerCheck, ValidatorContract, era_of
from light_clients.qbft.header import QbftHeader, QbftMisbehaviour, ValidatorsProof
from light_clients.qbft.light_client import QbftLightClient, verify_storage_at
from light_clients.qbft.qbft_extra_data import read_qbft_header
from light_clients.qbft.sealed_header import SealedHeader

__all__ = [
    "IBC_STORE_SLOT",
    "QBFT_FROM_GENESIS",
    "ConsensusEngine",
    "EngineEra",
    "ProposerCheck",
    "QbftClientState",
    "QbftConsensusState",
    "QbftHeader",
    "QbftLightClient",
    "QbftMisbehaviour",
    "SealedHeader",
    "ValidatorContract",
    "ValidatorsProof",
    "era_of",
    "read_qbft_header",
    "read_sealed_header",
    "verify_storage_at",
]
