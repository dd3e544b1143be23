"""The gateway's tables of alarms, and of the trades whose tokens are watched."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from ibc.dvp import DvpPayload
from relayer.database import Int64, RowId
from relayer.gateway.model import Alarm


class AlarmTable:
    """Alarms of settlements by trade id, in their order."""

    def __init__(self, metadata: sa.MetaData) -> None:
        self._table = sa.Table(
            "alarms",
            metadata,
            sa.Column("id", RowId, primary_key=True),
            sa.Column("trade_id", sa.LargeBinary, nullable=False, index=True),
            sa.Column("name", sa.String, nullable=False),
            sa.Column("detail", sa.String, nullable=False),
            sa.Column("advice", sa.String, nullable=False),
            sa.Column("tx_id", sa.String, nullable=False),
            sa.Column("height", Int64, nullable=False),
            sa.Column("since_s", Int64, nullable=False),
        )

    def replace(self, connection: sa.Connection, trade_id: bytes, alarms: Sequence[Alarm]) -> None:
        """Put these in the place of the trade's."""
        connection.execute(sa.delete(self._table).where(self._table.c.trade_id == trade_id))
        if alarms:
            rows = [{"trade_id": trade_id, **vars(alarm)} for alarm in alarms]
            connection.execute(sa.insert(self._table), rows)

    def read(self, connection: sa.Connection, trade_id: bytes) -> tuple[Alarm, ...]:
        """A trade's alarms."""
        query = sa.select(self._table).where(self._table.c.trade_id == trade_id).order_by(self._table.c.id)
        return tuple(
            Alarm(row.name, row.detail, row.advice, row.tx_id, row.height, row.since_s)
            for row in connection.execute(query)
        )


class HeldTable:
    """The payloads of trades for which tokens are held."""

    def __init__(self, metadata: sa.MetaData) -> None:
        self._table = sa.Table(
            "held_trades",
            metadata,
            sa.Column("trade_id", sa.LargeBinary, primary_key=True),
            sa.Column("payload", sa.LargeBinary, nullable=False),
        )

    def replace(self, connection: sa.Connection, held: Mapping[bytes, DvpPayload]) -> None:
        """Bring the table to ``held``, by what differs."""
        known = set(connection.execute(sa.select(self._table.c.trade_id)).scalars())
        gone = [{"gone": trade_id} for trade_id in known - held.keys()]
        if gone:
            connection.execute(sa.delete(self._table).where(self._table.c.trade_id == sa.bindparam("gone")), gone)
        new = [{"trade_id": each, "payload": held[each].encode()} for each in held.keys() - known]
        if new:
            connection.execute(sa.insert(self._table), new)

    def read(self, connection: sa.Connection) -> dict[bytes, DvpPayload]:
        """All of them."""
        rows = connection.execute(sa.select(self._table))
        return {row.trade_id: DvpPayload.decode(row.payload) for row in rows}
