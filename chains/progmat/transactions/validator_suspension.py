"""Which Validators' approvals count: those whose suspension is not on the journal yet.

A suspension is a provable write, created once and never deleted. The order of the journal decides: whatever is made
final after it needs the threshold of the others, whenever it was approved; what was final before stays so. The notary
counts so, and every Validator counts again.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from types import MappingProxyType
from typing import Final

from primitives.composite_key import Key, is_fulfilled_by
from primitives.public_key import PublicKey, SignatureScheme
from primitives.secp256k1 import address_of_public_key
from primitives.types import Address

_PREFIX: Final = b"validator/"
_SUFFIX: Final = b"/suspended"
ADDRESS_BYTES: Final = 20


def suspension_path(validator: Address) -> bytes:
    """Where the ledger records that a Validator is suspended."""
    return _PREFIX + validator + _SUFFIX


def suspended_by(path: bytes) -> Address | None:
    """The Validator that a path suspends, if it is such a path."""
    if len(path) != len(_PREFIX) + ADDRESS_BYTES + len(_SUFFIX):
        return None
    if not (path.startswith(_PREFIX) and path.endswith(_SUFFIX)):
        return None
    return Address(path[len(_PREFIX) : len(_PREFIX) + ADDRESS_BYTES])


@lru_cache(maxsize=1024)
def validator_address(key: PublicKey) -> Address | None:
    """The address that a Validator's key signs checkpoints with; None for keys of other curves, which sign none."""
    return address_of_public_key(key.data) if key.scheme is SignatureScheme.SECP256K1 else None


@dataclass(frozen=True)
class Approval:
    """Who approved a transaction, and the key of the epoch that they have to fulfil."""

    key: Key
    by: frozenset[PublicKey]

    @cached_property
    def by_path(self) -> Mapping[bytes, PublicKey]:
        """Each approver by the path that would suspend it."""
        addresses = ((validator_address(key), key) for key in self.by)
        return MappingProxyType({suspension_path(address): key for address, key in addresses if address is not None})

    def holds_without(self, suspended_paths: Collection[bytes]) -> bool:
        """Whether the others reach the threshold."""
        suspended = {self.by_path[path] for path in suspended_paths if path in self.by_path}
        return not suspended or is_fulfilled_by(self.key, set(self.by - suspended))
