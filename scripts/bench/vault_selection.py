"""Payments a second from one hot account, 64 in flight: our coin selection against largest-first, in the same run.

A whole ledger in this process (payer, payee, countersigning issuer, notary; SQLite files, in-process network), one
account that begins with one coin. Largest-first is what was there before: the largest free coins whoever asks, change
in one coin, and whoever finds none tries again by a doubling timer. Ours begins in the flow's shard, splits change
among those who wait, and wakes them when coins come back. Largest-first serves who happens to ask when the coin is
back, so its slowest payment says as much as its rate: it is that of those still waiting at the end.

Progress on standard error, one JSON line on standard output. Exit status 1 if a payment fails or yen are lost.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import sys
import tempfile
import time
from pathlib import Path
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
os.environ.setdefault("ETH_HASH_BACKEND", "pysha3")

from chains.progmat.flows.clock import SystemClock
from chains.progmat.flows.coin_queue import CoinQueue
from chains.progmat.flows.requests import MoveCash
from chains.progmat.flows.steps import FlowStep
from primitives.errors import CrossDvpError
from tests.fakes.ledger_parties import CN_B, COIN_ID, SN
from tests.integration.ledger.network import BUYER_ACCOUNT, CASH_PARTIES, SELLER_ACCOUNT, LedgerNetwork

IN_FLIGHT = 64
RUN_S = 10.0
FUNDS_YEN = 100_000_000
AMOUNT_YEN = 1_000
WAIT_S = 60


class TimersOnly(CoinQueue):
    """Nobody is known to wait, nobody is woken: as before there was a queue."""

    def note(self, flow_id: str, error: CrossDvpError) -> None:
        """Forget it."""


def main() -> int:
    """Measure both, each on a ledger of its own."""
    nodes, cash = "chains.progmat.node.ledger_node", "chains.progmat.vault.holdings"
    with mock.patch(f"{nodes}.CoinQueue", TimersOnly), mock.patch(f"{cash}.SHARD_INPUTS", 0):
        baseline, baseline_slowest_s = asyncio.run(payments_a_second("largest-first"))
    ours, slowest_s = asyncio.run(payments_a_second("sharded, change split"))
    line = {"name": "vault_selection", "value": round(ours, 1), "unit": "payments/s", "baseline": round(baseline, 2)}
    line["ratio"] = round(ours / baseline, 1)
    print(json.dumps(line | {"slowest_s": round(slowest_s, 2), "baseline_slowest_s": round(baseline_slowest_s, 2)}))
    return 0


async def payments_a_second(name: str) -> tuple[float, float]:
    """Payments that reached the vault, a second, over ``RUN_S``; and the slowest one, in seconds."""
    with tempfile.TemporaryDirectory() as folder:
        ledger = LedgerNetwork(Path(folder), clock=SystemClock())  # type: ignore[arg-type]  # a clock that moves itself
        for party in CASH_PARTIES:
            await ledger.start(party)
        await ledger.admit_members()
        await ledger.issue(FUNDS_YEN)
        numbers = itertools.count()
        start = time.perf_counter()

        began_s: dict[str, float] = {}
        took_s = [0.0]

        async def payer() -> None:
            while time.perf_counter() - start < RUN_S:
                move = MoveCash(f"pay-{next(numbers)}", COIN_ID, SN.name, AMOUNT_YEN, BUYER_ACCOUNT.key, SELLER_ACCOUNT)
                began_s[move.request_id] = time.perf_counter()
                record = await ledger.run(CN_B, move, WAIT_S)
                if record.step not in {FlowStep.RECORDED, FlowStep.DONE}:
                    raise SystemExit(f"{record.flow_id} {record.step.value}: {record.last_error}")
                took_s.append(time.perf_counter() - began_s.pop(move.request_id))

        payers = [asyncio.create_task(payer()) for _ in range(IN_FLIGHT)]
        await asyncio.sleep(RUN_S - (time.perf_counter() - start))
        paid = await finished(ledger)
        took_s += [time.perf_counter() - at_s for at_s in began_s.values()]
        done_in_time, still_waiting = await asyncio.wait(payers, timeout=1)
        for task in still_waiting:
            task.cancel()
        for task in done_in_time:
            task.result()
        if await ledger.total_yen(SN) != FUNDS_YEN:
            raise SystemExit("money is not conserved")
        await ledger.close()
    report(f"{name}: {paid} payments in {RUN_S:.0f} s with {IN_FLIGHT} in flight, the slowest {max(took_s):.2f} s")
    return paid / RUN_S, max(took_s)


async def finished(ledger: LedgerNetwork) -> int:
    """Payments that left the account, read off its balance."""
    held = await ledger.operations(CN_B).balances(COIN_ID, BUYER_ACCOUNT.key)
    return (FUNDS_YEN - sum(line.balance.total for line in held)) // AMOUNT_YEN


def report(text: str) -> None:
    """Progress, out of the way of the JSON line."""
    print(text, file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
