"""The keys a notary signs with: the one in force, one that follows, perhaps those before."""

from __future__ import annotations

from typing import Protocol

from chains.progmat.notary.errors import NotaryKeyMissing
from primitives.public_key import PublicKey
from primitives.signatures import Signer


class NotaryKeys(Protocol):
    """A key file, as the notary uses it."""

    def signer(self, key: PublicKey) -> Signer | None:
        """The signer of a key kept here, or None. Safe to call from any thread."""
        ...


def signer_of(keys: NotaryKeys, key: PublicKey) -> Signer:
    """The signer of a key that must be here; raises NotaryKeyMissing."""
    signer = keys.signer(key)
    if signer is None:
        raise NotaryKeyMissing(key.encoded())
    return signer
