"""JSON-RPC 2.0 over HTTP: bounded bodies, batches, exact error codes, and no traceback for anybody."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from typing import Final

from aiohttp import web

from chains.evm.devnet.config import RpcLimits
from chains.evm.devnet.errors import InvalidParams, InvalidRequest, MethodNotFound, ParseError, RpcError
from chains.evm.devnet.rpc_method import MethodTable
from chains.evm.json_value import Json, parse_json

_log = logging.getLogger(__name__)
_INTERNAL_ERROR: Final[dict[str, Json]] = {"code": -32603, "message": "internal error; the node's log has the details"}
_REQUEST_FIELDS: Final = frozenset({"jsonrpc", "id", "method", "params"})


class RpcDispatcher:
    """From the bytes of a request to the bytes of its answer; knows nothing of HTTP."""

    def __init__(self, methods: MethodTable, limits: RpcLimits) -> None:
        self._methods = methods
        self._limits = limits

    def answer(self, body: bytes) -> bytes | None:
        """Answer a request or a batch; None when there is nothing to say (notifications)."""
        try:
            request = _parse(body)
        except RpcError as error:
            return _encode(_failure(None, error))
        if not isinstance(request, list):
            single = self._answer_one(request)
            return None if single is None else _encode(single)
        if not request:
            return _encode(_failure(None, InvalidRequest("empty batch")))
        if len(request) > self._limits.max_batch:
            return _encode(_failure(None, InvalidRequest(f"batch too large, at most {self._limits.max_batch}")))
        answers = [answer for item in request if (answer := self._answer_one(item)) is not None]
        return _encode(answers) if answers else None

    def _answer_one(self, request: Json) -> dict[str, Json] | None:
        request_id: Json = None
        try:
            request_id, method, params = _validate(request)
            result = self._call(method, params)
        except RpcError as error:
            answer = _failure(request_id, error)
        except Exception:  # noqa: BLE001 # the last line of defence: logged here, and the caller sees only a code
            _log.exception("internal error in a JSON-RPC method")
            answer = {"jsonrpc": "2.0", "id": request_id, "error": _INTERNAL_ERROR}
        else:
            answer = {"jsonrpc": "2.0", "id": request_id, "result": result}
        is_notification = isinstance(request, dict) and "id" not in request and "method" in request
        return None if is_notification else answer

    def _call(self, name: str, params: list[Json]) -> Json:
        method = self._methods.get(name)
        if method is None:
            raise MethodNotFound(name)
        return method(params)


def _parse(body: bytes) -> Json:
    try:
        return parse_json(body)
    except ValueError as error:
        raise ParseError("parse error: the body is not JSON") from error


def _validate(request: Json) -> tuple[Json, str, list[Json]]:
    if not isinstance(request, dict) or set(request) - _REQUEST_FIELDS or request.get("jsonrpc") != "2.0":
        raise InvalidRequest("invalid request: expected an object with jsonrpc 2.0, id, method and params")
    request_id, method, params = request.get("id"), request.get("method"), request.get("params")
    if isinstance(request_id, (dict, list, bool)):
        raise InvalidRequest("invalid request: id is a string, a number or null")
    if not isinstance(method, str):
        raise InvalidRequest("invalid request: method is a string")
    if params is None:
        params = []
    if not isinstance(params, list):
        raise InvalidParams("non-array args: parameters are positional")
    return request_id, method, params


def _failure(request_id: Json, error: RpcError) -> dict[str, Json]:
    return {"jsonrpc": "2.0", "id": request_id, "error": error.as_json()}


def _encode(answer: Mapping[str, Json] | list[dict[str, Json]]) -> bytes:
    return json.dumps(answer, separators=(",", ":")).encode()


def make_http_app(dispatcher: RpcDispatcher, limits: RpcLimits) -> web.Application:
    """Serve JSON-RPC on POST /, and a liveness answer on GET /."""

    async def rpc(request: web.Request) -> web.Response:
        try:
            body = await request.read()
        except web.HTTPRequestEntityTooLarge:
            error = InvalidRequest(f"request too large, at most {limits.max_body_bytes} bytes")
            return web.Response(status=413, body=_encode(_failure(None, error)), content_type="application/json")
        answer = dispatcher.answer(body)
        if answer is None:
            return web.Response(status=204)
        return web.Response(body=answer, content_type="application/json")

    async def alive(_: web.Request) -> web.Response:
        return web.Response(text="crossdvp devnet: POST JSON-RPC here\n")

    app = web.Application(client_max_size=limits.max_body_bytes)
    app.router.add_post("/", rpc)
    app.router.add_get("/", alive)
    return app
