"""Transactions a second that the notary makes final over SQLite: two inputs each, every request signed by its asker.

The notary is a process of its own, asked by two others over gRPC with mTLS; ``baseline`` is the same store driven
directly in batches of 64, conflict check included, in the same run.
"""

from __future__ import annotations

import sys
import tempfile
from itertools import count
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "proto" / "gen")]

from chains.progmat.notary.sqlite_store import SqliteUniquenessStore  # noqa: E402 # the checkout must be importable first
from scripts.bench.notary_load.run import LEDGER_ID, raw_rate, report  # noqa: E402 # as above

REQUESTS = 40_000


def main() -> int:
    """Measure and print."""
    numbers = count()
    with tempfile.TemporaryDirectory(prefix="crossdvp-bench-") as folder:
        scratch = Path(folder)

        def raw() -> float:
            store = SqliteUniquenessStore(scratch / f"raw-{next(numbers)}.sqlite3", LEDGER_ID)
            try:
                return raw_rate(store, REQUESTS)
            finally:
                store.close()

        return report("notary_sqlite", REQUESTS, None, scratch, raw)


if __name__ == "__main__":
    sys.exit(main())
