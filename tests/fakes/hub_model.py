"""A hub with real seals and real proofs whose one contract, a light client of a far chain, keeps what the test says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from chains.evm.client.qbft_messages import RingKind, VerifiedBlock, ring_place
from tests.fakes.qbft_headers import TIME_0_S, QbftBlockBuilder, RouterState, ValidatorKey, validator_keys

CONTRACT: Final = b"\x99" * 20
OTHER_CONTRACT: Final = b"\x98" * 20
HEAD_SLOT: Final = bytes(32)
RING_SLOT: Final = bytes(31) + b"\x03"
HUB_HEIGHT: Final = 500
FROZEN_MASK: Final = b"\xff" * 16 + bytes(16)
NEIGHBOURS: Final = {bytes(30) + bytes([9, number]): bytes([number + 1]) * 32 for number in range(12)}


@dataclass(frozen=True)
class HubModel:
    """``kept`` is height -> the word in the far client's ring; ``flags`` is what stands above its height and time."""

    kept: Mapping[int, bytes] = field(default_factory=dict)
    latest_height: int = 0
    latest_timestamp_s: int = 0
    flags: int = 0
    number: int = HUB_HEIGHT
    timestamp_s: int = TIME_0_S
    keys: tuple[ValidatorKey, ...] = field(default_factory=lambda: validator_keys(4, "hub"))
    contract: bytes = CONTRACT
    parent_hash: bytes = bytes(32)
    others: int = 4
    ring_kind: RingKind = RingKind.MAPPING

    def later(self, **changes: object) -> HubModel:
        """The next block, a second on."""
        step = {
            "number": self.number + 1,
            "timestamp_s": self.timestamp_s + 1,
            "parent_hash": self.block.block_hash,
        }
        return replace(self, **(step | changes))  # type: ignore[arg-type]  # the fields' types differ

    def keeping(self, height: int, word: bytes, timestamp_s: int) -> HubModel:
        """The next block, after an update of the far client."""
        return self.later(kept={**self.kept, height: word}, latest_height=height, latest_timestamp_s=timestamp_s)

    @property
    def head_word(self) -> bytes:
        word = self.flags << 128 | self.latest_timestamp_s << 64 | self.latest_height
        return word.to_bytes(32, "big")

    @property
    def state(self) -> RouterState:
        ring = {ring_place(height, RING_SLOT, self.ring_kind): word for height, word in self.kept.items()}
        storage = NEIGHBOURS | {HEAD_SLOT: self.head_word} | ring
        return RouterState(storage, contract=self.contract, others=self.others)

    @property
    def block(self) -> QbftBlockBuilder:
        return QbftBlockBuilder(
            self.keys,
            number=self.number,
            timestamp_s=self.timestamp_s,
            state_root=self.state.state_root,
            parent_hash=self.parent_hash,
        )

    @property
    def verified(self) -> VerifiedBlock:
        """What a client of the hub keeps of the block."""
        validators = tuple(key.address for key in self.keys)
        hashes = (self.state.state_root, self.state.storage_root, self.block.block_hash)
        return VerifiedBlock(self.number, self.timestamp_s, *hashes, validators)

    @property
    def head_proof(self) -> tuple[bytes, ...]:
        return self.state.storage_proof(HEAD_SLOT)

    def ring_proof(self, height: int) -> tuple[bytes, ...]:
        return self.state.storage_proof(ring_place(height, RING_SLOT, self.ring_kind))
