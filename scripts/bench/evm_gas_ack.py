"""Gas of update + acknowledgement of a packet sent from the EVM, which pays a fresh buyer: alone, and of 20 each.

What a settlement costs whose securities lead; `tests/fakes/relay_gas.py` says what exactly is measured. The value is
that of one packet. Gas is deterministic: no rounds.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.fakes.relay_gas import measure_acknowledgements

BATCH = 20


def main() -> int:
    """Measure and print."""
    alone = measure_acknowledgements(1)
    each_of_a_batch = measure_acknowledgements(BATCH) // BATCH
    bound = {"value": {"most": 160_000}, "of_20": {"most": 85_000}}
    line = {"name": "evm_gas_ack", "value": alone, "unit": "gas", "of_20": each_of_a_batch}
    print(json.dumps(line | {"ratio": round(each_of_a_batch / alone, 2), "bound": bound}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
