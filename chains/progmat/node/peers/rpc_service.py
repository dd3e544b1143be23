"""The answering side over gRPC: admission by certificate, one stream a peer, clean stop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Container
from typing import Any

import grpc
import grpc.aio
import structlog
from grpc.aio import EOF  # type: ignore[attr-defined] # missing in the stubs

from chains.progmat.node.peers.errors import PeerNotListed, ProtocolViolation
from chains.progmat.node.peers.inbound import InboundSession
from chains.progmat.node.peers.limits import DEFAULT_LIMITS, PeerLimits
from chains.progmat.node.peers.router import PeerRouter
from chains.progmat.node.peers.seam import PeerIdentity
from chains.rpc_guard import abort_with_error
from primitives.errors import UnavailableError

SERVICE = "crossdvp.ledger.v1.PeerService"
EXCHANGE = f"/{SERVICE}/Exchange"

_log = structlog.get_logger(__name__)
_Context = grpc.aio.ServicerContext[bytes, bytes]


class PeerService:
    """Serves ``PeerService.Exchange``. Frames stay bytes here, so that they are decoded strictly and in one place."""

    def __init__(self, router: PeerRouter, listed: Container[str], limits: PeerLimits = DEFAULT_LIMITS) -> None:
        self._router = router
        self._listed = listed
        self._limits = limits
        self._stopping = asyncio.Event()
        self._standing_by: UnavailableError | None = None
        self._suspended = asyncio.Event()
        self._superseded: dict[str, asyncio.Event] = {}

    def add_to(self, server: grpc.aio.Server) -> None:
        """Register with a server made with ``server_options`` and ``server_credentials``."""
        handler = grpc.stream_stream_rpc_method_handler(self._exchange)
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, {"Exchange": handler}),))

    def end_unlisted(self) -> None:
        """End the streams of peers that are no longer listed."""
        for name, ended in self._superseded.items():
            if name not in self._listed:
                ended.set()

    def stop(self) -> None:
        """Let streams finish what is under way and end; call before ``server.stop``."""
        self._stopping.set()

    def suspend(self, cause: UnavailableError) -> None:
        """End all streams and admit nobody, until ``resume``: peers try the node's other endpoints."""
        self._standing_by = cause
        self._suspended.set()

    def resume(self) -> None:
        """Admit peers again."""
        self._standing_by = None
        self._suspended = asyncio.Event()

    async def _exchange(self, _requests: AsyncIterator[bytes], context: _Context) -> None:
        try:
            identity = identity_of(context)
            if identity.name not in self._listed:
                raise PeerNotListed(identity.name)  # noqa: TRY301 - one way to refuse for both checks
        except PeerNotListed as error:
            _log.warning("peer refused", peer=error.peer, address=context.peer())
            await abort_with_error(context, error, {PeerNotListed: grpc.StatusCode.PERMISSION_DENIED})
        if self._standing_by is not None:
            await abort_with_error(context, self._standing_by)
        await context.send_initial_metadata(())  # tells the peer that it is admitted
        newer = self._take_over(identity.name)
        session = InboundSession(identity, self._router, self._limits)
        try:
            await self._serve(session, newer, context)
        except ProtocolViolation as error:
            _log.warning("peer stream closed", peer=identity.name, rule=error.rule)
            await abort_with_error(context, error, {ProtocolViolation: grpc.StatusCode.INVALID_ARGUMENT})
        finally:
            await session.cancel()
            if self._superseded.get(identity.name) is newer:
                del self._superseded[identity.name]

    def _take_over(self, name: str) -> asyncio.Event:
        older = self._superseded.get(name)
        if older is not None:
            older.set()
        newer = self._superseded[name] = asyncio.Event()
        return newer

    async def _serve(self, session: InboundSession, superseded: asyncio.Event, context: _Context) -> None:
        async def read() -> bytes | None:
            data: Any = await context.read()
            return None if data is EOF else bytes(data)

        reading = asyncio.create_task(session.read_frames(read))
        writing = asyncio.create_task(session.write_frames(context.write))
        ends = [asyncio.create_task(event.wait()) for event in (superseded, self._stopping, self._suspended)]
        tasks = [reading, writing, *ends]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            broken = writing.done() or (reading.done() and reading.exception() is not None)
            if reading.done() and isinstance(violation := reading.exception(), ProtocolViolation):
                raise violation
            if not broken and not superseded.is_set():  # the peer is done, or we are: finish what is under way
                reading.cancel()
                draining = asyncio.create_task(session.drained())
                tasks.append(draining)
                await asyncio.wait(
                    [draining, writing], timeout=self._limits.drain_s, return_when=asyncio.FIRST_COMPLETED
                )
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


def identity_of(context: grpc.aio.ServicerContext[Any, Any]) -> PeerIdentity:
    """Who is at the other end of a mutually authenticated connection; raises ``PeerNotListed`` if nobody is."""
    auth = context.auth_context()
    names = list(auth.get("x509_common_name", ()))
    if list(auth.get("transport_security_type", ())) != [b"ssl"] or len(names) != 1:
        raise PeerNotListed("(no certificate with exactly one common name)")
    try:
        return PeerIdentity(names[0].decode("ascii"))
    except UnicodeDecodeError as error:
        raise PeerNotListed("(a common name that is not ASCII)") from error


def server_options(limits: PeerLimits = DEFAULT_LIMITS) -> list[tuple[str, int]]:
    """Server options that fit the peers' keep-alive and frame size."""
    return [
        ("grpc.max_receive_message_length", limits.max_message_size),
        ("grpc.max_send_message_length", limits.max_message_size),
        ("grpc.keepalive_permit_without_calls", 1),
        ("grpc.http2.min_ping_interval_without_data_ms", int(limits.keepalive_s * 500)),
        ("grpc.max_metadata_size", 16 * 1024),
        ("grpc.so_reuseport", 0),  # a second process on the port is a mistake, not a cluster
    ]
