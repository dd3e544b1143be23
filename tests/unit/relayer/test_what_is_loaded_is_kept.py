"""A process that has loaded its program does not look through it at every collection."""

from __future__ import annotations

import ctypes
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import gc
gc.disable()
{loaded}
class Cycle: pass
for _ in range(80_000):
    one = Cycle(); one.itself = one
left = sum(type(each) is Cycle for each in gc.get_objects())
print(gc.get_freeze_count() > 10_000, left < {most})
"""


@pytest.mark.parametrize(
    ("loaded", "most"),
    [
        ("from relayer.process import keep_what_is_loaded; keep_what_is_loaded()", 20_000),
        ("import sqlalchemy; from chains.progmat.node.collector import calm_collector; calm_collector()", 60_000),
    ],
    ids=["relayer or gateway", "node"],
)
def test_the_program_is_frozen_and_new_cycles_are_collected_from_then_on(loaded: str, most: int) -> None:
    program = PROGRAM.format(loaded=loaded, most=most)
    run = subprocess.run([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, check=True, timeout=60)
    assert run.stdout.split() == ["True", "True"]


HEAPS = """
import ctypes, sys, threading
from pathlib import Path
from relayer.process import share_one_heap
if sys.argv[1] == "shared":
    share_one_heap()
all_there = threading.Barrier(8)
def work():
    kept = [bytes(5_000) for _ in range(50)]
    all_there.wait()
threads = [threading.Thread(target=work) for _ in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join()
libc = ctypes.CDLL(None)
libc.fopen.restype = ctypes.c_void_p
told = libc.fopen(sys.argv[2].encode(), b"w")
libc.malloc_info(0, ctypes.c_void_p(told))
libc.fclose(ctypes.c_void_p(told))
print(Path(sys.argv[2]).read_text().count("<heap nr="))
"""


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "malloc_info"), reason="only glibc tells of its heaps")
def test_threads_share_one_heap(tmp_path: Path) -> None:
    def heaps(how: str) -> int:
        command = [sys.executable, "-c", HEAPS, how, str(tmp_path / how)]
        return int(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, timeout=60).stdout)

    assert heaps("shared") == 1 < heaps("apart")
