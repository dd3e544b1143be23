"""Blocks of QBFT's relatives and of its validator-contract mode, sealed with real keys as those engines seal them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from light_clients.qbft import ConsensusEngine, EngineEra, QbftHeader, ValidatorContract, ValidatorsProof
from primitives.keccak import keccak256
from primitives.rlp import encode, uint_bytes
from tests.fakes.qbft_headers import VANITY, QbftBlockBuilder, RouterState, ValidatorKey

CONTRACT = bytes.fromhex("0000000000000000000000000000000000007777")
VALIDATORS_SLOT = bytes(31) + b"\x03"
CONTRACT_ERA = EngineEra(0, ConsensusEngine.QBFT, ValidatorContract(CONTRACT, VALIDATORS_SLOT))


@dataclass(frozen=True)
class Ibft2BlockBuilder(QbftBlockBuilder):
    """Besu's IBFT2: a round of four bytes, no vote as an empty string, fewer items where it is hashed."""

    def _items(self) -> list[object]:
        return [VANITY, self.listed_validators, list(self.vote) or b""]

    def header_rlp(self, seals: Sequence[bytes]) -> bytes:
        return encode(self.fields_with(encode([*self._items(), self.round.to_bytes(4, "big"), list(seals)])))

    @property
    def seal_digest(self) -> bytes:
        return keccak256(encode(self.fields_with(encode([*self._items(), self.round.to_bytes(4, "big")]))))

    @property
    def hashed_rlp(self) -> bytes:
        return encode(self.fields_with(encode(self._items())))


@dataclass(frozen=True)
class Ibft1BlockBuilder(QbftBlockBuilder):
    """GoQuorum's IBFT1: proposed by a seal of its own, the first validator's unless another is named."""

    proposer: ValidatorKey | None = None

    def _extra(self, proposer_seal: bytes, seals: Sequence[bytes]) -> bytes:
        return VANITY + encode([self.listed_validators, proposer_seal, list(seals)])

    @property
    def _proposer_seal(self) -> bytes:
        digest = keccak256(keccak256(encode(self.fields_with(self._extra(b"", ())))))
        return (self.proposer or self.validators[0]).seal(digest)

    def header_rlp(self, seals: Sequence[bytes]) -> bytes:
        return encode(self.fields_with(self._extra(self._proposer_seal, seals)))

    @property
    def seal_digest(self) -> bytes:
        return keccak256(self.block_hash + b"\x02")

    @property
    def hashed_rlp(self) -> bytes:
        return self.header_rlp(())


@dataclass(frozen=True)
class ContractModeBlockBuilder(QbftBlockBuilder):
    """QBFT whose extraData lists nobody; ``validators`` are those who may seal."""

    @property
    def listed_validators(self) -> list[bytes]:
        return []


def array_storage(words: Sequence[bytes], slot: bytes = VALIDATORS_SLOT) -> dict[bytes, bytes]:
    """Storage of a dynamic array of words as Solidity lays it out."""
    first = int.from_bytes(keccak256(slot), "big")
    elements = {((first + index) % 2**256).to_bytes(32, "big"): word for index, word in enumerate(words)}
    return {slot: uint_bytes(len(words)).rjust(32, b"\0"), **elements}


@dataclass(frozen=True)
class ContractModeBlock:
    """A block in contract mode with its parent, in whose state the contract holds ``own``; and proofs of both."""

    own: Sequence[ValidatorKey]
    number: int
    timestamp_s: int
    state: RouterState
    storage: Mapping[bytes, bytes] = field(default_factory=dict)
    parent: QbftBlockBuilder | None = None

    @property
    def validator_state(self) -> RouterState:
        """The state after the parent block."""
        words = self.storage or array_storage([key.address.rjust(32, b"\0") for key in self.own])
        return RouterState(words, contract=CONTRACT)

    @property
    def parent_block(self) -> QbftBlockBuilder:
        parent = self.parent or ContractModeBlockBuilder(
            self.own, number=self.number - 1, timestamp_s=self.timestamp_s - 1
        )
        return replace(parent, state_root=self.validator_state.state_root)

    @property
    def block(self) -> QbftBlockBuilder:
        return ContractModeBlockBuilder(
            self.own,
            number=self.number,
            timestamp_s=self.timestamp_s,
            state_root=self.state.state_root,
            parent_hash=self.parent_block.block_hash,
        )

    def validators_proof(self, shown: int | None = None) -> ValidatorsProof:
        """Proofs of the length and of so many elements, all by default."""
        state = self.validator_state
        first = int.from_bytes(keccak256(VALIDATORS_SLOT), "big")
        count = len(self.own) if shown is None else shown
        slots = [VALIDATORS_SLOT, *(((first + index) % 2**256).to_bytes(32, "big") for index in range(count))]
        parent_rlp = self.parent_block.hashed_rlp
        return ValidatorsProof(parent_rlp, state.account_proof(), tuple(map(state.storage_proof, slots)))

    def header(self, trusted_height: int, signers: Sequence[ValidatorKey]) -> QbftHeader:
        sealed = self.block.sealed_by(signers)
        return QbftHeader(sealed, trusted_height, self.state.account_proof(), self.validators_proof())
