"""Reading the vault: states by reference, holds by trade or packet, light clients, memberships."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Connection, Select, Table, and_, bindparam, select

from chains.progmat.node.storage import Prepared
from chains.progmat.transactions.component_codec import decode_state
from chains.progmat.transactions.model import StateAndRef, StateRef, TransactionState
from chains.progmat.vault.by_refs import ByRefs
from chains.progmat.vault.indexing import (
    Indexed,
    IndexedClient,
    IndexedConsensus,
    IndexedHolding,
    IndexedLock,
    IndexedMembership,
)
from chains.progmat.vault.schema import TABLE_OF, clients, consensus, consumptions, holdings, locks, memberships, states

IndexedT = TypeVar("IndexedT", bound=Indexed)


@dataclass(frozen=True, slots=True)
class VaultState(Generic[IndexedT]):
    """A kept state with what is indexed of it."""

    ref: StateRef
    state: TransactionState
    indexed: IndexedT

    @property
    def state_and_ref(self) -> StateAndRef:
        """As a ledger_tx's input or reference."""
        return StateAndRef(self.ref, self.state)


@dataclass(frozen=True, slots=True)
class Hold:
    """Cash locked for a trade: the lock and what it encumbers."""

    lock: VaultState[IndexedLock]
    cash: tuple[VaultState[IndexedHolding], ...]

    @property
    def amount(self) -> int:
        """What is held."""
        return sum(held.indexed.amount for held in self.cash)


def _select(kind: type[IndexedT], where: ColumnElement[bool], order: ColumnElement[object]) -> Select[Any]:
    table: Table = TABLE_OF[kind]
    joined = table.join(states, and_(table.c.tx_id == states.c.tx_id, table.c.output_index == states.c.output_index))
    columns = (table.c[field.name] for field in fields(kind))
    query = select(states.c.tx_id, states.c.output_index, states.c.component, *columns)
    return query.select_from(joined).where(where).order_by(order)


_MEMBERSHIPS_OF = Prepared(
    _select(
        IndexedMembership,
        and_(
            memberships.c.network == bindparam("of_network"),
            memberships.c.party == bindparam("of_party"),
            memberships.c.consumed.is_(False),
        ),
        memberships.c.tx_id.asc(),
    )
)


_KEPT = ByRefs(lambda these: select(states.c.tx_id, states.c.output_index, states.c.component).where(these(states)))


def kept_states(connection: Connection, refs: Sequence[StateRef]) -> dict[StateRef, TransactionState]:
    """Those of ``refs`` that are kept here, consumed ones included."""
    if not refs:
        return {}
    rows = _KEPT.rows(connection, [(ref.tx_id, ref.index) for ref in refs])
    return {StateRef(tx_id, index): decode_state(component) for tx_id, index, component in rows}


def consumed_by(connection: Connection, ref: StateRef) -> bytes | None:
    """The recorded ledger_tx that consumes a state, if any."""
    at = (consumptions.c.tx_id == ref.tx_id, consumptions.c.output_index == ref.index)
    return connection.execute(select(consumptions.c.consumed_by).where(*at)).scalar_one_or_none()


def hold(connection: Connection, trade_id: bytes) -> Hold | None:
    """The unconsumed lock of a trade with its cash."""
    return _first_hold(connection, locks.c.trade_id == trade_id)


def holds(connection: Connection, limit: int) -> list[Hold]:
    """Unconsumed locks, those that time out first at the head."""
    found = find_states(connection, IndexedLock, locks.c.consumed.is_(False), locks.c.timeout_s.asc(), limit)
    return [_with_cash(connection, lock) for lock in found]


def light_client(connection: Connection, client_id: str) -> VaultState[IndexedClient] | None:
    """The current record of a light client."""
    current = and_(clients.c.client_id == client_id, clients.c.consumed.is_(False))
    return _first(find_states(connection, IndexedClient, current, clients.c.tx_id.asc(), 1))


def light_clients(connection: Connection, limit: int) -> list[VaultState[IndexedClient]]:
    """Current records of all light clients."""
    return find_states(connection, IndexedClient, clients.c.consumed.is_(False), clients.c.client_id.asc(), limit)


def consensus_record(connection: Connection, client_id: str, height: int) -> VaultState[IndexedConsensus] | None:
    """What a light client verified at exactly this height."""
    at_height = and_(consensus.c.client_id == client_id, consensus.c.height == height, consensus.c.consumed.is_(False))
    return _first(find_states(connection, IndexedConsensus, at_height, consensus.c.tx_id.asc(), 1))


def consensus_around(connection: Connection, client_id: str, height: int) -> list[VaultState[IndexedConsensus]]:
    """What was verified at this height, and at the nearest ones below and above: at most three records."""
    of_client = and_(consensus.c.client_id == client_id, consensus.c.consumed.is_(False))
    up_to, above = and_(of_client, consensus.c.height <= height), and_(of_client, consensus.c.height > height)
    return [
        *find_states(connection, IndexedConsensus, up_to, consensus.c.height.desc(), 2),
        *find_states(connection, IndexedConsensus, above, consensus.c.height.asc(), 1),
    ]


