"""What is kept about packets that get no further: the answers so far, and who set one aside, since when, and why.

The packets' own columns for it are here, too. Every method shares its caller's transaction.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from ibc.dvp import DVP_PORT, DvpPayload
from ibc.packet import Packet
from primitives.errors import DecodeError
from relayer.core.chain import MessageKind, Outcome, RefusalClass
from relayer.core.plan import Parked
from relayer.core.retry import Record, class_of, sentence
from relayer.database import Int64, upsert

RELAYER = "relayer"
"""Who parks poison."""
_CLIENTS_DOING = frozenset({RefusalClass.PROOF_REFUSED, RefusalClass.CLIENT_NOT_ACTIVE})
"""Classes of which another light client could be the cure."""
_FRESH = {"refusal_class": "", "refused_kind": "", "repeats": 0, "suspect": 0}
UNSUSPECTED = _FRESH | {"parked": ""}
"""The columns of a packet that nobody and nothing spoke against."""
CARE = ("since_s", "trade_id", *UNSUSPECTED)
"""Names of the columns that `care_columns` adds."""


def care_columns() -> tuple[sa.Column[Any], ...]:
    """Columns of the table of packets."""
    return (
        sa.Column("since_s", sa.Double, nullable=False, default=0.0),
        sa.Column("parked", sa.String, nullable=False, default=""),
        sa.Column("refusal_class", sa.String, nullable=False, default=""),
        sa.Column("refused_kind", sa.String, nullable=False, default=""),
        sa.Column("repeats", sa.Integer, nullable=False, default=0),
        sa.Column("suspect", sa.Integer, nullable=False, default=0),
        sa.Column("trade_id", sa.String, nullable=False, default="", index=True),
    )


def trade_id_of(packet: Packet) -> str:
    """The trade id in a packet's payload, in hex; empty where it carries none."""
    payload = packet.payloads[0]
    if payload.destination_port != DVP_PORT:
        return ""
    try:
        return DvpPayload.decode(payload.value).trade_id.hex()
    except DecodeError:
        return ""


@dataclass(frozen=True)
class ClientMark:
    """A path's end, and ``HostedClient.mark`` of the light client there when it refused; no mark: not waited for."""

    path: str = ""
    chain: str = ""
    mark: str = ""


@dataclass(frozen=True)
class Parking:
    """Why a packet is set aside. ``waits_for``: the client whose replacement takes it up again by itself."""

    parked: Parked
    since_s: float
    who: str
    why: str
    waits_for: ClientMark = ClientMark()


class ParkedTable:
    """Packets set aside, by row id."""

    def __init__(self, metadata: sa.MetaData, packets: sa.Table) -> None:
        self._packets = packets
        self._table = sa.Table(
            "parked_packets",
            metadata,
            sa.Column("packet_id", Int64, primary_key=True, autoincrement=False),
            sa.Column("parked", sa.String, nullable=False),
            sa.Column("since_s", sa.Double, nullable=False),
            sa.Column("who", sa.String, nullable=False),
            sa.Column("why", sa.String, nullable=False),
            sa.Column("waits_for_path", sa.String, nullable=False),
            sa.Column("waits_for_chain", sa.String, nullable=False, index=True),
            sa.Column("waits_for_mark", sa.String, nullable=False),
        )

    def park(self, connection: sa.Connection, packet_id: int, parking: Parking) -> None:
        """Set a packet aside; replaces an earlier parking."""
        values = {
            "packet_id": packet_id,
            "parked": parking.parked.value,
            "since_s": parking.since_s,
            "who": parking.who,
            "why": parking.why,
            "waits_for_path": parking.waits_for.path,
            "waits_for_chain": parking.waits_for.chain,
            "waits_for_mark": parking.waits_for.mark,
        }
        upsert(connection, self._table, values, ["packet_id"])
        self._change(connection, [packet_id], {"parked": parking.parked.value})

    def unpark(self, connection: sa.Connection, packet_ids: Sequence[int]) -> None:
        """Take packets up again, at once and with a clean record."""
        connection.execute(sa.delete(self._table).where(self._table.c.packet_id.in_(packet_ids)))
        self._change(connection, packet_ids, _FRESH | {"parked": "", "attempts": 0, "not_before_s": 0.0})

    def _change(self, connection: sa.Connection, packet_ids: Sequence[int], values: dict[str, Any]) -> None:
        connection.execute(sa.update(self._packets).where(self._packets.c.id.in_(packet_ids)).values(**values))

    def read(self, connection: sa.Connection, packet_id: int) -> Parking | None:
        """Why a packet is set aside; None if it is not."""
        row = connection.execute(sa.select(self._table).where(self._table.c.packet_id == packet_id)).one_or_none()
        if row is None:
            return None
        waits_for = ClientMark(row.waits_for_path, row.waits_for_chain, row.waits_for_mark)
        return Parking(Parked(row.parked), row.since_s, row.who, row.why, waits_for)

    def waited_for(self, connection: sa.Connection, now: ClientMark) -> list[int]:
        """Row ids of packets that wait for a light client that is not as it was then."""
        table = self._table.c
        waited = sa.select(table.packet_id).where(
            table.waits_for_chain == now.chain, table.waits_for_path == now.path, table.waits_for_mark != now.mark
        )
        return [int(packet_id) for packet_id in connection.execute(waited).scalars()]

    def client_changed(self, connection: sa.Connection, now: ClientMark) -> list[int]:
        """Take up what waited for a light client that is not as it was then; the packets' row ids."""
        packet_ids = self.waited_for(connection, now)
        if packet_ids:
            self.unpark(connection, packet_ids)
        return packet_ids

    def state_changed(
        self, connection: sa.Connection, packet_id: int | None, parked: Parked, *, is_final: bool
    ) -> dict[str, Any]:
        """Changes of a packet's columns when evidence moved it: poison was about what is over, a person's word stays.

        At its end nothing stays.
        """
        if parked is Parked.NO or (parked is Parked.BY_PERSON and not is_final):
            return dict(_FRESH)
        connection.execute(sa.delete(self._table).where(self._table.c.packet_id == packet_id))
        return _FRESH | {"parked": Parked.NO.value}

    def answered(
        self,
        connection: sa.Connection,
        packet_id: int,
        columns: Mapping[str, Any],
        kind: MessageKind,
        outcome: Outcome,
        now_s: float,
        dice: float,
        client: ClientMark,
    ) -> dict[str, Any]:
        """Changes of a packet's columns after an answer; parks it if it is poison now."""
        refusal_class = class_of(outcome)
        last = RefusalClass(columns["refusal_class"]) if columns["refusal_class"] else None
        same = columns["refused_kind"] == kind.value
        before = Record(last, columns["repeats"], columns["suspect"]) if same else Record()
        judged = sentence(before, refusal_class, dice)
        is_parked = columns["parked"]
        if judged.is_poison and is_parked != Parked.BY_PERSON.value:
            is_parked = Parked.poison(kind).value
            why = f"{judged.record.suspect} answers against it, the last one {refusal_class.value}: {outcome.refusal}"
            waits_for = client if refusal_class in _CLIENTS_DOING and client.mark else ClientMark()
            self.park(connection, packet_id, Parking(Parked.poison(kind), now_s, RELAYER, why, waits_for))
        return {
            "parked": is_parked,
            "not_before_s": now_s + judged.pause_s,
            "refusal_class": refusal_class.value,
            "refused_kind": kind.value,
            "repeats": judged.record.repeats,
            "suspect": judged.record.suspect,
        }
