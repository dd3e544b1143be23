"""A QBFT chain with real seals and real proofs that keeps IBC commitments in its router's storage; no EVM inside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from light_clients.qbft import IBC_STORE_SLOT, QbftClientState, QbftConsensusState, QbftHeader, QbftMisbehaviour
from light_clients.qbft.codec import (
    encode_client_state,
    encode_consensus_state,
    encode_header,
    encode_membership_proof,
    encode_misbehaviour,
)
from primitives.keccak import keccak256
from tests.fakes.qbft_headers import (
    ROUTER,
    QbftBlockBuilder,
    RouterState,
    ValidatorKey,
    update_message,
    validator_keys,
)

CHAIN_ID = 1337
TRUSTING_PERIOD_S = 14 * 86_400
MAX_CLOCK_DRIFT_S = 30


@dataclass(frozen=True)
class _Block:
    timestamp_s: int
    state: RouterState
    parent_hash: bytes


@dataclass
class EvmChainModel:
    """``store`` is written to freely; ``seal`` makes it the state of the next block."""

    now_s: int
    validators: Sequence[ValidatorKey] = field(default_factory=lambda: validator_keys(4))
    store: dict[bytes, bytes] = field(default_factory=dict)
    blocks: dict[int, _Block] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.blocks:
            self.seal(self.now_s)

    def copy(self) -> EvmChainModel:
        """A chain that goes its own way from here."""
        return replace(self, store=dict(self.store), blocks=dict(self.blocks))

    @property
    def next_timestamp_s(self) -> int:
        """The time of the block that would be sealed now: block times strictly grow."""
        return max(self.now_s, self.blocks[self.height].timestamp_s + 1) if self.blocks else self.now_s

    @property
    def height(self) -> int:
        return len(self.blocks)

    def seal(self, timestamp_s: int | None = None) -> int:
        """Seal the next block, at the present time unless another is given; returns its number."""
        timestamp_s = self.next_timestamp_s if timestamp_s is None else timestamp_s
        self.now_s = max(self.now_s, timestamp_s)
        storage = {_slot(path): value for path, value in self.store.items()}
        parent_hash = self._builder(self.height).block_hash if self.blocks else bytes(32)
        self.blocks[self.height + 1] = _Block(timestamp_s, RouterState(storage, others=2), parent_hash)
        return self.height

    def timestamp_s(self, height: int) -> int:
        return self.blocks[height].timestamp_s

    def client_state(self, height: int = 1) -> bytes:
        return encode_client_state(
            QbftClientState(
                chain_id=CHAIN_ID,
                router_address=ROUTER,
                store_slot=IBC_STORE_SLOT,
                latest_height=height,
                trusting_period_s=TRUSTING_PERIOD_S,
                max_clock_drift_s=MAX_CLOCK_DRIFT_S,
                frozen=False,
            )
        )

    def consensus_state(self, height: int = 1) -> bytes:
        block = self.blocks[height]
        addresses = tuple(key.address for key in self.validators)
        return encode_consensus_state(
            QbftConsensusState(
                block.timestamp_s,
                block.state.state_root,
                block.state.storage_root,
                addresses,
                self._builder(height).block_hash,
            )
        )

    def header(self, height: int, trusted_height: int, signers: int = 3) -> bytes:
        """The client message for a block, sealed by the first ``signers`` validators."""
        state = self.blocks[height].state
        return encode_header(update_message(self._builder(height), self.validators[:signers], state, trusted_height))

    def equivocation(self, height: int, trusted_height: int) -> bytes:
        """Evidence that the validators sealed two blocks at one height."""
        one = self._builder(height)
        other = replace(one, transactions_root=b"\x01" * 32)
        sealed = [block.sealed_by(self.validators[:3]) for block in (one, other)]
        return encode_misbehaviour(QbftMisbehaviour(*(QbftHeader(rlp, trusted_height, ()) for rlp in sealed)))

    def _builder(self, height: int) -> QbftBlockBuilder:
        block = self.blocks[height]
        return QbftBlockBuilder(
            self.validators,
            number=height,
            timestamp_s=block.timestamp_s,
            state_root=block.state.state_root,
            parent_hash=block.parent_hash,
        )

    def proof(self, height: int, path: bytes) -> bytes:
        """Proof of what stands at an IBC path, or that nothing does."""
        return encode_membership_proof(self.blocks[height].state.storage_proof(_slot(path)))


def _slot(path: bytes) -> bytes:
    return keccak256(keccak256(path) + IBC_STORE_SLOT)
