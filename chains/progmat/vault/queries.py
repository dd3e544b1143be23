"""Reading the vault: states by reference, holds by trade or packet, light clients, memberships."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from typing import Any, Generic, TypeVar

from sqlalchemy import BindParameter, ColumnElement, Connection, Select, Table, and_, bindparam, literal_column, select

from chains.progmat.node.storage import Prepared
from chains.progmat.node.storage.prepared import Parameters
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


class StatesBy(Generic[IndexedT]):
    """Kept states of one kind by a prepared statement; make it once, at module level.

    For what is asked with every transaction; what people ask for goes by ``find_states``. ``most``: of them all, the
    first so many; where that is a parameter, each asks for as many as it wants.
    """

    def __init__(
        self,
        kind: type[IndexedT],
        where: ColumnElement[bool],
        order: ColumnElement[object],
        most: int | BindParameter[int] | None = None,
    ) -> None:
        query = _select(kind, where, order)
        self._kind = kind
        self._statement = Prepared(query.limit(literal_column(str(most)) if isinstance(most, int) else most))

    def rows(self, connection: Connection, parameters: Parameters) -> list[VaultState[IndexedT]]:
        """All of them, in order."""
        return [_vault_state(self._kind, row) for row in self._statement.rows(connection, parameters)]

    def first(self, connection: Connection, parameters: Parameters) -> VaultState[IndexedT] | None:
        """The first of them."""
        row = self._statement.first(connection, parameters)
        return None if row is None else _vault_state(self._kind, row)


_MEMBERSHIPS_OF = StatesBy(
    IndexedMembership,
    and_(
        memberships.c.network == bindparam("of_network"),
        memberships.c.party == bindparam("of_party"),
        memberships.c.consumed.is_(False),
    ),
    memberships.c.tx_id.asc(),
)
_CLIENT = StatesBy(
    IndexedClient,
    and_(clients.c.client_id == bindparam("of_client"), clients.c.consumed.is_(False)),
    clients.c.tx_id.asc(),
    most=1,
)
_VERIFIED = and_(consensus.c.client_id == bindparam("of_client"), consensus.c.consumed.is_(False))
_AT_HEIGHT = StatesBy(
    IndexedConsensus,
    and_(_VERIFIED, consensus.c.height == bindparam("at_height")),
    consensus.c.tx_id.asc(),
    most=1,
)
_UP_TO = StatesBy(
    IndexedConsensus,
    and_(_VERIFIED, consensus.c.height <= bindparam("at_height")),
    consensus.c.height.desc(),
    most=2,
)
_ABOVE = StatesBy(
    IndexedConsensus,
    and_(_VERIFIED, consensus.c.height > bindparam("at_height")),
    consensus.c.height.asc(),
    most=1,
)
_NEWEST = StatesBy(IndexedConsensus, _VERIFIED, consensus.c.height.desc(), most=1)
_HEIGHTS = Prepared(
    select(consensus.c.height, consensus.c.timestamp_s)
    .where(_VERIFIED)
    .order_by(consensus.c.height.desc())
    .limit(bindparam("most"))
)
_LOCK_OF_TRADE = StatesBy(
    IndexedLock,
    and_(locks.c.trade_id == bindparam("of_trade"), locks.c.consumed.is_(False)),
    locks.c.tx_id.asc(),
    most=1,
)
_CASH_OF_LOCK = StatesBy(
    IndexedHolding,
    and_(
        holdings.c.trade_id == bindparam("of_trade"),
        holdings.c.tx_id == bindparam("of_tx"),
        holdings.c.consumed.is_(False),
    ),
    holdings.c.output_index.asc(),
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
    lock = _LOCK_OF_TRADE.first(connection, {"of_trade": trade_id})
    return None if lock is None else _with_cash(connection, lock)


def holds(connection: Connection, limit: int) -> list[Hold]:
    """Unconsumed locks, those that time out first at the head."""
    found = find_states(connection, IndexedLock, locks.c.consumed.is_(False), locks.c.timeout_s.asc(), limit)
    return [_with_cash(connection, lock) for lock in found]


def light_client(connection: Connection, client_id: str) -> VaultState[IndexedClient] | None:
    """The current record of a light client."""
    return _CLIENT.first(connection, {"of_client": client_id})


def light_clients(connection: Connection, limit: int) -> list[VaultState[IndexedClient]]:
    """Current records of all light clients."""
    return find_states(connection, IndexedClient, clients.c.consumed.is_(False), clients.c.client_id.asc(), limit)


def consensus_record(connection: Connection, client_id: str, height: int) -> VaultState[IndexedConsensus] | None:
    """What a light client verified at exactly this height."""
    return _AT_HEIGHT.first(connection, {"of_client": client_id, "at_height": height})


def consensus_around(connection: Connection, client_id: str, height: int) -> list[VaultState[IndexedConsensus]]:
    """What was verified at this height, and at the nearest ones below and above: at most three records."""
    near = {"of_client": client_id, "at_height": height}
    return [*_UP_TO.rows(connection, near), *_ABOVE.rows(connection, near)]


def oldest_consensus(connection: Connection, client_id: str, limit: int) -> list[VaultState[IndexedConsensus]]:
    """The lowest heights a light client verified and keeps."""
    of_client = and_(consensus.c.client_id == client_id, consensus.c.consumed.is_(False))
    return find_states(connection, IndexedConsensus, of_client, consensus.c.height.asc(), limit)


def latest_consensus(connection: Connection, client_id: str) -> VaultState[IndexedConsensus] | None:
    """The highest height a light client verified."""
    return _NEWEST.first(connection, {"of_client": client_id})


def newest_heights(connection: Connection, client_id: str, most: int) -> tuple[tuple[int, int], ...]:
    """Heights a light client verified, each with its time in Unix seconds, the highest first."""
    return tuple(_HEIGHTS.rows(connection, {"of_client": client_id, "most": most}))


def membership(connection: Connection, network: str, party: str, notary: str) -> VaultState[IndexedMembership] | None:
    """The current membership of a party in a business network at a notary, whatever its status."""
    return _first([found for found in memberships_of(connection, network, party) if found.state.notary.name == notary])


def memberships_of(connection: Connection, network: str, party: str) -> list[VaultState[IndexedMembership]]:
    """Memberships of a party that this vault has not seen consumed: one at each notary, or more.

    More where it missed a revocation.
    """
    return _MEMBERSHIPS_OF.rows(connection, {"of_network": network, "of_party": party})


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


_PARTIES_OF = Prepared(
    select(memberships.c.party)
    .where(memberships.c.network == bindparam("of_network"), memberships.c.consumed.is_(False))
    .order_by(memberships.c.party)
    .limit(bindparam("most"))
)


def parties_of(connection: Connection, network: str, limit: int) -> frozenset[str]:
    """Who has a current membership of a business network."""
    return frozenset(party for (party,) in _PARTIES_OF.rows(connection, {"of_network": network, "most": limit}))


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


def _with_cash(connection: Connection, lock: VaultState[IndexedLock]) -> Hold:
    of_lock = {"of_trade": lock.indexed.trade_id, "of_tx": lock.ref.tx_id}
    return Hold(lock, tuple(_CASH_OF_LOCK.rows(connection, of_lock)))


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
