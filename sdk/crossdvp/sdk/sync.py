"""The same client for programs without an event loop: one of its own runs in a thread behind it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Iterable, Iterator
from typing import Any, Self, TypeVar

from crossdvp.gateway.v1 import settlement_service_pb2 as pb
from crossdvp.sdk.connection import Tls
from crossdvp.sdk.gateway import Event, Gateway, MessageType, Submitted

from chains.progmat.client.channel import KEEPALIVE, Keepalive
from ibc.dvp import SettlementTerms
from relayer.gateway.matching import Side

Answer = TypeVar("Answer")
Item = TypeVar("Item")


class SyncGateway:
    """As ``Gateway``, blocking; a context manager. May be used from several threads."""

    def __init__(self, connect: Callable[[], Gateway]) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="crossdvp-sdk", daemon=True)
        self._thread.start()
        self._gateway = self._run(_made(connect))

    @classmethod
    def connect(
        cls,
        target: str,
        tls: Tls,
        token: Callable[[], str] | None = None,
        *,
        name: str = "gateway",
        timeout_s: float = 10.0,
        keepalive: Keepalive = KEEPALIVE,
    ) -> Self:
        """See ``Gateway.connect``."""
        return cls(lambda: Gateway.connect(target, tls, token, name=name, timeout_s=timeout_s, keepalive=keepalive))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection and end the thread."""
        self._run(self._gateway.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def propose(
        self, side: Side, terms: SettlementTerms, *, reference: str = "", request_id: str = ""
    ) -> pb.Settlement:
        """See ``Gateway.propose``."""
        return self._run(self._gateway.propose(side, terms, reference=reference, request_id=request_id))

    def affirm(self, name: str, terms: SettlementTerms, *, reference: str = "", request_id: str = "") -> pb.Settlement:
        """See ``Gateway.affirm``."""
        return self._run(self._gateway.affirm(name, terms, reference=reference, request_id=request_id))

    def get(self, name: str) -> pb.Settlement:
        """See ``Gateway.get``."""
        return self._run(self._gateway.get(name))

    def settlements(
        self, states: Iterable[pb.SettlementState] = (), *, reference: str = "", stuck_for_s: int = 0
    ) -> Iterator[pb.Settlement]:
        """See ``Gateway.settlements``."""
        return self._each(self._gateway.settlements(states, reference=reference, stuck_for_s=stuck_for_s))

    def cancel(self, name: str, *, request_id: str = "") -> pb.Settlement:
        """See ``Gateway.cancel``."""
        return self._run(self._gateway.cancel(name, request_id=request_id))

    def submit_message(self, document: bytes, *, request_id: str = "") -> Submitted:
        """See ``Gateway.submit_message``."""
        return self._run(self._gateway.submit_message(document, request_id=request_id))

    def get_message(self, name: str, kind: MessageType, side: Side) -> bytes:
        """See ``Gateway.get_message``."""
        return self._run(self._gateway.get_message(name, kind, side))

    def hold(self, name: str, *, request_id: str = "") -> pb.Settlement:
        """See ``Gateway.hold``."""
        return self._run(self._gateway.hold(name, request_id=request_id))

    def release(self, name: str, *, request_id: str = "") -> pb.Settlement:
        """See ``Gateway.release``."""
        return self._run(self._gateway.release(name, request_id=request_id))

    def watch(self, name: str = "", resume_token: str = "") -> Iterator[Event]:
        """See ``Gateway.watch``."""
        return self._each(self._gateway.watch(name, resume_token))

    def _run(self, work: Coroutine[Any, Any, Answer]) -> Answer:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def _each(self, items: AsyncIterator[Item]) -> Iterator[Item]:
        try:
            while True:
                try:
                    yield self._run(_next(items))
                except StopAsyncIteration:
                    return
        finally:
            if isinstance(items, AsyncGenerator):
                self._run(_closed(items))


async def _made(connect: Callable[[], Gateway]) -> Gateway:
    return connect()  # a channel belongs to the loop in which it was made


async def _next(items: AsyncIterator[Item]) -> Item:
    return await anext(items)


async def _closed(items: AsyncGenerator[Any]) -> None:
    await items.aclose()
