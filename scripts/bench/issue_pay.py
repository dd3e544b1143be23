"""Pairs of an issue and a payment of cash, by four node processes on this machine, a pair counted when all recorded it.

A pair: the issuer issues to an account at the payer (notarised, delivered, recorded), then the payer pays an account at
the payee (countersigned by the issuer, notarised, delivered to both, recorded). Everything is real: gRPC with mTLS,
SQLite in WAL mode with ``synchronous=FULL``, Ed25519. The load is driven inside the payer's process.

``baseline`` is the raw store in the same run: the very rows the pairs left in the four databases, written again into
empty copies of the same tables in group commits of 64 pairs with nothing else to do. ``cpu_ms_a_pair`` is processor
time of all four nodes together, the notary's signature worker included.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "proto" / "gen")]

from scripts.bench.ledger_net.network import NOTARY, PAYEE, PAYER, cpu_s, running_network  # noqa: E402 # the checkout must be importable first
from scripts.bench.ledger_net.raw_rows import raw_rate  # noqa: E402 # as above

BOUND = {"value": {"least": 350}, "cpu_ms_a_pair": {"most": 4.5}, "p99_ms": {"most": 250}}
WARM_UP_S = 5.0


def main() -> int:
    """Command line; prints figures beside their bounds, which ``run`` judges: rates depend on what else runs here."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--in-flight", type=int, default=64)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="crossdvp-bench-") as scratch:
        with running_network(Path(scratch) / "network") as nodes:
            payer = nodes[PAYER]
            payer.ask("open_accounts", count=arguments.in_flight)
            keys = nodes[PAYEE].ask("open_accounts", count=arguments.in_flight)
            load = {"in_flight": arguments.in_flight, "payee": PAYEE, "payee_accounts": keys}
            payer.ask("pairs", name="warm", seconds=WARM_UP_S, **load)
            before = cpu_s(nodes)
            run = payer.ask("pairs", name="run", seconds=arguments.seconds, **load)
            used = {name: after - before[name] for name, after in cpu_s(nodes).items()}
        databases = [node.data / ("notary" if name == NOTARY else "node") for name, node in nodes.items()]
        baseline = raw_rate([path.with_suffix(".sqlite3") for path in databases], run["done"], Path(scratch))
    pairs = run["done"]
    value = pairs / run["elapsed_s"]
    cpu_ms = {name: 1000 * seconds / pairs for name, seconds in used.items()}
    print("CPU ms a pair: " + ", ".join(f"{name} {ms:.2f}" for name, ms in cpu_ms.items()), file=sys.stderr)
    line = {
        "name": "issue_pay",
        "value": round(value, 1),
        "unit": "pairs/s",
        "baseline": round(baseline, 1),
        "ratio": round(value / baseline, 3),
        "cpu_ms_a_pair": round(sum(cpu_ms.values()), 2),
        "p50_ms": round(run["p50_ms"], 1),
        "p99_ms": round(run["p99_ms"], 1),
        "pairs": pairs,
        "bound": BOUND,
    }
    print(json.dumps(line))
    return 0


if __name__ == "__main__":
    sys.exit(main())
