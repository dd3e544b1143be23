"""Complete cross-chain settlements a second on a fresh devnet with 1 s blocks, instructed at a steady rate.

Every trade is real: both brokers instruct over gRPC, the buyer's authorises at its custodian node, the seller earmarks
on the EVM chain; gateway, nodes, notary, Validators and relayer do the rest. A trade's clock runs from its instructions
to its end as a watcher of the gateway sees it. The baseline is the rate at which trades were begun.

``--rate``, ``--seconds``. Progress on standard error, one JSON line on standard output; exit status 1 if the two
ledgers do not hold what the ends say.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import secrets
import statistics
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Self

from crossdvp.gateway.v1 import settlement_service_pb2 as pb

from chains.evm.client.account import EvmAccount
from chains.evm.client.deployment import address_bytes
from chains.evm.client.dvp_app import DvpAppBinding
from chains.evm.client.rpc import EvmRpc
from chains.evm.client.token import TokenBinding
from chains.progmat.client.ledger_client import LedgerClient
from chains.progmat.flows.requests import IssueCash
from ibc.dvp import CashAccount, SettlementTerms
from relayer.devnet.access import gateway_client
from relayer.devnet.boot import boot, shut_down
from relayer.devnet.chain_access import deployment_of, ledger_client
from relayer.devnet.instruments import read_secret
from relayer.devnet.layout import DevnetState, read_state
from relayer.devnet.stage import FINAL, Holdings, Stage
from relayer.devnet.trading import APPROVE_GAS, EARMARK_GAS, TradePlan, plan_terms
from relayer.gateway.client import GatewayClient
from relayer.gateway.matching import Side

BOUND = {"value": {"least": 15}, "p99_block_periods": {"most": 6}}
AMOUNT_YEN, QUANTITY = 10_000, 1
COINS, COIN_YEN = 400, 1_000_000
LOCK_IN_S, SETTLE_IN_S = 600, 1200
WARM_UP_S, DRAIN_S, TAKEN_IN_S = 10, 60, 10
TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")


def _say(text: str) -> None:
    sys.stderr.write(f"dvp_throughput: {text}\n")
    sys.stderr.flush()


@dataclass
class Trades:
    """What was begun and what has ended, on this process's clock."""

    begun_s: dict[str, float] = field(default_factory=dict)
    ended_s: dict[str, float] = field(default_factory=dict)
    ends: Counter[str] = field(default_factory=Counter)
    all_ended: asyncio.Event = field(default_factory=asyncio.Event)
    offered: bool = False

    def end(self, settlement: pb.Settlement) -> None:
        """Take in an end; a repeat changes nothing."""
        if settlement.name in self.begun_s and settlement.name not in self.ended_s:
            self.ended_s[settlement.name] = time.monotonic()
            self.ends[pb.SettlementState.Name(settlement.state).removeprefix("SETTLEMENT_STATE_").lower()] += 1
        if self.offered and len(self.ended_s) == len(self.begun_s):
            self.all_ended.set()


class Brokers:
    """Both brokers' platforms with connections that stay open. Use as an asynchronous context manager."""

    def __init__(self, directory: Path, state: DevnetState) -> None:
        self._directory, self._state = directory, state
        deployment = deployment_of(directory, state)
        self._app = DvpAppBinding(address_bytes(deployment.dvp_app))
        self._seller: GatewayClient = gateway_client(directory, state, state.seller.broker)
        self._buyer: GatewayClient = gateway_client(directory, state, state.buyer.broker)
        self._custodian: LedgerClient = ledger_client(directory, state.nodes[state.buyer.node], state.buyer.broker)
        self._rpc = EvmRpc(state.rpc_url)
        secret = read_secret(directory, state.seller.evm_key_file)
        self._account = EvmAccount(self._rpc, secret, deployment.chain_id)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_exception: object) -> None:
        await asyncio.gather(self._seller.close(), self._buyer.close(), self._custodian.close(), self._rpc.close())

    async def approve(self, terms: SettlementTerms, units: int) -> None:
        """Once for all trades."""
        approval = TokenBinding(terms.security.token).approve(terms.security.adapter, units)
        await self._account.execute(replace(approval, gas=APPROVE_GAS), timeout_s=30.0)

    async def begin(self, trades: Trades) -> None:
        """One trade, up to the sent earmark."""
        terms = plan_terms(self._directory, self._state, TradePlan(QUANTITY, AMOUNT_YEN, LOCK_IN_S, SETTLE_IN_S))
        await asyncio.gather(
            self._seller.create(Side.SELLER, terms),
            self._custodian.authorise_trade(secrets.token_hex(16), terms),
            self._buyer.create(Side.BUYER, terms),
        )
        trades.begun_s[f"settlements/{terms.trade_id.hex()}"] = time.monotonic()
        await self._account.send(replace(self._app.earmark(terms, b""), gas=EARMARK_GAS))

    async def watch(self, trades: Trades) -> None:
        """Every end, for ever."""
        async for event in self._seller.watch():
            if event.settlement.state in FINAL:
                trades.end(event.settlement)


