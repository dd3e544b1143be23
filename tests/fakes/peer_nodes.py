"""Nodes on loopback sockets with real certificates, for tests of the transport."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import grpc
import grpc.aio

from chains.progmat.identity import CertifiedKey, create_authority, issue_node_certificate
from chains.progmat.node.peers import (
    DEFAULT_LIMITS,
    GrpcPeerNetwork,
    PeerIdentity,
    PeerLimits,
    PeerRouter,
    PeerService,
    PeerTls,
    server_options,
)
from chains.progmat.node.peers.rpc_service import EXCHANGE, SERVICE

ExchangeHandler = Callable[[Any, Any], Awaitable[None]]


class HoldingGate:
    """A handler that answers nobody until ``opened``, and counts who waits; ``full`` is set when ``bound`` do."""

    def __init__(self, bound: int) -> None:
        self.opened, self.full = asyncio.Event(), asyncio.Event()
        self.most = 0
        self._bound = bound
        self._waiting = 0

    async def __call__(self, _identity: PeerIdentity, body: bytes) -> bytes:
        self._waiting += 1
        self.most = max(self.most, self._waiting)
        if self._waiting == self._bound:
            self.full.set()
        await self.opened.wait()
        self._waiting -= 1
        return body


@lru_cache
def authority_of(network: str) -> CertifiedKey:
    return create_authority(network, dt.datetime.now(dt.UTC))


@lru_cache
def tls_of(name: str, network: str = "devnet", trusts: str = "devnet") -> PeerTls:
    """A certificate for ``name`` by one network's authority, held by somebody who trusts perhaps another's."""
    issued = issue_node_certificate(authority_of(network), name, dt.datetime.now(dt.UTC))
    return PeerTls(authority_of(trusts).certificate_pem, issued.certificate_pem, issued.private_key_pem)


@dataclass
class AnsweringNode:
    service: PeerService
    server: grpc.aio.Server
    endpoint: str


@contextlib.asynccontextmanager
async def answering(
    name: str, router: PeerRouter, listed: set[str], limits: PeerLimits = DEFAULT_LIMITS, port: int = 0
) -> AsyncIterator[AnsweringNode]:
    """A node that answers ``listed`` peers."""
    server = grpc.aio.server(options=server_options(limits))
    service = PeerService(router, listed, limits)
    service.add_to(server)
    port = server.add_secure_port(f"127.0.0.1:{port}", tls_of(name).server_credentials())
    await server.start()
    try:
        yield AnsweringNode(service, server, f"127.0.0.1:{port}")
    finally:
        service.stop()
        await server.stop(1)


@contextlib.asynccontextmanager
async def misbehaving(name: str, exchange: ExchangeHandler) -> AsyncIterator[str]:
    """A node with a good certificate that does on the stream whatever ``exchange`` does; yields its endpoint."""
    server = grpc.aio.server()
    handler = grpc.stream_stream_rpc_method_handler(exchange)
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, {"Exchange": handler}),))
    port = server.add_secure_port("127.0.0.1:0", tls_of(name).server_credentials())
    await server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        await server.stop(None)


@contextlib.asynccontextmanager
async def asking(
    name: str, endpoints: Mapping[str, str], limits: PeerLimits = DEFAULT_LIMITS, tls: PeerTls | None = None
) -> AsyncIterator[GrpcPeerNetwork]:
    """A node that asks."""
    network = GrpcPeerNetwork({peer: (endpoint,) for peer, endpoint in endpoints.items()}, tls or tls_of(name), limits)
    try:
        yield network
    finally:
        await network.close()


@contextlib.asynccontextmanager
async def raw_stream(name: str, peer: str, endpoint: str) -> AsyncIterator[Any]:
    """A bare gRPC call with a good certificate: the test writes and reads the bytes itself."""
    options = [("grpc.ssl_target_name_override", peer), ("grpc.use_local_subchannel_pool", 1)]
    channel = grpc.aio.secure_channel(endpoint, tls_of(name).channel_credentials(), options)
    exchange: Any = channel.stream_stream(EXCHANGE, None, None)
    call = exchange()
    try:
        yield call
    finally:
        call.cancel()
        await channel.close(None)
