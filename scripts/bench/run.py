"""Run the benchmarks one after another: progress on stderr, one JSON line each on stdout.

``run.py`` runs all, ``run.py NAME`` one. A benchmark is a file beside this one whose ``main() -> int`` prints its line
``{"name", "value", "unit", "baseline", "ratio"}``; each runs in a process of its own, so that none warms another's
caches.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
NOT_BENCHMARKS = {"run"}


def available() -> list[str]:
    """Names of the benchmarks, in the order they run."""
    return sorted(path.stem for path in HERE.glob("*.py") if path.stem not in NOT_BENCHMARKS)


def main() -> int:
    """Run the named benchmarks; exit 1 if any failed, 2 for an unknown name."""
    names = sys.argv[1:] or available()
    unknown = set(names) - set(available())
    if unknown:
        print(f"no benchmark {', '.join(sorted(unknown))}; there are: {', '.join(available())}", file=sys.stderr)
        return 2
    failed = []
    for number, name in enumerate(names, 1):
        print(f"[{number}/{len(names)}] {name}", file=sys.stderr, flush=True)
        if subprocess.run([sys.executable, HERE / f"{name}.py"], check=False, cwd=HERE.parent.parent).returncode:
            failed.append(name)
    if failed:
        print(f"failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
