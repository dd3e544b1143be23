"""Keys that sign only while the node's records are known to be current and can be written.

A node that forgot what it once signed, or that cannot keep what it is about to sign, must not sign: the gate stands in
front of every key, and is asked at each signature.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from chains.progmat.identity import KeyStore
from chains.progmat.validators.checkpoint_signer import CheckpointKey
from primitives.apart import Apart
from primitives.public_key import PublicKey
from primitives.signatures import Signer
from primitives.types import Address

Gate = Callable[[], None]
"""``NodeDatabase.require_current``: returns, or raises ``RecordsInDoubt`` or ``StorageFailed``."""


@dataclass(frozen=True)
class GatedSigner:
    """A ``Signer`` behind the gate."""

    signer: Signer
    gate: Gate

    @property
    def public_key(self) -> PublicKey:
        """The key it signs for."""
        return self.signer.public_key

    @property
    def apart(self) -> Apart | None:
        """As the signer behind the gate."""
        return self.signer.apart

    def sign(self, message: bytes) -> bytes:
        """Sign, if the gate lets it; raises what the gate raises."""
        self.gate()
        return self.signer.sign(message)


@dataclass(frozen=True)
class GatedCheckpointKey:
    """A ``CheckpointKey`` behind the gate."""

    key: CheckpointKey
    gate: Gate

    @property
    def address(self) -> Address:
        """What other chains know the Validator by."""
        return self.key.address

    @property
    def apart(self) -> Apart | None:
        """As the key behind the gate."""
        return self.key.apart

    def sign_digest(self, digest: bytes) -> bytes:
        """Sign, if the gate lets it; raises what the gate raises."""
        self.gate()
        return self.key.sign_digest(digest)


@dataclass(frozen=True)
class GatedKeys:
    """An ``AccountKeyRing`` behind the gate."""

    keys: KeyStore
    gate: Gate

    def signer(self, key: PublicKey) -> Signer | None:
        """The signer of a key kept here, or None."""
        found = self.keys.signer(key)
        return None if found is None else GatedSigner(found, self.gate)

    def digest_signer(self, key: PublicKey) -> CheckpointKey | None:
        """The Ethereum-style signer of a key kept here for a node, or None."""
        found = self.keys.digest_signer(key)
        return None if found is None else GatedCheckpointKey(found, self.gate)

    def approver_signer(self, key: PublicKey) -> Signer | None:
        """The signer of an approver's key kept here, or None."""
        found = self.keys.approver_signer(key)
        return None if found is None else GatedSigner(found, self.gate)

    def account_keys(self) -> Collection[PublicKey]:
        """The keys of the accounts kept here."""
        return self.keys.account_keys()

    def fresh_signer(self, account_key: PublicKey, asker: str, tag: bytes) -> Signer | None:
        """The signer of an account's fresh key, or None."""
        found = self.keys.fresh_signer(account_key, asker, tag)
        return None if found is None else GatedSigner(found, self.gate)
