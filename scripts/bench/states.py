"""Output states a second, at 20 outputs a ledger transaction: issues by one node to accounts at another.

An issue is countersigned by nobody, notarised, recorded by the issuer, delivered, verified and recorded by the other
node; it counts when both have it. Three node processes, everything real (see ``issue_pay``); the load is driven inside
the issuer's process. ``baseline`` is the raw store in the same run, as in ``issue_pay``, in output states a second.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "proto" / "gen")]

from scripts.bench.ledger_net.network import ISSUER, NOTARY, PAYER, cpu_s, running_network  # noqa: E402 # the checkout must be importable first
from scripts.bench.ledger_net.raw_rows import raw_rate  # noqa: E402 # as above

OUTPUTS = 20
IN_FLIGHT = 64
WARM_UP_S = 3.0
BOUND = {"value": {"least": 5_000}}


def main() -> int:
    """Command line; prints figures beside their bound, which ``run`` judges."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=20.0)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="crossdvp-bench-") as scratch:
        with running_network(Path(scratch) / "network") as nodes:
            accounts = nodes[PAYER].ask("open_accounts", count=64)
            load = {"in_flight": IN_FLIGHT, "outputs": OUTPUTS, "node": PAYER, "accounts": accounts}
            nodes[ISSUER].ask("many_outputs", name="warm", seconds=WARM_UP_S, **load)
            before = cpu_s(nodes)
            run = nodes[ISSUER].ask("many_outputs", name="run", seconds=arguments.seconds, **load)
            used_s = sum(after - before[name] for name, after in cpu_s(nodes).items())
        databases = [nodes[name].data / file for name, file in ((ISSUER, "node"), (PAYER, "node"), (NOTARY, "notary"))]
        baseline = OUTPUTS * raw_rate([path.with_suffix(".sqlite3") for path in databases], run["done"], Path(scratch))
    outputs = OUTPUTS * run["done"]
    value = outputs / run["elapsed_s"]
    line = {
        "name": "states",
        "value": round(value, 1),
        "unit": "output states/s",
        "baseline": round(baseline, 1),
        "ratio": round(value / baseline, 3),
        "cpu_us_a_state": round(1_000_000 * used_s / outputs, 1),
        "p99_ms": round(run["p99_ms"], 1),
        "bound": BOUND,
    }
    print(json.dumps(line))
    return 0


if __name__ == "__main__":
    sys.exit(main())
