"""Where in a TOML file a value stands, as far as its lines tell: for errors that name a key."""

from __future__ import annotations

import re
from collections.abc import Sequence

_HEADER = re.compile(r"\s*(\[\[?)\s*([A-Za-z0-9_.\"'-]+)\s*\]")
_KEY = re.compile(r"\s*([A-Za-z0-9_.-]+|\"[^\"]*\")\s*=")


def line_of(text: str, place: Sequence[int | str]) -> int | None:
    """The line, from 1, of the innermost part of ``place`` that has one; None if not even its table stands there.

    ``place`` is a path as pydantic tells it: names, and numbers of members of an array.
    """
    best: tuple[int, int | None] = (0, None)
    for known, number in _places(text):
        common = 0
        while common < min(len(known), len(place)) and known[common] == place[common]:
            common += 1
        if common == len(known) and common > best[0]:
            best = (common, number)
    return best[1]


def _places(text: str) -> list[tuple[tuple[int | str, ...], int]]:
    """Every table and key with its line."""
    found: list[tuple[tuple[int | str, ...], int]] = []
    counts: dict[tuple[int | str, ...], int] = {}
    table: tuple[int | str, ...] = ()
    for number, line in enumerate(text.splitlines(), 1):
        header, key = _HEADER.match(line), _KEY.match(line)
        if header is not None:
            table = _entered(tuple(part.strip("\"'") for part in header[2].split(".")), header[1], counts)
            found += [(table[:depth], number) for depth in range(1, len(table) + 1)]
        elif key is not None:
            parts = (key[1].strip('"'),) if key[1].startswith('"') else tuple(key[1].split("."))
            found += [((*table, *parts[:depth]), number) for depth in range(1, len(parts) + 1)]
    return found


def _entered(names: tuple[str, ...], brackets: str, counts: dict[tuple[int | str, ...], int]) -> tuple[int | str, ...]:
    """A header's place: arrays of tables on its way stand at their newest member."""
    place: tuple[int | str, ...] = ()
    for depth, name in enumerate(names, 1):
        place = (*place, name)
        if depth == len(names) and brackets == "[[":
            counts[place] = counts.get(place, 0) + 1
        if place in counts:
            place = (*place, counts[place] - 1)
    return place
