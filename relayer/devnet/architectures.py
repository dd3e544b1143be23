"""Which share of a devnet belongs to which proof architecture."""

from __future__ import annotations

from relayer.devnet.enclaves import EnclavesOnDevnet
from relayer.devnet.hub import HubOnDevnet
from relayer.devnet.proof_paths import DirectOnDevnet, ProofPath
from relayer.proof_config import Architecture


def proof_path(architecture: Architecture) -> ProofPath:
    """A fresh one: it is for one boot."""
    match architecture:
        case Architecture.DIRECT:
            return DirectOnDevnet()
        case Architecture.HUB:
            return HubOnDevnet()
        case Architecture.ENCLAVE:
            return EnclavesOnDevnet()
