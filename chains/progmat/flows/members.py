"""The memberships that a node's flows reference, and what the operator's node answers about them.

A node is sent the memberships of the business networks it is a member of as they change; the rest is as for all
referenced states (``current_states``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from sqlalchemy import Connection

from chains.progmat.contracts.membership import BusinessNetwork, MemberRole, MembershipStatus
from chains.progmat.flows import peer_codec
from chains.progmat.flows.current_states import CurrentStates
from chains.progmat.flows.disclosing import Disclosing
from chains.progmat.flows.errors import MembershipMissing
from chains.progmat.flows.market_errors import MembershipOutdated, NotAMember
from chains.progmat.flows.peer_codec import MAX_FETCHED_IDS
from chains.progmat.flows.seams import Directory, NodeSelf, Role
from chains.progmat.node.peers.seam import PeerIdentity
from chains.progmat.node.storage import NodeDatabase
from chains.progmat.transactions.model import StateAndRef
from chains.progmat.vault.indexing import IndexedMembership
from chains.progmat.vault.queries import VaultState, membership_transactions, memberships_of

Member = tuple[BusinessNetwork, str]
"""A business network and a party's name."""
Members = Mapping[Member, StateAndRef]


@dataclass(frozen=True, slots=True)
class MemberNeed:
    """An active membership that a transaction will reference."""

    network: BusinessNetwork
    party: str
    role: MemberRole


class Memberships:
    """``current_states.ReferencedKind``. Whether they are what they should be is for the contracts to say."""

    def __init__(self, me: NodeSelf, directory: Directory) -> None:
        self._me = me
        self._directory = directory

    def name_of(self, need: MemberNeed) -> Member:
        """Network and party."""
        return need.network, need.party

    def rows(self, connection: Connection, need: MemberNeed) -> list[VaultState[IndexedMembership]]:
        """A party's memberships of a network."""
        return memberships_of(connection, need.network.name, need.party)

    def will_do(self, need: MemberNeed, known: VaultState[IndexedMembership]) -> bool:
        """Active, with the role."""
        indexed = known.indexed
        return indexed.status == MembershipStatus.ACTIVE.name and need.role.name in indexed.roles.split(",")

    def keeper_of(self, _need: MemberNeed) -> str | None:
        """The operator's node, if that is not this one."""
        operators = self._operators()
        return operators[0] if operators and Role.OPERATOR not in self._me.roles else None

    def question(self, need: MemberNeed) -> tuple[str, bytes]:
        """What the operator's node is asked."""
        return peer_codec.FETCH_MEMBERSHIP, peer_codec.encode_fetch_membership(need.network, need.party)

    def outdated(self, need: MemberNeed) -> MembershipOutdated:
        """The operator's node has no newer one."""
        operators = self._operators()
        return MembershipOutdated(operators[0] if operators else self._me.name, need.network.name, need.party)

    def unfit(
        self, need: MemberNeed, _found: VaultState[IndexedMembership] | None, notary: str
    ) -> MembershipMissing | None:
        """There is no active one with that role."""
        return MembershipMissing(need.party, need.role.name, notary)

    def _operators(self) -> list[str]:
        return [name for name in self._directory.names_with(Role.OPERATOR) if name != self._me.name]


MembershipBook = CurrentStates[MemberNeed, IndexedMembership]


class MembershipDesk:
    """The operator's side: answers ``node.fetch_membership``."""

    def __init__(self, database: NodeDatabase, directory: Directory, disclosing: Disclosing) -> None:
        self._database = database
        self._directory = directory
        self._disclosing = disclosing

    async def handle(self, asker: PeerIdentity, body: bytes) -> bytes:
        """Name what made a party's present membership, and what revoked earlier ones; nothing for a stranger.

        Members of the same network and Validators may ask; raises ``NotAMember``, ``DecodeError``.
        """
        network, party = peer_codec.decode_fetch_membership(body)
        may_ask = asker.name in self._directory.names_with(Role.VALIDATOR)
        found = await self._database.read(
            partial(_transactions_of, network=network, party=party, asker=asker.name, may_ask=may_ask)
        )
        self._disclosing.disclose_ids(asker.name, found)
        return peer_codec.encode_membership_ids(found)


def _transactions_of(
    connection: Connection, *, network: BusinessNetwork, party: str, asker: str, may_ask: bool
) -> tuple[bytes, ...]:
    if not may_ask and asker != party and not memberships_of(connection, network.name, asker):
        raise NotAMember(asker, network.name)
    return tuple(membership_transactions(connection, network.name, party)[:MAX_FETCHED_IDS])
