"""Core statements compiled once: what hot paths run instead of ``connection.execute``.

SQLAlchemy spends ten times as long on executing a small statement as SQLite does. ``Prepared`` keeps what is worth
having of it, one statement for both databases and its types, and compiles that once a database: afterwards a run is a
look-up of parameters and one call of the driver, on the same connection and in the same database transaction. Plain
Core stays the right thing wherever a statement is not hot.

``insert`` is PostgreSQL's variant: what both databases know of ``ON CONFLICT`` is written alike, and Core compiles this
variant for SQLite, too.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any, Final, Protocol, cast

from sqlalchemy import Boolean, Connection, Delete, Insert, LargeBinary, Select, Update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.sql.compiler import SQLCompiler

__all__ = ["Parameters", "Prepared", "insert"]

Parameters = Mapping[str, Any]
Row = tuple[Any, ...]
Statement = Select[*tuple[Any, ...]] | Insert | Update | Delete

_NONE: Final[Parameters] = {}
_Convert = Callable[[Any], Any] | None


class _Cursor(Protocol):
    """What drivers' cursors have in common (PEP 249)."""

    rowcount: int

    def executemany(self, sql: str, parameters: Sequence[object], /) -> object: ...
    def fetchall(self) -> list[Row]: ...
    def fetchone(self) -> Row | None: ...


class _Driver(Protocol):
    """What ``sqlite3.Connection`` and ``psycopg.Connection`` have in common."""

    def execute(self, sql: str, parameters: object) -> _Cursor: ...
    def cursor(self) -> _Cursor: ...


class Prepared:
    """One ``SELECT``, ``INSERT``, ``UPDATE`` or ``DELETE``; make it once, at module level.

    An ``INSERT`` names the ``columns`` it fills. Parameters are the statement's ``bindparam`` names or those columns; a
    missing one raises ``KeyError``. Lists (``bindparam(expanding=True)``, for ``IN`` only) are padded with their last
    element to the next power of two, so that few texts exist. The driver's own exceptions are raised, not wrapped.
    """

    def __init__(self, statement: Statement, columns: Collection[str] | None = None) -> None:
        self._statement = statement
        self._columns = None if columns is None else list(columns)
        self._forms: dict[tuple[object, ...], _Form] = {}
        self._lists: tuple[str, ...] | None = None
        self._newest: tuple[Dialect | None, Any] = (None, None)
        """The form last used, and of which database: it is nearly always the one wanted next."""

    def rows(self, connection: Connection, parameters: Parameters = _NONE) -> list[Row]:
        """All rows, as tuples in the order of the selected columns."""
        form, values = self._form(connection, parameters)
        found = _driver(connection).execute(form.sql, form.bound(values)).fetchall()
        return found if form.readers is None else [form.read(row) for row in found]

    def first(self, connection: Connection, parameters: Parameters = _NONE) -> Row | None:
        """The first row, or None."""
        form, values = self._form(connection, parameters)
        found = _driver(connection).execute(form.sql, form.bound(values)).fetchone()
        return found if found is None or form.readers is None else form.read(found)

    def change(self, connection: Connection, parameters: Parameters = _NONE) -> int:
        """Run an INSERT, UPDATE or DELETE; returns how many rows it changed."""
        form, values = self._form(connection, parameters)
        return _driver(connection).execute(form.sql, form.bound(values)).rowcount

    def change_all(self, connection: Connection, parameters: Sequence[Parameters]) -> int:
        """The same for each element, in order; returns how many rows all of them changed. Lists are not possible."""
        if not parameters:
            return 0
        form, _ = self._form(connection, parameters[0])
        cursor = _driver(connection).cursor()
        cursor.executemany(form.sql, [form.bound(each) for each in parameters])
        return cursor.rowcount

    def _form(self, connection: Connection, parameters: Parameters) -> tuple[_Form, Parameters]:
        """The text for this database, and for lists of this length; and the parameters that fill it."""
        dialect = connection.dialect
        if dialect is self._newest[0] and not self._lists:
            return self._newest[1], parameters
        if self._lists is None:
            self._lists = _lists_of(self._compiled(dialect))
        values = parameters
        if self._lists:
            values = {**parameters, **{name: _padded(parameters[name]) for name in self._lists}}
        lengths = (len(values[name]) for name in self._lists)
        key = (dialect.name, dialect.driver, dialect.server_version_info, *lengths)
        form = self._forms.get(key)
        if form is None:
            form = self._forms[key] = _form_of(self._statement, self._compiled(dialect), dialect, values)
        self._newest = (dialect, form)
        return form, values

    def _compiled(self, dialect: Dialect) -> SQLCompiler:
        many = not isinstance(self._statement, Select)  # as for many: no RETURNING of a generated key that nobody reads
        return self._statement.compile(dialect=dialect, column_keys=self._columns, for_executemany=many)


