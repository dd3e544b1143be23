"""What a record consists of, read off its model once: leaves with their columns, what is personal, what refers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import Enum
from functools import cache
from types import UnionType
from typing import Annotated, Any, Final, Union, get_args, get_origin

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from chains.progmat.market.master_data.errors import RecordRefused
from chains.progmat.market.master_data.fields import Personal, RecordKind, Refers
from chains.progmat.market.master_data.records import RECORDS, Record

BANK: Final = "bank."
"""Paths that begin so change with a second person's approval only."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """A field without fields of its own. ``path``: its name for people, ``contact.phone``; ``column``: in the table."""

    path: str
    kind: type
    is_personal: bool
    refers_to: RecordKind | None
    is_required: bool
    choices: tuple[str, ...]

    @property
    def column(self) -> str:
        """The path, as a column."""
        return self.path.replace(".", "_")

    @property
    def is_bank(self) -> bool:
        """Whether four eyes are wanted for it."""
        return self.path.startswith(BANK)


@cache
def leaves_of(kind: RecordKind) -> tuple[Leaf, ...]:
    """All leaves of a kind of record, in the order of its model."""
    return tuple(_leaves(RECORDS[kind], ""))


def values_of(record: Record) -> dict[str, str | int]:
    """A record by path, as tables and canonical JSON hold it: text and integers; nothing is the empty text."""
    found: dict[str, str | int] = {}
    for leaf in leaves_of(record.kind):
        value: Any = record
        for name in leaf.path.split("."):
            value = getattr(value, name)
        found[leaf.path] = _plain(value)
    return found


def record_of(kind: RecordKind, values: Mapping[str, str | int]) -> Record:
    """The record of values by path, checked and normalised. Raises ``RecordRefused`` with every field that is wrong."""
    known = {leaf.path: leaf for leaf in leaves_of(kind)}
    unknown = sorted(set(values) - set(known))
    if unknown:
        raise RecordRefused(kind.value, tuple(f"{name[:60]}: no such field" for name in unknown[:10]))
    nested: dict[str, Any] = {}
    for path, value in values.items():
        if value == "" and known[path].kind in {int, date}:
            continue
        *parents, name = path.split(".")
        inside = nested
        for parent in parents:
            inside = inside.setdefault(parent, {})
        inside[name] = value
    try:
        return RECORDS[kind].model_validate(nested)
    except ValidationError as refused:
        raise RecordRefused(kind.value, tuple(_told(refused))) from None


def checked_id(kind: RecordKind, record_id: object) -> str:
    """An id as it is stored. Raises ``RecordRefused``."""
    try:
        found: str = _id_rule(kind).validate_python(record_id)
    except ValidationError as refused:
        raise RecordRefused(kind.value, tuple(f"id: {line.partition(': ')[2]}" for line in _told(refused))) from None
    return found


@cache
def _id_rule(kind: RecordKind) -> TypeAdapter[Any]:
    info = RECORDS[kind].model_fields["id"]
    rule: Any = Annotated[info.annotation, *info.metadata]
    return TypeAdapter(rule)


def _told(refused: ValidationError) -> Iterator[str]:
    """Field and rule, never the value: it may be personal, and refusals are logged."""
    for error in refused.errors(include_input=False, include_url=False)[:10]:
        yield f"{'.'.join(map(str, error['loc'])) or 'record'}: {error['msg'].removeprefix('Value error, ')}"


def _leaves(model: type[BaseModel], before: str) -> Iterator[Leaf]:
    for name, info in model.model_fields.items():
        kind = _bare(info.annotation)
        if issubclass(kind, BaseModel):
            yield from _leaves(kind, f"{before}{name}.")
        else:
            yield _leaf(f"{before}{name}", kind, info)


def _leaf(path: str, kind: type, info: FieldInfo) -> Leaf:
    refers = [mark.kind for mark in info.metadata if isinstance(mark, Refers)]
    return Leaf(
        path,
        kind,
        any(isinstance(mark, Personal) for mark in info.metadata),
        refers[0] if refers else None,
        info.default is PydanticUndefined,
        tuple(str(member.value) for member in kind) if issubclass(kind, Enum) else (),
    )


def _bare(annotation: Any) -> type:  # noqa: ANN401  # whatever stands behind a field's name
    """The class behind ``X | None``."""
    if get_origin(annotation) in {Union, UnionType}:
        (only,) = (each for each in get_args(annotation) if each is not type(None))
        return _bare(only)
    if not isinstance(annotation, type):
        raise TypeError(f"{annotation}: a record's field is a class, perhaps optional")
    return annotation


def _plain(value: object) -> str | int:
    if value is None:
        return ""
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str | int):
        return value
    raise TypeError(f"{type(value).__name__} is no value of a record")
