"""Run the benchmarks one after another: progress on stderr, one JSON line each on stdout, a table on stderr at the end.

``run.py`` runs all, ``run.py NAME`` one. A benchmark is a file beside this one whose ``main() -> int`` prints its line
(see ``summary``) and returns 0 if it could measure; whether its bounds are met is judged here, after all have run. Each
runs in a process of its own, so that none warms another's caches. How fast the machine was right before and right after
is in the table (``machine.speed``): figures of two days compare by it.

Exit 0: all measured, all bounds met. 1: not so, the table says where. 2: no such benchmark.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(ROOT))

from scripts.bench.machine.speed import rounds_per_s  # noqa: E402 # the checkout must be importable first
from scripts.bench.summary import Result, judged, table  # noqa: E402 # as above

NOT_BENCHMARKS = {"run", "summary"}


def available(folder: Path = HERE) -> list[str]:
    """Names of the benchmarks, in the order they run."""
    return sorted(path.stem for path in folder.glob("*.py") if path.stem not in NOT_BENCHMARKS)


def main(wanted: Sequence[str], folder: Path = HERE) -> int:
    """Run the wanted benchmarks, or all; returns the exit code."""
    there = available(folder)
    unknown = set(wanted) - set(there)
    if unknown:
        print(f"no benchmark {', '.join(sorted(unknown))}; there are: {', '.join(there)}", file=sys.stderr)
        return 2
    names = wanted or there
    results = []
    for number, name in enumerate(names, 1):
        print(f"[{number}/{len(names)}] {name}", file=sys.stderr, flush=True)
        results.append(_run(folder / f"{name}.py"))
    print(table(results), file=sys.stderr, flush=True)
    return 0 if all(result.is_good for result in results) else 1


def _run(benchmark: Path) -> Result:
    """One benchmark, to its end; what it prints goes on to standard output as it comes."""
    line, before = None, rounds_per_s()
    with subprocess.Popen([sys.executable, benchmark], cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        for printed in process.stdout or ():
            print(printed, end="", flush=True)
            line = _line_of(printed) or line
    return judged(benchmark.stem, line, process.returncode, (before, rounds_per_s()))


def _line_of(printed: str) -> dict[str, Any] | None:
    try:
        found = json.loads(printed)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
