"""Writing many rows by one statement that is compiled once: what a busy writer does many times a second.

SQLAlchemy prepares the values of every row anew, by the types of their columns, which costs more than the database's
own work. The columns written here hold what both drivers take as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any, Final

import sqlalchemy as sa

Row = Mapping[str, Any]
_AS_IT_IS: Final = (sa.String, sa.Integer, sa.Float, sa.LargeBinary, sa.Boolean)


class ManyRows:
    """An insert of named columns, or an update whose values are all ``bindparam``; of either dialect.

    Values are ``str``, ``int``, ``float``, ``bytes``, ``bool`` or None: no column's type converts them. To make one
    raises TypeError for a column of another type, or one that is not named and whose default Python would fill in.
    """

    def __init__(self, statement: sa.Insert | sa.Update, columns: Sequence[str] | None = None) -> None:
        table = statement.table
        for column in table.columns if isinstance(table, sa.Table) else ():
            filling = column.default if isinstance(statement, sa.Insert) else column.onupdate
            is_filled_in = filling is not None and column.name not in (columns or ())
            if not isinstance(column.type, _AS_IT_IS) or is_filled_in:
                raise TypeError(f"{column}: its values do not go to the driver as they are")
        self._statement = statement.inline() if isinstance(statement, sa.Insert) else statement
        self._columns = columns
        self._compiled: dict[str, tuple[str, Callable[[Row], Any]]] = {}

    def write(self, connection: sa.Connection, rows: Sequence[Row]) -> None:
        """Run it for each row; none is nothing to do."""
        if not rows:
            return
        known = self._compiled.get(connection.dialect.name)
        if known is None:
            known = self._compiled[connection.dialect.name] = self._compile(connection.dialect)
        sql, parameters = known
        connection.exec_driver_sql(sql, [parameters(row) for row in rows])

    def _compile(self, dialect: sa.Dialect) -> tuple[str, Callable[[Row], Any]]:
        compiled: Any = self._statement.compile(dialect=dialect, column_keys=self._columns)
        names: list[str] | None = compiled.positiontup
        return str(compiled), dict if names is None else itemgetter(*names)


def insert_of(table: sa.Table) -> ManyRows:
    """An insert of every column but a primary key that the database counts up."""
    counted = table.autoincrement_column
    return ManyRows(sa.insert(table), [column.name for column in table.columns if column is not counted])
