"""Five-party settlements of tokens against cash, by five node processes here, counted when all have recorded them.

A settlement is everything of it: the buyer's platform authorises the terms at the buying CN, the selling CN asks for
the buyer's coins, builds, verifies and signs; buying CN, AN and SN verify and sign; the notary commits; all four record
it. Everything is real: gRPC with mTLS, SQLite in WAL mode with ``synchronous=FULL``, Ed25519. The load is driven inside
the selling CN's process, one trade at a time in each pair of accounts.

``year`` is how long one broker's year of the business case takes at this rate, or took: ``--count 22500`` settles one.
``baseline`` is the raw store in the same run, as in ``issue_pay``. ``cpu_ms`` is of all five processes together.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "proto" / "gen")]

from scripts.bench.ledger_net.network import (  # noqa: E402 # the checkout must be importable first
    CASH_AND_TOKENS,
    ISSUER,
    NOTARY,
    PAYEE,
    PAYER,
    REGISTRAR,
    BenchNode,
    cpu_s,
    running_network,
)
from scripts.bench.ledger_net.raw_rows import raw_rate  # noqa: E402 # as above

BOUND = {"value": {"least": 200}, "year_s": {"most": 180}}
SELLER, BUYER = PAYER, PAYEE
YEAR = 22_500
WARM_UP_S = 5.0


def main() -> int:
    """Command line; prints figures beside their bounds, which ``run`` judges: rates depend on what else runs here."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--count", type=int, default=0, help="so many settlements, instead of a time")
    parser.add_argument("--in-flight", type=int, default=128)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="crossdvp-bench-") as scratch:
        with running_network(Path(scratch) / "network", CASH_AND_TOKENS) as nodes:
            load = _accounts(nodes, arguments.in_flight)
            nodes[SELLER].ask("settlements", seconds=WARM_UP_S, **load)
            before = cpu_s(nodes)
            until = {"count": arguments.count} if arguments.count else {"seconds": arguments.seconds}
            run = nodes[SELLER].ask("settlements", **until, **load)
            used = {name: after - before[name] for name, after in cpu_s(nodes).items()}
        databases = [node.data / ("notary" if name == NOTARY else "node") for name, node in nodes.items()]
        baseline = raw_rate([path.with_suffix(".sqlite3") for path in databases], run["done"], Path(scratch))
    done = run["done"]
    value = done / run["elapsed_s"]
    cpu_ms = {name: 1000 * seconds / done for name, seconds in used.items()}
    print("CPU ms a settlement: " + ", ".join(f"{name} {ms:.2f}" for name, ms in cpu_ms.items()), file=sys.stderr)
    line = {
        "name": "native_dvp",
        "value": round(value, 1),
        "unit": "settlements/s",
        "baseline": round(baseline, 1),
        "ratio": round(value / baseline, 3),
        "cpu_ms": round(sum(cpu_ms.values()), 2),
        "p50_ms": round(run["p50_ms"], 1),
        "p99_ms": round(run["p99_ms"], 1),
        "settlements": done,
        "year_s": math.ceil(YEAR / value),
        "bound": BOUND,
    }
    print(json.dumps(line))
    return 0


def _accounts(nodes: dict[str, BenchNode], count: int) -> dict[str, object]:
    """Accounts with plenty of tokens at the seller's node, and of coin at the buyer's."""
    sellers = nodes[SELLER].ask("open_accounts", count=count)
    buyers = nodes[BUYER].ask("open_accounts", count=count)
    nodes[REGISTRAR].ask("issue_tokens", node=SELLER, accounts=sellers)
    nodes[ISSUER].ask("issue_cash", node=BUYER, accounts=buyers)
    return {"sellers": sellers, "buyer_node": BUYER, "buyers": buyers}


if __name__ == "__main__":
    sys.exit(main())
