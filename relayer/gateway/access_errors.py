"""Why the gateway does not let a caller do something, by name; the statuses are in ``ACCESS_CODES``.

CallerError
├── TokenMissing        this platform's calls carry a token of the person or program that makes them
├── TokenRefused        the token breaks one of the rules; which one is said
│   ├── TokenExpired    its time is over
│   └── TokenReplayed   a token for one change was used for another
├── TokenUserUnknown    a good token of a user whom the gateway's configuration does not list
└── MethodNotOpen       the method has no row in the table of methods and roles
UnavailableError
├── RateLimited         more calls than the platform's limit
├── TooManyStreams      more open streams than the platform's limit
└── ReplayGuardFull     the platform used more tokens for single changes than are remembered
"""

from __future__ import annotations

from collections.abc import Mapping

import grpc

from primitives.errors import CallerError, UnavailableError
from relayer.gateway.errors import RoleMissing


class TokenMissing(CallerError):
    """The platform's calls must say who makes them; nothing was done."""

    reason = "TOKEN_MISSING"

    def __init__(self, platform: str) -> None:
        self.platform = platform
        super().__init__(f"calls of {platform} carry metadata `authorization: Bearer TOKEN`: have one signed for you")


class TokenRefused(CallerError):
    """The token breaks a rule; nothing was done. ``rule`` names it."""

    reason = "TOKEN_REFUSED"

    def __init__(self, rule: str, expected: str, found: object) -> None:
        self.rule, self.expected, self.found = rule, expected, str(found)[:128]
        super().__init__(f"token, {rule}: expected {expected}, found {self.found}; have another one signed")


class TokenExpired(TokenRefused):
    """The token's time is over; nothing was done."""

    reason = "TOKEN_EXPIRED"

    def __init__(self, expired_s: int, now_s: int) -> None:
        super().__init__("exp", f"a time after {now_s}", expired_s)


class TokenReplayed(TokenRefused):
    """The token was used for another change; one with a ``jti`` is good for one change and its repeats."""

    reason = "TOKEN_REPLAYED"

    def __init__(self, jti: str) -> None:
        super().__init__("jti", "an id that no other change was made with", jti)


class TokenUserUnknown(CallerError):
    """The token is good, and its user is not on the platform's list here; nothing was done."""

    reason = "TOKEN_USER_UNKNOWN"

    def __init__(self, platform: str, user: str) -> None:
        self.platform, self.user = platform, user
        super().__init__(f"{user} is no user of {platform} here: have the name added to tenants.{platform}.users")


class MethodNotOpen(CallerError):
    """Nobody said who may call that method, so nobody may."""

    reason = "METHOD_NOT_OPEN"

    def __init__(self, method: str) -> None:
        self.method = method
        super().__init__(f"{method} is not open to callers of this gateway: report it to who runs the gateway")


class RateLimited(UnavailableError):
    """The platform made more calls than its limit; nothing was done."""

    reason = "RATE_LIMITED"

    def __init__(self, platform: str, calls: str, limit_per_s: int, burst: int, retry_after_s: float) -> None:
        self.platform, self.calls, self.limit_per_s, self.burst = platform, calls, limit_per_s, burst
        self.retry_after_s = retry_after_s
        super().__init__(
            f"{platform or 'callers without a listed name'}: {calls} calls are limited to {limit_per_s} a second, "
            f"{burst} at once: ask again in {retry_after_s:.3f} s"
        )


class TooManyStreams(UnavailableError):
    """The platform has as many streams open as it may; nothing was done."""

    reason = "TOO_MANY_STREAMS"

    def __init__(self, platform: str, limit: int) -> None:
        self.platform, self.limit = platform, limit
        super().__init__(
            f"{platform or 'callers without a name'} have {limit} streams open, as many as allowed: close one"
        )


class ReplayGuardFull(UnavailableError):
    """As many single-use tokens of the platform are remembered as can be; nothing was done."""

    reason = "REPLAY_GUARD_FULL"

    def __init__(self, platform: str, limit: int) -> None:
        self.platform, self.limit = platform, limit
        super().__init__(f"{limit} single-use tokens of {platform} have not expired yet: sign them for a shorter time")


ACCESS_CODES: Mapping[type[BaseException], grpc.StatusCode] = {
    RoleMissing: grpc.StatusCode.PERMISSION_DENIED,
    TokenMissing: grpc.StatusCode.UNAUTHENTICATED,
    TokenRefused: grpc.StatusCode.UNAUTHENTICATED,
    TokenUserUnknown: grpc.StatusCode.PERMISSION_DENIED,
    MethodNotOpen: grpc.StatusCode.PERMISSION_DENIED,
    RateLimited: grpc.StatusCode.RESOURCE_EXHAUSTED,
    TooManyStreams: grpc.StatusCode.RESOURCE_EXHAUSTED,
    ReplayGuardFull: grpc.StatusCode.RESOURCE_EXHAUSTED,
}
