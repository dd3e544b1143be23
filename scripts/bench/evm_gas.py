"""Gas of update + receive + delivery on the EVM: one packet.

One transaction, a multicall of `updateClient` and `recvPacket`, on py-evm under berlin rules; `tests/fakes/dvp_gas.py`
says what exactly is measured. The baseline, from the same run, is a bare transfer of the same token to somebody who
holds none yet: the ratio is what proof, exactly-once and atomicity cost on top. Gas is deterministic: no rounds.

Progress on standard error, one JSON line on standard output.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.fakes.dvp_gas import DeliveryGas, measure_deliveries


def report(name: str, packets: int, most_gas: int, measure: Callable[[int], DeliveryGas] = measure_deliveries) -> int:
    """Measure a multicall of so many packets and print its line; for all benchmarks of deliveries."""
    print(f"delivering {packets} packet(s) in one multicall", file=sys.stderr)
    gas = measure(packets)
    print(f"{gas.multicall} gas in all, a bare transfer {gas.bare_transfer}", file=sys.stderr)
    bound = {"value": {"most": most_gas}}
    line = {"name": name, "value": gas.per_packet, "unit": "gas", "baseline": gas.bare_transfer}
    print(json.dumps(line | {"ratio": round(gas.per_packet / gas.bare_transfer, 2), "bound": bound}))
    return 0


def main() -> int:
    """Measure and print."""
    return report("evm_gas", 1, 220_000)


if __name__ == "__main__":
    sys.exit(main())
