"""The asking side over gRPC: a stream per peer, opened when needed, reopened after a pause that grows."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import grpc
import grpc.aio
from grpc.aio import EOF  # type: ignore[attr-defined] # missing in the stubs

from chains.progmat.node.peers.errors import (
    NetworkClosed,
    OversizeBody,
    PeerNotListed,
    PeerTimedOut,
    PeerUnreachable,
    ProtocolViolation,
    RefusedByPeer,
)
from chains.progmat.node.peers.limits import DEFAULT_LIMITS, PeerLimits
from chains.progmat.node.peers.outbound import OutboundSession
from chains.progmat.node.peers.rpc_service import EXCHANGE

_REFUSALS = frozenset({grpc.StatusCode.PERMISSION_DENIED, grpc.StatusCode.UNAUTHENTICATED})


@dataclass(frozen=True, slots=True)
class PeerTls:
    """This node's certificate and what it trusts, PEM."""

    authority: bytes
    certificate: bytes
    private_key: bytes

    def channel_credentials(self) -> grpc.ChannelCredentials:
        """For asking."""
        return grpc.ssl_channel_credentials(self.authority, self.private_key, self.certificate)

    def server_credentials(self) -> grpc.ServerCredentials:
        """For answering: a client without a certificate of our authority gets no connection."""
        pair = (self.private_key, self.certificate)
        return grpc.ssl_server_credentials([pair], self.authority, require_client_auth=True)


class _ExchangeCall(Protocol):
    """What is used of gRPC's stream-stream call."""

    async def initial_metadata(self) -> object: ...
    async def write(self, message: bytes) -> None: ...
    async def read(self) -> bytes: ...
    async def code(self) -> grpc.StatusCode: ...
    async def details(self) -> str: ...
    def done(self) -> bool: ...
    def cancel(self) -> bool: ...


class GrpcPeerNetwork:
    """``PeerNetwork`` over mTLS. ``endpoints`` maps each listed peer's name to ``host:port``, this node's left out.

    A peer with several endpoints has one stream, to the first that admits it; when that ends, the next is tried.
    """

    def __init__(
        self, endpoints: Mapping[str, Sequence[str]], tls: PeerTls, limits: PeerLimits = DEFAULT_LIMITS
    ) -> None:
        self._limits = limits
        self._credentials = tls.channel_credentials()
        self._links: dict[str, _PeerLink] = {}
        self._closed = False
        self._retired: set[asyncio.Task[None]] = set()
        for name, targets in endpoints.items():
            self._links[name] = _PeerLink(name, targets, self._credentials, limits)

    async def request(self, peer: str, method: str, body: bytes, timeout_s: float) -> bytes:
        """See ``PeerNetwork.request``."""
        if self._closed:
            raise NetworkClosed
        link = self._links.get(peer)
        if link is None:
            raise PeerNotListed(peer)
        if len(body) > self._limits.max_body_bytes:
            raise OversizeBody(len(body), self._limits.max_body_bytes)
        return await link.request(method, body, timeout_s)

    def list_peers(self, endpoints: Mapping[str, Sequence[str]]) -> None:
        """Dial these peers from now on: new ones too, those that moved at their new endpoint, others no more."""
        for name, link in list(self._links.items()):
            if tuple(endpoints.get(name, ())) != link.targets:
                del self._links[name]
                task = asyncio.create_task(link.close(), name=f"retire link to {name}")
                self._retired.add(task)
                task.add_done_callback(self._retired.discard)
        for name, targets in endpoints.items():
            if name not in self._links:
                self._links[name] = _PeerLink(name, targets, self._credentials, self._limits)

    async def close(self) -> None:
        """End all streams."""
        self._closed = True
        await asyncio.gather(*(link.close() for link in self._links.values()), *self._retired)


