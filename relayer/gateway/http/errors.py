"""What the HTTP face refuses before a call begins. Everything else is refused by the call itself, as over gRPC.

CallerError
├── RouteUnknown         no such path
├── VerbNotAllowed       the path is known, with other HTTP methods
├── MediaTypeRefused     a body that is not announced as JSON
└── BodyTooLarge         more bytes than a request has
UnavailableError
└── BodyLate             the body did not arrive in time
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import grpc

from primitives.errors import CallerError, UnavailableError


class RouteUnknown(CallerError):
    """No method of the gateway has that path."""

    reason = "ROUTE_UNKNOWN"

    def __init__(self, path: str) -> None:
        self.path = path[:200]
        super().__init__(f"no route {self.path}: /openapi.json lists them all")


class VerbNotAllowed(CallerError):
    """The path is served, but not with that HTTP method."""

    reason = "VERB_NOT_ALLOWED"

    def __init__(self, verb: str, allowed: Sequence[str]) -> None:
        self.verb, self.allowed = verb[:20], ", ".join(sorted(allowed))
        super().__init__(f"expected {self.allowed}, found {self.verb}: use the method that /openapi.json gives")


class MediaTypeRefused(CallerError):
    """A body must say that it is JSON: what a form on somebody's web site can send is refused for that alone."""

    reason = "MEDIA_TYPE_REFUSED"

    def __init__(self, found: str) -> None:
        self.found = found[:80]
        super().__init__(
            "Content-Type: expected application/json, with bytes=base64 or bytes=hex if at all, "
            f"found {self.found or 'nothing'}"
        )


class BodyTooLarge(CallerError):
    """The body is longer than any request may be; it was not read to its end."""

    reason = "BODY_TOO_LARGE"

    def __init__(self, most_bytes: int) -> None:
        self.most_bytes = most_bytes
        super().__init__(f"expected a body of at most {most_bytes} bytes, found more: send less at once")


class BodyLate(UnavailableError):
    """The request's body did not arrive in time; nothing was done."""

    reason = "BODY_LATE"

    def __init__(self, timeout_s: float) -> None:
        self.timeout_s = timeout_s
        super().__init__(f"the body did not arrive within {timeout_s:.0f} s: send the request again")


FACE_CODES: Final[Mapping[type[BaseException], grpc.StatusCode]] = {
    RouteUnknown: grpc.StatusCode.NOT_FOUND,
    VerbNotAllowed: grpc.StatusCode.UNIMPLEMENTED,
    MediaTypeRefused: grpc.StatusCode.INVALID_ARGUMENT,
    BodyTooLarge: grpc.StatusCode.INVALID_ARGUMENT,
}
"""Their gRPC codes, as everywhere."""
HTTP_CODES: Final[Mapping[type[BaseException], int]] = {VerbNotAllowed: 405, MediaTypeRefused: 415, BodyTooLarge: 413}
"""Where HTTP has a more exact word than the code."""