def oldest_consensus(connection: Connection, client_id: str, limit: int) -> list[VaultState[IndexedConsensus]]:
    """The lowest heights a light client verified and keeps."""
    of_client = and_(consensus.c.client_id == client_id, consensus.c.consumed.is_(False))
    return find_states(connection, IndexedConsensus, of_client, consensus.c.height.asc(), limit)


def latest_consensus(connection: Connection, client_id: str) -> VaultState[IndexedConsensus] | None:
    """The highest height a light client verified."""
    of_client = and_(consensus.c.client_id == client_id, consensus.c.consumed.is_(False))
    return _first(find_states(connection, IndexedConsensus, of_client, consensus.c.height.desc(), 1))


def membership(connection: Connection, network: str, party: str, notary: str) -> VaultState[IndexedMembership] | None:
    """The current membership of a party in a business network at a notary, whatever its status."""
    return _first([found for found in memberships_of(connection, network, party) if found.state.notary.name == notary])


def memberships_of(connection: Connection, network: str, party: str) -> list[VaultState[IndexedMembership]]:
    """Memberships of a party that this vault has not seen consumed: one at each notary, or more.

    More where it missed a revocation.
    """
    rows = _MEMBERSHIPS_OF.rows(connection, {"of_network": network, "of_party": party})
    return [_vault_state(IndexedMembership, row) for row in rows]


def membership_transactions(connection: Connection, network: str, party: str) -> list[bytes]:
    """Ids of what made the party's present membership, and of the revocations of earlier ones."""
    row = memberships.c
    return making_transactions(connection, memberships, and_(row.network == network, row.party == party))


def making_transactions(connection: Connection, table: Table, which: ColumnElement[bool]) -> list[bytes]:
    """Ids of what made the present states of one kind, and of what consumed earlier ones and made none."""
    row = table.c
    made = set(connection.execute(select(row.tx_id).where(which)).scalars())
    present = set(connection.execute(select(row.tx_id).where(which, row.consumed.is_(False))).scalars())
    spent = and_(row.tx_id == consumptions.c.tx_id, row.output_index == consumptions.c.output_index)
    consumers = select(consumptions.c.consumed_by).join(table, spent).where(which)
    ends = set(connection.execute(consumers).scalars()) - made
    return sorted(present | ends)


def is_member(connection: Connection, party: str) -> bool:
    """Whether a party has a membership of any business network here, whatever its status."""
    row = memberships.c
    found = select(row.tx_id).where(row.party == party, row.consumed.is_(False)).limit(1)
    return connection.execute(found).first() is not None


def members(connection: Connection, network: str, limit: int) -> list[VaultState[IndexedMembership]]:
    """Current memberships of a business network, by party."""
    row = memberships.c
    current = and_(row.network == network, row.consumed.is_(False))
    return find_states(connection, IndexedMembership, current, row.party.asc(), limit)


def all_memberships(connection: Connection, network: str) -> list[VaultState[IndexedMembership]]:
    """Memberships of a business network as they are and as they were."""
    row = memberships.c
    return find_states(connection, IndexedMembership, row.network == network, row.party.asc(), None)


def _first_hold(connection: Connection, which: ColumnElement[bool]) -> Hold | None:
    unconsumed = and_(which, locks.c.consumed.is_(False))
    lock = _first(find_states(connection, IndexedLock, unconsumed, locks.c.tx_id.asc(), 1))
    return None if lock is None else _with_cash(connection, lock)


def _with_cash(connection: Connection, lock: VaultState[IndexedLock]) -> Hold:
    row = holdings.c
    held = and_(row.trade_id == lock.indexed.trade_id, row.tx_id == lock.ref.tx_id, row.consumed.is_(False))
    return Hold(lock, tuple(find_states(connection, IndexedHolding, held, row.output_index.asc(), None)))


def find_states(
    connection: Connection,
    kind: type[IndexedT],
    where: ColumnElement[bool],
    order: ColumnElement[object],
    limit: int | None,
) -> list[VaultState[IndexedT]]:
    """Kept states of one kind, consumed ones included unless ``where`` says otherwise."""
    query = _select(kind, where, order).limit(limit)
    return [_vault_state(kind, row) for row in connection.execute(query)]


def _vault_state(kind: type[IndexedT], row: Iterable[Any]) -> VaultState[IndexedT]:
    """A row of ``_select``: the indexed columns are the fields of ``kind``, in the same order."""
    tx_id, index, component, *values = row
    return VaultState(StateRef(tx_id, index), decode_state(component), kind(*values))


def _first(found: list[VaultState[IndexedT]]) -> VaultState[IndexedT] | None:
    return found[0] if found else None
