"""How a log line is made: bounded, without secrets, with the ids of what it is about.

Ids (``request_id``, ``trade_id``, ``trace_id``, ``path``, ``packet``) are context variables: bound once where work on
something begins, they are in every line that is written for it.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any, Final

import structlog

from relayer.telemetry.config import LogLevel
from relayer.telemetry.redaction import HIDDEN, MOST_CHARS, SECRET_NAMES, redacted

MOST_FIELDS: Final = 40
MOST_ITEMS: Final = 20
_OURS: Final = ("relayer", "chains")


def bounded_fields(_logger: object, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """A processor: every field bounded, keys and passwords hidden, whatever was handed over."""
    kept = dict(list(event.items())[:MOST_FIELDS])
    if len(event) > MOST_FIELDS:
        kept["fields_left_out"] = len(event) - MOST_FIELDS
    return {name: HIDDEN if name.lower() in SECRET_NAMES else _bounded(value) for name, value in kept.items()}


def _bounded(value: object, depth: int = 0) -> object:
    match value:
        case None | bool() | int() | float():
            return value
        case str():
            return redacted(value)
        case bytes() | bytearray():
            return f"{len(value)} bytes"  # ids are written in hex by whoever logs them; what is left may be a key
        case Mapping() if depth == 0:
            items = list(value.items())[:MOST_ITEMS]
            return {str(k): HIDDEN if str(k).lower() in SECRET_NAMES else _bounded(v, 1) for k, v in items}
        case list() | tuple() | set() | frozenset() if depth == 0:
            return [_bounded(each, 1) for each in list(value)[:MOST_ITEMS]]
    return redacted(str(value), MOST_CHARS)


def set_levels(levels: Mapping[str, LogLevel]) -> None:
    """How much each package says; ours say INFO unless told otherwise, libraries WARNING."""
    for package in _OURS:
        logging.getLogger(package).setLevel(logging.INFO)
    for package, level in levels.items():
        logging.getLogger(package).setLevel(level.name)


def bound(**ids: Any) -> Any:  # noqa: ANN401  # structlog's own context manager
    """Ids in every line that is written inside the context."""
    return structlog.contextvars.bound_contextvars(**ids)
