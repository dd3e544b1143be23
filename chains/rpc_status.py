"""Our errors as gRPC statuses: the format, and the exception here for a remote's (``rpc_guard`` writes them).

A status carries ``google.rpc.ErrorInfo`` (reason, domain "crossdvp", metadata: the error's typed fields and whose fault
it is) and, when waiting helps, ``google.rpc.RetryInfo``. It travels in the ``grpc-status-details-bin`` trailer of a
plain ``abort``.

CrossDvpError
├── CallerError       <- RemoteCallerError       the remote blames our request
├── PeerError         <- RemotePeerError         the remote blames somebody's bytes, or
│                        RemoteInternalError     has a defect: its log knows the incident id
└── UnavailableError  <- RemoteUnavailableError  retry, after ``retry_after_s``
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any

import grpc
import grpc.aio
from google.protobuf.message import DecodeError as ProtobufDecodeError
from google.rpc import error_details_pb2, status_pb2  # type: ignore[import-untyped] # generated, without stubs

from primitives.errors import CallerError, PeerError, UnavailableError

DOMAIN = "crossdvp"
DETAILS_TRAILER = "grpc-status-details-bin"
DEFAULT_RETRY_AFTER_S = 1.0


class Blame(Enum):
    """Whose fault an error is, seen from the side that raises it."""

    CALLER = "caller"
    PEER = "peer"
    UNAVAILABLE = "unavailable"
    INTERNAL = "internal"


class RemoteCallerError(CallerError):
    """The remote says that our request is wrong: asking again unchanged is useless."""

    reason: str  # type: ignore[misc] # the remote's reason, so it belongs to the instance

    def __init__(self, remote: str, reason: str, message: str, metadata: Mapping[str, str] | None = None) -> None:
        self.remote, self.reason, self.message = remote, reason, message
        self.metadata = dict(metadata or {})
        super().__init__(f"{remote} refuses: {message} [{reason}]")


class RemotePeerError(PeerError):
    """The remote says that somebody's proof, signature or bytes are bad."""

    reason: str  # type: ignore[misc] # as RemoteCallerError

    def __init__(self, remote: str, reason: str, message: str, metadata: Mapping[str, str] | None = None) -> None:
        self.remote, self.reason, self.message = remote, reason, message
        self.metadata = dict(metadata or {})
        super().__init__(f"{remote} reports: {message} [{reason}]")


class RemoteInternalError(RemotePeerError):
    """The remote has a defect; ``message`` holds the incident id of its log."""


class RemoteUnavailableError(UnavailableError):
    """The remote, or the way to it, is temporarily unavailable."""

    reason: str  # type: ignore[misc] # as RemoteCallerError

    def __init__(
        self,
        remote: str,
        reason: str,
        message: str,
        metadata: Mapping[str, str] | None = None,
        retry_after_s: float = DEFAULT_RETRY_AFTER_S,
    ) -> None:
        self.remote, self.reason, self.message = remote, reason, message
        self.metadata = dict(metadata or {})
        self.retry_after_s = retry_after_s
        super().__init__(f"{remote} is unavailable: {message} [{reason}]")


RemoteError = RemoteCallerError | RemotePeerError | RemoteUnavailableError

_REMOTE: Mapping[Blame, type[RemoteError]] = {
    Blame.CALLER: RemoteCallerError,
    Blame.PEER: RemotePeerError,
    Blame.UNAVAILABLE: RemoteUnavailableError,
    Blame.INTERNAL: RemoteInternalError,
}


_BLAME_OF_CODE: Mapping[grpc.StatusCode, Blame] = {
    grpc.StatusCode.UNAVAILABLE: Blame.UNAVAILABLE,
    grpc.StatusCode.DEADLINE_EXCEEDED: Blame.UNAVAILABLE,
    grpc.StatusCode.RESOURCE_EXHAUSTED: Blame.UNAVAILABLE,
    grpc.StatusCode.CANCELLED: Blame.UNAVAILABLE,
    grpc.StatusCode.ABORTED: Blame.UNAVAILABLE,
    grpc.StatusCode.INTERNAL: Blame.INTERNAL,
    grpc.StatusCode.UNKNOWN: Blame.INTERNAL,
    grpc.StatusCode.DATA_LOSS: Blame.INTERNAL,
}


def blame_of(error: BaseException) -> Blame:
    """Whose fault an exception is; INTERNAL for whatever is not one of our three kinds."""
    if isinstance(error, RemoteInternalError):
        return Blame.PEER  # the defect is another node's, not this one's
    for kind, blame in ((CallerError, Blame.CALLER), (PeerError, Blame.PEER), (UnavailableError, Blame.UNAVAILABLE)):
        if isinstance(error, kind):
            return blame
    return Blame.INTERNAL


def remote_error(
    blame: Blame,
    remote: str,
    reason: str,
    message: str,
    metadata: Mapping[str, str] | None = None,
) -> RemoteError:
    """The exception that stands here for one raised at ``remote``."""
    return _REMOTE[blame](remote, reason, message, metadata)


def error_from_rpc(rpc_error: grpc.RpcError, service: str) -> RemoteError:
    """The exception that stands for a failed call to ``service``; without our details its code decides."""
    code = rpc_error.code() if isinstance(rpc_error, grpc.aio.AioRpcError) else grpc.StatusCode.UNKNOWN
    details = (rpc_error.details() or code.name) if isinstance(rpc_error, grpc.aio.AioRpcError) else str(rpc_error)
    blame = _BLAME_OF_CODE.get(code, Blame.CALLER)
    status = _status_in_trailer(rpc_error)
    for packed in status.details if status is not None else ():
        info = error_details_pb2.ErrorInfo()
        if packed.Unpack(info) and info.domain == DOMAIN:
            known = {member.value for member in Blame}
            told = info.metadata.get("blame", "")
            metadata = {key: value for key, value in info.metadata.items() if key != "blame"}
            error = remote_error(Blame(told) if told in known else blame, service, info.reason, details, metadata)
            if isinstance(error, RemoteUnavailableError):
                error.retry_after_s = _retry_after_s(status)
            return error
    return remote_error(blame, service, f"GRPC_{code.name}", details)


def _status_in_trailer(rpc_error: grpc.RpcError) -> status_pb2.Status | None:
    trailers: Any = rpc_error.trailing_metadata() if isinstance(rpc_error, grpc.aio.AioRpcError) else None
    for key, value in trailers or ():
        if key == DETAILS_TRAILER and isinstance(value, bytes):
            try:
                return status_pb2.Status.FromString(value)
            except ProtobufDecodeError:
                return None
    return None


def _retry_after_s(status: status_pb2.Status | None) -> float:
    for packed in status.details if status is not None else ():
        info = error_details_pb2.RetryInfo()
        if packed.Unpack(info):
            return float(info.retry_delay.seconds) + float(info.retry_delay.nanos) / 1e9
    return DEFAULT_RETRY_AFTER_S
