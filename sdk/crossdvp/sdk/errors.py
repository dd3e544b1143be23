"""What a call ends with when it does not succeed. ``reason`` is stable: ``crossdvp explain REASON`` says what to do.

GatewayError
├── Refused          the request is wrong as it is: do not repeat it unchanged
│   ├── NotFound     no such thing, or not yours
│   ├── NotAllowed   your certificate, token or role does not suffice
│   └── Conflict     another request or a newer version was first
├── Unavailable      nothing is wrong with the request: it was repeated, and may be again, with its request id
└── TermsAltered     the gateway's answer is not about the terms that were sent
"""

from __future__ import annotations

from collections.abc import Mapping

import grpc
import grpc.aio

from chains.rpc_status import RemoteUnavailableError, error_from_rpc


class GatewayError(Exception):
    """Any of them. ``metadata``: the error's own fields, as the gateway told them."""

    def __init__(
        self, reason: str, message: str, metadata: Mapping[str, str] | None = None, retry_after_s: float = 0.0
    ) -> None:
        self.reason, self.message, self.metadata = reason, message, dict(metadata or {})
        self.retry_after_s = retry_after_s
        super().__init__(f"{message} [{reason}]")


class Refused(GatewayError):
    """See the module's text."""


class NotFound(Refused):
    """See the module's text."""


class NotAllowed(Refused):
    """See the module's text."""


class Conflict(Refused):
    """See the module's text."""


class Unavailable(GatewayError):
    """See the module's text."""


class TermsAltered(GatewayError):
    """See the module's text."""


_BY_CODE: Mapping[grpc.StatusCode, type[GatewayError]] = {
    grpc.StatusCode.NOT_FOUND: NotFound,
    grpc.StatusCode.PERMISSION_DENIED: NotAllowed,
    grpc.StatusCode.UNAUTHENTICATED: NotAllowed,
    grpc.StatusCode.ALREADY_EXISTS: Conflict,
    grpc.StatusCode.ABORTED: Conflict,
}


def error_of(failure: grpc.aio.AioRpcError, server: str) -> GatewayError:
    """The exception for a failed call."""
    told = error_from_rpc(failure, server)
    if failure.code() in _BY_CODE:
        return _BY_CODE[failure.code()](told.reason, told.message, told.metadata)
    if isinstance(told, RemoteUnavailableError):
        return Unavailable(told.reason, told.message, told.metadata, told.retry_after_s)
    return Refused(told.reason, told.message, told.metadata)
