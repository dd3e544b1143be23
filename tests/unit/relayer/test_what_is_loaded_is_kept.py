"""A process that has loaded its program does not look through it at every collection."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import gc
from relayer.process import keep_what_is_loaded
keep_what_is_loaded()
class Cycle: pass
for _ in range(30_000):
    one = Cycle(); one.itself = one
left = sum(type(each) is Cycle for each in gc.get_objects())
print(gc.get_freeze_count() > 10_000, left < 20_000)
"""


def test_the_program_is_frozen_and_new_cycles_are_still_collected() -> None:
    run = subprocess.run([sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE, text=True, check=True, timeout=60)
    assert run.stdout.split() == ["True", "True"]
