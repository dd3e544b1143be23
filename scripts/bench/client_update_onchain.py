"""Gas of one header brought to ProgmatLightClient through the router, n = 4 (k = 3), and of one proof at depth 20.

A transaction of its own; beside it what larger sets cost. `membership` is execution alone, with every sibling present.
The baseline is what 3 recoveries and the two slots that an update must change cost: 9,000 and 10,000. Gas is
deterministic: no rounds.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.fakes.relay_gas import measure_membership, measure_update

BASELINE = 19_000
LARGER_SETS = ((5, 7), (7, 10), (11, 16))


def main() -> int:
    """Measure and print."""
    gas = measure_update(3, 4)
    larger = {f"{k}_of_{n}": measure_update(k, n) for k, n in LARGER_SETS}
    bound = {"value": {"most": 62_000}, "membership": {"most": 16_000}}
    figures = {"ratio": round(gas / BASELINE, 2), "membership": measure_membership(), **larger}
    line = {"name": "client_update_onchain", "value": gas, "unit": "gas", "baseline": BASELINE}
    print(json.dumps({**line, **figures, "bound": bound}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
