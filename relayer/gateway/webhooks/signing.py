"""Signatures of the Standard Webhooks specification 1.0.

Signed is ``{webhook-id}.{webhook-timestamp}.{body}``. "v1" is HMAC-SHA256 under a secret both sides know, written
``whsec_`` + base64; "v1a" is Ed25519, whose public key the receiver knows as ``whpk_`` + base64. The header lists one
signature a secret, separated by spaces, so that a receiver may be given a new secret before the old one ends.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Sequence
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from relayer.gateway.webhooks.model import Scheme

ID_HEADER: Final = "webhook-id"
TIMESTAMP_HEADER: Final = "webhook-timestamp"
SIGNATURE_HEADER: Final = "webhook-signature"
SECRET_BYTES: Final = 32


def new_key(random_bytes: Callable[[int], bytes]) -> bytes:
    """A key for either scheme: 32 bytes."""
    return random_bytes(SECRET_BYTES)


def shown_secret(scheme: Scheme, key: bytes) -> str:
    """A secret as its platform gets it, once; of Ed25519 the private key is nobody's but ours."""
    return f"whsec_{base64.b64encode(key).decode()}" if scheme is Scheme.HMAC_SHA256 else ""


def public_key_of(scheme: Scheme, key: bytes) -> bytes:
    """The public key of an Ed25519 secret; empty for HMAC."""
    if scheme is Scheme.HMAC_SHA256:
        return b""
    return Ed25519PrivateKey.from_private_bytes(key).public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def shown_public_key(public_key: bytes) -> str:
    """``whpk_…``; empty for an empty one."""
    return f"whpk_{base64.b64encode(public_key).decode()}" if public_key else ""


def signed_headers(
    scheme: Scheme, keys: Sequence[bytes], webhook_id: str, timestamp_s: int, body: bytes
) -> dict[str, str]:
    """The three headers of an attempt, with a signature by each key, newest first."""
    content = f"{webhook_id}.{timestamp_s}.".encode() + body
    signatures = " ".join(f"{scheme.value},{base64.b64encode(_sign(scheme, key, content)).decode()}" for key in keys)
    return {ID_HEADER: webhook_id, TIMESTAMP_HEADER: str(timestamp_s), SIGNATURE_HEADER: signatures}


def _sign(scheme: Scheme, key: bytes, content: bytes) -> bytes:
    if scheme is Scheme.HMAC_SHA256:
        return hmac.new(key, content, hashlib.sha256).digest()
    return Ed25519PrivateKey.from_private_bytes(key).sign(content)
