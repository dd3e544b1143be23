"""An independent builder of what a Progmat ledger would show an EVM: trees, proofs, signed checkpoints.

It shares no code with `primitives` or `light_clients`: the contracts and the Python twins are both held against it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

import coincurve
import sha3

ZERO: Final = bytes(32)
KIND_PRESENCE: Final = 0
KIND_EMPTY: Final = 1
KIND_OTHER_LEAF: Final = 2
CURVE_ORDER: Final = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


def sha(data: bytes) -> bytes:
    """SHA-256."""
    return hashlib.sha256(data).digest()


def keccak(data: bytes) -> bytes:
    """Keccak-256."""
    return bytes(sha3.keccak_256(data).digest())


# ------------------------------------------------------------------------------------------------------------- trees


@dataclass(frozen=True)
class Proof:
    """A sparse Merkle proof, siblings from the root down, empty ones as zeros. Fields may be set wrong on purpose."""

    kind: int
    siblings: tuple[bytes, ...]
    other_leaf: tuple[bytes, bytes] | None = None
    bitmap: int | None = None
    depth: int | None = None

    def encode(self) -> bytes:
        """`u8 kind | u16 depth | bitmap | [other leaf] | siblings that are not empty, deepest first`."""
        bits = sum(1 << (255 - level) for level, sibling in enumerate(self.siblings) if sibling != ZERO)
        head = bytes([self.kind]) + (len(self.siblings) if self.depth is None else self.depth).to_bytes(2, "big")
        listed = b"".join(sibling for sibling in reversed(self.siblings) if sibling != ZERO)
        word = bits if self.bitmap is None else self.bitmap
        return head + word.to_bytes(32, "big") + b"".join(self.other_leaf or ()) + listed


def bit_of(key_hash: bytes, level: int) -> int:
    """Bit of a path, most significant first."""
    return key_hash[level // 8] >> (7 - level % 8) & 1


def leaf_hash(key_hash: bytes, value_hash: bytes) -> bytes:
    """H(00 | key hash | value hash)."""
    return sha(b"\x00" + key_hash + value_hash)


@dataclass(frozen=True)
class Tree:
    """A whole tree by value: slow and plain. `full_depth` > 0 fills every subtree off the given keys' paths with
    invented hashes, so that proofs have exactly that depth and no empty sibling, as in a ledger of millions of writes.
    """

    entries: Mapping[bytes, bytes]
    full_depth: int = 0

    @property
    def root(self) -> bytes:
        """Root hash."""
        return self._node(self._leaves(), "")

    def prove(self, key: bytes) -> Proof:
        """Proof of presence, or of absence if the key is not there."""
        key_hash = sha(key)
        leaves = self._leaves()
        siblings: list[bytes] = []
        prefix = ""
        while not self._is_terminal(leaves, prefix):
            bit = bit_of(key_hash, len(prefix))
            halves = self._split(leaves, len(prefix))
            siblings.append(self._node(halves[1 - bit], prefix + str(1 - bit)))
            leaves, prefix = halves[bit], prefix + str(bit)
        if not leaves:
            return Proof(KIND_EMPTY, tuple(siblings))
        (found,) = leaves.items()
        if found[0] == key_hash:
            return Proof(KIND_PRESENCE, tuple(siblings))
        return Proof(KIND_OTHER_LEAF, tuple(siblings), found)

    def _leaves(self) -> dict[bytes, bytes]:
        return {sha(key): sha(value) for key, value in self.entries.items()}

    def _is_terminal(self, leaves: dict[bytes, bytes], prefix: str) -> bool:
        return len(leaves) <= 1 and len(prefix) >= self.full_depth

    @staticmethod
    def _split(leaves: dict[bytes, bytes], level: int) -> tuple[dict[bytes, bytes], dict[bytes, bytes]]:
        halves: tuple[dict[bytes, bytes], dict[bytes, bytes]] = ({}, {})
        for key_hash, value_hash in leaves.items():
            halves[bit_of(key_hash, level)][key_hash] = value_hash
        return halves

    def _node(self, leaves: dict[bytes, bytes], prefix: str) -> bytes:
        if not leaves:
            return sha(b"invented" + prefix.encode()) if self.full_depth else ZERO
        if self._is_terminal(leaves, prefix):
            return leaf_hash(*next(iter(leaves.items())))
        left, right = self._split(leaves, len(prefix))
        return sha(b"\x01" + self._node(left, prefix + "0") + self._node(right, prefix + "1"))


# ------------------------------------------------------------------------------------------------------- checkpoints


@dataclass(frozen=True)
class Validator:
    """A Validator's key."""

    secret: bytes

    @classmethod
    def numbered(cls, number: int) -> Validator:
        """The Validator whose secret is the hash of its number."""
        return cls(keccak(b"validator %d" % number))

    @property
    def address(self) -> bytes:
        """Ethereum address."""
        public = coincurve.PrivateKey(self.secret).public_key.format(compressed=False)
        return keccak(public[1:])[12:]

    def sign(self, digest: bytes) -> bytes:
        """EIP-2098 compact signature: r | (parity << 255 | s)."""
        full = coincurve.PrivateKey(self.secret).sign_recoverable(digest, hasher=None)
        vs = int.from_bytes(full[32:64], "big") | full[64] << 255
        return full[:32] + vs.to_bytes(32, "big")

    def sign_high_s(self, digest: bytes) -> bytes:
        """The malleable twin of the signature."""
        good = self.sign(digest)
        vs = int.from_bytes(good[32:], "big")
        parity, s = vs >> 255, vs & ((1 << 255) - 1)
        twin = (CURVE_ORDER - s) | (1 - parity) << 255
        return good[:32] + (twin & ((1 << 256) - 1)).to_bytes(32, "big")


