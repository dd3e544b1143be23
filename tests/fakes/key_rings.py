"""Key rings of tests: what a node signs with, without a key store."""

from __future__ import annotations

from primitives.public_key import PublicKey
from primitives.signatures import Signer


class KeysOf:
    """These signers' keys, and no approver's."""

    def __init__(self, *signers: Signer) -> None:
        self._signers = {signer.public_key: signer for signer in signers}

    def signer(self, key: PublicKey) -> Signer | None:
        """See ``KeyRing``."""
        return self._signers.get(key)

    def approver_signer(self, _key: PublicKey) -> Signer | None:
        """See ``TransactionKeyRing``."""
        return None
