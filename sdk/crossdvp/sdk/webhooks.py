"""For a receiver of webhooks: is this request from the gateway, and recent?"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

TOLERANCE_S: Final = 300
MAX_SIGNATURES: Final = 16


class WebhookRejected(ValueError):
    """The request is not what the gateway signed, or too old: answer 4xx and do nothing."""


def verify_webhook(
    key: str, headers: Mapping[str, str], body: bytes, now_s: float, tolerance_s: int = TOLERANCE_S
) -> dict[str, Any]:
    """The body's document. ``key``: the endpoint's ``whsec_…`` secret or ``whpk_…`` public key; ``now_s``: the clock.

    The same event may come again: keep ``webhook-id`` of what you have processed. Raises ``WebhookRejected``.
    """
    told = {name.lower(): value for name, value in headers.items()}
    try:
        webhook_id, stamp, signatures = (told[f"webhook-{name}"] for name in ("id", "timestamp", "signature"))
    except KeyError as missing:
        raise WebhookRejected(f"the header {missing} is missing") from None
    if not (stamp.isascii() and stamp.isdecimal() and len(stamp) < 15) or abs(now_s - int(stamp)) > tolerance_s:
        raise WebhookRejected(f"webhook-timestamp {stamp[:20]!r} is more than {tolerance_s} s from now")
    content = f"{webhook_id}.{stamp}.".encode() + body
    if not any(_is_valid(key, each, content) for each in signatures.split(" ")[:MAX_SIGNATURES]):
        raise WebhookRejected("no signature is valid for this key and body")
    document: dict[str, Any] = json.loads(body)
    return document


def _is_valid(key: str, signature: str, content: bytes) -> bool:
    version, _, encoded = signature.partition(",")
    try:
        given = base64.b64decode(encoded, validate=True)
        if version == "v1" and key.startswith("whsec_"):
            secret = base64.b64decode(key.removeprefix("whsec_"), validate=True)
            return hmac.compare_digest(hmac.new(secret, content, hashlib.sha256).digest(), given)
        if version == "v1a" and key.startswith("whpk_"):
            public = base64.b64decode(key.removeprefix("whpk_"), validate=True)
            Ed25519PublicKey.from_public_bytes(public).verify(given, content)
            return True
    except (binascii.Error, InvalidSignature, ValueError):
        return False
    return False