class _PeerLink:
    """The way to one peer: at most one stream, a bound on what is outstanding, a pause after failures."""

    def __init__(
        self, peer: str, targets: Sequence[str], credentials: grpc.ChannelCredentials, limits: PeerLimits
    ) -> None:
        self._peer = peer
        self.targets = tuple(targets)
        self._untried = deque(targets)  # the one to try first is in front
        self._credentials = credentials
        self._limits = limits
        self._slots = asyncio.Semaphore(limits.max_outstanding)
        self._session: OutboundSession | None = None
        self._connecting: asyncio.Task[OutboundSession] | None = None
        self._pumping: set[asyncio.Task[None]] = set()
        self._failures = 0
        self._not_before = 0.0  # on the loop's monotonic clock

    async def request(self, method: str, body: bytes, timeout_s: float) -> bytes:
        deadline_s = asyncio.get_running_loop().time() + timeout_s
        session = self._session
        try:
            if session is not None and session.is_open and not self._slots.locked():
                async with self._slots:  # there is one: only the answer is waited for
                    return await session.ask(method, body, deadline_s)
            async with asyncio.timeout_at(deadline_s), self._slots:
                session = self._session
                if session is None or not session.is_open:
                    session = await self._connected()
                return await session.ask(method, body)
        except TimeoutError as error:
            session = self._session
            waiting_for = "its answer" if session is not None and session.is_open else "a connection"
            raise PeerTimedOut(self._peer, method, timeout_s, waiting_for) from error

    async def close(self) -> None:
        if self._session is not None:
            self._session.end(NetworkClosed())
        tasks = [*self._pumping, *([self._connecting] if self._connecting else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _connected(self) -> OutboundSession:
        if self._connecting is None or self._connecting.done():
            self._connecting = asyncio.create_task(self._connect())
        try:
            return await asyncio.shield(self._connecting)
        except asyncio.CancelledError:
            if self._connecting.cancelled():
                raise NetworkClosed from None
            raise

    async def _connect(self) -> OutboundSession:
        loop = asyncio.get_running_loop()
        await asyncio.sleep(max(0.0, self._not_before - loop.time()))
        for _ in range(len(self._untried) - 1):
            try:
                return await self._connect_to(self._untried[0])
            except (grpc.aio.AioRpcError, TimeoutError):
                self._untried.rotate(-1)
        try:
            return await self._connect_to(self._untried[0])
        except (grpc.aio.AioRpcError, TimeoutError) as error:
            self._untried.rotate(-1)
            raise self._connection_failure(error) from error

    async def _connect_to(self, target: str) -> OutboundSession:
        channel = _channel(self._peer, target, self._credentials, self._limits)
        try:
            async with asyncio.timeout(self._limits.connect_timeout_s):
                call = _open_exchange(channel)
                await call.initial_metadata()
                if call.done():
                    await _raise_status(call)
        except BaseException:
            await channel.close(None)
            raise
        session = self._session = OutboundSession(self._peer, self._limits)
        pump = asyncio.create_task(self._pump(session, call, channel))
        self._pumping.add(pump)
        pump.add_done_callback(self._pumping.discard)
        return session

    def _connection_failure(self, error: Exception) -> Exception:
        pause_s = self._pause()
        if isinstance(error, grpc.aio.AioRpcError):
            if error.code() in _REFUSALS:
                return RefusedByPeer(self._peer, error.details() or error.code().name, pause_s)
            return PeerUnreachable(self._peer, error.details() or error.code().name, pause_s)
        return PeerUnreachable(self._peer, f"no connection within {self._limits.connect_timeout_s:g} s", pause_s)

    def _pause(self) -> float:
        growth = float(1 << min(self._failures, 16))
        pause_s = min(self._limits.backoff_max_s, self._limits.backoff_first_s * growth)
        self._failures += 1
        self._not_before = asyncio.get_running_loop().time() + pause_s
        return pause_s

    async def _pump(self, session: OutboundSession, call: _ExchangeCall, channel: grpc.aio.Channel) -> None:
        """Write and read one stream until it ends; then tell everybody who waits on it."""
        writing = asyncio.create_task(session.write_frames(call.write))
        reading = asyncio.create_task(self._read(session, call))
        given_up = asyncio.create_task(session.wait_for_end())
        tasks = [writing, reading, given_up]
        ended: Exception = NetworkClosed()
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            if not given_up.done():
                ended = await self._reason_of_end(reading if reading.done() else writing, call)
        finally:
            session.end(ended)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            call.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await channel.close(None)

    async def _read(self, session: OutboundSession, call: _ExchangeCall) -> None:
        while session.is_open:
            data = await call.read()
            if data is EOF:
                return
            session.take_frame(data)
            self._failures = 0

    async def _reason_of_end(self, task: asyncio.Task[None], call: _ExchangeCall) -> Exception:
        pause_s = self._pause()
        error = task.exception()
        if isinstance(error, ProtocolViolation):
            return error
        if isinstance(error, grpc.aio.AioRpcError) and error.code() in _REFUSALS:
            return RefusedByPeer(self._peer, error.details() or error.code().name, pause_s)
        code = await call.code() if call.done() else None
        detail = (await call.details() or code.name) if code is not None else "the stream broke"
        return PeerUnreachable(self._peer, f"stream ended: {detail}", pause_s)


def _open_exchange(channel: grpc.aio.Channel) -> _ExchangeCall:
    call: Any = channel.stream_stream(EXCHANGE, None, None)  # None: frames stay bytes on both ways
    opened: _ExchangeCall = call()
    return opened


async def _raise_status(call: _ExchangeCall) -> None:
    await call.read()  # raises the status the call ended with
    raise TimeoutError  # ended without an error before it began: treat as no connection


def _channel(name: str, target: str, credentials: grpc.ChannelCredentials, limits: PeerLimits) -> grpc.aio.Channel:
    options = [
        ("grpc.ssl_target_name_override", name),  # the certificate must be for this name, whatever the address is
        ("grpc.default_authority", name),
        ("grpc.use_local_subchannel_pool", 1),  # a fresh channel connects at once, without another's back-off
        ("grpc.enable_retries", 0),
        ("grpc.max_receive_message_length", limits.max_message_size),
        ("grpc.max_send_message_length", limits.max_message_size),
        ("grpc.keepalive_time_ms", int(limits.keepalive_s * 1000)),
        ("grpc.keepalive_timeout_ms", int(limits.keepalive_answer_s * 1000)),
        ("grpc.http2.ping_timeout_ms", int(limits.keepalive_answer_s * 1000)),  # it counts: see client/channel.py
    ]
    return grpc.aio.secure_channel(target, credentials, options)
