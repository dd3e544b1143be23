"""Process entry: ``python -m relayer.gateway --config FILE.toml [--log-format json]``."""

from __future__ import annotations

import sys

from relayer.gateway.app import serve
from relayer.process import keep_what_is_loaded, run_process

if __name__ == "__main__":
    keep_what_is_loaded()
    sys.exit(run_process("relayer.gateway", serve))
