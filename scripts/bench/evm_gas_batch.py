"""Gas of update + receive + delivery on the EVM: a packet of 20 that share one update. Otherwise as `evm_gas`."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from scripts.bench.evm_gas import report


def main() -> int:
    """Measure and print."""
    return report("evm_gas_batch", 20, 143_000)


if __name__ == "__main__":
    sys.exit(main())
