"""Signs QBFT headers with real keys, as a chain would, and as an attacker would.

``QbftBlockBuilder`` makes a header of any height, time, state root, round and validator set, sealed by the keys
named; seals can be replaced one by one. ``RouterState`` is a state trie with one contract and its storage, and gives
real Merkle-Patricia proofs.
"""

from __future__ import annotations

import os

os.environ.setdefault("ETH_HASH_BACKEND", "pysha3")  # trie binds its keccak on first use, for the whole process

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

import rlp
from trie.hexary import HexaryTrie

from light_clients.qbft import QbftHeader, QbftMisbehaviour
from light_clients.qbft.codec import encode_misbehaviour
from light_clients.qbft.execution_header import BFT_MIX_HASH
from primitives.keccak import keccak256
from primitives.rlp import encode, uint_bytes
from primitives.secp256k1 import address_of, sign_digest

ROUTER = bytes.fromhex("786aab752184e0494a34bd9bd7d001cbdcb51760")
TIME_0_S = 1_790_000_000
VANITY = b"crossdvp test".rjust(32, b"\0")
EMPTY_CODE_HASH = keccak256(b"")


_address = lru_cache(maxsize=4096)(address_of)


@dataclass(frozen=True)
class ValidatorKey:
    """A validator with its secret."""

    secret: bytes

    @property
    def address(self) -> bytes:
        return _address(self.secret)

    def seal(self, digest: bytes) -> bytes:
        return sign_digest(self.secret, digest)


def validator_keys(count: int, name: str = "validator") -> tuple[ValidatorKey, ...]:
    """Keys in ascending order of their addresses, as chains list them; another name gives other keys."""
    keys = [ValidatorKey(keccak256(f"{name} {number}".encode())) for number in range(count)]
    return tuple(sorted(keys, key=lambda key: key.address))


def evidence_of(trusted_height: int, *headers_rlp: bytes) -> bytes:
    """The client message that freezes: two sealed headers of one height."""
    header_1, header_2 = (QbftHeader(header, trusted_height, ()) for header in headers_rlp)
    return encode_misbehaviour(QbftMisbehaviour(header_1, header_2))


@dataclass(frozen=True)
class QbftBlockBuilder:
    """A block to be sealed. Every field may be replaced; ``trailing`` are the fields after the fifteenth."""

    validators: Sequence[ValidatorKey]
    number: int = 1
    timestamp_s: int = TIME_0_S
    state_root: bytes = bytes(32)
    round: int = 0
    parent_hash: bytes = bytes(32)
    transactions_root: bytes = bytes(32)
    difficulty: bytes = b"\x01"
    mix_hash: bytes = BFT_MIX_HASH
    trailing: tuple[bytes, ...] = ()
    vote: tuple[bytes, ...] = ()
    beneficiary: bytes = b""

    def fields_with(self, extra_data: bytes) -> list[bytes]:
        """The header's fields around this extraData."""
        return [
            self.parent_hash,
            keccak256(b"\xc0"),
            self.coinbase,
            self.state_root,
            self.transactions_root,
            keccak256(b"\x80"),
            bytes(256),
            self.difficulty,
            uint_bytes(self.number),
            uint_bytes(30_000_000),
            b"",
            uint_bytes(self.timestamp_s),
            extra_data,
            self.mix_hash,
            bytes(8),
            *self.trailing,
        ]

    @property
    def coinbase(self) -> bytes:
        return self.beneficiary or (self.validators[0].address if self.validators else bytes(20))

    @property
    def listed_validators(self) -> list[bytes]:
        """What extraData lists."""
        return [key.address for key in self.validators]

    def extra_data(self, seals: Sequence[bytes], round_bytes: bytes) -> bytes:
        return encode([VANITY, self.listed_validators, list(self.vote), round_bytes, list(seals)])

    def header_rlp(self, seals: Sequence[bytes]) -> bytes:
        return encode(self.fields_with(self.extra_data(seals, uint_bytes(self.round))))

    @property
    def seal_digest(self) -> bytes:
        return keccak256(self.header_rlp(()))

    @property
    def block_hash(self) -> bytes:
        return keccak256(self.hashed_rlp)

    @property
    def hashed_rlp(self) -> bytes:
        """What the block hash is taken of."""
        return encode(self.fields_with(self.extra_data((), b"")))

    def seals_by(self, keys: Sequence[ValidatorKey]) -> list[bytes]:
        return [key.seal(self.seal_digest) for key in keys]

    def sealed_by(self, keys: Sequence[ValidatorKey]) -> bytes:
        """Header RLP with the seals of these keys, in this order."""
        return self.header_rlp(self.seals_by(keys))

    def at(self, number: int, timestamp_s: int) -> QbftBlockBuilder:
        return replace(self, number=number, timestamp_s=timestamp_s)


@dataclass
class RouterState:
    """State with the router's account, some other accounts, and the router's storage (slot -> word)."""

    storage: Mapping[bytes, bytes] = field(default_factory=dict)
    contract: bytes = ROUTER
    others: int = 40

    def __post_init__(self) -> None:
        self._storage_trie = HexaryTrie({})
        for slot, word in self.storage.items():
            if stripped := word.lstrip(b"\0"):
                self._storage_trie[keccak256(slot)] = rlp.encode(stripped)
        self._state_trie = HexaryTrie({})
        for number in range(self.others):
            someone = keccak256(number.to_bytes(4, "big"))[:20]
            self._state_trie[keccak256(someone)] = rlp.encode(
                [b"", uint_bytes(number), keccak256(b"\x80"), EMPTY_CODE_HASH]
            )
        account = rlp.encode([b"\x01", b"", self._storage_trie.root_hash, keccak256(b"code")])
        self._state_trie[keccak256(self.contract)] = account

    @property
    def state_root(self) -> bytes:
        return bytes(self._state_trie.root_hash)

    @property
    def storage_root(self) -> bytes:
        return bytes(self._storage_trie.root_hash)

    def account_proof(self, address: bytes | None = None) -> tuple[bytes, ...]:
        return _nodes(self._state_trie, keccak256(address or self.contract))

    def storage_proof(self, slot: bytes) -> tuple[bytes, ...]:
        return _nodes(self._storage_trie, keccak256(slot))


def update_message(
    builder: QbftBlockBuilder, keys: Sequence[ValidatorKey], state: RouterState, trusted_height: int
) -> QbftHeader:
    """A client message with a header over the state, sealed by these keys."""
    sealed = replace(builder, state_root=state.state_root).sealed_by(keys)
    return QbftHeader(sealed, trusted_height, state.account_proof())


def _nodes(trie: HexaryTrie, key: bytes) -> tuple[bytes, ...]:
    """Proof as `eth_getProof` has it: without the nodes that are embedded in their parents."""
    encoded = [rlp.encode(node) for node in trie.get_proof(key)]  # type: ignore[no-untyped-call]  # no annotations in the library
    return tuple(node for place, node in enumerate(encoded) if place == 0 or len(node) >= 32)
