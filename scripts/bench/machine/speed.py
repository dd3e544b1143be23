"""How fast this machine is at the moment: what figures of two days, or of two machines, are compared by.

A machine that others share is slower by a fifth one minute and twice as fast the next; a benchmark's figure alone does
not tell that from a change of the code. A round is the same for ever: change it, and older figures compare no longer.
"""

from __future__ import annotations

import os
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from multiprocessing import get_context
from typing import Final

OBJECTS_A_ROUND: Final = 1000
SECONDS: Final = 0.5


@dataclass(frozen=True)
class _Thing:
    """As the ledger's own: small, frozen, hashed."""

    number: int
    name: bytes


def rounds_per_s(seconds: float = SECONDS) -> int:
    """Rounds of plain Python a second of processor time, the mean of all processors, all of them busy with it."""
    processors = os.cpu_count() or 1
    with ProcessPoolExecutor(processors, get_context("spawn")) as pool:
        each = list(pool.map(_rounds_per_s, [seconds] * processors))
    return round(sum(each) / processors)


def _rounds_per_s(seconds: float) -> float:
    begun, rounds = time.process_time(), 0
    while (taken := time.process_time() - begun) < seconds:
        _round()
        rounds += 1
    return rounds / taken


def _round() -> None:
    found: dict[_Thing, bytes] = {}
    name = bytes(64)
    for number in range(OBJECTS_A_ROUND):
        name = sha256(name).digest() * 2
        thing = _Thing(number, name)
        found[thing] = found.get(_Thing(number - 1, name), name)
