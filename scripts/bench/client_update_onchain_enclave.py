"""Gas of one update of the enclave light client through the router, two of three operators signing.

On py-evm under berlin rules; `tests/fakes/enclave_gas.py` says what exactly is measured. The baseline is what LCP
publishes for its contract with one signature. Gas is deterministic: no rounds.

Progress on standard error, one JSON line on standard output.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.fakes.enclave_gas import measure_enclave_client

PUBLISHED_UPDATE_GAS = 71_000
MOST_GAS = 75_000


def main() -> int:
    """Measure and print."""
    print("registering two enclaves, updating twice, proving presence", file=sys.stderr)
    gas = measure_enclave_client()
    line = {
        "name": "client_update_onchain_enclave",
        "value": gas.update,
        "unit": "gas",
        "baseline": PUBLISHED_UPDATE_GAS,
        "ratio": round(gas.update / PUBLISHED_UPDATE_GAS, 2),
        "membership_execution": gas.membership_execution,
        "registration": gas.registration,
        "bound": {"value": {"most": MOST_GAS}},
    }
    print(json.dumps(line))
    return 0


if __name__ == "__main__":
    sys.exit(main())
