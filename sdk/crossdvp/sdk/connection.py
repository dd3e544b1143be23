"""How a platform reaches the gateway: its certificate, its token, and calls that are repeated when that is right."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

import grpc.aio
import stamina
from crossdvp.sdk.errors import Unavailable, error_of

from chains.progmat.client.channel import KEEPALIVE, ApiEndpoint, ApiTls, Keepalive, open_channel

ATTEMPTS: Final = 6
LONGEST_PAUSE_S: Final = 5.0
Metadata = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Tls:
    """PEM: the authority that signed the gateway's certificate, the platform's certificate and its key."""

    authority: bytes
    certificate: bytes
    private_key: bytes

    @classmethod
    def from_files(cls, authority: Path | str, certificate: Path | str, private_key: Path | str) -> Self:
        """Read the three files."""
        return cls(Path(authority).read_bytes(), Path(certificate).read_bytes(), Path(private_key).read_bytes())


class Connection:
    """One channel. ``token``: called for each call, since tokens are short-lived; None: calls need none."""

    def __init__(
        self,
        target: str,
        tls: Tls,
        name: str,
        token: Callable[[], str] | None,
        timeout_s: float,
        keepalive: Keepalive = KEEPALIVE,
    ) -> None:
        self.name = name
        self.timeout_s = timeout_s
        self._token = token
        own = ApiTls(tls.authority, tls.certificate, tls.private_key)
        self.channel = open_channel(ApiEndpoint(name, target), own, keepalive)

    def metadata(self) -> Metadata:
        """Of the next call."""
        return (("authorization", f"Bearer {self._token()}"),) if self._token is not None else ()

    async def ask(self, method: Callable[..., Awaitable[Any]], request: Any, timeout_s: float | None = None) -> Any:  # noqa: ANN401  # generated messages
        """Call until it is answered or refused; while the gateway is away, again with the same request.

        Raises ``GatewayError``; ``Unavailable`` after the last attempt.
        """
        async for attempt in stamina.retry_context(
            on=_pause, attempts=ATTEMPTS, timeout=None, wait_max=LONGEST_PAUSE_S
        ):
            with attempt:
                try:
                    return await method(request, metadata=self.metadata(), timeout=timeout_s or self.timeout_s)
                except grpc.aio.AioRpcError as failure:
                    raise error_of(failure, self.name) from failure
        raise AssertionError("the last attempt raises")  # pragma: no cover - tells the type checker

    async def close(self) -> None:
        """Close the channel."""
        await self.channel.close(grace=None)


def _pause(error: Exception) -> bool | float:
    """Whether to ask again, and after how many seconds if the gateway said it."""
    if not isinstance(error, Unavailable):
        return False
    return min(error.retry_after_s, LONGEST_PAUSE_S) or True
