"""Process entry: ``python -m relayer --config FILE.toml [--log-format json]``."""

from __future__ import annotations

import gc
import sys


def main() -> int:
    """Load the program with the collector off: what is loaded stays."""
    gc.disable()  # until ``keep_what_is_loaded``
    from relayer.app import serve  # noqa: PLC0415  # loaded without the collector
    from relayer.process import keep_what_is_loaded, run_process, share_one_heap  # noqa: PLC0415  # as above

    share_one_heap()
    keep_what_is_loaded()
    return run_process("relayer", serve)


if __name__ == "__main__":
    sys.exit(main())
