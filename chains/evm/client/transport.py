"""JSON-RPC over HTTP with kept-alive connections; answers bounded, errors turned into the project's three kinds."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from dataclasses import dataclass
from types import SimpleNamespace, TracebackType
from typing import Final, Self
from urllib.parse import urlsplit

import aiohttp

from chains.evm.client.json_fields import as_object
from chains.evm.client.revert_reason import revert_reason
from chains.evm.errors import (
    AnswerTooLarge,
    BlockUnavailable,
    EvmRequestRefused,
    EvmTxAlreadyKnown,
    EvmTxUnderpriced,
    ExecutionReverted,
    InsufficientFunds,
    NodeMisbehaved,
    NodeUnavailable,
    NonceTooLow,
    RateLimited,
)
from chains.evm.json_value import Json, parse_json

MAX_ANSWER_BYTES: Final = 32 << 20
DEFAULT_TIMEOUT_S: Final = 10.0
_CONNECTIONS: Final = 16
_REVERTED: Final = 3
_INTERNAL_ERROR: Final = -32603
_TOO_MANY_REQUESTS: Final = 429
_SERVER_ERRORS: Final = range(500, 600)
# what nodes say, in lower case (geth, GoQuorum, Besu, anvil)
_NONCE_TOO_LOW: Final = ("nonce too low", "nonce is too low")
_ALREADY_KNOWN: Final = ("already known", "known transaction", "already imported")
_UNDERPRICED: Final = ("underpriced", "gas price below", "fee too low")
_NO_FUNDS: Final = ("insufficient funds", "upfront cost exceeds account balance")
_NO_BLOCK: Final = ("header not found", "block not found", "unknown block", "world state unavailable")
_BUSY: Final = ("txpool is full", "transaction pool is full")
_RATE_LIMITED: Final = ("too many requests", "rate limit", "request limit")
MAX_RETRY_AFTER_S: Final = 600


@dataclass(frozen=True)
class RpcRequest:
    """One call of a batch."""

    method: str
    params: tuple[Json, ...]


class JsonRpcTransport:
    """One endpoint. Use as a context manager, or close it; the session belongs to the running event loop."""

    def __init__(self, url: str, timeout_s: float = DEFAULT_TIMEOUT_S) -> None:
        self.url = url
        self.shown_url = shown_url(url)
        self.connections_made = 0
        """Grows with each new connection: what was behind the last one need not be behind the next."""
        self._timeout = aiohttp.ClientTimeout(total=timeout_s)
        self._session: aiohttp.ClientSession | None = None
        self._ids = itertools.count(1)

    async def request(self, method: str, *params: Json) -> Json:
        """Call one method. Raises the errors of `chains.evm.errors`."""
        request_id = next(self._ids)
        answer = await self._post(_request_json(request_id, RpcRequest(method, params)))
        return self._result(method, request_id, answer)

    async def batch(self, requests: Sequence[RpcRequest]) -> list[Json]:
        """Call several methods in one exchange; results in the order of the requests. The first error is raised."""
        numbered = [(next(self._ids), request) for request in requests]
        answers = await self._post([_request_json(request_id, request) for request_id, request in numbered])
        if not isinstance(answers, list):
            raise NodeMisbehaved("answer to a batch", "a list", type(answers).__name__)
        by_id = {answer.get("id"): answer for answer in answers if isinstance(answer, dict)}
        return [self._result(request.method, number, by_id.get(number)) for number, request in numbered]

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    async def _post(self, body: Json) -> Json:
        if self._session is None:
            self._session = self._opened()
        headers = {"Content-Type": "application/json"}
        try:
            async with self._session.post(self.url, data=json.dumps(body).encode(), headers=headers) as response:
                if response.status == _TOO_MANY_REQUESTS:
                    raise RateLimited(self.shown_url, _retry_after_s(response.headers.get("Retry-After", "")))
                if response.status in _SERVER_ERRORS:
                    raise NodeUnavailable(self.shown_url, f"HTTP status {response.status}")
                content = await self._read_bounded(response)
        except TimeoutError as error:
            raise NodeUnavailable(self.shown_url, f"no answer within {self._timeout.total:g} s") from error
        except (aiohttp.ClientError, OSError) as error:
            raise NodeUnavailable(self.shown_url, _why(error)) from error
        return _parse(content, response.status)

    def _opened(self) -> aiohttp.ClientSession:
        trace = aiohttp.TraceConfig()
        trace.on_connection_create_end.append(self._count_connection)
        connector = aiohttp.TCPConnector(limit=_CONNECTIONS)
        return aiohttp.ClientSession(connector=connector, timeout=self._timeout, trace_configs=[trace])

    async def _count_connection(
        self, _session: aiohttp.ClientSession, _context: SimpleNamespace, _made: aiohttp.TraceConnectionCreateEndParams
    ) -> None:
        self.connections_made += 1

    @staticmethod
    async def _read_bounded(response: aiohttp.ClientResponse) -> bytes:
        content = bytearray()
        async for chunk in response.content.iter_any():
            content += chunk
            if len(content) > MAX_ANSWER_BYTES:
                raise AnswerTooLarge(MAX_ANSWER_BYTES)
        return bytes(content)

    def _result(self, method: str, request_id: int, answer: Json) -> Json:
        found = as_object(answer, f"answer to {method}")
        if found.get("error") is not None:
            raise self._error_of(method, as_object(found["error"], f"error of {method}"))
        if found.get("jsonrpc") != "2.0" or found.get("id") != request_id or "result" not in found:
            raise NodeMisbehaved(
                f"answer to {method}", f"jsonrpc 2.0 with id {request_id} and a result", str(set(found))
            )
        return found["result"]

    def _error_of(self, method: str, error: dict[str, Json]) -> Exception:
        code, message, data = error.get("code"), error.get("message"), error.get("data")
        if not isinstance(code, int) or not isinstance(message, str):
            return NodeMisbehaved(f"error of {method}", "code and message", str(error)[:80])
        said = message.lower()
        if code == _REVERTED or "revert" in said:
            return ExecutionReverted(method, revert_reason(_revert_data(data)))
        if any(words in said for words in _RATE_LIMITED):
            return RateLimited(self.shown_url, 0)
        if any(words in said for words in _BUSY) or code == _INTERNAL_ERROR:
            return NodeUnavailable(self.shown_url, f"{method}: code {code}: {message}")
        if any(words in said for words in _NO_BLOCK):
            return BlockUnavailable(message)
        return _refusal_of(method, code, message)


def _refusal_of(method: str, code: int, message: str) -> EvmRequestRefused:
    """The kind of refusal that a node's words tell of; refusals of no known kind are all alike."""
    for kind, phrases in (
        (NonceTooLow, _NONCE_TOO_LOW),
        (EvmTxAlreadyKnown, _ALREADY_KNOWN),
        (EvmTxUnderpriced, _UNDERPRICED),
        (InsufficientFunds, _NO_FUNDS),
    ):
        if any(words in message.lower() for words in phrases):
            return kind(method, code, message)
    return EvmRequestRefused(method, code, message)


