"""What a check answers; many are made side by side. A silence, a refusal and a time-out are UNKNOWN, never PASS."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

from primitives.errors import CrossDvpError


class Verdict(IntEnum):
    """By gravity: the gravest of all checks is the whole's."""

    PASS = 1
    WARN = 2
    UNKNOWN = 3
    FAIL = 4


@dataclass(frozen=True)
class Finding:
    """One question's answer: in a sentence, what was read where, and what to do."""

    verdict: Verdict
    summary: str
    evidence: str = ""
    advice: str = ""


Question = Callable[[], Awaitable[Finding]]


def passed(summary: str, evidence: str = "") -> Finding:
    """Nothing stands against it."""
    return Finding(Verdict.PASS, summary, evidence)


def warned(summary: str, evidence: str, advice: str) -> Finding:
    """Nothing stands against it yet."""
    return Finding(Verdict.WARN, summary, evidence, advice)


def failed(summary: str, evidence: str, advice: str) -> Finding:
    """It would fail as things are."""
    return Finding(Verdict.FAIL, summary, evidence, advice)


def unknown(why: str, advice: str) -> Finding:
    """It could not be found out."""
    return Finding(Verdict.UNKNOWN, "could not be found out", why, advice)


async def answers(questions: Mapping[str, Question], timeout_s: float) -> dict[str, Finding]:
    """All answers by name, in the order of the questions; each question has ``timeout_s`` seconds of its own."""
    found = await asyncio.gather(*(_answer(question, timeout_s) for question in questions.values()))
    return dict(zip(questions, found, strict=True))


async def _answer(question: Question, timeout_s: float) -> Finding:
    try:
        async with asyncio.timeout(timeout_s):
            return await question()
    except TimeoutError:
        return unknown(f"no answer within {timeout_s:g} s", "ask again; if it stays so, the gateway's operator looks")
    except CrossDvpError as refusal:
        return unknown(f"{refusal.reason}: {refusal}"[:500], "ask again, or ask whoever runs the node that refused")


def gravest(findings: Sequence[Finding]) -> Verdict:
    """The whole's verdict; of nothing, UNKNOWN."""
    return max((finding.verdict for finding in findings), default=Verdict.UNKNOWN)
