"""The HTTP listener: TLS with certificates on both sides, a route an rpc, every call through the gateway's chain."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib import resources
from typing import Final

from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from google.protobuf.descriptor import ServiceDescriptor

from chains.rpc_guard import report_incident
from primitives.errors import CrossDvpError
from relayer.gateway.http.errors import (
    BodyLate,
    BodyTooLarge,
    MediaTypeRefused,
    RouteUnknown,
    VerbNotAllowed,
)
from relayer.gateway.http.event_stream import TOKEN_FIELD, accepts_tokens, serve_events
from relayer.gateway.http.in_process import CallContext, CallEnded, Caller, InProcessServices, Metadata
from relayer.gateway.http.routes import Route, routes_of
from relayer.gateway.http.statuses import HttpError, face_error, http_error, text_headers
from relayer.gateway.http.transcoding import BytesForm, answer_json, request_bytes
from relayer.gateway.method_rules import MOST_BYTES
from relayer.peer_config import TlsFiles
from relayer.rpc_server import CannotListen, MalformedRequest

MAX_BODY_BYTES: Final = 2 * max(MOST_BYTES.values())
"""JSON writes bytes in four thirds of their number, and names every field; the method's own bound holds inside."""
BODY_TIMEOUT_S: Final = 20.0
PASSED_ON: Final = ("authorization", "x-request-id", "accept-language", "traceparent", "tracestate")
"""The headers that calls see as metadata; who calls is not among them."""
HEADERS: Final = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


@dataclass(frozen=True)
class HttpSettings:
    """Where the face listens (``host:port``, port 0 = any free one) and its certificate."""

    listen: str
    tls: TlsFiles
    heartbeat_s: float = 15.0


class HttpFace:
    """One listener. ``services``: what its routes are made of, with their servicers in ``calls``."""

    def __init__(self, settings: HttpSettings, services: Sequence[ServiceDescriptor], calls: InProcessServices) -> None:
        self._settings = settings
        self._calls = calls
        self.routes = routes_of(services)
        self._app = web.Application(client_max_size=MAX_BODY_BYTES, middlewares=[_errors_as_json])
        for route in self.routes:
            # GET alone: HEAD would run the call for its headers
            self._app.router.add_route(route.http_method, route.pattern, self._handler(route))
        self._app.router.add_route("GET", "/openapi.json", _openapi)
        self._runner = web.AppRunner(
            self._app, handle_signals=False, access_log=None, keepalive_timeout=75, shutdown_timeout=1.0
        )

    async def start(self) -> int:
        """Bind and serve; returns the port. Raises ``CannotListen``, ``ConfigInvalid``."""
        host, _, port = self._settings.listen.rpartition(":")
        await self._runner.setup()
        site = web.TCPSite(self._runner, host, int(port), ssl_context=server_context(self._settings.tls))
        try:
            await site.start()
        except OSError:
            await self._runner.cleanup()
            raise CannotListen(self._settings.listen) from None
        bound: int = self._runner.addresses[0][1]
        return bound

    async def stop(self) -> None:
        """Refuse new requests, end running ones after a moment."""
        await self._runner.cleanup()

    def _handler(self, route: Route) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def answer(request: web.Request) -> web.StreamResponse:
            caller, form = caller_of(request), _bytes_form(request, route)
            body = await _body(request)
            message: bytes | MalformedRequest
            try:
                message = request_bytes(route, _path(request, route), _query(request, route), body, form)
            except MalformedRequest as malformed:
                message = malformed
            context = CallContext(caller, _metadata(request))
            if route.streams:
                return await self._events(request, route, message, context, form)
            answered = await self._calls.call(route.full_method, message, context)
            text = await asyncio.to_thread(answer_json, route.rpc.output_type, answered, form)
            headers = HEADERS | text_headers(context.trailing_metadata())
            return web.Response(text=text, content_type="application/json", headers=headers)

        return answer

    async def _events(
        self,
        request: web.Request,
        route: Route,
        message: bytes | MalformedRequest,
        context: CallContext,
        form: BytesForm,
    ) -> web.StreamResponse:
        async with aclosing(self._calls.stream(route.full_method, message, context)) as answers:
            return await serve_events(request, route.rpc.output_type, answers, form, self._settings.heartbeat_s)


def server_context(tls: TlsFiles) -> ssl.SSLContext:
    """TLS that asks every client for a certificate of our authority. Raises ``ConfigInvalid``."""
    loaded = tls.load()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(cadata=loaded.authority.decode())
    context.load_cert_chain(tls.certificate, tls.private_key)
    return context


