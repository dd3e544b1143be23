"""``python -m tests.fakes.threaded_program``: says that it ran."""

from __future__ import annotations

import sys

from tests.fakes.threaded_program import app

if __name__ == "__main__":
    sys.stdout.write(f"ran with {app.__name__}\n")
