"""What a verified header does to the client: a greater latest height, and one consensus state."""

from __future__ import annotations

from collections.abc import Sequence

from ibc.light_client import ConsensusAt, UpdateResult
from light_clients.qbft.client_state import QbftClientState
from light_clients.qbft.codec import encode_client_state, encode_consensus_state
from light_clients.qbft.consensus_state import QbftConsensusState
from light_clients.qbft.sealed_header import SealedHeader
from light_clients.qbft.storage_roots import storage_root_of


def consensus_state_of(
    client_state: QbftClientState, sealed: SealedHeader, account_proof: Sequence[bytes]
) -> QbftConsensusState:
    """What to keep of a verified header; AccountAbsent or MptError unless the proof shows the router."""
    return QbftConsensusState(
        timestamp_s=sealed.header.timestamp_s,
        state_root=sealed.header.state_root,
        storage_root=storage_root_of(sealed.header.state_root, client_state.router_address, account_proof),
        validators=sealed.validators,
        block_hash=sealed.block_hash,
    )


def apply_header(client_state: QbftClientState, sealed: SealedHeader, account_proof: Sequence[bytes]) -> UpdateResult:
    """The client after a verified header. A height below the latest is filled in and leaves the latest as it is."""
    height = sealed.header.number
    consensus_state = consensus_state_of(client_state, sealed, account_proof)
    return UpdateResult(
        encode_client_state(client_state.at_least(height)),
        (ConsensusAt(height, encode_consensus_state(consensus_state)),),
    )
