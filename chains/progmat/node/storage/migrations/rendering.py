"""How generated migrations write our column types, and which differences between databases are none."""

from __future__ import annotations

from typing import Any, Literal

from alembic.autogenerate.api import AutogenContext
from sqlalchemy import TypeDecorator

from chains.progmat.node.storage.column_types import Int64, Text

_NAMES = {id(Int64): "Int64", id(Text): "Text"}


def render_item(kind: str, item: Any, context: AutogenContext) -> str | Literal[False]:  # noqa: ANN401  # Alembic's own
    """Our types by their names; a type of a program's module as what it is in the database."""
    if kind != "type":
        return False
    if id(item) in _NAMES:
        context.imports.add(f"from chains.progmat.node.storage.column_types import {_NAMES[id(item)]}")
        return _NAMES[id(item)]
    if isinstance(item, TypeDecorator):
        return f"sa.{item.impl!r}"
    return False