@dataclass(frozen=True)
class ValidatorSet:
    """k of n Validators, ascending by address."""

    threshold: int
    validators: tuple[Validator, ...]

    @classmethod
    def of(cls, threshold: int, size: int, first: int = 0) -> ValidatorSet:
        """A set of numbered Validators."""
        members = (Validator.numbered(number) for number in range(first, first + size))
        return cls(threshold, tuple(sorted(members, key=lambda validator: validator.address)))

    @property
    def packed(self) -> bytes:
        """`u8 threshold | u8 size | addresses`."""
        addresses = b"".join(validator.address for validator in self.validators)
        return bytes([self.threshold, len(self.validators)]) + addresses

    @property
    def hash(self) -> bytes:
        """keccak256 of the packed set."""
        return keccak(self.packed)


@dataclass(frozen=True)
class Checkpoint:
    """What Validators sign."""

    height: int
    timestamp_s: int
    root: bytes
    next_set_hash: bytes
    journal_hash: bytes = field(default=keccak(b"journal"))

    def packed(self, packed_set: bytes) -> bytes:
        """The first 112 bytes of a header that this set signs."""
        numbers = self.height.to_bytes(8, "big") + self.timestamp_s.to_bytes(8, "big")
        next_set = bytes(32) if self.next_set_hash == keccak(packed_set) else self.next_set_hash
        return numbers + self.root + self.journal_hash + next_set

    def digest(self, ledger_id: str, *, name: str = "Progmat Checkpoint", version: str = "1") -> bytes:
        """EIP-712 digest in the ledger's domain."""
        domain = keccak(
            keccak(b"EIP712Domain(string name,string version,bytes32 salt)")
            + keccak(name.encode())
            + keccak(version.encode())
            + keccak(ledger_id.encode())
        )
        members = "uint64 height,uint64 timestamp,bytes32 root,bytes32 journalHash,bytes32 nextValidatorSetHash"
        struct = keccak(
            keccak(f"Checkpoint({members})".encode())
            + self.height.to_bytes(32, "big")
            + self.timestamp_s.to_bytes(32, "big")
            + self.root
            + self.journal_hash
            + self.next_set_hash
        )
        return keccak(b"\x19\x01" + domain + struct)


def header(
    checkpoint: Checkpoint,
    validators: ValidatorSet,
    ledger_id: str,
    signers: Iterable[int] | None = None,
) -> bytes:
    """Packed header signed by the validators at the given indexes (default: the first k)."""
    digest = checkpoint.digest(ledger_id)
    chosen = sorted(range(validators.threshold) if signers is None else signers)
    signatures = [validators.validators[index].sign(digest) for index in chosen]
    return assemble(checkpoint, validators.packed, sum(1 << index for index in chosen), signatures)


def assemble(checkpoint: Checkpoint, packed_set: bytes, bitmap: int, signatures: Iterable[bytes]) -> bytes:
    """Any header at all, right or wrong."""
    return checkpoint.packed(packed_set) + packed_set + bitmap.to_bytes(32, "big") + b"".join(signatures)


__all__ = [
    "KIND_EMPTY",
    "KIND_OTHER_LEAF",
    "KIND_PRESENCE",
    "ZERO",
    "Checkpoint",
    "Proof",
    "Tree",
    "Validator",
    "ValidatorSet",
    "assemble",
    "bit_of",
    "header",
    "keccak",
    "leaf_hash",
    "replace",
    "sha",
]
