"""Signing secrets as they are stored: AES-256-GCM under a key that is in a file of its own, not in the database.

Stored is nonce (12 bytes) + ciphertext; the endpoint's id is bound to it, so that a secret cannot be moved to another.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from primitives.errors import InvalidArgument
from relayer.gateway.webhooks.errors import SecretsUnreadable

KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12


class SecretBox:
    """Seals and opens secrets; ``random_bytes`` gives nonces. Raises ``InvalidArgument`` for another length of key."""

    def __init__(self, key: bytes, random_bytes: Callable[[int], bytes]) -> None:
        if len(key) != KEY_BYTES:
            raise InvalidArgument(f"expected a key of {KEY_BYTES} bytes, found {len(key)}")
        self._cipher = AESGCM(key)
        self._random_bytes = random_bytes

    def seal(self, endpoint_id: str, secret: bytes) -> bytes:
        """As stored."""
        nonce = self._random_bytes(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, secret, endpoint_id.encode())

    def open(self, endpoint_id: str, sealed: bytes) -> bytes:
        """The secret. Raises ``SecretsUnreadable``."""
        try:
            return self._cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], endpoint_id.encode())
        except (InvalidTag, ValueError):
            raise SecretsUnreadable from None
