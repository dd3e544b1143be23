"""Load on one notary over its real peer stream, and the raw store beside it: for both benchmarks of the notary.

The notary is the node's own program. Requesters are processes of their own, each with a node's certificate and key
from the same bootstrap; every request is built and signed before the clock starts, every answer is verified after it
stopped.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from chains.progmat.bootstrap import NetworkSpec, NodeSpec, create_network
from chains.progmat.notary.model import CommitRequest, Requester
from chains.progmat.notary.requester import sign_request
from chains.progmat.notary.uniqueness import UniquenessStore
from chains.progmat.transactions.model import StateRef
from primitives.hashing import sha256
from primitives.signatures import SignatureScheme, SoftwareSigner
from primitives.types import Hash32
from scripts.bench.machine.processor_time import cpu_s

ROOT = Path(__file__).resolve().parents[3]
LEDGER_ID: Final = "bench"
NOTARY: Final = "nn"
REQUESTERS: Final = ("cn-1", "cn-2")
LEAST_PER_S: Final = 6000
LEAST_RATIO: Final = 0.3
RAW_BATCH: Final = 64
START_S: Final = 30.0
ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "proto" / "gen")))}


@dataclass(frozen=True)
class Measured:
    """One run: requests answered a second, and processor seconds by process."""

    per_s: float
    requests: int
    notary_cpu_s: float
    requesters_cpu_s: float
    store_cpu_s: float
    p50_ms: float
    p99_ms: float


@dataclass(frozen=True)
class StoreServer:
    """A store that is a server's: where it is, and the server's first process."""

    url: str
    pid: int


def measure(directory: Path, requests: int, server: StoreServer | None) -> Measured:
    """Have each requester ask for its share of ``requests`` transactions with two inputs, all at once."""
    with running_notary(directory, server.url if server else None) as notary:
        share = str(requests // len(REQUESTERS))
        loaders = [_started("scripts.bench.notary_load.requester", str(directory), name, share) for name in REQUESTERS]
        try:
            for loader in loaders:
                _answer(loader)  # built and connected
            notary_before_s = cpu_s(notary.pid)
            store_before_s = cpu_s(server.pid) if server else 0.0
            for loader in loaders:
                _tell(loader, "go")
            runs = [_answer(loader) for loader in loaders]
            notary_s = cpu_s(notary.pid) - notary_before_s
            store_s = cpu_s(server.pid) - store_before_s if server else 0.0
            for loader in loaders:
                _answer(loader)  # every answer verified
        finally:
            for loader in loaders:
                loader.kill()
                loader.wait()
    started_s, ended_s = min(run["started_s"] for run in runs), max(run["ended_s"] for run in runs)
    done = sum(run["requests"] for run in runs)
    return Measured(
        per_s=done / (ended_s - started_s),
        requests=round(done),
        notary_cpu_s=notary_s,
        requesters_cpu_s=sum(run["cpu_s"] for run in runs),
        store_cpu_s=store_s,
        p50_ms=max(run["p50_ms"] for run in runs),
        p99_ms=max(run["p99_ms"] for run in runs),
    )


@contextmanager
def running_notary(directory: Path, store_url: str | None) -> Iterator[subprocess.Popen[str]]:
    """The notary's process, listening; its files, and those of the requesters, are made by ``bootstrap``."""
    nodes = [
        NodeSpec(name=NOTARY, roles=("NN",), port=_free_port()),
        NodeSpec(name="sn", roles=("SN", "BNO"), port=1),
        NodeSpec(name="validator-0", roles=("VALIDATOR",), port=2),
        *(NodeSpec(name=name, roles=("CN",), port=3 + number) for number, name in enumerate(REQUESTERS)),
    ]
    create_network(NetworkSpec(ledger_id=LEDGER_ID, threshold=1, nodes=tuple(nodes)), directory, datetime.now(UTC))
    environment = ENVIRONMENT if store_url is None else {**ENVIRONMENT, "CROSSDVP_NODE_NOTARY__STORE": store_url}
    command = (sys.executable, "-m", "chains.progmat.node", "--config", str(directory / NOTARY / "node.toml"))
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, text=True)
    try:
        _until_listening(nodes[0].port)
        yield process
    finally:
        process.terminate()
        process.wait()


def raw_rate(store: UniquenessStore, transactions: int) -> float:
    """Transactions a second that the store itself decides and commits, in batches of 64, nothing else to do."""
    signer = SoftwareSigner.from_seed(SignatureScheme.ED25519, sha256(b"raw"))
    count = transactions // RAW_BATCH
    batches = [[_commit_request(signer, n * RAW_BATCH + i) for i in range(RAW_BATCH)] for n in range(count)]
    started_s = time.perf_counter()
    for batch in batches:
        store.commit_batch(batch, 1)
    return count * RAW_BATCH / (time.perf_counter() - started_s)


def report(name: str, requests: int, server: StoreServer | None, scratch: Path, raw: Callable[[], float]) -> int:
    """Measure and print the line, its bounds in it; ``cpu_us_a_tx`` counts all processes, the store's included."""
    print(f"{name}: {requests} requests from {len(REQUESTERS)} requesters", file=sys.stderr)
    before = raw()
    run = measure(scratch / "network", requests, server)
    baseline = (before + raw()) / 2  # before and after: the machine is not ours alone
    line = {
        "name": name,
        "value": round(run.per_s),
        "unit": "ledger_txs/s",
        "baseline": round(baseline),
        "ratio": round(run.per_s / baseline, 3),
        "requests": run.requests,
        "cpu_us_a_tx": {name: round(1e6 * cpu_s / run.requests, 1) for name, cpu_s in _cpu_by_process(run).items()},
        "p50_ms": run.p50_ms,
        "p99_ms": run.p99_ms,
        "bound": {"value": {"least": LEAST_PER_S}, "ratio": {"least": LEAST_RATIO}},
    }
    print(json.dumps(line))
    return 0


def _cpu_by_process(run: Measured) -> dict[str, float]:
    parts = {"notary": run.notary_cpu_s, "requesters": run.requesters_cpu_s, "store's server": run.store_cpu_s}
    return {"all": sum(parts.values()), **parts}


def _commit_request(signer: SoftwareSigner, number: int) -> CommitRequest:
    tx_id = Hash32(sha256(b"raw %d" % number))
    inputs = tuple(StateRef(Hash32(sha256(b"raw %d of %d" % (index, number))), 0) for index in range(2))
    requester = Requester("raw", signer.public_key, sign_request(signer, tx_id))
    return CommitRequest(tx_id, inputs, (), (), None, b"", requester)


def _started(module: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        (sys.executable, "-m", module, *arguments),
        cwd=ROOT,
        env=ENVIRONMENT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def _tell(process: subprocess.Popen[str], word: str) -> None:
    if process.stdin is None:
        raise RuntimeError("the process has no input")
    process.stdin.write(word + "\n")
    process.stdin.flush()


def _answer(process: subprocess.Popen[str]) -> dict[str, float]:
    line = process.stdout.readline() if process.stdout else ""
    if not line:
        raise RuntimeError(f"a requester ended with code {process.wait()}")
    answer: dict[str, float] = json.loads(line)
    return answer


def _until_listening(port: int) -> None:
    end_s = time.monotonic() + START_S
    while time.monotonic() < end_s:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError(f"no notary on port {port} after {START_S:g} s")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
