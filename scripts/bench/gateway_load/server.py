"""``python -m scripts.bench.gateway_load.server FOLDER``: a gateway over SQLite, on a free port, until its input ends.

Everything is the product's but the two ledgers, which are in memory: what is measured is instructing, not settling. Its
certificates are in FOLDER. Says ``{"port": …}`` when it serves; at each line of input ``{"cpu_s": …}``, used so far.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from pathlib import Path

from chains.progmat.client.channel import ApiTls
from relayer.gateway.access import Speakers
from relayer.gateway.admission import Margins, Scope
from relayer.gateway.app import now_s
from relayer.gateway.parts import GatewayParts
from relayer.gateway.serving import serve_gateway
from relayer.gateway.store import GatewayStore
from relayer.process import LogFormat, configure_logs, keep_what_is_loaded
from relayer.rpc_server import ServerSettings
from tests.fakes.settlement_sides import MemoryEvm, MemoryLedger

SELLER, BUYER = "broker-a", "broker-b"
NAME = "gateway"
SPEAKERS = Speakers({SELLER: ("cn-a",), BUYER: ("cn-b",)})
SCOPE = Scope(1337, "progmat-test", frozenset({"cn-a", "cn-b"}))


def tls_in(folder: Path, name: str) -> ApiTls:
    """A party's files."""
    return ApiTls(*((folder / f"{name}.{part}").read_bytes() for part in ("authority", "certificate", "key")))


def say(line: dict[str, object]) -> None:
    """One line to whoever started this."""
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


async def serve(folder: Path) -> None:
    """Until the input ends."""
    store, stopping = GatewayStore(folder / "gateway.sqlite3"), asyncio.Event()
    parts = GatewayParts(store, MemoryEvm(), MemoryLedger(), SCOPE, SPEAKERS, now_s, Margins(10, 10, 20, 10))
    settings = ServerSettings("127.0.0.1:0", tls_in(folder, NAME), SPEAKERS.callers)
    listening = asyncio.create_task(_listen(stopping))
    try:
        await serve_gateway(parts, settings, 0.1, stopping, lambda port: say({"port": port}))
    finally:
        await listening
        store.close()


async def _listen(stopping: asyncio.Event) -> None:
    while await asyncio.to_thread(sys.stdin.readline):
        say({"cpu_s": time.process_time()})
    stopping.set()


if __name__ == "__main__":
    configure_logs(LogFormat.JSON)
    keep_what_is_loaded()
    asyncio.run(serve(Path(sys.argv[1])))
