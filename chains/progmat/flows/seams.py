"""What flows ask of the node around them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy import Connection

from chains.progmat.identity import Role
from chains.progmat.transactions.model import Party
from chains.progmat.transactions.signed import SignedTransaction
from chains.progmat.transactions.wire import WireTransaction
from primitives.public_key import PublicKey
from primitives.signatures import Signer


class KeyRing(Protocol):
    """The keys this node signs with: its own, its accounts', and the operator's if it is the operator's node."""

    def signer(self, key: PublicKey) -> Signer | None:
        """The signer of a key kept here, or None; none of an approver's key. Safe to call from any thread."""
        ...


class TransactionKeyRing(KeyRing, Protocol):
    """The keys that transactions are signed with, those of second approvers among them."""

    def approver_signer(self, key: PublicKey) -> Signer | None:
        """The signer of an approver's key kept here, or None; for ``keys.approver``, which looks at what is signed."""
        ...


class AccountKeyRing(TransactionKeyRing, Protocol):
    """A custodian's keys: those of its accounts, and the fresh keys that follow from them."""

    def account_keys(self) -> Collection[PublicKey]:
        """The keys of the accounts kept here. Safe to call from any thread."""
        ...

    def fresh_signer(self, account_key: PublicKey, asker: str, tag: bytes) -> Signer | None:
        """The signer of the account's key for a payment by node ``asker`` with this tag (32 bytes), or None.

        None: no such account. The same arguments give the same key, for ever. Safe to call from any thread.
        """
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


class Recording(Protocol):
    """Enters verified, final transactions into a node's records."""

    def record(
        self, connection: Connection, signed: SignedTransaction, journal_position: int, now_ms: int
    ) -> tuple[str, ...]:
        """Record once; returns the names of the other participants. A known transaction changes nothing."""
        ...

    def participants(self, connection: Connection, wire: WireTransaction) -> frozenset[str]:
        """Names of all nodes that take part in a transaction whose inputs are recorded."""
        ...


__all__ = ["AccountKeyRing", "Directory", "KeyRing", "NodeSelf", "Recording", "Role", "TransactionKeyRing"]
