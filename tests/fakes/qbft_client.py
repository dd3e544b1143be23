"""A QBFT client at height 10 of a chain of four validators, with messages for it: real keys, real tries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from ibc.light_client import ConsensusAt, TimeBounds
from light_clients.qbft import (
    IBC_STORE_SLOT,
    QBFT_FROM_GENESIS,
    EngineEra,
    QbftClientState,
    QbftConsensusState,
    QbftHeader,
    QbftMisbehaviour,
)
from light_clients.qbft.codec import (
    encode_client_state,
    encode_consensus_state,
    encode_header,
    encode_membership_proof,
    encode_misbehaviour,
)
from primitives.keccak import keccak256
from primitives.mpt import mapping_slot
from tests.fakes.qbft_headers import ROUTER, TIME_0_S, QbftBlockBuilder, RouterState, ValidatorKey, validator_keys

TRUSTED_HEIGHT = 10
TRUSTED_HASH = keccak256(b"the trusted block")
TRUSTING_PERIOD_S = 1000
DRIFT_S = 15
PATH = b"qbft-0\x01" + (1).to_bytes(8, "big")
OTHER_PATH = b"qbft-0\x01" + (2).to_bytes(8, "big")
ABSENT_PATH = b"qbft-0\x02" + (1).to_bytes(8, "big")
SHORT_PATH = b"qbft-0\x03" + (1).to_bytes(8, "big")
VALUE = keccak256(b"commitment")
OTHER_VALUE = keccak256(b"another commitment")
SHORT_VALUE = b"\0\0" + keccak256(b"short")[2:]
"""A commitment that begins with zero bytes: shorter in the trie than in the proof's claim."""
NOW = TimeBounds.at(TIME_0_S + 5)


def slot_of(path: bytes) -> bytes:
    return mapping_slot(keccak256(path), IBC_STORE_SLOT)


def commitments(count: int = 30) -> dict[bytes, bytes]:
    """Storage of a router: the three paths above and many others, so that the trie has branches."""
    storage = {slot_of(b"other" + bytes([number])): keccak256(bytes([number])) for number in range(count)}
    return storage | {slot_of(PATH): VALUE, slot_of(OTHER_PATH): OTHER_VALUE, slot_of(SHORT_PATH): SHORT_VALUE}


@dataclass(frozen=True)
class QbftScenario:
    """The client's states and what the chain looks like above them."""

    keys: tuple[ValidatorKey, ...] = field(default_factory=lambda: validator_keys(4))
    state: RouterState = field(default_factory=lambda: RouterState(commitments()))
    frozen: bool = False
    eras: tuple[EngineEra, ...] = QBFT_FROM_GENESIS
    trusted_hash: bytes = TRUSTED_HASH

    @property
    def client(self) -> QbftClientState:
        return QbftClientState(
            chain_id=1010032,
            router_address=ROUTER,
            store_slot=IBC_STORE_SLOT,
            latest_height=TRUSTED_HEIGHT,
            trusting_period_s=TRUSTING_PERIOD_S,
            max_clock_drift_s=DRIFT_S,
            frozen=self.frozen,
            eras=self.eras,
        )

    @property
    def client_state(self) -> bytes:
        return encode_client_state(self.client)

    @property
    def consensus_state(self) -> QbftConsensusState:
        validators = tuple(key.address for key in self.keys)
        roots = self.state.state_root, self.state.storage_root
        return QbftConsensusState(TIME_0_S, *roots, validators, self.trusted_hash)

    @property
    def trusted(self) -> ConsensusAt:
        return ConsensusAt(TRUSTED_HEIGHT, encode_consensus_state(self.consensus_state))

    @property
    def next_block(self) -> QbftBlockBuilder:
        return QbftBlockBuilder(
            self.keys,
            number=TRUSTED_HEIGHT + 1,
            timestamp_s=TIME_0_S + 1,
            state_root=self.state.state_root,
            parent_hash=self.trusted_hash,
        )

    def header(self, block: QbftBlockBuilder, signers: Sequence[ValidatorKey] | None = None) -> QbftHeader:
        sealed = block.sealed_by(block.validators if signers is None else signers)
        return QbftHeader(sealed, TRUSTED_HEIGHT, self.state.account_proof())

    def message(self, block: QbftBlockBuilder, signers: Sequence[ValidatorKey] | None = None) -> bytes:
        return encode_header(self.header(block, signers))

    def evidence(self, one: QbftBlockBuilder, other: QbftBlockBuilder) -> bytes:
        headers = [replace(self.header(block), account_proof=()) for block in (one, other)]
        return encode_misbehaviour(QbftMisbehaviour(*headers))

    def proof(self, path: bytes) -> bytes:
        return encode_membership_proof(self.state.storage_proof(slot_of(path)))
