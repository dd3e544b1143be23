"""A devnet whose relayer and gateway reach everything over wires that can be broken, and who watches the gateway so."""

from __future__ import annotations

import asyncio
import random
import re
import sqlite3
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
from crossdvp.sdk import Gateway, Tls

from relayer.devnet import processes
from relayer.devnet.access import tls_files
from relayer.devnet.layout import Process
from relayer.devnet.stage import Stage
from tests.fakes.fault_proxy import Fault, FaultProxy
from tests.fakes.http_callers import http_session
from tests.fakes.rpc_fault_proxy import RpcFault, RpcFaultProxy

START_TIMEOUT_S = 60.0
VALIDATORS = tuple(f"validator-{n}" for n in range(1, 5))
REACHED = {"relayer": ("sn", *VALIDATORS), "gateway": ("sn", "cn-a", "cn-b")}


@dataclass
class Wires:
    """By name; ``nodes``: what stands before the EVM node for each of the two processes."""

    wires: dict[str, list[FaultProxy]] = field(default_factory=dict)
    nodes: dict[str, RpcFaultProxy] = field(default_factory=dict)

    async def switch(self, name: str, fault: Fault | RpcFault) -> None:
        """Break a wire, or the node behind it, or mend both."""
        if isinstance(fault, RpcFault):
            self.nodes[name].switch(fault)
            return
        for wire in self.wires[name]:
            await wire.switch(fault)
        if fault is Fault.NONE and name in self.nodes:
            self.nodes[name].switch(RpcFault.NONE)

    def felt(self, name: str, fault: Fault | RpcFault) -> int:
        """How often a fault did something."""
        if isinstance(fault, RpcFault):
            return self.nodes[name].bitten.get(fault, 0)
        return sum(wire.bitten.get(fault, 0) for wire in self.wires[name])


@asynccontextmanager
async def broken_devnet(stage: Stage, receiver_port: int) -> AsyncIterator[Wires]:
    """Relayer and gateway started again behind wires; at the end as they were."""
    directory, state, found = stage.directory, stage.state, Wires()
    before = {name: stage.process(name) for name in REACHED}
    async with AsyncExitStack() as stack:

        async def wire(name: str, target: str) -> FaultProxy:
            dice = random.Random(name)  # noqa: S311  # repeatable
            proxy = await stack.enter_async_context(FaultProxy(target, dice))
            found.wires.setdefault(name, []).append(proxy)
            return proxy

        for process, nodes in REACHED.items():
            text = (directory / f"{process}.toml").read_text()
            for node in nodes:
                name = f"{process} to {'validators' if node in VALIDATORS else node}"
                text = text.replace(
                    f'"{state.nodes[node].target}"', f'"{(await wire(name, state.nodes[node].target)).address}"'
                )
            name = f"{process} to evm"
            found.nodes[name] = await stack.enter_async_context(RpcFaultProxy(state.rpc_url))
            evm = await wire(name, f"127.0.0.1:{found.nodes[name].port}")
            text = text.replace(f'"{state.rpc_url}"', f'"http://{evm.address}"')
            if process == "gateway":
                text = text.replace("[http]", "watch_heartbeat_s = 1\n[http]", 1)
                text = text.replace("[http]\n", "[http]\nheartbeat_s = 1\n", 1)
            (directory / f"{process}-behind-wires.toml").write_text(text)
            await _start_again(stage, before[process], f"{process}-behind-wires.toml")
        await wire("platform to gateway", state.gateway.target)
        await wire("browser to gateway", state.http_url.removeprefix("https://"))
        await wire("gateway to platform", f"127.0.0.1:{receiver_port}")
        try:
            yield found
        finally:
            for process in REACHED:
                await _start_again(stage, stage.process(process), f"{process}.toml")


async def _start_again(stage: Stage, process: Process, file: str) -> None:
    """The same process with another configuration file, until it listens."""
    processes.stop([process])
    argv = (*process.argv[1:-1], str(stage.directory / file))
    started = stage.start(process.name, argv)
    listen = re.search(r'^listen = "127.0.0.1:(\d+)"', (stage.directory / file).read_text(), re.MULTILINE)
    if listen is None:
        raise ValueError(f"{file} says nowhere to listen")
    port = int(listen[1])

    def wait() -> None:
        listens = lambda: processes.accepts_connections("127.0.0.1", port)  # noqa: E731  # short
        processes.wait_until(listens, process.name, START_TIMEOUT_S, started, stage.directory / "logs")

    await asyncio.to_thread(wait)


@dataclass
class Heard:
    """What one watcher was told: the numbers of events, in the order in which they came, and when the last one did."""

    numbers: list[int] = field(default_factory=list)
    last_s: float = 0.0

    def note(self, number: int) -> None:
        """Another event."""
        self.numbers.append(number)
        self.last_s = time.monotonic()


async def watch_over_grpc(directory: Path, wires: Wires, after: int, heard: Heard) -> None:
    """A platform with the SDK, for ever."""
    files = tls_files(directory, "operator")
    tls = Tls(files.authority.read_bytes(), files.certificate.read_bytes(), files.private_key.read_bytes())
    (wire,) = wires.wires["platform to gateway"]
    async with Gateway.connect(wire.address, tls, timeout_s=5.0) as gateway:
        async for event in gateway.watch(resume_token=str(after), heartbeat_timeout_s=4.0):
            heard.note(int(event.resume_token))


async def watch_over_sse(directory: Path, wires: Wires, after: int, heard: Heard) -> None:
    """What a browser's EventSource does, for ever: comes again with the last id it has seen whole."""
    files = tls_files(directory, "operator")
    (wire,) = wires.wires["browser to gateway"]
    last = str(after)
    async with http_session(wire.port, files, files.authority.read_bytes()) as session:
        while True:
            timeout = aiohttp.ClientTimeout(total=None, sock_connect=2, sock_read=4)
            try:
                async with session.get(
                    "/v1/settlements:watch",
                    params={"resumeToken": last},
                    headers={"Last-Event-ID": last},
                    timeout=timeout,
                ) as response:
                    async for number in _events(response):
                        heard.note(number)
                        last = str(number)
            except (aiohttp.ClientError, OSError, TimeoutError):
                pass
            await asyncio.sleep(0.2)


async def _events(response: aiohttp.ClientResponse) -> AsyncIterator[int]:
    """Of events that came whole, their ids; of what was cut off nothing."""
    number, has_data, pending = 0, False, b""
    async for chunk in response.content.iter_any():
        *lines, pending = (pending + chunk).split(b"\n")
        for line in lines:
            if line.startswith(b"id: "):
                number = int(line[4:])
            has_data = has_data or line.startswith(b"data: ")
            if not line:
                if has_data and number:
                    yield number
                has_data = False


def stored_events(directory: Path) -> list[int]:
    """The numbers of the gateway's whole stream, as its database has them."""
    with closing(sqlite3.connect(f"file:{directory / 'gateway.sqlite3'}?mode=ro", uri=True)) as reader:
        return [int(row[0]) for row in reader.execute("SELECT id FROM events ORDER BY id")]


def lane(seed: int, names: Sequence[str]) -> list[tuple[str, Fault | RpcFault]]:
    """Every fault of every wire of a lane once, in an order of the seed's."""
    faults: list[tuple[str, Fault | RpcFault]] = [(name, fault) for name in names for fault in Fault]
    faults += [(name, fault) for name in names if name.endswith("evm") for fault in RpcFault]
    faults = [(name, fault) for name, fault in faults if fault.value != "none"]
    random.Random(seed).shuffle(faults)  # noqa: S311  # a schedule
    return faults
