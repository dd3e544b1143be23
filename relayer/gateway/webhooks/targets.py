"""Which URLs webhooks may go to. A gateway stands inside a network, whose insides its posts must not reach.

Checked twice: when an endpoint is stored, for a quick answer, and at each connection, for the addresses that the name
has by then, which are the ones connected to. A name that pointed outside yesterday is no way in today.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Final

from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from relayer.gateway.webhooks.errors import UrlRefused

MAX_URL_CHARS: Final = 2048
MAX_ADDRESSES: Final = 16
_EMBEDS_IPV4: Final = tuple(ipaddress.ip_network(each) for each in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16"))

IpAddress = IPv4Address | IPv6Address
IpNetwork = IPv4Network | IPv6Network


class PlainHttp(Enum):
    """Whether a target on this machine may be http: for tests only."""

    REFUSED = "refused"
    LOOPBACK = "loopback"


@dataclass(frozen=True)
class TargetRules:
    """``allowed_networks``: private ones that may be posted to all the same."""

    allowed_networks: tuple[IpNetwork, ...] = ()
    plain_http: PlainHttp = PlainHttp.REFUSED

    def check_url(self, text: str) -> URL:
        """What can be said without asking anybody. Raises ``UrlRefused``."""
        if not (0 < len(text) <= MAX_URL_CHARS and text.isascii() and text.isprintable() and " " not in text):
            raise UrlRefused("url", f"1 to {MAX_URL_CHARS} printable ASCII characters", f"{len(text)} characters")
        try:
            url = URL(text)
            port = url.port
        except ValueError as broken:
            raise UrlRefused("url", "a URL", str(broken)[:80]) from None
        if url.user is not None or url.password is not None or "#" in text or not url.host:
            raise UrlRefused("url", "a host, and neither credentials nor a fragment", _shown(url))
        if url.scheme not in {"https", "http"} or not port:
            raise UrlRefused("url", "https://…", _shown(url))
        literal = literal_address(url)
        if literal is not None:
            self.check_address(literal)
        if url.scheme == "http" and not (self.plain_http is PlainHttp.LOOPBACK and literal and literal.is_loopback):
            raise UrlRefused("url", "https://…", _shown(url))
        return url

    def check_address(self, address: IpAddress) -> None:
        """Raises ``UrlRefused`` unless an address is public, or in a network that is allowed."""
        inner = getattr(address, "ipv4_mapped", None) or address
        if any(inner in network for network in self.allowed_networks if network.version == inner.version):
            return
        if self.plain_http is PlainHttp.LOOPBACK and inner.is_loopback:
            return
        embeds = any(inner in network for network in _EMBEDS_IPV4 if network.version == inner.version)
        if embeds or not inner.is_global or inner.is_multicast or inner.is_reserved:
            raise UrlRefused("url", "a public address, or one in [webhooks] allowed_networks", "a private one")


def literal_address(url: URL) -> IpAddress | None:
    """The address that a URL names instead of a host."""
    try:
        return ipaddress.ip_address((url.host or "").split("%", 1)[0])
    except ValueError:
        return None


def _shown(url: URL) -> str:
    """Without what may be secret in it: user, query and path."""
    return f"{url.scheme}://{url.host or ''}"[:120]


class GuardedResolver(AbstractResolver):
    """Resolves a name to addresses that all pass the rules, or refuses; used for every connection."""

    def __init__(self, rules: TargetRules, inner: AbstractResolver) -> None:
        self._rules = rules
        self._inner = inner

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Raises ``UrlRefused`` if one of the addresses is inside: a mixture is how one is smuggled in."""
        found: Sequence[ResolveResult] = await self._inner.resolve(host, port, family)
        for each in found[:MAX_ADDRESSES]:
            self._rules.check_address(ipaddress.ip_address(each["host"].split("%", 1)[0]))
        return list(found[:MAX_ADDRESSES])

    async def close(self) -> None:
        """Close the resolver behind."""
        await self._inner.close()
