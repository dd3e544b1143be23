"""Transactions a second that the notary makes final over PostgreSQL; otherwise as ``notary_sqlite``.

The server is a local one, started for the run with its default durability (fsync on): the notary, its asker and the
server share this machine's processors. Where there is no PostgreSQL, a note on standard error and no line.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "proto" / "gen")]

from chains.progmat.notary.postgres_store import LeaseTerms, PostgresUniquenessStore  # noqa: E402 # the checkout must be importable first
from scripts.bench.notary_load.run import LEDGER_ID, StoreServer, raw_rate, report  # noqa: E402 # as above
from scripts.local_postgres import LocalPostgres, PostgresMissing, temporary_postgres  # noqa: E402 # as above

REQUESTS = 40_000


def main() -> int:
    """Measure and print."""
    try:
        with temporary_postgres() as server, tempfile.TemporaryDirectory(prefix="crossdvp-bench-") as folder:
            store = StoreServer(server.fresh_database(), server.pid)
            return report("notary_postgres", REQUESTS, store, Path(folder), lambda: _raw(server))
    except PostgresMissing as missing:
        print(f"notary_postgres: not measured: {missing}", file=sys.stderr)
        return 0


def _raw(server: LocalPostgres) -> float:
    store = PostgresUniquenessStore(
        server.fresh_database(), LEDGER_ID, LeaseTerms("raw"), lambda: time.time_ns() // 1_000_000
    )
    try:
        store.hold()
        return raw_rate(store, REQUESTS)
    finally:
        store.close()


if __name__ == "__main__":
    sys.exit(main())
