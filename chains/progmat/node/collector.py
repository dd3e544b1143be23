"""The interpreter's garbage collector, as a node wants it."""

from __future__ import annotations

import gc
from typing import Final

YOUNG_OBJECTS: Final = 50_000
"""New objects between two looks for cycles. Flows make many objects and hardly a cycle: the usual 700 finds nothing."""


def calm_collector() -> None:
    """Look for cycles seldom, and never again among what exists now: a fifteenth of a busy node's processor time.

    For the whole process: its entry calls this once, when everything is set up.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS, 20, 100)
    gc.enable()
