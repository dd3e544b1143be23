"""A coupon paid in coin to 12,500 holders of a record date at two custodians, by five node processes here.

From the registrar's order until registrar, payer and the other custodian have recorded the last payment: the register
of the date is fixed, amounts are computed, parts opened on the ledger, and every batch is one ledger transaction that
the payer's node builds and signs, the issuer countersigns, the notary commits and all four record. Everything is real:
gRPC with mTLS, SQLite in WAL mode with ``synchronous=FULL``, Ed25519. At the end every holder has his line, to the yen.

``baseline`` is how long the raw store takes for the rows that this left (see ``issue_pay``); ``ratio`` is how many
times as long the coupon took.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
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

BOUND = {"value": {"most": 30}}
HOLDERS = 12_500


def main() -> int:
    """Command line; prints figures beside their bounds, which ``run`` judges: rates depend on what else runs here."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--holders", type=int, default=HOLDERS)
    parser.add_argument("--part-lines", type=int, default=2_000)
    parser.add_argument("--batch-lines", type=int, default=200)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="crossdvp-bench-") as scratch:
        with running_network(Path(scratch) / "network", CASH_AND_TOKENS) as nodes:
            payer = _prepared(nodes, arguments.holders)
            before = cpu_s(nodes)
            begun_s = time.monotonic()
            sizes = {"part_lines": arguments.part_lines, "batch_lines": arguments.batch_lines}
            order = nodes[REGISTRAR].ask("order_coupon", name="coupon", payer_node=PAYER, payer=payer, **sizes)
            parts = [nodes[name].ask("coupon_paid", distribution_id=order["id"]) for name in (PAYER, REGISTRAR, PAYEE)]
            value = time.monotonic() - begun_s
            used = {name: after - before[name] for name, after in cpu_s(nodes).items()}
            _require_paid(nodes, payer, order)
        databases = [node.data / ("notary" if name == NOTARY else "node") for name, node in nodes.items()]
        rate = raw_rate([path.with_suffix(".sqlite3") for path in databases], order["holders"], Path(scratch))
    baseline = order["holders"] / rate
    print("CPU s: " + ", ".join(f"{name} {seconds:.2f}" for name, seconds in used.items()), file=sys.stderr)
    line = {
        "name": "coupon",
        "value": round(value, 2),
        "unit": "s",
        "baseline": round(baseline, 2),
        "ratio": round(value / baseline, 2),
        "holders": order["holders"],
        "yen": order["net"],
        "parts": parts[0],
        "ordered_s": round(order["ordered_s"], 2),
        "cpu_s": round(sum(used.values()), 2),
        "bound": BOUND,
    }
    print(json.dumps(line))
    return 0


def _prepared(nodes: dict[str, BenchNode], holders: int) -> str:
    """Holders at both custodians, a payer with one big coin and a mandate; returns its account."""
    (payer,) = nodes[PAYER].ask("open_accounts", count=1)
    nodes[ISSUER].ask("issue_cash", node=PAYER, accounts=[payer])
    half = holders // 2
    nodes[REGISTRAR].ask("register_holders", node=PAYER, count=half, seed=1)
    nodes[REGISTRAR].ask("register_holders", node=PAYEE, count=holders - half, seed=1 + half)
    nodes[PAYER].ask("give_mandate", account=payer)
    time.sleep(1.1)  # the record date's cut-off is a whole second, and what comes after it does not count
    return str(payer)


def _require_paid(nodes: dict[str, BenchNode], payer: str, order: dict[str, int]) -> None:
    found = [nodes[name].ask("received", payer=payer) for name in (PAYER, PAYEE)]
    accounts, yen = (sum(each[what] for each in found) for what in ("accounts", "yen"))
    if (accounts, yen) != (order["holders"], order["net"]):
        raise RuntimeError(f"{accounts} accounts have {yen} yen, {order['holders']} are due {order['net']}")


if __name__ == "__main__":
    sys.exit(main())
