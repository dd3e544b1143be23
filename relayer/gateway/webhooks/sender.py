"""One attempt: a POST, bounded in time and in what is read of the answer, to an address that may be posted to."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Self

import aiohttp
from yarl import URL

from relayer.gateway.webhooks.errors import UrlRefused
from relayer.gateway.webhooks.model import Outcome
from relayer.gateway.webhooks.targets import GuardedResolver, TargetRules

MAX_ANSWER_BYTES: Final = 4096
MAX_HEADER_BYTES: Final = 8190
MAX_RETRY_AFTER_S: Final = 3600
USER_AGENT: Final = "crossdvp-webhooks/1"


@dataclass(frozen=True)
class SenderSettings:
    """``timeout_s``: for an attempt as a whole. ``connections``: open at a time, to all targets together."""

    rules: TargetRules
    timeout_s: float = 10.0
    connections: int = 32
    tls: ssl.SSLContext | None = None


class Sender:
    """Posts bodies; an asynchronous context manager. ``clock_s`` is monotonic."""

    def __init__(self, settings: SenderSettings, clock_s: Callable[[], float]) -> None:
        self._settings = settings
        self._clock_s = clock_s
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        resolver = GuardedResolver(self._settings.rules, aiohttp.ThreadedResolver())
        connector = aiohttp.TCPConnector(
            resolver=resolver,
            limit=self._settings.connections,
            use_dns_cache=False,  # every connection is checked anew
            ssl=self._settings.tls or True,
        )
        self._session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,  # a proxy would resolve names behind our back
            auto_decompress=False,
            max_line_size=MAX_HEADER_BYTES,
            max_field_size=MAX_HEADER_BYTES,
            headers={"User-Agent": USER_AGENT, "Content-Type": "application/json"},
        )
        return self

    async def __aexit__(self, *_exception: object) -> None:
        if self._session is not None:
            await self._session.close()

    async def post(self, url: str, headers: dict[str, str], body: bytes) -> Outcome:
        """One attempt; a target that is away, slow, or answers other than 2xx is an outcome, not an error."""
        if self._session is None:
            raise RuntimeError("a sender is used inside its context")
        began_s = self._clock_s()
        status, error, retry_after_s = 0, "", 0
        try:
            target: URL = self._settings.rules.check_url(url)
            timeout = aiohttp.ClientTimeout(total=self._settings.timeout_s)
            async with self._session.post(
                target, data=body, headers=headers, allow_redirects=False, timeout=timeout
            ) as answer:
                status = answer.status
                await answer.content.read(MAX_ANSWER_BYTES)
                if not 200 <= status < 300:
                    error, retry_after_s = _refusal(status), _retry_after_s(answer.headers.get("Retry-After", ""))
                if not answer.content.at_eof():
                    answer.close()  # the rest is not read
        except UrlRefused as refused:
            error = str(refused)
        except TimeoutError:
            error = f"no answer within {self._settings.timeout_s:g} s"
        except (aiohttp.ClientError, asyncio.IncompleteReadError, OSError, ValueError) as failure:
            status, error = 0, _described(failure)
        return Outcome(status, round((self._clock_s() - began_s) * 1000), error, retry_after_s)


def _refusal(status: int) -> str:
    if 300 <= status < 400:
        return f"HTTP {status}: redirects are not followed; give the endpoint the address itself"
    return f"HTTP {status}"


def _retry_after_s(text: str) -> int:
    """Of the header only its seconds; a date is not worth trusting the target's clock."""
    return min(int(text), MAX_RETRY_AFTER_S) if text.isascii() and text.isdecimal() and len(text) < 10 else 0


def _described(failure: BaseException) -> str:
    refused = failure.__cause__ if isinstance(failure.__cause__, UrlRefused) else failure
    return f"{type(refused).__name__}: {refused}"[:200]
