"""Signatures over transaction ids, alone or as a batch under one Merkle root.

What is signed is ``b"crossdvp/signable/1" | id or root (32) | be32 platform version | be32 scheme``: Corda's
``SignableData`` with ``SignatureMetadata``. A batch signature signs the Merkle root over the leaves sha256(tx id) and
brings the partial tree that leads from its own leaf to the root (Corda's ``TransactionSignature.partialMerkleTree``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from chains.progmat.transactions.errors import SignatureRefused
from chains.progmat.transactions.model import check_hash, check_range, out_of_range
from chains.progmat.transactions.signature_codec import encode_signature_fields
from primitives.errors import BadSignature
from primitives.hashing import sha256
from primitives.lazily import lazily
from primitives.merkle import PartialMerkleTree
from primitives.public_key import PublicKey, SignatureScheme
from primitives.signatures import Signer, verify
from primitives.types import Hash32

PLATFORM_VERSION: Final = 1
"""Version of the rules in this code base, carried by every signature and held against the network's minimum."""

MAX_BATCH: Final = 1024
SIGNATURE_BYTES: Final = 64
_MAX_PLATFORM_VERSION: Final = 2**31 - 1
_DOMAIN: Final = b"crossdvp/signable/1"


@dataclass(frozen=True)
class TransactionSignature:
    """``by``'s signature over a transaction id, or over a batch root if there is a partial tree."""

    by: PublicKey
    signature: bytes
    platform_version: int
    partial_tree: PartialMerkleTree | None = None

    def __post_init__(self) -> None:
        size, version, tree = len(self.signature), self.platform_version, self.partial_tree
        if size != SIGNATURE_BYTES:
            raise out_of_range("signature length", size, SIGNATURE_BYTES, SIGNATURE_BYTES)
        if not 1 <= version <= _MAX_PLATFORM_VERSION:
            raise out_of_range("signature's platform version", version, 1, _MAX_PLATFORM_VERSION)
        if tree is not None:
            check_range("batch size", tree.leaf_count, 1, MAX_BATCH)
            check_range("leaves shown of a batch", len(tree.indexes), 1, 1)

    @lazily
    def encoded(self) -> bytes:
        """Canonical bytes: they go along with each state of the transaction, and to each who is sent it."""
        tree = b"" if self.partial_tree is None else self.partial_tree.encode()
        return encode_signature_fields(self.by, self.signature, self.platform_version, tree)

    def verify(self, tx_id: Hash32) -> None:
        """Return if this is a signature over ``tx_id``; raises SignatureRefused otherwise."""
        signable = signable_bytes(self.signed_hash(tx_id), self.platform_version, self.by.scheme)
        try:
            verify(self.by, signable, self.signature)
        except BadSignature as error:
            raise SignatureRefused(f"signature verifies ({error})", expected=repr(self.by), found=tx_id) from error

    def signed_hash(self, tx_id: Hash32) -> Hash32:
        """The hash that was signed: the id itself or the batch root. Raises SignatureRefused for a tree without the id.

        Roots repeat within a batch: callers may cache (by, signature, root) once verified.
        """
        tree, root = self.partial_tree, self._root
        if tree is None or root is None:
            return tx_id
        leaf = batch_leaf(tx_id)
        if tree.included_leaves() != (leaf,):
            raise SignatureRefused(
                "the batch contains this transaction", expected=leaf, found=tree.included_leaves()[0]
            )
        return root

    @lazily
    def _root(self) -> Hash32 | None:
        """Of the batch: each who looks whether the signature has been verified before asks for it."""
        return None if self.partial_tree is None else self.partial_tree.root()


def signable_bytes(root_or_id: Hash32, platform_version: int, scheme: SignatureScheme) -> bytes:
    """The bytes a key of ``scheme`` signs."""
    check_hash("hash to be signed", root_or_id)
    return _DOMAIN + root_or_id + platform_version.to_bytes(4, "big") + int(scheme).to_bytes(4, "big")


def batch_leaf(tx_id: Hash32) -> Hash32:
    """Leaf of a transaction in a batch: one more hash, so that an id is never taken for a node."""
    return Hash32(sha256(tx_id))


def batch_of(tx_ids: Sequence[Hash32]) -> tuple[Hash32, tuple[PartialMerkleTree, ...]]:
    """The root over 1..1,024 ids that are signed together, and the partial tree of each; raises as ``check_range``."""
    check_range("batch size", len(tx_ids), 1, MAX_BATCH)
    return PartialMerkleTree.for_each([batch_leaf(tx_id) for tx_id in tx_ids])


def sign_transaction(signer: Signer, tx_id: Hash32) -> TransactionSignature:
    """``signer``'s signature over one transaction id."""
    signature = signer.sign(signable_bytes(tx_id, PLATFORM_VERSION, signer.public_key.scheme))
    return TransactionSignature(signer.public_key, signature, PLATFORM_VERSION)


def sign_batch(signer: Signer, tx_ids: Sequence[Hash32]) -> tuple[TransactionSignature, ...]:
    """One signing operation for up to 1,024 ids; each transaction gets its own partial tree, in the same order."""
    root, trees = batch_of(tx_ids)
    by = signer.public_key
    signature = signer.sign(signable_bytes(root, PLATFORM_VERSION, by.scheme))
    return tuple(TransactionSignature(by, signature, PLATFORM_VERSION, tree) for tree in trees)


def sign_together(signer: Signer, tx_ids: Sequence[Hash32]) -> tuple[TransactionSignature, ...]:
    """As ``sign_batch``; one id is signed alone, which is shorter."""
    return (sign_transaction(signer, tx_ids[0]),) if len(tx_ids) == 1 else sign_batch(signer, tx_ids)
