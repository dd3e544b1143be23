"""The requester's signature on a notarisation request: how the notary can show, later, who asked. Pure.

Peers are authenticated by mTLS as well, but a TLS session proves nothing to anybody else. Signed is
``b"crossdvp/notarisation-request/1" | transaction id (32)`` with the node key on the network map; the id binds the
whole transaction, its notary and its network parameters. Several requests may be signed together: then a Merkle root
over sha256(transaction id) stands where the id does, and behind each one's 64 bytes is the partial tree that leads
from its own leaf to the root (as ``transactions.signature`` has it), so that each remains evidence by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from chains.progmat.notary.errors import RequesterSignatureRefused
from chains.progmat.notary.model import Requester
from chains.progmat.transactions.signature import MAX_BATCH, SIGNATURE_BYTES, batch_leaf, batch_of
from primitives.errors import BadSignature, DecodeError
from primitives.merkle import PartialMerkleTree
from primitives.public_key import PublicKey
from primitives.signatures import Signer, verify
from primitives.types import Hash32

MAX_REQUEST_SIGNATURE_BYTES: Final = 512
"""Of 64 bytes with the partial tree of a batch of ``MAX_BATCH``, and some room."""

Claim = tuple[bytes, bytes]
"""What is said to be signed (32 bytes: a transaction id, or a root over several), and the signature (64 bytes)."""

_DOMAIN: Final = b"crossdvp/notarisation-request/1"


def sign_request(signer: Signer, tx_id: Hash32) -> bytes:
    """``signer``'s request for a transaction, 64 bytes."""
    return signer.sign(_DOMAIN + tx_id)


def sign_requests(signer: Signer, tx_ids: Sequence[Hash32]) -> tuple[bytes, ...]:
    """``signer``'s requests for 1..1,024 transactions, signed together; each proves itself without the others."""
    if len(tx_ids) == 1:
        return (sign_request(signer, tx_ids[0]),)
    root, trees = batch_of(tx_ids)
    signature = signer.sign(_DOMAIN + root)
    return tuple([signature + tree.encode() for tree in trees])


def claim_of(request_signature: bytes, tx_id: Hash32) -> Claim:
    """What remains to be verified of a request's signature; raises DecodeError where it can be none for ``tx_id``."""
    check_signature_size(request_signature)
    signature, tree = request_signature[:SIGNATURE_BYTES], request_signature[SIGNATURE_BYTES:]
    if not tree:
        return tx_id, signature
    partial = PartialMerkleTree.decode(tree)
    if partial.leaf_count > MAX_BATCH or partial.included_leaves() != (batch_leaf(tx_id),):
        raise DecodeError("the requests signed together contain this one", expected=batch_leaf(tx_id))
    return partial.root(), signature


def check_signature_size(request_signature: bytes) -> None:
    """Raises DecodeError for what is too short or too long to be a request's signature."""
    if not SIGNATURE_BYTES <= len(request_signature) <= MAX_REQUEST_SIGNATURE_BYTES:
        sizes = f"{SIGNATURE_BYTES}..{MAX_REQUEST_SIGNATURE_BYTES} bytes"
        raise DecodeError("the requester signs its request", expected=sizes, found=len(request_signature))


def has_signed(key: PublicKey, claim: Claim) -> bool:
    """Whether a claim is true of ``key``."""
    signed, signature = claim
    try:
        verify(key, _DOMAIN + signed, signature)
    except BadSignature:
        return False
    return True


def verify_requester(requester: Requester, tx_id: Hash32) -> None:
    """Return if ``requester`` asked for this transaction; raises RequesterSignatureRefused, DecodeError."""
    if not has_signed(requester.key, claim_of(requester.signature, tx_id)):
        raise RequesterSignatureRefused(requester.name, requester.key.encoded())
