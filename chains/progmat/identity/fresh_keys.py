"""Fresh keys of one account: they follow from the account's seed, from who asked, and from a tag.

Nothing has to be kept for them: whoever has the key file and a transaction finds the key again. The asker is part of
it, so that nobody learns by asking which account a key that he has seen elsewhere belongs to. Always Ed25519: the
scheme of the account's own key is no mark on its coins.
"""

from __future__ import annotations

import hmac
from typing import Final

from primitives.public_key import PublicKey, SignatureScheme
from primitives.signatures import Signer, SoftwareSigner

_SECRET_DOMAIN: Final = b"crossdvp/fresh-key-secret/1"
_SEED_DOMAIN: Final = b"crossdvp/fresh-key-seed/1"


class FreshKeys:
    """Of the account with this seed and key; HMAC-SHA256 throughout."""

    def __init__(self, account_seed: bytes, account_key: PublicKey) -> None:
        self._secret = hmac.digest(account_seed, _SECRET_DOMAIN + account_key.encoded(), "sha256")

    def signer(self, asker: str, tag: bytes) -> Signer:
        """The key that ``asker`` is given for ``tag``."""
        name = asker.encode()
        seed = hmac.digest(self._secret, _SEED_DOMAIN + len(name).to_bytes(2, "big") + name + tag, "sha256")
        return SoftwareSigner.from_seed(SignatureScheme.ED25519, seed)