async def split_coins(directory: Path, state: DevnetState) -> None:
    """Money in many coins, as a broker that settles all day holds it."""
    issuer = ledger_client(directory, state.nodes["sn"])
    to = CashAccount(state.buyer.node, bytes.fromhex(state.buyer.cash_key))
    try:
        for first in range(0, COINS, 50):
            batch = (IssueCash(f"split-{n}", state.coin_id, COIN_YEN, to) for n in range(first, first + 50))
            await asyncio.gather(*(issuer.submit(request) for request in batch))
    finally:
        await issuer.close()


async def offer(brokers: Brokers, trades: Trades, rate: float, seconds: float) -> None:
    """Begin trades at a steady rate, however long each takes."""
    started_s, under_way = time.monotonic(), set[asyncio.Task[None]]()
    for number in range(round(rate * seconds)):
        await asyncio.sleep(max(0.0, started_s + number / rate - time.monotonic()))
        task = asyncio.create_task(brokers.begin(trades))
        under_way.add(task)
        task.add_done_callback(under_way.discard)
        if number % round(rate * 5) == 0:
            _say(f"{len(trades.begun_s)} begun, {len(trades.ended_s)} ended")
    await asyncio.gather(*under_way)


def processor_s(state: DevnetState) -> dict[str, float]:
    """Processor seconds that each process has used."""
    used = {}
    for process in state.processes:
        fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
        used[process.name] = (int(fields[11]) + int(fields[12])) / TICKS_A_SECOND
    return used


async def measure(directory: Path, rate: float, seconds: float) -> tuple[Trades, dict[str, float], bool]:
    """Run the load; what became of the trades, processor milliseconds a trade by process, whether the ledgers agree."""
    state = read_state(directory)
    _say("issuing the buyer's money in many coins")
    await split_coins(directory, state)
    async with Stage(directory, state) as stage, Brokers(directory, state) as brokers:
        terms = plan_terms(directory, state, TradePlan(1, 1, LOCK_IN_S, SETTLE_IN_S))
        await brokers.approve(terms, 10**9)
        seller_has = round(rate * seconds) * QUANTITY
        await stage.registrar_sends(
            TokenBinding(terms.security.token).mint(address_bytes(state.seller.evm_address), seller_has)
        )
        before, trades, used = await stage.holdings(), Trades(), processor_s(state)
        watching = asyncio.create_task(brokers.watch(trades))
        await offer(brokers, trades, rate, seconds)
        trades.offered = True
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(trades.all_ended.wait(), DRAIN_S)
        watching.cancel()
        spent = {name: at_end - used[name] for name, at_end in processor_s(state).items()}
        count = trades.ends["settled"]
        moved = Holdings(-QUANTITY * count, QUANTITY * count, AMOUNT_YEN * count, -AMOUNT_YEN * count)
        agrees = await hold(stage, Holdings(*(was + vars(moved)[name] for name, was in vars(before).items())))
        return trades, {name: 1000 * used_s / max(1, count) for name, used_s in spent.items()}, agrees


async def hold(stage: Stage, expected: Holdings) -> bool:
    """Whether the ledgers come to it: the seller's node takes in a delivery after the buyer's has told the end."""
    for _ in range(TAKEN_IN_S):
        if await stage.holdings() == expected:
            return True
        await asyncio.sleep(1.0)
    return False


def figures(trades: Trades, rate: float, seconds: float) -> dict[str, float | int]:
    """Settled a second after the warm-up until the last instruction; times to settle of those begun in that time."""
    first_s = min(trades.begun_s.values())
    from_s, until_s = first_s + min(WARM_UP_S, seconds / 4), first_s + seconds
    ended = sum(from_s <= at_s < until_s for at_s in trades.ended_s.values())
    took_s = sorted(
        trades.ended_s[name] - begun
        for name, begun in trades.begun_s.items()
        if begun >= from_s and name in trades.ended_s
    )
    percentiles = statistics.quantiles(took_s, n=100) if len(took_s) > 1 else [float("inf")] * 99
    value = ended / (until_s - from_s)
    return {
        "value": round(value, 2),
        "baseline": rate,
        "ratio": round(value / rate, 3),
        "p50_block_periods": round(percentiles[49], 2),
        "p99_block_periods": round(percentiles[98], 2),
        "begun": len(trades.begun_s),
        "settled": trades.ends["settled"],
    }


async def main() -> int:
    """Boot, measure, shut down."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=float, default=16.0, help="trades begun a second")
    parser.add_argument("--seconds", type=float, default=130.0, help="for how long trades are begun")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="crossdvp-bench-") as scratch:
        directory = Path(scratch) / "devnet"
        try:
            await boot(directory, _say)
            trades, cpu_ms, agrees = await measure(directory, options.rate, options.seconds)
        finally:
            shut_down(directory)
    for name, ms in sorted(cpu_ms.items(), key=lambda item: -item[1]):
        _say(f"{name:12} {ms:7.1f} ms of processor time a settlement")
    line: dict[str, object] = {
        "name": "dvp_throughput",
        "unit": "settlements/s",
        **figures(trades, options.rate, options.seconds),
    }
    line |= {"cpu_ms_a_settlement": round(sum(cpu_ms.values()), 1), "bound": BOUND}
    sys.stdout.write(json.dumps(line) + "\n")
    if not agrees:
        _say("the ledgers do not hold what the ends say")
    return 0 if agrees else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
