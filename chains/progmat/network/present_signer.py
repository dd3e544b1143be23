"""A node's signer whose key changes with the epochs."""

from __future__ import annotations

from typing import Protocol

from chains.progmat.network.errors import PresentKeyMissing
from chains.progmat.network.parameters_source import ParametersSource
from chains.progmat.transactions.model import Party
from primitives.apart import Apart
from primitives.public_key import PublicKey
from primitives.signatures import Signer


class Keys(Protocol):
    """The keys kept here."""

    def signer(self, key: PublicKey) -> Signer | None:
        """The signer of a key, or None."""
        ...


class PresentSigner:
    """``Signer`` with the key that is the party's in the epoch in force.

    At the very moment of a change the key asked for and the key that signs may differ: such a signature does not
    verify, and whoever asked for it asks again.
    """

    def __init__(self, party: Party, epochs: ParametersSource, keys: Keys) -> None:
        self._party = party
        self._epochs = epochs
        self._keys = keys

    @property
    def public_key(self) -> PublicKey:
        """The party's present key; raises ``ParametersNotAccepted``."""
        return self._epochs.in_force().current(self._party).key

    @property
    def apart(self) -> Apart | None:
        """As the present key's signer; raises as ``sign``."""
        return self._present().apart

    def sign(self, message: bytes) -> bytes:
        """64 bytes by the present key; raises ``ParametersNotAccepted``, ``PresentKeyMissing``."""
        return self._present().sign(message)

    def _present(self) -> Signer:
        signer = self._keys.signer(self.public_key)
        if signer is None:
            raise PresentKeyMissing(self._party.name, self.public_key.encoded())
        return signer
