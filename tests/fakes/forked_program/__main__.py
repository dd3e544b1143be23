"""``python -m tests.fakes.forked_program FACTS exit|raise|wait [GATE]``: write facts to a file, then do that.

``GATE``: a file that is waited for in between.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import signal
import sys
import threading
import time
from pathlib import Path

from tests.fakes.forked_program import app

EXIT_CODE = 7


def main() -> int:
    file, then, gates = Path(sys.argv[1]), sys.argv[2], [Path(each) for each in sys.argv[3:]]
    handlers = [signal.getsignal(number) for number in (signal.SIGCHLD, signal.SIGINT)]
    facts = {
        "pid": os.getpid(),
        "session": os.getsid(0),
        "loaded_by": app.LOADED_BY,
        "argv": sys.argv[1:],
        "cwd": str(Path.cwd()),
        "environment": dict(os.environ),
        "files": sorted(int(each.name) for each in Path("/proc/self/fd").iterdir() if each.exists()),
        "stdin": str(Path("/proc/self/fd/0").readlink()),
        "handlers": [getattr(each, "name", getattr(each, "__name__", "")) for each in handlers],
        "collects": gc.isenabled(),
        "main": sys.modules["__main__"].__spec__.name if sys.modules["__main__"].__spec__ else "",
    }
    fresh = file.with_suffix(".new")
    fresh.write_text(json.dumps(facts))
    fresh.replace(file)
    sys.stdout.write("said on standard output\n")
    sys.stdout.flush()
    sys.stderr.write("said on standard error\n")
    while not all(gate.exists() for gate in gates):
        time.sleep(0.02)
    if then == "raise":
        raise RuntimeError("said by a traceback")
    while then == "wait":
        time.sleep(60)
    atexit.register(sys.stdout.write, "said at exit\n")
    threading.Timer(0.2, sys.stdout.write, ("said by a thread\n",)).start()
    return EXIT_CODE


if __name__ == "__main__":
    sys.exit(main())
