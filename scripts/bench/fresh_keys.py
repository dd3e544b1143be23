"""Processor time of one payment under fresh keys, and under the accounts' own: both in turn, on one ledger.

A whole ledger in this process (payer, payee, countersigning issuer, notary; SQLite files, in-process network). Batches
of payments take turns, so that whatever else the machine does falls on both. Counted is the time of this process in all
its threads: all four nodes together. What fresh keys add: the payee is asked for one and signs for it, the payer signs
for its change's, the issuer verifies and stores both.

Progress on standard error, one JSON line on standard output. Exit status 1 if a payment fails or yen are lost.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
os.environ.setdefault("ETH_HASH_BACKEND", "pysha3")

from chains.progmat.flows.request_base import KeyChoice
from chains.progmat.flows.requests import MoveCash
from ibc.dvp import CashAccount
from tests.fakes.ledger_parties import CN_A, CN_B, COIN_ID, SN
from tests.integration.ledger.network import CASH_PARTIES, LedgerNetwork, running_ledger

ROUNDS = 20
PAYMENTS_A_BATCH = 32
FUNDS_YEN = 10_000_000


def main() -> int:
    """Measure."""
    plain_ms, fresh_ms = asyncio.run(processor_time_ms())
    line = {"name": "fresh_keys", "value": round(fresh_ms, 2), "unit": "ms of processor time a payment"}
    print(json.dumps(line | {"baseline": round(plain_ms, 2), "ratio": round(fresh_ms / plain_ms, 2)}))
    return 0


async def processor_time_ms() -> tuple[float, float]:
    """Of one payment under the accounts' keys, and under fresh ones: medians of the batches."""
    spent_ms: dict[KeyChoice, list[float]] = {KeyChoice.ACCOUNT: [], KeyChoice.FRESH: []}
    with tempfile.TemporaryDirectory() as folder:
        async with running_ledger(Path(folder), CASH_PARTIES) as ledger:
            payers = {choice: await ledger.operations(CN_B).open_account(choice.name) for choice in spent_ms}
            payee = await ledger.operations(CN_A).open_account("payee")
            for payer in payers.values():
                for _ in range(PAYMENTS_A_BATCH):
                    await ledger.issue(FUNDS_YEN // PAYMENTS_A_BATCH, payer)
            for number in range(ROUNDS):
                for choice, payer in payers.items():
                    spent_ms[choice].append(await batch_ms(ledger, payer, payee, choice, f"{number}/{choice.name}"))
            if await ledger.total_yen(SN) != 2 * (FUNDS_YEN // PAYMENTS_A_BATCH) * PAYMENTS_A_BATCH:
                raise SystemExit("money is not conserved")
    for choice, measured in spent_ms.items():
        print(f"{choice.name}: {', '.join(f'{ms:.1f}' for ms in measured)} ms a payment", file=sys.stderr)
    return median(spent_ms[KeyChoice.ACCOUNT]), median(spent_ms[KeyChoice.FRESH])


async def batch_ms(
    ledger: LedgerNetwork, payer: CashAccount, payee: CashAccount, choice: KeyChoice, name: str
) -> float:
    """Processor time of one payment in a batch that is paid all at once, and delivered."""
    began_s = time.process_time()
    moves = (
        MoveCash(f"{name}/{number}", COIN_ID, SN.name, 10, payer.key, payee, choice)
        for number in range(PAYMENTS_A_BATCH)
    )
    await asyncio.gather(*(ledger.done(CN_B, move) for move in moves))
    return 1000 * (time.process_time() - began_s) / PAYMENTS_A_BATCH


if __name__ == "__main__":
    sys.exit(main())
