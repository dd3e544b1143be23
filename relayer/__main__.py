"""Process entry: ``python -m relayer --config FILE.toml [--log-format json]``."""

from __future__ import annotations

import sys

from relayer.app import serve
from relayer.process import keep_what_is_loaded, run_process, share_one_heap

if __name__ == "__main__":
    share_one_heap()
    keep_what_is_loaded()
    sys.exit(run_process("relayer", serve))
