"""Who calls: the certificate that mTLS has verified, and the plain list of those whom a server answers."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import grpc
import grpc.aio
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from primitives.errors import CallerError
from relayer.rpc.handlers import Context, Continuation, Handler, guarded


class CallerNotAuthorised(CallerError):
    """The caller's certificate is valid, but its name is not on this server's list."""

    reason = "CALLER_NOT_AUTHORISED"

    def __init__(self, caller: str) -> None:
        self.caller = caller
        super().__init__(
            f"{caller or 'a caller without a name'} may not call this server: add it to its list of callers"
        )


@dataclass(frozen=True)
class CallerCertificate:
    """A caller's certificate: the name in it, and ``x5t#S256`` of RFC 8705: base64url of SHA-256 over its DER form."""

    name: str
    thumbprint: str


def caller_of(context: grpc.aio.ServicerContext[Any, Any]) -> str:
    """The name in the caller's certificate, which mTLS has verified; empty if it has none."""
    return certificate_of(context).name


_last_asked: ContextVar[tuple[object, CallerCertificate] | None] = ContextVar("last_asked", default=None)
"""The call of this task and its caller: every check asks, and gRPC makes the answer anew each time."""


def certificate_of(context: grpc.aio.ServicerContext[Any, Any]) -> CallerCertificate:
    """The certificate behind a call; both fields are empty where there is none."""
    known = _last_asked.get()
    if known is not None and known[0] is context:
        return known[1]
    told = context.auth_context()
    names, certificates = list(told.get("x509_common_name", ())), list(told.get("x509_pem_cert", ()))
    name = names[0].decode(errors="replace") if names else ""
    found = CallerCertificate(name, thumbprint_of(certificates[0]) if certificates else "")
    _last_asked.set((context, found))
    return found


@lru_cache(maxsize=256)
def thumbprint_of(pem: bytes) -> str:
    """``x5t#S256`` of a PEM certificate. Raises ValueError where it is none."""
    digest = x509.load_pem_x509_certificate(pem).fingerprint(hashes.SHA256())
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def is_health(method: str) -> bool:
    """Whether a method is of gRPC's health service, which stays open to every certificate of the authority."""
    return method.startswith("/grpc.health.")


class CallerList(grpc.aio.ServerInterceptor):  # type: ignore[type-arg]  # generic in its stub only
    """Refuses certificates whose name is not listed; health stays open to every certificate of the authority."""

    def __init__(self, callers: Sequence[str]) -> None:
        self._callers = frozenset(callers)

    async def intercept_service(
        self, continuation: Continuation, handler_call_details: grpc.HandlerCallDetails
    ) -> Handler:
        """Wrap the handler with the check: the certificate is known only inside the call."""
        handler = await continuation(handler_call_details)
        if handler is None or is_health(handler_call_details.method):
            return handler
        return guarded(handler, self._check)

    async def _check(self, _request: object, context: Context) -> None:
        caller = caller_of(context)
        if caller not in self._callers:
            raise CallerNotAuthorised(caller)