def caller_of(request: web.Request) -> Caller:
    """Who is at the other end of the connection, by the certificate that TLS has verified."""
    transport = request.transport
    connection = transport.get_extra_info("ssl_object") if transport is not None else None
    certificate = connection.getpeercert(binary_form=True) if connection is not None else None
    if certificate is None:
        return Caller((), b"", request.remote or "")
    names, pem = _named(certificate)
    return Caller(names, pem, f"https:{request.remote}")


@lru_cache(maxsize=256)
def _named(certificate_der: bytes) -> tuple[tuple[str, ...], bytes]:
    certificate = x509.load_der_x509_certificate(certificate_der)
    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return tuple(str(name.value) for name in names), certificate.public_bytes(Encoding.PEM)


def _metadata(request: web.Request) -> Metadata:
    return tuple((name, value) for name in PASSED_ON for value in request.headers.getall(name, ()) if value.isascii())


def _bytes_form(request: web.Request, route: Route) -> BytesForm:
    """How bytes are written: by the body's media type, without a body by what the caller accepts."""
    if route.body:
        main, told = _media_type(request.headers.get("Content-Type", ""))
        if main != "application/json" or told.keys() - {"bytes", "charset"}:
            raise MediaTypeRefused(request.headers.get("Content-Type", ""))
    else:
        _, told = _media_type(request.headers.get("Accept", ""))
    if told.get("charset", "utf-8").lower() != "utf-8" or told.get("bytes", "base64") not in {"base64", "hex"}:
        raise MediaTypeRefused(request.headers.get("Content-Type", ""))
    return BytesForm(told.get("bytes", "base64"))


def _media_type(text: str) -> tuple[str, dict[str, str]]:
    main, *parameters = (part.strip() for part in text.split(";"))
    pairs = (parameter.partition("=") for parameter in parameters)
    return main.lower(), {name.strip().lower(): value.strip().strip('"') for name, _, value in pairs if name}


async def _body(request: web.Request) -> bytes:
    try:
        async with asyncio.timeout(BODY_TIMEOUT_S):
            return await request.read()
    except web.HTTPRequestEntityTooLarge:
        raise BodyTooLarge(MAX_BODY_BYTES) from None
    except TimeoutError:
        raise BodyLate(BODY_TIMEOUT_S) from None


def _path(request: web.Request, route: Route) -> list[str]:
    """What stands at each variable."""
    return [request.match_info[f"v{at}"] for at in range(len(route.variables))]


def _query(request: web.Request, route: Route) -> list[tuple[str, str]]:
    """The query's parameters, and the token with which a stream goes on."""
    given = [(name, value) for name, value in request.query.items()]
    resume = request.headers.get("Last-Event-ID", "")
    if resume and route.streams and accepts_tokens(route.request):
        # A browser that reconnects repeats the address it began with: what it has seen since is newer.
        given = [(n, v) for n, v in given if n not in {TOKEN_FIELD, "resumeToken"}] + [(TOKEN_FIELD, resume)]
    return given


@web.middleware
async def _errors_as_json(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    try:
        return await handler(request)
    except (asyncio.CancelledError, ConnectionError):
        raise
    except Exception as error:  # noqa: BLE001  # the one place where HTTP turns exceptions into answers
        return _told(_error_of(error, request.path[:200]))


def _error_of(error: Exception, path: str) -> HttpError:
    """What is told of an error; a defect is logged here, once."""
    if isinstance(error, CallEnded):
        return http_error(error)
    if isinstance(error, CrossDvpError):
        return face_error(error)
    if isinstance(error, web.HTTPMethodNotAllowed):
        allowed = ", ".join(sorted(error.allowed_methods))
        told = face_error(VerbNotAllowed(error.method, tuple(error.allowed_methods)))
        return replace(told, headers=told.headers | {"Allow": allowed})
    if isinstance(error, web.HTTPNotFound):
        return face_error(RouteUnknown(path))
    incident = report_incident(error, path=path)
    body = {"code": 500, "status": "INTERNAL", "message": f"internal error, incident {incident}", "details": []}
    return HttpError(500, {"error": body})


def _told(error: HttpError) -> web.Response:
    text = json.dumps(error.body, ensure_ascii=False)
    return web.Response(status=error.code, text=text, content_type="application/json", headers=HEADERS | error.headers)


async def _openapi(_request: web.Request) -> web.Response:
    text = await asyncio.to_thread(openapi_text)
    return web.Response(text=text, content_type="application/json", headers=HEADERS)


@lru_cache(maxsize=1)
def openapi_text() -> str:
    """The description of all routes, as it was generated."""
    return (resources.files("relayer.gateway.http") / "openapi.json").read_text()
