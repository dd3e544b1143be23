"""The memberships that a node's flows reference: those in its vault, and the operator's latest when one is lacking.

A node is sent the memberships of the business networks it is a member of as they change. What it lacks (an earlier
member's, when it is new) or holds outdated (the notary refused a reference to it) it asks the operator's node for, and
verifies it like any other transaction. What is known is kept in memory, so that a payment does not query for it.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from sqlalchemy import Connection

from chains.progmat.contracts.membership import BusinessNetwork, MemberRole, MembershipStatus
from chains.progmat.contracts.names import MEMBERSHIP
from chains.progmat.flows import peer_codec
from chains.progmat.flows.back_chain import BackChain
from chains.progmat.flows.disclosing import Disclosing
from chains.progmat.flows.errors import MembershipMissing
from chains.progmat.flows.market_errors import MembershipOutdated, NotAMember
from chains.progmat.flows.peer_codec import MAX_FETCHED_IDS
from chains.progmat.flows.recorded import RecordedStates
from chains.progmat.flows.seams import Directory, NodeSelf, Role
from chains.progmat.node.peers.seam import PeerIdentity, PeerNetwork
from chains.progmat.node.storage import NodeDatabase
from chains.progmat.transactions.model import StateAndRef, StateRef
from chains.progmat.transactions.signed import SignedTransaction
from chains.progmat.vault import IndexedMembership
from chains.progmat.vault.queries import VaultState, membership_transactions, memberships_of

FETCH_TIMEOUT_S: Final = 15.0
MAX_OUTDATED: Final = 4096

Member = tuple[BusinessNetwork, str]
"""A business network and a party's name."""
Members = Mapping[Member, StateAndRef]


@dataclass(frozen=True, slots=True)
class MemberNeed:
    """An active membership that a transaction will reference."""

    network: BusinessNetwork
    party: str
    role: MemberRole


class MembershipBook:
    """Finds memberships to reference. Whether they are what they should be is for the contracts to say."""

    def __init__(
        self,
        me: NodeSelf,
        database: NodeDatabase,
        network: PeerNetwork,
        directory: Directory,
        back_chain: BackChain,
        recorded: RecordedStates,
    ) -> None:
        self._me = me
        self._database = database
        self._network = network
        self._directory = directory
        self._back_chain = back_chain
        self._recorded = recorded
        self._known: dict[tuple[Member, str], VaultState[IndexedMembership]] = {}
        self._outdated: OrderedDict[StateRef, None] = OrderedDict()

    def at_hand(self, needs: Iterable[MemberNeed], notary: str) -> Members | None:
        """The memberships needed at a notary, if all of them are known and will do. May be called from any thread."""
        known, found = self._known, {}
        for need in needs:
            member = known.get(((need.network, need.party), notary))
            if member is None or not _will_do(member, need.role):
                return None
            found[need.network, need.party] = member.state_and_ref
        return found

    async def find(self, needs: Iterable[MemberNeed], notary: str) -> Members:
        """The memberships needed at a notary, fetched where the vault's will not do.

        Raises ``MembershipMissing`` when the operator's node has no active one with that role either,
        ``MembershipOutdated`` and other ``UnavailableError`` when that cannot be said now.
        """
        found: dict[Member, StateAndRef] = {}
        for need in needs:
            member = (need.network, need.party)
            known = self._known.get((member, notary))
            if known is None or not _will_do(known, need.role):
                known = await self._look_up(need, notary)
            found[member] = known.state_and_ref
        return found

    def forget(self) -> None:
        """A membership was recorded: look again. May be called from any thread."""
        self._known = {}

    async def are_outdated(self, refs: Sequence[StateRef]) -> bool:
        """The notary says that these states are spent; whether all of them are memberships that this node knows."""
        states = await self._database.read(partial(self._recorded.of, refs=refs))
        if not refs or any(ref not in states or states[ref].contract != MEMBERSHIP for ref in refs):
            return False
        for ref in refs:
            self._outdated[ref] = None
            self._outdated.move_to_end(ref)
        while len(self._outdated) > MAX_OUTDATED:
            self._outdated.popitem(last=False)
        self.forget()
        return True

    async def _look_up(self, need: MemberNeed, notary: str) -> VaultState[IndexedMembership]:
        found = await self._current(need, notary)
        operators = [name for name in self._directory.names_with(Role.OPERATOR) if name != self._me.name]
        if (found is None or not _will_do(found, need.role)) and operators and Role.OPERATOR not in self._me.roles:
            await self._fetch(operators[0], need)
            found = await self._current(need, notary)
        if found is None and await self._database.read(partial(_is_known, need=need, notary=notary)):
            raise MembershipOutdated(operators[0] if operators else self._me.name, need.network.name, need.party)
        if found is None or not _will_do(found, need.role):
            raise MembershipMissing(need.party, need.role.name, notary)
        self._known[(need.network, need.party), notary] = found
        return found

    async def _current(self, need: MemberNeed, notary: str) -> VaultState[IndexedMembership] | None:
        rows = await self._database.read(partial(self._memberships_of, need=need, notary=notary))
        current = [row for row in rows if row.ref not in self._outdated]
        return next((row for row in current if _will_do(row, need.role)), current[0] if current else None)

    def _memberships_of(
        self, connection: Connection, need: MemberNeed, notary: str
    ) -> list[VaultState[IndexedMembership]]:
        """From the vault; the transactions that made them are at hand from then on."""
        rows = _at_notary(connection, need, notary)
        self._recorded.of(connection, [row.ref for row in rows])
        return rows

    async def _fetch(self, operator: str, need: MemberNeed) -> None:
        body = peer_codec.encode_fetch_membership(need.network, need.party)
        answer = await self._network.request(operator, peer_codec.FETCH_MEMBERSHIP, body, FETCH_TIMEOUT_S)
        await self._back_chain.fetch(operator, peer_codec.decode_membership_ids(answer), _nothing_more)


def _nothing_more(_connection: Connection, _signed: SignedTransaction) -> None:
    """Recorded, and that is all."""


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


def _will_do(known: VaultState[IndexedMembership], role: MemberRole) -> bool:
    indexed = known.indexed
    return indexed.status == MembershipStatus.ACTIVE.name and role.name in indexed.roles.split(",")


def _is_known(connection: Connection, *, need: MemberNeed, notary: str) -> bool:
    return bool(_at_notary(connection, need, notary))


def _at_notary(connection: Connection, need: MemberNeed, notary: str) -> list[VaultState[IndexedMembership]]:
    rows = memberships_of(connection, need.network.name, need.party)
    return [row for row in rows if row.state.notary.name == notary]


def _transactions_of(
    connection: Connection, *, network: BusinessNetwork, party: str, asker: str, may_ask: bool
) -> tuple[bytes, ...]:
    if not may_ask and asker != party and not memberships_of(connection, network.name, asker):
        raise NotAMember(asker, network.name)
    return tuple(membership_transactions(connection, network.name, party)[:MAX_FETCHED_IDS])
