"""Statements about states by their references.

Mostly there are one or two references, and binding a list takes Python longer than SQLite the look-up: so up to
``MOST_NAMED`` are named by equations. For SQLite (3.40) a list of pairs is nothing to search an index by: it would go
through the whole table. So a longer list is searched by transaction ids, and the pairs choose among what is found.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final

from sqlalchemy import BindParameter, ColumnElement, Connection, Table, and_, bindparam, or_, tuple_

from chains.progmat.node.storage import Prepared
from chains.progmat.node.storage.prepared import Parameters, Row, Statement

Key = tuple[bytes, int]
"""Transaction id and output index."""

Naming = Callable[[Table], ColumnElement[bool]]
"""The condition that a table's row is one of those named."""

MOST_NAMED: Final = 8
_KEYS: Final[BindParameter[Any]] = bindparam("keys", expanding=True)
_TX_IDS: Final[BindParameter[Any]] = bindparam("tx_ids", expanding=True)
_NAMES: Final = tuple((f"of_tx_{number}", f"of_index_{number}") for number in range(MOST_NAMED))
_NONE: Final[Parameters] = {}


def _is_one_of(count: int, table: Table) -> ColumnElement[bool]:
    return or_(
        *(
            and_(table.c.tx_id == bindparam(tx_id), table.c.output_index == bindparam(index))
            for tx_id, index in _NAMES[:count]
        )
    )


def _is_among(table: Table) -> ColumnElement[bool]:
    return and_(table.c.tx_id.in_(_TX_IDS), tuple_(table.c.tx_id, table.c.output_index).in_(_KEYS))


class ByRefs:
    """A ``Prepared`` statement about one or more states; make it once, at module level.

    ``made`` is called several times, each time with another ``Naming`` for the statement's condition. What is given
    besides the keys are the statement's other parameters. Up to ``MOST_NAMED`` keys are padded with their last one to
    the next power of two, so that few texts exist.
    """

    def __init__(self, made: Callable[[Naming], Statement]) -> None:
        sizes = (1 << power for power in range(MOST_NAMED.bit_length()))
        self._named = {size: Prepared(made(partial(_is_one_of, size))) for size in sizes}
        self._listed = Prepared(made(_is_among))

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
        if not 0 < len(keys) <= MOST_NAMED:
            return self._listed, {"keys": keys, "tx_ids": list(dict.fromkeys(tx_id for tx_id, _ in keys)), **besides}
        size = 1 << (len(keys) - 1).bit_length()
        parameters = dict(besides)
        for number, (tx_name, index_name) in enumerate(_NAMES[:size]):
            parameters[tx_name], parameters[index_name] = keys[min(number, len(keys) - 1)]
        return self._named[size], parameters
