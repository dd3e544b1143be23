"""gRPC statuses as HTTP answers: the code as google.rpc.Code maps it, the body as AIP-193 writes an error.

{"error": {"code": 404, "status": "NOT_FOUND", "message": "…", "details": [{"@type": "…ErrorInfo", …}, …]}}
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, Final

import grpc
from google.protobuf import json_format
from google.protobuf.message import DecodeError
from google.rpc import error_details_pb2, status_pb2  # type: ignore[import-untyped] # generated, without stubs

from chains.rpc_guard import status_of
from chains.rpc_status import DETAILS_TRAILER
from primitives.errors import CrossDvpError
from relayer.gateway.http.errors import FACE_CODES, HTTP_CODES
from relayer.gateway.http.in_process import CallEnded, Metadata

_CODES: Final = {
    grpc.StatusCode.INVALID_ARGUMENT: 400,
    grpc.StatusCode.FAILED_PRECONDITION: 400,
    grpc.StatusCode.OUT_OF_RANGE: 400,
    grpc.StatusCode.UNAUTHENTICATED: 401,
    grpc.StatusCode.PERMISSION_DENIED: 403,
    grpc.StatusCode.NOT_FOUND: 404,
    grpc.StatusCode.ALREADY_EXISTS: 409,
    grpc.StatusCode.ABORTED: 409,
    grpc.StatusCode.RESOURCE_EXHAUSTED: 429,
    grpc.StatusCode.CANCELLED: 499,
    grpc.StatusCode.UNIMPLEMENTED: 501,
    grpc.StatusCode.UNAVAILABLE: 503,
    grpc.StatusCode.DEADLINE_EXCEEDED: 504,
}


@dataclass(frozen=True)
class HttpError:
    """An answer that is an error."""

    code: int
    body: dict[str, Any]
    headers: dict[str, str] = field(default_factory=dict)


def http_error(ended: CallEnded) -> HttpError:
    """The answer for a call that ended with a status; its details come from the trailer, as gRPC clients have them."""
    status = _status_in(ended.trailers) or status_pb2.Status(message=ended.details)
    return _error(_CODES.get(ended.code, 500), ended.code, status, text_headers(ended.trailers))


def face_error(error: CrossDvpError) -> HttpError:
    """The answer for what was refused before a call began."""
    code, status = status_of(error, codes=FACE_CODES)
    return _error(HTTP_CODES.get(type(error), _CODES.get(code, 500)), code, status, {})


def text_headers(trailers: Metadata) -> dict[str, str]:
    """What a call says in its trailing metadata, as headers; binary parts and the status are not."""
    return {
        key.title(): value
        for key, value in trailers
        if isinstance(value, str) and not key.endswith("-bin") and key.startswith("x-")
    }


def _status_in(trailers: Metadata) -> status_pb2.Status | None:
    for key, value in trailers:
        if key == DETAILS_TRAILER and isinstance(value, bytes):
            try:
                return status_pb2.Status.FromString(value)
            except DecodeError:
                return None
    return None


def _error(code: int, grpc_code: grpc.StatusCode, status: status_pb2.Status, headers: dict[str, str]) -> HttpError:
    details, headers = [], dict(headers)
    for packed in status.details:
        try:
            details.append(json_format.MessageToDict(packed))
        except TypeError:  # of a type that this program does not know
            continue
        info = error_details_pb2.RetryInfo()
        if packed.Unpack(info):
            headers["Retry-After"] = str(math.ceil(info.retry_delay.seconds + info.retry_delay.nanos / 1e9))
    body = {"code": code, "status": grpc_code.name, "message": status.message, "details": details}
    return HttpError(code, {"error": body}, headers)
