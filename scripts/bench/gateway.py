"""Pairs a second of an instruction and its affirmation, each by its own broker: gRPC over TCP and mTLS, SQLite, fsync.

The gateway is a process of its own, the load another one, with 64 pairs in flight: a pair is created by the seller's
broker, and affirmed by the buyer's once the answer is there; each answer comes after the disk has it. Requests are
built before the clock starts, and answers parsed after it has stopped: the load shares the gateway's processors.
``baseline``: unary calls a second that the same server answers at the same time of day when they do nothing (health
checks), as many in flight; ``ratio``: calls of pairs (two a pair) to those. The gateway's CPU time a pair is its own
process's, beside that of an empty call: on a busy machine both grow, and their ratio tells.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "proto" / "gen")]

from crossdvp.gateway.v1 import settlement_service_pb2 as pb  # noqa: E402 # the checkout must be importable first
from grpc_health.v1 import health_pb2  # noqa: E402 # as above

from chains.progmat.client.channel import ApiEndpoint, open_channel  # noqa: E402 # as above
from ibc.dvp import terms_hash  # noqa: E402 # as above
from relayer.gateway.settlement_codec import encode_terms  # noqa: E402 # as above
from scripts.bench.gateway_load.server import BUYER, NAME, SELLER, tls_in  # noqa: E402 # as above
from tests.fakes.rpc_parties import tls_of  # noqa: E402 # as above
from tests.fakes.settlement_terms import some_terms  # noqa: E402 # as above

IN_FLIGHT = 64
CHANNELS = 4
WARM_UP = 500
BOUND = {"value": {"least": 800}}
_SERVICE = "/crossdvp.gateway.v1.SettlementService/"
Pair = tuple[bytes, bytes]
"""Both requests, encoded."""


def write_certificates(folder: Path) -> None:
    """Of the gateway and both brokers."""
    for name in (NAME, SELLER, BUYER):
        tls = tls_of(name)
        for part, content in (
            ("authority", tls.authority),
            ("certificate", tls.certificate),
            ("key", tls.private_key),
        ):
            (folder / f"{name}.{part}").write_bytes(content)


def build(first: int, count: int) -> list[Pair]:
    """Requests of trades that no other has."""
    lock_by_s = int(time.time()) + 3600
    pairs = []
    for trade in range(first, first + count):
        terms = some_terms(trade, lock_by_s=lock_by_s)
        create = pb.CreateSettlementRequest(
            request_id=str(uuid.UUID(int=2 * trade)),
            side=pb.SIDE_SELLER,
            terms=encode_terms(terms),
            reference=f"S{trade}",
        )
        affirm = pb.AffirmSettlementRequest(
            request_id=str(uuid.UUID(int=2 * trade + 1)),
            name=f"settlements/{terms.trade_id.hex()}",
            terms_hash=terms_hash(terms),
            reference=f"B{trade}",
        )
        pairs.append((create.SerializeToString(), affirm.SerializeToString()))
    return pairs


class Load:
    """Connections of both brokers; calls of bytes, so that little of the processors is theirs."""

    def __init__(self, folder: Path, port: int) -> None:
        endpoint = ApiEndpoint(NAME, f"127.0.0.1:{port}")
        self._channels = [
            (open_channel(endpoint, tls_in(folder, SELLER)), open_channel(endpoint, tls_in(folder, BUYER)))
            for _ in range(CHANNELS)
        ]
        self.answers: list[bytes] = []
        self.latencies_s: list[float] = []

    async def pairs(self, pairs: list[Pair]) -> float:
        """All pairs; pairs a second."""
        waiting = iter(pairs)

        async def work(number: int) -> None:
            sellers, buyers = self._channels[number % CHANNELS]
            create, affirm = (
                channel.unary_unary(_SERVICE + method, None, None)
                for channel, method in ((sellers, "CreateSettlement"), (buyers, "AffirmSettlement"))
            )
            for first, second in waiting:
                began_s = time.perf_counter()
                await create(first)
                self.answers.append(await affirm(second))
                self.latencies_s.append(time.perf_counter() - began_s)

        return len(pairs) / await _timed(work)

    async def empty_calls(self, count: int) -> float:
        """Calls that do nothing; calls a second."""
        waiting, body = iter(range(count)), health_pb2.HealthCheckRequest().SerializeToString()

        async def work(number: int) -> None:
            check: Any = self._channels[number % CHANNELS][number % 2].unary_unary(
                "/grpc.health.v1.Health/Check", None, None
            )
            for _ in waiting:
                await check(body)

        return count / await _timed(work)

    async def close(self) -> None:
        """Close the connections."""
        await asyncio.gather(*(channel.close(None) for both in self._channels for channel in both))


async def _timed(work: Callable[[int], Awaitable[None]]) -> float:
    began_s = time.perf_counter()
    await asyncio.gather(*(work(number) for number in range(IN_FLIGHT)))
    return time.perf_counter() - began_s


async def measure(folder: Path, server: subprocess.Popen[str], count: int) -> dict[str, object]:
    """The line's figures. Raises ``AssertionError`` if a pair did not match."""
    load = Load(folder, _ask(server, "")["port"])
    try:
        await load.pairs(build(1, WARM_UP))
        pairs = build(WARM_UP + 1, count)
        load.answers.clear()
        load.latencies_s.clear()
        began_s = _ask(server, "cpu\n")["cpu_s"]
        baseline = await load.empty_calls(count)
        before_s = _ask(server, "cpu\n")["cpu_s"]
        value = await load.pairs(pairs)
        used_s = _ask(server, "cpu\n")["cpu_s"] - before_s
    finally:
        await load.close()
    states = {pb.AffirmSettlementResponse.FromString(each).settlement.state for each in load.answers}
    if states != {pb.SETTLEMENT_STATE_MATCHED} or len(load.answers) != count:
        raise AssertionError(f"{len(load.answers)} answers, in states {states}")
    centiles_s = statistics.quantiles(load.latencies_s, n=100)
    return {
        "value": round(value, 1),
        "unit": "create+affirm pairs/s",
        "baseline": round(baseline, 1),
        "ratio": round(2 * value / baseline, 3),
        "p50_ms": round(centiles_s[49] * 1000, 1),
        "p99_ms": round(centiles_s[98] * 1000, 1),
        "cpu_ms_a_pair": round(used_s / count * 1000, 3),
        "cpu_ms_an_empty_call": round((before_s - began_s) / count * 1000, 3),
    }


def _ask(server: subprocess.Popen[str], line: str) -> dict[str, Any]:
    if server.stdin is None or server.stdout is None:
        raise AssertionError("a server without pipes")
    server.stdin.write(line)
    server.stdin.flush()
    found: dict[str, Any] = json.loads(server.stdout.readline())
    return found


def main() -> int:
    """Command line; prints figures beside their bound, which ``run`` judges."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=8000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="crossdvp-bench-") as scratch:
        folder = Path(scratch)
        write_certificates(folder)
        command = [sys.executable, "-m", "scripts.bench.gateway_load.server", scratch]
        with subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        ) as server:
            found = asyncio.run(measure(folder, server, arguments.pairs))
            if server.stdin is not None:
                server.stdin.close()
    print(json.dumps({"name": "gateway", **found, "bound": BOUND}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
