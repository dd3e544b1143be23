"""What people ask about packets, and do to them. Every act is one transaction with the line that tells of it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

import sqlalchemy as sa

from relayer.acts import Act, ActKind
from relayer.core.lifecycle import PacketState
from relayer.core.plan import Parked
from relayer.operator_errors import PacketAmbiguous, PacketEnded, PacketIsParked, PacketNotParked, PacketUnknown
from relayer.packet_care import Parking
from relayer.store import RelayerStore
from relayer.store_tables import PacketKey, PacketRow, acts, packet_row, packets, parked_packets

MOST_CANDIDATES: Final = 8
_TRADE_ID: Final = re.compile(r"(?:settlements/)?(?:0x)?([0-9a-fA-F]{64})")
_FINAL: Final = tuple(state.value for state in PacketState if state.is_final)


class ParkedOnly(Enum):
    """Which packets a list is about."""

    ALL = "all"
    PARKED = "parked"
    POISON = "poison"
    NOT_PARKED = "not_parked"


@dataclass(frozen=True)
class PacketFilter:
    """Which packets a list shows. Empty tuples: of all.

    ``unchanged_since_s``: only packets that are not at their end and have not changed since that moment.
    """

    paths: tuple[str, ...] = ()
    states: tuple[PacketState, ...] = ()
    parked: ParkedOnly = ParkedOnly.ALL
    unchanged_since_s: float | None = None

    def conditions(self) -> list[sa.ColumnElement[bool]]:
        """As the database takes it."""
        table, found = packets.c, list[sa.ColumnElement[bool]]()
        if self.paths:
            found.append(table.path.in_(self.paths))
        if self.states:
            found.append(table.state.in_([state.value for state in self.states]))
        if self.unchanged_since_s is not None:
            found += [table.since_s <= self.unchanged_since_s, table.state.not_in(_FINAL)]
        if self.parked is ParkedOnly.NOT_PARKED:
            found.append(table.parked == Parked.NO.value)
        elif self.parked is ParkedOnly.PARKED:
            found.append(table.parked != Parked.NO.value)
        elif self.parked is ParkedOnly.POISON:
            found.append(table.parked.not_in([Parked.NO.value, Parked.BY_PERSON.value]))
        return found


@dataclass(frozen=True)
class Wish:
    """An act as a person asks for it; ``request_id`` makes it one act however often it is asked for."""

    request_id: str
    kind: ActKind
    who: str
    why: str


class PacketDesk:
    """Synchronous; every method is one database transaction. Raises ``StoreUnavailable`` when the disk fails."""

    def __init__(self, store: RelayerStore) -> None:
        self._database = store.database

    def page(self, wanted: PacketFilter, after_id: int, limit: int) -> list[PacketRow]:
        """Packets above row id ``after_id``, in the order in which they were seen."""
        query = sa.select(packets).where(packets.c.id > after_id, *wanted.conditions())
        with self._database.transaction() as connection:
            rows = connection.execute(query.order_by(packets.c.id).limit(limit)).mappings()
            return [packet_row(row) for row in rows]

    def find(self, reference: str, clients_of_paths: Sequence[tuple[str, str, str]]) -> PacketRow:
        """The packet that people mean, if it is not archived.

        ``clients_of_paths``: path, source chain and source client of each direction.

        A trade id or a settlement's name; ``CHAIN/CLIENT/SEQUENCE``; or ``X/SEQUENCE``, where X is a source client, a
        source chain or a path. Raises ``PacketUnknown``, ``PacketAmbiguous``.
        """
        trade_id = trade_id_in(reference)
        if trade_id is not None:
            found = self._rows(packets.c.trade_id == trade_id)
        else:
            head, _, sequence = reference.rpartition("/")
            named = [
                sa.and_(packets.c.source_chain == chain, packets.c.source_client == client)
                for path, chain, client in clients_of_paths
                if head in {path, chain, client, f"{chain}/{client}", f"{path}/{client}"}
            ]
            found = self._rows(packets.c.sequence == sequence, sa.or_(*named)) if named else []
        if not found:
            raise PacketUnknown(reference[:160])
        if len(found) > 1:
            raise PacketAmbiguous(reference[:160], [name_of(row.key) for row in found])
        return found[0]

    def _rows(self, *conditions: sa.ColumnElement[bool]) -> list[PacketRow]:
        query = sa.select(packets).where(*conditions).order_by(packets.c.id).limit(MOST_CANDIDATES)
        with self._database.transaction() as connection:
            return [packet_row(row) for row in connection.execute(query).mappings()]

    def parking(self, row_id: int) -> Parking | None:
        """Why a packet is set aside; None if it is not."""
        with self._database.transaction() as connection:
            return parked_packets.read(connection, row_id)

    def count(self, wanted: PacketFilter) -> int:
        """How many packets a list would show."""
        with self._database.reading() as connection:
            query = sa.select(sa.func.count()).select_from(packets).where(*wanted.conditions())
            return int(connection.execute(query).scalar_one())

    def act(self, wish: Wish, packet: PacketRow, now_s: float) -> Act:
        """Retry, park or unpark a packet; the same wish again changes nothing and gives the first act.

        Raises ``RequestIdReused``, ``PacketUnknown``, ``PacketEnded``, ``PacketIsParked``, ``PacketNotParked``.
        """
        name = name_of(packet.key)
        with self._database.transaction() as connection:
            row = _locked_row(connection, packet)
            before, parking = packet_row(row), parked_packets.read(connection, row["id"])
            told = Act(
                *(wish.request_id, wish.kind, name, wish.who, wish.why, now_s),
                *(in_words(before, parking), ""),
            )
            earlier = acts.repeated(connection, told)
            if earlier is not None:
                return earlier
            _require_possible(wish.kind, before, parking)
            if wish.kind is ActKind.PARK:
                parked_packets.park(connection, row["id"], Parking(Parked.BY_PERSON, now_s, wish.who, wish.why))
            else:
                parked_packets.unpark(connection, [row["id"]])
            after = packet_row(_locked_row(connection, packet))
            done = Act(
                *(wish.request_id, wish.kind, name, wish.who, wish.why, now_s, told.before),
                in_words(after, parked_packets.read(connection, row["id"])),
            )
            acts.add(connection, done)
            return done

    def write_down(self, done: Act) -> None:
        """Tell of an act whose effect is elsewhere; the same again changes nothing. Raises ``RequestIdReused``."""
        with self._database.transaction() as connection:
            if acts.repeated(connection, done) is None:
                acts.add(connection, done)

    def repeated(self, wish: Wish, subject: str, now_s: float) -> Act | None:
        """The act that this wish did before; None if it is new. Raises ``RequestIdReused``."""
        wanted = Act(wish.request_id, wish.kind, subject, wish.who, wish.why, now_s, "", "")
        with self._database.transaction() as connection:
            return acts.repeated(connection, wanted)

    def acts(self, subject: str, before_id: int, limit: int) -> list[tuple[int, Act]]:
        """Acts with their row ids, newest first; of one subject unless it is empty."""
        with self._database.transaction() as connection:
            return acts.page(connection, subject, before_id, limit)


def name_of(key: PacketKey) -> str:
    """A packet's name among all that a relayer knows."""
    return f"{key.source_chain}/{key.source_client}/{key.sequence}"


