"""Write docs/log-events.md from the source: every event that relayer and gateway log, its level, its fields, its place.

An event's name is stable: searches and alerts are written against it. This page makes a change of one visible in
review. ``--check`` (CI) fails when the page is not what the source gives today.
"""

from __future__ import annotations

import argparse
import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = Path("docs/log-events.md")
LOGGED_BY = ("relayer",)
LEVELS = ("debug", "info", "warning", "error", "exception", "critical")
LOGGERS = {"_log", "log"}
HEAD = """<!-- made by scripts/gen_log_events.py: change the source, not this file -->

# Log events of relayer and gateway

Each line has `timestamp`, `level`, `logger` and `event`, the ids of what it is about where they are known
(`request_id`, `trade_id`, `trace_id`, `path`, `method`), and the fields below. See [operations](operations.md#logs).

A message that was submitted for a packet is told as `receive`, `acknowledge` or `time_out`, with `chain`, `sequence`,
`verdict` and `evidence`: info, a warning if it was refused, an error if it is blocked. `already_done` is info: somebody
else was faster.

| event | level | fields | where |
|---|---|---|---|
"""


@dataclass(frozen=True, order=True)
class Event:
    """One call of a logger."""

    name: str
    level: str
    fields: str
    where: str


def events() -> list[Event]:
    """All of them, by name."""
    found = {event for package in LOGGED_BY for path in (ROOT / package).rglob("*.py") for event in _events_of(path)}
    return sorted(found)


def _events_of(path: Path) -> Iterator[Event]:
    for node in ast.walk(ast.parse(path.read_text())):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        logger, level = node.func.value, node.func.attr
        if not (isinstance(logger, ast.Name) and logger.id in LOGGERS and level in LEVELS and node.args):
            continue
        first = node.args[0]
        if isinstance(first, ast.Constant) and isinstance(first.value, str):
            fields = sorted(keyword.arg for keyword in node.keywords if keyword.arg not in {None, "exc_info"})
            shown = ", ".join(f"`{field}`" for field in fields)
            level = "error" if level == "exception" else level
            yield Event(first.value, level, shown, path.relative_to(ROOT).as_posix())


def page() -> str:
    """The whole page."""
    rows = [f"| `{each.name}` | {each.level} | {each.fields} | `{each.where}` |" for each in events()]
    return HEAD + "\n".join(rows) + "\n"


def main() -> int:
    """Command line: write the page, or ``--check`` without writing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="fail if the checked-in page is stale; write nothing")
    check, text, path = parser.parse_args().check, page(), ROOT / PAGE
    if not check:
        path.write_text(text)
        print(PAGE)
        return 0
    if not path.exists() or path.read_text() != text:
        print(f"stale: {PAGE}; run scripts/gen_log_events.py", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
