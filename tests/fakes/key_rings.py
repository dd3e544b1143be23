"""Key rings of tests: what a node signs with, without a key store."""

from __future__ import annotations

from primitives.public_key import PublicKey
from primitives.signatures import Signer
from tests.fakes.notary_world import Keys


class KeysOf(Keys):
    """These signers' keys, and no approver's."""

    def approver_signer(self, _key: PublicKey) -> Signer | None:
        """See ``TransactionKeyRing``."""
        return None
