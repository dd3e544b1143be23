"""The gateway's table of the trades whose tokens are watched."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa

from ibc.dvp import DvpPayload


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
