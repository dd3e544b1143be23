"""The proof architectures side by side: one packet from the ledger to the EVM chain, its gas, its way, whom it trusts.

`tests/fakes/proof_architectures.py` says what exactly is measured. ``value`` is the gas of an update through the hub,
``baseline`` of a direct one, both through the router. Latency is in blocks and ledger transactions that must follow one
another after the checkpoint is signed: a hub adds one of its own. Gas is deterministic: no rounds.

A table on standard error, one JSON line on standard output. The enclave's row is measured by its own benchmark.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.fakes.proof_architectures import ArchitectureGas, measure_direct, measure_hub

COLUMNS = ("architecture", "update gas", "proof gas", "packet gas", "update bytes", "blocks", "trusts")
TRUSTED = {
    "direct": "the ledger's Validators, k of n",
    "hub": "the ledger's Validators, k of n, and the hub's validators, more than 2/3 of them",
}
BLOCKS = {"direct": 1, "hub": 2}


def row(name: str, gas: ArchitectureGas) -> dict[str, object]:
    """One architecture's figures."""
    figures = {"update_gas": gas.update, "membership_gas": gas.membership, "packet_gas": gas.packet}
    return {
        "architecture": name,
        **figures,
        "update_bytes": gas.update_bytes,
        "latency_blocks": BLOCKS[name],
        "trusts": TRUSTED[name],
    }


def main() -> int:
    """Measure and print."""
    print("one packet directly", file=sys.stderr)
    direct = measure_direct()
    print("the same packet through a hub", file=sys.stderr)
    hub = measure_hub()
    rows = [row("direct", direct), row("hub", hub)]
    print("  ".join(COLUMNS), file=sys.stderr)
    for line in rows:
        print("  ".join(str(cell) for cell in line.values()), file=sys.stderr)
    bound = {"value": {"most": 250_000}, "ratio": {"most": 4.5}}
    figures = {"name": "proof_architectures", "value": hub.update, "unit": "gas", "baseline": direct.update}
    print(json.dumps(figures | {"ratio": round(hub.update / direct.update, 2), "rows": rows, "bound": bound}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
