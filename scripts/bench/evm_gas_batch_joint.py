"""Gas of update + receive + delivery on the EVM: a packet of 20 through the batch entry. Otherwise as `evm_gas`.

The router's `recvPackets` takes packets of one route and one proof of all their commitments.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from scripts.bench.evm_gas import report
from tests.fakes.dvp_gas import measure_joint_deliveries


def main() -> int:
    """Measure and print."""
    return report("evm_gas_batch_joint", 20, 125_000, measure_joint_deliveries)


if __name__ == "__main__":
    sys.exit(main())
