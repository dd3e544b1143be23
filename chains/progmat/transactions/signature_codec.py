"""The fields of a transaction signature to bytes; ``signed_codec`` reads them."""

from __future__ import annotations

from crossdvp.ledger.v1 import transaction_pb2 as pb

from primitives.codec import deterministic_bytes
from primitives.public_key import PublicKey


def encode_signature_fields(by: PublicKey, signature: bytes, platform_version: int, partial_tree: bytes) -> bytes:
    """Canonical bytes of a transaction signature; no bytes for a partial tree where it has none."""
    return deterministic_bytes(
        pb.TransactionSignature(
            by=by.encoded(), signature=signature, platform_version=platform_version, partial_tree=partial_tree
        )
    )