def trade_id_in(reference: str) -> str | None:
    """The trade id, in hex, of a reference that is one or a settlement's name; None of any other."""
    match = _TRADE_ID.fullmatch(reference)
    return None if match is None else match.group(1).lower()


def in_words(row: PacketRow, parking: Parking | None) -> str:
    """What an act could change of a packet."""
    words = f"{row.tracked.state.value}, {row.tracked.attempts} attempts"
    if parking is not None:
        words += f", parked ({parking.parked.value}) by {parking.who}: {parking.why}"
    return words


def _locked_row(connection: sa.Connection, packet: PacketRow) -> sa.RowMapping:
    """The packet's row, which nobody else changes until the transaction ends."""
    query = sa.select(packets).where(packets.c.id == packet.row_id)
    row = connection.execute(query.with_for_update()).mappings().one_or_none()
    if row is None:  # archived meanwhile
        raise PacketEnded(name_of(packet.key), "archived")
    return row


def _require_possible(kind: ActKind, row: PacketRow, parking: Parking | None) -> None:
    name, state = name_of(row.key), row.tracked.state
    if state.is_final:
        raise PacketEnded(name, state.value)
    if kind is ActKind.UNPARK and parking is None:
        raise PacketNotParked(name)
    if kind is ActKind.RETRY and parking is not None:
        raise PacketIsParked(name, parking.who, parking.why)