@dataclass(frozen=True, slots=True)
class _Form:
    """A statement's text for one database, and how values go in and come out."""

    sql: str
    is_positional: bool
    fillers: tuple[tuple[str, _Convert], ...]
    """Names in the order of the text, each with its type's conversion."""
    in_order: Callable[[Parameters], object] | None
    """Positional values as they are, where none has to be converted."""
    constants: Parameters
    lists: tuple[str, ...]
    readers: tuple[_Convert, ...] | None
    """One a column; None if no column needs any."""
    bound: Callable[[Parameters], object] = field(init=False)
    """What the driver takes."""

    def __post_init__(self) -> None:
        is_plain = self.in_order is not None and not self.constants and not self.lists
        object.__setattr__(self, "bound", self.in_order if is_plain else self._bound)

    def _bound(self, parameters: Parameters) -> object:
        values = parameters
        if self.constants or self.lists:
            values = {**self.constants, **parameters}
            for name in self.lists:
                values.update(_elements(name, parameters[name]))
        if self.in_order is not None:
            return self.in_order(values)
        if self.is_positional:
            return [values[name] if convert is None else convert(values[name]) for name, convert in self.fillers]
        return {name: values[name] if convert is None else convert(values[name]) for name, convert in self.fillers}

    def read(self, row: Row) -> Row:
        """A row with its columns' types applied."""
        readers = self.readers or ()
        return tuple(value if convert is None else convert(value) for value, convert in zip(row, readers, strict=True))


def _form_of(statement: Statement, compiled: SQLCompiler, dialect: Dialect, values: Parameters) -> _Form:
    try:
        state = compiled.construct_expanded_state(dict(values))
    except InvalidRequestError as error:  # as a later run would say it
        raise KeyError(str(error)) from error
    lists = _lists_of(compiled)
    constants = {
        name: bind.effective_value
        for name, bind in compiled.binds.items()
        if not bind.required and name not in values and name not in lists
    }
    names = state.positiontup if compiled.positional else list(state.parameters)
    converters: dict[str, _Convert] = {
        name: bind.type.dialect_impl(dialect).bind_processor(dialect) for name, bind in compiled.binds.items()
    }
    converters.update(cast("Mapping[str, _Convert]", state.processors))  # of lists' elements
    if dialect.name == "sqlite":  # takes bytes and truth values as they are; Core wraps them
        plain = (LargeBinary, Boolean)
        converters |= {name: None for name, bind in compiled.binds.items() if isinstance(bind.type, plain)}
    readers = tuple(
        column.type.dialect_impl(dialect).result_processor(dialect, None) for column in statement.exported_columns
    )
    fillers = tuple((name, converters.get(name)) for name in names or ())
    return _Form(
        sql=state.statement,
        is_positional=compiled.positional,
        fillers=fillers,
        in_order=_in_order(fillers) if compiled.positional else None,
        constants=constants,
        lists=lists,
        readers=readers if any(readers) else None,
    )


def _in_order(fillers: tuple[tuple[str, _Convert], ...]) -> Callable[[Parameters], object] | None:
    if len(fillers) < 2 or any(convert is not None for _, convert in fillers):  # of one name it would be no tuple
        return None
    return itemgetter(*(name for name, _ in fillers))


def _lists_of(compiled: SQLCompiler) -> tuple[str, ...]:
    return tuple(name for name, bind in compiled.binds.items() if bind.expanding)


def _padded(elements: Iterable[Any]) -> list[Any]:
    padded = list(elements)
    if padded:
        padded += padded[-1:] * ((1 << (len(padded) - 1).bit_length()) - len(padded))
    return padded


def _elements(name: str, elements: Sequence[Any]) -> dict[str, Any]:
    """The names Core gives to a list's elements: ``name_1``, or ``name_1_1`` in a list of tuples."""
    if elements and isinstance(elements[0], tuple):
        return {
            f"{name}_{row}_{column}": value
            for row, element in enumerate(elements, 1)
            for column, value in enumerate(element, 1)
        }
    return {f"{name}_{row}": value for row, value in enumerate(elements, 1)}


def _driver(connection: Connection) -> _Driver:
    if not connection.in_transaction():
        connection.begin()  # as Core does before its first statement
    driver: _Driver = connection.connection.dbapi_connection  # type: ignore[assignment] # of both drivers it is their own
    return driver
