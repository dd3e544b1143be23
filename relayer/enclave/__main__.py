"""Process entry: ``python -m relayer.enclave --config FILE.toml [--log-format json]``."""

from __future__ import annotations

import sys

from relayer.enclave.app import serve
from relayer.process import run_process

if __name__ == "__main__":
    sys.exit(run_process("relayer.enclave", serve))
