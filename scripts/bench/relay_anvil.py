"""Packets a second that the relayer brings to anvil in batches, against a plain sender of the same transactions.

The relayer's own path, store, account and endpoint deliver locks of a ledger's side (real checkpoints and proofs) to
our contracts on anvil: observe, plan, prove, simulate, sign, store, send, wait for the receipt; and bring the
acknowledgements back, with the node's proofs of them. There is a backlog of some thousands of packets, so that the rate
is a sustained one. The baseline: the chain is put back to where it was, and the very same signed transactions are
handed in one by one, each waited for. The ratio is what relaying leaves of what the node does. Both in one run; the
median of the rounds.

A transaction holds twenty packets, as where the gas of a batch is bounded; ``--batch`` tries another number. The larger
it is, the more packets come a second, and the smaller is their share of what the node takes from the plain sender.

The process is set up as the daemon's is: what is loaded is kept from the collector. It says warnings only.

Progress on standard error, one JSON line on standard output.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import structlog

from chains.evm.client.block_memory import BlockMemory
from chains.evm.client.rpc import EvmRpc
from chains.evm.json_value import Json
from relayer.chains.evm import EvmEndpoint, EvmSettings
from relayer.chains.evm_batches import BatchLimits
from relayer.core.lifecycle import PacketState
from relayer.evm_account import AccountRules, OwnedAccount
from relayer.evm_config import ConsensusKind
from relayer.evm_nonce_book import NonceBook
from relayer.evm_nonces import AccountKey
from relayer.path import Path as RelayedPath
from relayer.path import PathSettings
from relayer.process import keep_what_is_loaded
from relayer.service import never
from relayer.store import RelayerStore
from tests.conformance.chain_endpoint.evm_pairs import ends_of
from tests.fakes.anvil_world import AnvilWorld, anvil_world
from tests.fakes.evm_devnet_world import CHAIN_ID
from tests.fakes.evm_settlement_world import RELAYER, TIMEOUT_S
from tests.fakes.ledger_side_endpoint import LedgerSideEndpoint

ROUNDS, PACKETS, BATCH, SUBMISSION = 3, 3000, 20, 500
EARMARKS_A_BLOCK = 50
EARMARK_GAS = 400_000
NOT_AT_ONCE, AT_ONCE = False, True
LEAST_RATIO = 0.5
MOST_RELAY_ROUNDS = 50


class RecordingRpc(EvmRpc):
    """Keeps what was handed in, so that the baseline can hand in the same."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.raw: list[bytes] = []

    async def send_raw(self, raw: bytes) -> bytes:
        """See EvmRpc."""
        self.raw.append(raw)
        return await super().send_raw(raw)


@dataclass(frozen=True)
class Rates:
    """Packets a second of one round."""

    relayed: float
    plain: float
    transactions: int


async def locked_packets(world: AnvilWorld, ledger: LedgerSideEndpoint, first: int) -> None:
    """So many trades more: earmarked on anvil, many in a block, and locked on the ledger's side."""
    now_s = (await world.rpc.get_block()).timestamp_s
    await world.seller.execute(world.token.approve(world.adapter.address, PACKETS), TIMEOUT_S)
    await world.rpc.request("evm_setAutomine", NOT_AT_ONCE)
    for trade in range(first, first + PACKETS):
        terms = world.terms_at(now_s, trade, 1)
        terms = replace(terms, lock_by_s=now_s + 5000, settle_by_s=now_s + 9000)
        ledger.authorised[terms.trade_id] = terms
        await world.seller.send(replace(world.app.earmark(terms), gas=EARMARK_GAS))
        ledger.lock(terms)
        if trade % EARMARKS_A_BLOCK == 0:
            await world.rpc.request("evm_mine")
    await world.rpc.request("evm_mine")
    await world.rpc.request("evm_setAutomine", AT_ONCE)
    ledger.tick((await world.rpc.get_block()).timestamp_s)


async def relayed_in(
    world: AnvilWorld, ledger: LedgerSideEndpoint, rpc: RecordingRpc, store: RelayerStore, batch: int
) -> float:
    """Seconds until every packet was received on anvil."""
    book = NonceBook(store.database, store.evm_nonces, AccountKey(CHAIN_ID, world.relayer.address))
    account = OwnedAccount(rpc, RELAYER, CHAIN_ID, book, AccountRules(poll_interval_s=0.01), time.time)
    settings = EvmSettings(batches=BatchLimits(messages=batch))
    evm = EvmEndpoint(rpc, world.deployment, account, world.mock_prover, settings, BlockMemory())
    path = RelayedPath(
        (ledger, evm), store, PathSettings(5, batch=SUBMISSION), lambda: float(ledger.ledger.now_s), never
    )
    begun = time.perf_counter()
    for _ in range(MOST_RELAY_ROUNDS):
        await path.round()
        if store.counts().get(PacketState.SENT.value, 0) == 0:
            return time.perf_counter() - begun
    raise RuntimeError(f"not relayed after {MOST_RELAY_ROUNDS} rounds: {store.counts()}")


async def handed_in(rpc: EvmRpc, raw: list[bytes]) -> float:
    """Seconds for a plain sender of the same transactions, each of which must succeed."""
    begun = time.perf_counter()
    for each in raw:
        evm_tx_hash = await rpc.send_raw(each)
        while (receipt := await rpc.receipt(evm_tx_hash)) is None:  # noqa: ASYNC110 # a node must be asked
            await asyncio.sleep(0.002)
        if receipt.status.value != 1:
            raise RuntimeError("a transaction that succeeded for the relayer failed for the plain sender")
    return time.perf_counter() - begun


async def one_round(number: int, folder: Path, batch: int) -> Rates:
    """A fresh chain, the relayer first, then the plain sender from the same state."""
    async with anvil_world(holding=PACKETS) as world:
        _, ledger = await ends_of(world, ConsensusKind.MOCK)
        await locked_packets(world, ledger, 1)
        before: Json = await world.rpc.request("evm_snapshot")
        store = RelayerStore(folder / f"relayer-{number}.sqlite3")
        async with RecordingRpc(world.rpc.url) as rpc:
            relay_s = await relayed_in(world, ledger, rpc, store, batch)
            store.close()
            await world.rpc.request("evm_revert", before)
            plain_s = await handed_in(world.rpc, rpc.raw)
            return Rates(PACKETS / relay_s, PACKETS / plain_s, len(rpc.raw))


async def measure(batch: int) -> list[Rates]:
    """All rounds."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    keep_what_is_loaded()
    rounds = []
    with tempfile.TemporaryDirectory() as folder:
        for number in range(ROUNDS):
            rates = await one_round(number, Path(folder), batch)
            print(
                f"round {number + 1}: {rates.relayed:.0f} packets/s relayed, {rates.plain:.0f} plain, "
                f"{rates.transactions} transactions",
                file=sys.stderr,
            )
            rounds.append(rates)
    return rounds


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batch", type=int, default=BATCH, help="packets in a transaction")
    rounds = asyncio.run(measure(parser.parse_args().batch))
    relayed = statistics.median(rates.relayed for rates in rounds)
    plain = statistics.median(rates.plain for rates in rounds)
    ratio = statistics.median(rates.relayed / rates.plain for rates in rounds)
    line = {"name": "relay_anvil", "value": round(relayed, 1), "unit": "packets/s", "baseline": round(plain, 1)}
    print(json.dumps(line | {"ratio": round(ratio, 2), "bound": {"ratio": {"least": LEAST_RATIO}}}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
