"""Statements about states by their references.

Mostly there is one reference. SQLite takes twice as long for a list of one as for two equations, and binding it takes
Python longer than SQLite the look-up: so such a statement has a form of its own for one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from sqlalchemy import BindParameter, ColumnElement, Connection, Table, and_, bindparam, tuple_

from chains.progmat.node.storage import Prepared
from chains.progmat.node.storage.prepared import Parameters, Row, Statement

Key = tuple[bytes, int]
"""Transaction id and output index."""

Naming = Callable[[Table], ColumnElement[bool]]
"""The condition that a table's row is one of those named."""

_KEYS: Final[BindParameter[Any]] = bindparam("keys", expanding=True)
_NONE: Final[Parameters] = {}


def _is_the_one(table: Table) -> ColumnElement[bool]:
    return and_(table.c.tx_id == bindparam("of_tx"), table.c.output_index == bindparam("of_index"))


def _is_among(table: Table) -> ColumnElement[bool]:
    return tuple_(table.c.tx_id, table.c.output_index).in_(_KEYS)


class ByRefs:
    """A ``Prepared`` statement about one or more states; make it once, at module level.

    ``made`` is called twice, each time with another ``Naming`` for the statement's condition. What is given besides the
    keys are the statement's other parameters.
    """

    def __init__(self, made: Callable[[Naming], Statement]) -> None:
        self._one = Prepared(made(_is_the_one))
        self._several = Prepared(made(_is_among))

    def rows(self, connection: Connection, keys: Sequence[Key], besides: Parameters = _NONE) -> list[Row]:
        """As ``Prepared.rows``."""
        statement, parameters = self._for(keys, besides)
        return statement.rows(connection, parameters)

    def first(self, connection: Connection, keys: Sequence[Key], besides: Parameters = _NONE) -> Row | None:
        """As ``Prepared.first``."""
        statement, parameters = self._for(keys, besides)
        return statement.first(connection, parameters)

    def change(self, connection: Connection, keys: Sequence[Key], besides: Parameters = _NONE) -> int:
        """As ``Prepared.change``."""
        statement, parameters = self._for(keys, besides)
        return statement.change(connection, parameters)

    def _for(self, keys: Sequence[Key], besides: Parameters) -> tuple[Prepared, Parameters]:
        if len(keys) != 1:
            return self._several, {"keys": keys, **besides}
        ((tx_id, index),) = keys
        return self._one, {"of_tx": tx_id, "of_index": index, **besides}
