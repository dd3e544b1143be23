"""Process entry: ``python -m relayer.enclave_operator --config FILE.toml [--log-format json]``."""

from __future__ import annotations

import sys

from relayer.enclave_operator.app import serve
from relayer.process import run_process

if __name__ == "__main__":
    sys.exit(run_process("relayer.enclave_operator", serve))
