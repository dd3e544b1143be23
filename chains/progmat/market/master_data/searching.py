"""Looking for personal values where none may be: in every other table of a database, and in bytes of any kind.

A value is looked for as it is (UTF-8) and in the forms in which a program might write it: hexadecimal, base64, JSON
escapes, UTF-16. Values shorter than ``SHORTEST`` bytes are not looked for: chance would find them.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from sqlalchemy import Connection, MetaData, select

from chains.progmat.market.master_data.shape import leaves_of
from chains.progmat.market.master_data.tables import TABLES, master_data_metadata
from chains.progmat.market.people.tables import people_metadata

SHORTEST: Final = 7
PLACES_OF_PEOPLE: Final = frozenset({*master_data_metadata.tables, *people_metadata.tables})
"""Tables that may hold personal values: they are erased there."""


@dataclass(frozen=True, slots=True)
class Leak:
    """A personal value where none may be. ``what`` says whose and which field it is, not the value."""

    place: str
    what: str


def personal_values(connection: Connection) -> dict[str, bytes]:
    """Every personal value of a node's master data that can be looked for, by record and field."""
    found: dict[str, bytes] = {}
    for kind, table in TABLES.items():
        personal = [leaf for leaf in leaves_of(kind) if leaf.is_personal and not leaf.choices]
        for row in connection.execute(select(table)).mappings():
            told = {f"{kind.value}/{row['id']} {leaf.path}": str(row[leaf.column]) for leaf in personal}
            found.update({what: value.encode() for what, value in told.items() if len(value.encode()) >= SHORTEST})
    return found


@lru_cache(maxsize=4096)
def forms_of(value: bytes) -> frozenset[bytes]:
    """A value in the forms in which a program might write it."""
    text = value.decode()
    hexadecimal = value.hex().encode()
    encoded = [base64.b64encode(value).rstrip(b"="), base64.urlsafe_b64encode(value).rstrip(b"=")]
    escaped = json.dumps(text)[1:-1].encode()
    wide = [text.encode("utf-16-le"), text.encode("utf-16-be"), text.encode("cp932", "ignore")]
    forms = {value, hexadecimal, hexadecimal.upper(), *encoded, escaped, *wide}
    return frozenset(form for form in forms if len(form) >= SHORTEST)


def found_in(content: bytes, values: Mapping[str, bytes]) -> list[str]:
    """Which of the values the content holds in any form."""
    return [what for what, value in values.items() if any(form in content for form in forms_of(value))]


def leaks(connection: Connection, values: Mapping[str, bytes]) -> Iterator[Leak]:
    """Search every row of every table of a database but those of people, whatever tables there are."""
    tables = MetaData()
    tables.reflect(connection)
    searched = [(what, forms_of(value)) for what, value in values.items()]
    for table in tables.sorted_tables:
        if table.name in PLACES_OF_PEOPLE:
            continue
        for number, row in enumerate(connection.execute(select(table)), 1):
            content = b"\0".join(_as_bytes(row))
            for what, forms in searched:
                if any(form in content for form in forms):
                    yield Leak(f"{table.name} row {number}", what)


def _as_bytes(row: Iterable[object]) -> Iterator[bytes]:
    for value in row:
        if isinstance(value, bytes):
            yield value
        elif value is not None:
            yield str(value).encode()
