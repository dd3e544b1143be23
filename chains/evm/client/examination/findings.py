"""What an examination of a node found."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Fitness(Enum):
    """What a finding means for whoever wants to use the node."""

    GOOD = "good"
    LIMITED = "limited"  # it works; the advice says what to expect or to configure
    UNFIT = "unfit"  # nothing can be settled over this node as it is


@dataclass(frozen=True, slots=True)
class Finding:
    """One question: what was found, and what to do about it (empty when there is nothing to do)."""

    question: str
    fitness: Fitness
    found: str
    advice: str = ""


def good(question: str, found: str) -> Finding:
    """As it should be."""
    return Finding(question, Fitness.GOOD, found)


def limited(question: str, found: str, advice: str) -> Finding:
    """Usable, with something to know."""
    return Finding(question, Fitness.LIMITED, found, advice)


def unfit(question: str, found: str, advice: str) -> Finding:
    """Not usable."""
    return Finding(question, Fitness.UNFIT, found, advice)


@dataclass(frozen=True, slots=True)
class Examination:
    """All findings about one node, in the order of the questions."""

    url: str
    findings: tuple[Finding, ...]

    @property
    def can_serve(self) -> bool:
        """Whether no finding is `UNFIT`."""
        return all(finding.fitness is not Fitness.UNFIT for finding in self.findings)
