"""A wire that can be broken on purpose: a TCP proxy between any two processes, told while it runs what to do to it.

It knows nothing of what it carries, so that the same faults fit gRPC over TLS, JSON-RPC, HTTP and PostgreSQL.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import socket
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Self

CHUNK = 1 << 16
LATENCY_S = 0.25
SLOWEST_BYTE_S = 0.05
_RESET_AT_CLOSE = struct.pack("ii", 1, 0)


class Fault(Enum):
    """What the wire does. All but ``HALF_OPEN`` leave no trace once they are over."""

    NONE = "none"
    LATENCY = "latency"  # LATENCY_S more, each way
    JITTER = "jitter"  # 0 to twice that, by the dice
    RESET = "reset"  # open connections are reset, new ones at their first byte
    HALF_OPEN = "half-open"  # bytes are taken and go nowhere; such a connection never recovers
    TRUNCATED = "truncated"  # the first half of what is answered, then a reset
    SLOW_LORIS = "slow loris"  # answers a byte at a time
    REFUSED = "refused"  # nobody listens; open connections are reset


@dataclass(frozen=True)
class Break:
    """One entry of a schedule: for ``held_s`` the wire ``name`` has ``fault``."""

    name: str
    fault: Fault
    held_s: float


def schedule(seed: int, names: Sequence[str], faults: Sequence[Fault], held_s: float) -> Iterator[Break]:
    """Every fault on every wire once, in an order that follows from the seed alone."""
    pairs = [(name, fault) for name in names for fault in faults]
    random.Random(seed).shuffle(pairs)  # noqa: S311  # a schedule, not a secret
    return (Break(name, fault, held_s) for name, fault in pairs)


@dataclass(eq=False)
class _Connection:
    near: asyncio.StreamWriter
    far: asyncio.StreamWriter
    is_dead: bool = False

    def reset(self) -> None:
        for writer in (self.near, self.far):
            raw = writer.get_extra_info("socket")
            if raw is not None and raw.fileno() >= 0:
                with contextlib.suppress(OSError):
                    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_AT_CLOSE)
            writer.transport.abort()


@dataclass
class FaultProxy:
    """Listens on ``port`` of this machine for what ``target`` (``host:port``) serves; an asynchronous context manager.

    ``bitten``: by fault, how often it did something to somebody: a fault that nobody felt proves nothing.
    ``accepted``: how many connections were opened through it.
    """

    target: str
    dice: random.Random = field(default_factory=lambda: random.Random(0))  # noqa: S311  # for jitter
    port: int = 0
    fault: Fault = Fault.NONE
    bitten: dict[Fault, int] = field(default_factory=dict)
    accepted: int = 0
    _server: asyncio.Server | None = None
    _open: set[_Connection] = field(default_factory=set)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"127.0.0.1:{self.port}"

    async def __aenter__(self) -> Self:
        await self._listen()
        return self

    async def __aexit__(self, *_exception: object) -> None:
        self._stop_listening()
        self._reset_all()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def switch(self, fault: Fault) -> None:
        """From now on this fault, on open connections too."""
        self.fault = fault
        if fault in {Fault.RESET, Fault.REFUSED}:
            self._reset_all()
        if fault is Fault.REFUSED:
            self._bite()
            self._stop_listening()
        elif self._server is None:
            await self._listen()

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._accepted, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    def _stop_listening(self) -> None:
        if self._server is not None:
            self._server.close()
        self._server = None

    def _reset_all(self) -> None:
        for connection in list(self._open):
            self._bite()
            connection.reset()

    def _bite(self) -> None:
        self.bitten[self.fault] = self.bitten.get(self.fault, 0) + 1

    async def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted += 1
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        host, _, port = self.target.rpartition(":")
        try:
            far_reader, far_writer = await asyncio.open_connection(host, int(port))
        except OSError:
            writer.transport.abort()
            return
        connection = _Connection(writer, far_writer)
        self._open.add(connection)
        try:
            await asyncio.gather(
                self._pump(reader, far_writer, connection, is_answer=False),
                self._pump(far_reader, writer, connection, is_answer=True),
            )
        finally:
            self._open.discard(connection)
            for each in (writer, far_writer):
                each.close()

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, connection: _Connection, *, is_answer: bool
    ) -> None:
        with contextlib.suppress(OSError):
            while chunk := await reader.read(CHUNK):
                await self._carried(chunk, writer, connection, is_answer=is_answer)
            if not connection.is_dead and writer.can_write_eof():
                writer.write_eof()

    async def _carried(
        self, chunk: bytes, writer: asyncio.StreamWriter, connection: _Connection, *, is_answer: bool
    ) -> None:
        fault = self.fault
        if fault is not Fault.NONE:
            self._bite()
        if fault in {Fault.LATENCY, Fault.JITTER}:
            await asyncio.sleep(LATENCY_S if fault is Fault.LATENCY else self.dice.uniform(0, 2 * LATENCY_S))
        elif fault is Fault.HALF_OPEN:
            connection.is_dead = True
        elif fault is Fault.RESET:
            connection.reset()
        elif fault is Fault.TRUNCATED and is_answer:
            writer.write(chunk[: len(chunk) // 2])
            await writer.drain()
            connection.reset()
        elif fault is Fault.SLOW_LORIS and is_answer:
            await self._dribbled(chunk, writer)
            return
        if not connection.is_dead:
            writer.write(chunk)
            await writer.drain()

    async def _dribbled(self, chunk: bytes, writer: asyncio.StreamWriter) -> None:
        """A byte at a time as long as the fault lasts, the rest at once."""
        for at in range(len(chunk)):
            if self.fault is not Fault.SLOW_LORIS:
                writer.write(chunk[at:])
                break
            writer.write(chunk[at : at + 1])
            await writer.drain()
            await asyncio.sleep(SLOWEST_BYTE_S)
        await writer.drain()