def _request_json(request_id: int, request: RpcRequest) -> dict[str, Json]:
    return {"jsonrpc": "2.0", "id": request_id, "method": request.method, "params": list(request.params)}


def _parse(content: bytes, status: int) -> Json:
    try:
        return parse_json(content)
    except ValueError as error:
        raise NodeMisbehaved("answer", "JSON", f"HTTP status {status} with {content[:40]!r}") from error


def _revert_data(data: Json) -> bytes:
    # anvil and geth give a string; Besu too; some proxies wrap it in an object
    candidate = data.get("data") if isinstance(data, dict) else data
    if not isinstance(candidate, str):
        return b""
    try:
        return bytes.fromhex(candidate.removeprefix("0x"))
    except ValueError:
        return b""


def shown_url(url: str) -> str:
    """Where a node is, for people: providers put keys into user name, path and query, which are left out."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def _why(error: Exception) -> str:
    """What failed, without the URL that the HTTP library repeats in some of its errors."""
    if isinstance(error, aiohttp.InvalidURL):
        return type(error).__name__
    return f"{type(error).__name__}: {error}"


def _retry_after_s(header: str) -> int:
    """The seconds a node asks us to wait, 0 if it does not say; a date is not read: few nodes give one."""
    seconds = int(header) if header.isascii() and header.isdecimal() and len(header) < 10 else 0
    return min(seconds, MAX_RETRY_AFTER_S)
