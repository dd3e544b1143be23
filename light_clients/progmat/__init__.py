"""Light client of the Progmat ledger: checkpoints signed by k of n Validators over a sparse Merkle root.

Safety: fewer than k colluding Validators. A checkpoint needs k signatures of the set the client trusts; it names the
set that signs the next. Two different checkpoints at one height, or time that turns back, freeze the client for good.
"""

from __future__ import annotations

from light_clients.progmat.checkpoint import Checkpoint, checkpoint_digest
from light_clients.progmat.client_state import ProgmatClientState
from light_clients.progmat.consensus_state import ProgmatConsensusState
from light_clients.progmat.equivocation import (
    CheckpointEquivocation,
    SignedStatement,
    decode_equivocation,
    encode_equivocation,
    equivocation_of,
    prove_equivocation,
)
from light_clients.progmat.header import CheckpointHeader, assemble_header, decode_header, encode_header
from light_clients.progmat.light_client import ProgmatLightClient
from light_clients.progmat.membership import encode_proof
from light_clients.progmat.memberships import JointProof, join_proofs
from light_clients.progmat.validator_set import ValidatorSet, decode_validator_set

__all__ = [
    "Checkpoint",
    "CheckpointEquivocation",
    "CheckpointHeader",
    "JointProof",
    "ProgmatClientState",
    "ProgmatConsensusState",
    "ProgmatLightClient",
    "SignedStatement",
    "ValidatorSet",
    "assemble_header",
    "checkpoint_digest",
    "decode_equivocation",
    "decode_header",
    "decode_validator_set",
    "encode_equivocation",
    "encode_header",
    "encode_proof",
    "equivocation_of",
    "join_proofs",
    "prove_equivocation",
]
