"""What flows ask of the node around them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from chains.progmat.transactions.model import Party
from primitives.public_key import PublicKey
from primitives.signatures import Signer


class Role(Enum):
    """Roles on the network map; the value is what configuration says."""

    ISSUER = "SN"
    CUSTODIAN = "CN"
    NOTARY = "NN"
    VALIDATOR = "VALIDATOR"


class KeyRing(Protocol):
    """The keys this node signs with: its own, its accounts', and the operator's if it is the operator's node."""

    def signer(self, key: PublicKey) -> Signer | None:
        """The signer of a key kept here, or None. Safe to call from any thread."""
        ...


class Directory(Protocol):
    """The network map."""

    def holder_of(self, key: PublicKey) -> str | None:
        """Name of the party with that node key, or None."""
        ...

    def party(self, name: str) -> Party | None:
        """The party of that name, or None."""
        ...

    def names_with(self, role: Role) -> tuple[str, ...]:
        """Names of all parties with a role, ascending."""
        ...


@dataclass(frozen=True)
class NodeSelf:
    """Who this node is."""

    party: Party
    roles: frozenset[Role]
    index: int
    """Number of the node on the network map, 1..65535: the upper 16 bits of its packets' sequences."""

    @property
    def name(self) -> str:
        """Name in the certificate."""
        return self.party.name
