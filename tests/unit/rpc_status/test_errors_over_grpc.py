"""Our errors over a real gRPC server and back; nothing of a defect but its incident id."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from typing import Any

import grpc
import grpc.aio
import pytest
from structlog.testing import capture_logs

from chains.rpc_guard import ErrorStatusInterceptor
from chains.rpc_status import (
    RemoteCallerError,
    RemoteInternalError,
    RemotePeerError,
    RemoteUnavailableError,
    error_from_rpc,
)
from primitives.errors import BadSignature, CallerError, CrossDvpError, UnavailableError


class TradeUnknown(CallerError):
    reason = "TRADE_UNKNOWN"

    def __init__(self) -> None:
        self.trade_id = b"\x01\x02"
        self.asked_by = "alice"
        self._hidden = "secret"
        super().__init__("no trade 0102 here: check the id")


class Busy(UnavailableError):
    reason = "BUSY"

    def __init__(self) -> None:
        self.retry_after_s = 2.5
        super().__init__("busy: retry")


class Raising:
    """A servicer with one method of each of the four kinds, which raise what they are told."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    async def unary(self, _request: bytes, _context: object) -> bytes:
        raise self.error

    async def stream(self, _request: bytes, _context: object) -> AsyncIterator[bytes]:
        yield b"first"
        raise self.error

    async def collect(self, requests: AsyncIterator[bytes], _context: object) -> bytes:
        async for _ in requests:
            pass
        raise self.error

    async def exchange(self, requests: AsyncIterator[bytes], _context: object) -> AsyncIterator[bytes]:
        async for request in requests:
            yield request
        raise self.error


@contextlib.asynccontextmanager
async def served(error: Exception) -> AsyncIterator[grpc.aio.Channel]:
    servicer = Raising(error)
    interceptor = ErrorStatusInterceptor({TradeUnknown: grpc.StatusCode.NOT_FOUND})
    server = grpc.aio.server(interceptors=[interceptor])
    methods = {
        "Unary": grpc.unary_unary_rpc_method_handler(servicer.unary),
        "Stream": grpc.unary_stream_rpc_method_handler(servicer.stream),
        "Collect": grpc.stream_unary_rpc_method_handler(servicer.collect),
        "Exchange": grpc.stream_stream_rpc_method_handler(servicer.exchange),
    }
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("t.T", methods),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    channel = grpc.aio.insecure_channel(f"127.0.0.1:{port}")
    try:
        yield channel
    finally:
        await channel.close(None)
        await server.stop(None)


async def outgoing() -> AsyncIterator[bytes]:
    yield b"first"


async def call(channel: Any, kind: str) -> None:  # noqa: ANN401 - gRPC's channel wants serializers that bytes do not need
    path = f"/t.T/{kind}"
    if kind == "Unary":
        await channel.unary_unary(path)(b"x")
    elif kind == "Collect":
        await channel.stream_unary(path)(outgoing())
    else:
        stream = channel.unary_stream(path)(b"x") if kind == "Stream" else channel.stream_stream(path)(outgoing())
        assert await stream.read() == b"first"
        await stream.read()


async def failure_of(error: Exception, kind: str = "Unary") -> tuple[grpc.aio.AioRpcError, CrossDvpError]:
    async with served(error) as channel:
        with pytest.raises(grpc.aio.AioRpcError) as failed:
            await call(channel, kind)
    return failed.value, error_from_rpc(failed.value, "ledger")


@pytest.mark.parametrize("kind", ["Unary", "Stream", "Collect", "Exchange"])
async def test_every_kind_of_method_answers_with_reason_and_evidence(kind: str) -> None:
    status, error = await failure_of(TradeUnknown(), kind)
    assert status.code() is grpc.StatusCode.NOT_FOUND
    assert isinstance(error, RemoteCallerError)
    assert (error.reason, error.remote) == ("TRADE_UNKNOWN", "ledger")
    assert error.message == "no trade 0102 here: check the id"
    assert error.metadata == {"trade_id": "0102", "asked_by": "alice"}


async def test_bad_bytes_are_the_peers_fault() -> None:
    status, error = await failure_of(BadSignature("not by this key", expected=64, found=63))
    assert status.code() is grpc.StatusCode.FAILED_PRECONDITION
    assert isinstance(error, RemotePeerError)
    assert error.reason == "BAD_SIGNATURE"
    assert error.metadata["expected"] == "64"


async def test_unavailability_says_when_to_retry() -> None:
    status, error = await failure_of(Busy())
    assert status.code() is grpc.StatusCode.UNAVAILABLE
    assert isinstance(error, RemoteUnavailableError)
    assert error.retry_after_s == 2.5


@pytest.mark.parametrize("kind", ["Unary", "Exchange"])
async def test_a_defect_shows_its_incident_id_only_and_is_logged_once(kind: str) -> None:
    with capture_logs() as logs:
        status, error = await failure_of(KeyError("passphrase 1234"), kind)
    incidents = [entry["incident"] for entry in logs if entry["event"] == "incident"]
    assert status.code() is grpc.StatusCode.INTERNAL
    assert isinstance(error, RemoteInternalError)
    assert len(incidents) == 1
    assert error.metadata == {"incident": incidents[0]}
    assert "1234" not in f"{status.details()} {status.debug_error_string()} {error}"


async def test_a_remote_error_passed_on_keeps_its_reason() -> None:
    _, told = await failure_of(TradeUnknown())
    _, error = await failure_of(told)
    assert isinstance(error, RemoteCallerError)
    assert error.reason == "TRADE_UNKNOWN"
    assert error.metadata["trade_id"] == "0102"


async def test_a_remote_defect_passed_on_is_not_ours() -> None:
    _, told = await failure_of(KeyError("x"))
    _, error = await failure_of(told)
    assert isinstance(error, RemotePeerError)
    assert not isinstance(error, RemoteInternalError)


async def test_a_server_that_is_not_there_is_unavailable() -> None:
    channel = grpc.aio.insecure_channel("127.0.0.1:1")
    with pytest.raises(grpc.aio.AioRpcError) as failed:
        await call(channel, "Unary")
    await channel.close(None)
    error = error_from_rpc(failed.value, "ledger")
    assert isinstance(error, RemoteUnavailableError)
    assert error.reason == "GRPC_UNAVAILABLE"


async def test_an_unknown_method_is_the_callers_mistake() -> None:
    async with served(Busy()) as channel:
        with pytest.raises(grpc.aio.AioRpcError) as failed:
            await channel.unary_unary("/t.T/Nothing", None, None)(b"")
    assert isinstance(error_from_rpc(failed.value, "ledger"), RemoteCallerError)
