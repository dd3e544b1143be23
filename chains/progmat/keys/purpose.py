"""What keys are for, and where their secrets may be."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from primitives.public_key import PublicKey


class KeyPurpose(Enum):
    """What a key signs for."""

    NODE = "node"
    ACCOUNT = "account"
    OPERATOR = "operator"
    VALIDATOR = "validator"
    APPROVER = "approver"


class SecretPlace(Enum):
    """Where a key's secret is. The numbers are those of the envelope."""

    STORE = 1
    HSM = 2


@dataclass(frozen=True, slots=True)
class KeptKey:
    """A key of the store, without its secret."""

    label: str
    purpose: KeyPurpose
    public_key: PublicKey
    place: SecretPlace = SecretPlace.STORE
