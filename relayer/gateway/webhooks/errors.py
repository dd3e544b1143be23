"""What is refused about webhooks.

CallerError
├── BadRequest (gateway)   a field of the request
│   └── UrlRefused         a target that this gateway does not post to
├── EndpointUnknown        not there, or another platform's
└── RequestIdReused (gateway)
UnavailableError
├── TooManyEndpoints       the platform has as many as it may
└── SecretsUnreadable      the key file is not the one that the stored secrets were sealed with
"""

from __future__ import annotations

from primitives.errors import CallerError, UnavailableError
from relayer.gateway.errors import BadRequest


class UrlRefused(BadRequest):
    """A webhook goes to a public https address: otherwise it would reach what only this gateway's network may."""

    reason = "URL_REFUSED"


class EndpointUnknown(CallerError):
    """No endpoint of that name, or none of the caller's platform."""

    reason = "ENDPOINT_UNKNOWN"

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"no webhook endpoint {name}: list your endpoints")


class TooManyEndpoints(UnavailableError):
    """Each endpoint is followed by itself; a platform needs few."""

    reason = "TOO_MANY_ENDPOINTS"

    def __init__(self, most: int) -> None:
        self.most = most
        super().__init__(f"a platform has at most {most} webhook endpoints: delete one first")


class SecretsUnreadable(UnavailableError):
    """A stored secret cannot be opened."""

    reason = "WEBHOOK_SECRETS_UNREADABLE"

    def __init__(self) -> None:
        super().__init__("the stored signing secrets cannot be opened: give the gateway the key file it had before")
