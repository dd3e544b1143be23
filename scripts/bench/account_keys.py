"""Accounts opened a second, each on disk when it is answered, in a store of 12,500; and how long that takes to open.

Opening the store verifies every key in it. Progress on standard error, one JSON line on standard output. Exit status 1
if a key does not come back.
"""

from __future__ import annotations

import json
import secrets
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from chains.progmat.identity import KeyPurpose, KeyStore, ScryptCost
from chains.progmat.identity.legacy_key_file import LegacyKey
from chains.progmat.keys.investor_keys import InvestorKeys
from primitives.signatures import SignatureScheme

ACCOUNTS = 12_500
OPENED = 400
SMALL = 400
PASSPHRASE = b"a benchmark's"
BOUND = {"open_cpu_s": {"most": 2.0}, "ratio": {"least": 0.5}}


def main() -> int:
    """Measure an empty store, then a full one."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "keys.db"
        store = KeyStore.create(path, PASSPHRASE, ScryptCost(14), "cn-a")
        report(f"opening {SMALL} accounts in an empty store")
        empty_rate = opened_a_second(store, 0, SMALL)
        report(f"filling it up to {ACCOUNTS}")
        store.keep_all(
            LegacyKey(f"account/{number}", KeyPurpose.ACCOUNT, SignatureScheme.ED25519, secrets.token_bytes(32))
            for number in range(ACCOUNTS - SMALL)
        )
        full_rate = opened_a_second(store, SMALL, OPENED)
        kept = set(store.account_keys())
        store.close()
        started_s = time.process_time()  # what other processes take is not counted
        again = KeyStore.open(path, PASSPHRASE, "cn-a")
        open_s = time.process_time() - started_s
        if set(again.account_keys()) != kept:
            report("a key did not come back")
            return 1
        again.close()
    line = {"name": "account_keys", "value": round(full_rate), "unit": "accounts/s", "baseline": round(empty_rate)}
    figures = {"ratio": round(full_rate / empty_rate, 2), "open_cpu_s": round(open_s, 2), "accounts": len(kept)}
    print(json.dumps(line | figures | {"bound": BOUND}))
    return 0


def opened_a_second(store: KeyStore, first: int, number: int) -> float:
    """Accounts of new investors."""
    investors = InvestorKeys(store)
    started_s = time.perf_counter()
    for each in range(first, first + number):
        investors.open(f"INV-{each}")
    return number / (time.perf_counter() - started_s)


def report(text: str) -> None:
    """To whoever watches."""
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
