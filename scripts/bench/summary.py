"""What the benchmarks' lines say against their bounds: a verdict a line, one table at the end.

A line is ``{"name", "value", "unit", "baseline", "ratio", …}``; a benchmark that has bounds says them in ``"bound"``:
``{FIELD: {"least": NUMBER}}`` or ``{FIELD: {"most": NUMBER}}``, for any of its figures.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

HEAD: Final = ("name", "value", "unit", "ratio", "machine", "bound", "")


class Verdict(Enum):
    """Of one benchmark."""

    MET = "met"
    NOT_MET = "NOT MET"
    NO_BOUND = "no bound"
    FAILED = "FAILED"
    """It measured nothing, or what it measured is wrong."""


@dataclass(frozen=True)
class Result:
    """One benchmark's line with its verdict; the line is empty where there was none.

    ``machine``: rounds a second before it and after it, see ``machine.speed``.
    """

    name: str
    line: Mapping[str, Any]
    verdict: Verdict
    machine: tuple[int, int]

    @property
    def is_good(self) -> bool:
        """Whether nothing has to be looked into."""
        return self.verdict in {Verdict.MET, Verdict.NO_BOUND}


def judged(name: str, line: Mapping[str, Any] | None, exit_code: int, machine: tuple[int, int]) -> Result:
    """The result of a benchmark that ended with this line, if any; a bound on a figure it lacks is not met."""
    if line is None or exit_code:
        return Result(name, line or {}, Verdict.FAILED, machine)
    bounds = line.get("bound", {})
    if not bounds:
        return Result(name, line, Verdict.NO_BOUND, machine)
    met = all(_is_met(line.get(figure), bound) for figure, bound in bounds.items())
    return Result(name, line, Verdict.MET if met else Verdict.NOT_MET, machine)


def table(results: Sequence[Result]) -> str:
    """The results for people, one row each, columns aligned."""
    rows = [HEAD, *map(_row, results)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def _is_met(found: float | None, bound: Mapping[str, float]) -> bool:
    if found is None:
        return False
    return bound.get("least", found) <= found <= bound.get("most", found)


def _row(result: Result) -> tuple[str, ...]:
    line = result.line
    figures = (str(line.get(name, "-")) for name in ("value", "unit", "ratio"))
    before, after = result.machine
    return (result.name, *figures, f"{before}, {after}", _bounds(line), result.verdict.value)


def _bounds(line: Mapping[str, Any]) -> str:
    """Each bound; of a figure that has no column of its own, with what was found."""
    said = []
    for figure, bound in line.get("bound", {}).items():
        sign, limit = ("≥", bound["least"]) if "least" in bound else ("≤", bound["most"])
        found = "" if figure in {"value", "ratio"} else f" ({line.get(figure, '-')})"
        said.append(f"{figure} {sign} {limit:,}{found}")
    return ", ".join(said)
