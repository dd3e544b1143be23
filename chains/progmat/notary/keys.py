"""The keys a notary signs with: the one in force, one that follows, perhaps those before."""

from __future__ import annotations

from typing import Protocol

from chains.progmat.network.parameters_source import ParametersSource
from chains.progmat.notary.errors import NotaryKeyMissing
from chains.progmat.notary.service_errors import NotANotary
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


def key_in_force(epochs: ParametersSource, name: str) -> PublicKey:
    """The key that the notary ``name`` signs with: of the epoch in force, else of the newest one that names it.

    One that was dropped gives its old answers for whoever asks; one that is yet to begin is asked for nothing. Raises
    ParametersNotAccepted, NotANotary when no epoch names it.
    """
    for epoch in (epochs.in_force(), *reversed(epochs.history.epochs)):
        notary = epoch.notary_named(name)
        if notary is not None:
            return notary.key
    raise NotANotary(name)
