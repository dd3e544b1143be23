"""Draw the life cycles in docs/diagrams from the tables that the programs run on.

A diagram that is drawn by hand tells what somebody once meant; these are made of the tables themselves. ``--check``
(CI) fails when a checked-in file is not what its table gives today.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TypeVar

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "proto" / "gen")]

from chains.progmat.flows import steps  # noqa: E402 # the checkout must be importable first
from relayer.core import lifecycle as packets  # noqa: E402 # as above
from relayer.gateway import lifecycle as settlements  # noqa: E402 # as above

TARGET = ROOT / "docs" / "diagrams"
MADE = "<!-- made by scripts/gen_diagrams.py: change the table, not this file -->"

StateT = TypeVar("StateT", bound=Enum)
EventT = TypeVar("EventT", bound=Enum)
Move = tuple[str, str, str]
"""From a state, to a state, by an event (empty where the table names none)."""


@dataclass(frozen=True)
class Diagram:
    """One table: its file, its heading, where it comes from, its moves, and what each state waits for."""

    file: str
    title: str
    source: str
    begins: str
    moves: tuple[Move, ...]
    ends: tuple[str, ...]
    waits: tuple[tuple[str, str], ...] = ()

    def text(self) -> str:
        """The whole file."""
        moving = [move for move in self.moves if move[0] != move[1]]
        standing = [move for move in self.moves if move[0] == move[1]]
        parts = [MADE, f"# {self.title}", f"Table: `{self.source}`.", "\n".join(self._drawn(moving))]
        if self.waits:
            rows = ["| state | waits for |", "|---|---|", *(f"| {state} | {what} |" for state, what in self.waits)]
            parts.append("\n".join(rows))
        if standing:
            known = [
                "Events that are known and change nothing:",
                "",
                *(f"- {state}: {by}" for state, _, by in standing),
            ]
            parts.append("\n".join(known))
        parts.append("Any other move is refused.")
        return "\n\n".join(parts) + "\n"

    def _drawn(self, moves: Iterable[Move]) -> list[str]:
        lines = ["```mermaid", "stateDiagram-v2", f"    [*] --> {self.begins}"]
        lines += [f"    {source} --> {target}" + (f" : {by}" if by else "") for source, target, by in moves]
        lines += [f"    {end} --> [*]" for end in self.ends]
        return [*lines, "```"]


def _moves(table: Mapping[tuple[StateT, EventT], StateT]) -> tuple[Move, ...]:
    return tuple((str(source.value), str(target.value), str(event.value)) for (source, event), target in table.items())


def packet_diagram() -> Diagram:
    """A packet, as the relayer sees it."""
    return Diagram(
        file="packet.md",
        title="A packet, as the relayer sees it",
        source="relayer/core/lifecycle.py",
        begins=packets.PacketState.SENT.value,
        moves=_moves(packets.TRANSITIONS),
        ends=tuple(state.value for state in packets.PacketState if state.is_final),
        waits=tuple((state.value, what) for state, what in packets.WAITS_FOR.items() if not state.is_final),
    )


def settlement_diagram() -> Diagram:
    """A settlement, as the gateway shows it."""
    return Diagram(
        file="settlement.md",
        title="A settlement, as the gateway shows it",
        source="relayer/gateway/lifecycle.py",
        begins=settlements.SettlementState.UNMATCHED.value,
        moves=_moves(settlements.TRANSITIONS),
        ends=tuple(state.value for state in settlements.SettlementState if state.is_final),
        waits=tuple((state.value, f"{on}: {what}") for state, (on, what) in settlements.WAITS_FOR.items()),
    )


def flow_diagram() -> Diagram:
    """A flow of a ledger node; the table names no events: a step is left when what it is about is done."""
    moves = tuple(
        (source.value, target.value, "")
        for source, targets in steps.TRANSITIONS.items()
        for target in steps.FlowStep
        if target in targets
    )
    return Diagram(
        file="flow.md",
        title="A flow of a ledger node",
        source="chains/progmat/flows/steps.py",
        begins=steps.FlowStep.PROPOSED.value,
        moves=moves,
        ends=tuple(step.value for step in steps.FlowStep if step in steps.ENDS),
    )


def main() -> int:
    """Command line: write the files, or ``--check`` without writing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="fail if a checked-in diagram is stale; write nothing")
    check = parser.parse_args().check
    stale = 0
    for diagram in (packet_diagram(), settlement_diagram(), flow_diagram()):
        path, text = TARGET / diagram.file, diagram.text()
        if check and (not path.exists() or path.read_text() != text):
            stale += 1
            print(f"stale: docs/diagrams/{diagram.file}; run scripts/gen_diagrams.py", file=sys.stderr)
        elif not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
            print(f"docs/diagrams/{diagram.file}")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
