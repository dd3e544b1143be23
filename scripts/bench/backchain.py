"""How long a payment takes whose coin has 1,000 ancestors, each linked to the one before, that the payee never saw.

Measured is the whole payment, from the payer's request until everybody has recorded it: countersigned, notarised,
delivered; the payee fetches the ancestors, verifies every signature and contract of each, and records them.
``baseline`` is the raw store in the same run: the rows the payee's database then holds, written again as in
``issue_pay``, in seconds; the ratio is the store's share of the time.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "proto" / "gen")]

from scripts.bench.ledger_net.network import PAYEE, PAYER, cpu_s, running_network  # noqa: E402 # the checkout must be importable first
from scripts.bench.ledger_net.raw_rows import raw_rate  # noqa: E402 # as above

BOUND = {"value": {"most": 2.0}}


def main() -> int:
    """Command line; prints figures beside their bound, which ``run`` judges."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ancestors", type=int, default=1_000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="crossdvp-bench-") as scratch:
        with running_network(Path(scratch) / "network") as nodes:
            nodes[PAYER].ask("open_accounts", count=2)
            (account,) = nodes[PAYEE].ask("open_accounts", count=1)
            print(f"linking {arguments.ancestors} ledger transactions", file=sys.stderr, flush=True)
            holder = nodes[PAYER].ask("chain", length=arguments.ancestors)
            before = cpu_s(nodes)
            value = nodes[PAYER].ask("pay", name="last", account=holder, payee=PAYEE, payee_account=account)
            used = {name: after - before[name] for name, after in cpu_s(nodes).items()}
        recorded = arguments.ancestors + 1
        baseline = recorded / raw_rate([nodes[PAYEE].data / "node.sqlite3"], recorded, Path(scratch))
    print("CPU s: " + ", ".join(f"{name} {seconds:.2f}" for name, seconds in used.items()), file=sys.stderr)
    line = {
        "name": "backchain",
        "value": round(value, 3),
        "unit": "s",
        "baseline": round(baseline, 3),
        "ratio": round(baseline / value, 3),
        "cpu_s": round(sum(used.values()), 2),
        "ancestors": arguments.ancestors,
        "bound": BOUND,
    }
    print(json.dumps(line))
    return 0


if __name__ == "__main__":
    sys.exit(main())
