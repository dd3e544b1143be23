"""Process entry: ``python -m relayer.gateway --config FILE.toml [--log-format json]``."""

from __future__ import annotations

import gc
import sys


def main() -> int:
    """Load the program with the collector off: what is loaded stays."""
    gc.disable()  # until ``keep_what_is_loaded``
    from relayer.gateway.app import serve  # noqa: PLC0415  # loaded without the collector
    from relayer.process import keep_what_is_loaded, run_process  # noqa: PLC0415  # as above

    keep_what_is_loaded()
    return run_process("relayer.gateway", serve)


if __name__ == "__main__":
    sys.exit(main())
