"""Logging in by an identity provider: ID tokens of OpenID Connect Core 1.0, section 3.1.3.7, checked rule by rule.

| part | rule |
|---|---|
| signature | RS256 or ES256, by the key of the issuer's set that ``kid`` names and that is made for this algorithm |
| ``iss``, ``aud``, ``azp`` | exactly the provider's; of several audiences ``azp`` names us |
| ``exp``, ``iat`` | whole seconds; ``skew_s`` is allowed for clocks; issued at most ``most_age_s`` ago |
| ``nonce`` | one that this node gave out for a login, used once (``nonces``) |
| ``sub`` | a user's subject |

The JWT package checks signatures alone; times are judged by our own clock. A key that the set lacks is asked for again,
as providers rotate, but not more often than every ``REFETCH_S``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

import jwt

from chains.progmat.market.people.errors import IdTokenRefused
from chains.progmat.market.people.rules import IdentityProvider
from primitives.errors import UnavailableError

ALGORITHMS: Final = {"RS256": "RSA", "ES256": "EC"}
"""With the type of key each needs."""
MAX_TOKEN_CHARS: Final = 8192
MAX_KEY_SET_BYTES: Final = 64 * 1024
MOST_KEYS: Final = 32
REFETCH_S: Final = 60
_FETCH_TIMEOUT_S: Final = 5.0
_MOST_SECONDS: Final = 2**40


class KeySetUnavailable(UnavailableError):
    """The identity provider's keys are not to be had now."""

    reason = "KEY_SET_UNAVAILABLE"

    def __init__(self, issuer: str, why: str) -> None:
        self.issuer = issuer
        super().__init__(f"the keys of {issuer} are not to be had: {why}; try again, or log in by password")


class KeySource(Protocol):
    """Where a provider's key set is."""

    async def fetch(self, provider: IdentityProvider) -> bytes:
        """The JWKS document, at most MAX_KEY_SET_BYTES. Raises ``KeySetUnavailable``."""
        ...


class HttpKeySource:
    """Over HTTPS, without following redirections: the URL is the operator's."""

    async def fetch(self, provider: IdentityProvider) -> bytes:
        """The JWKS document."""
        import aiohttp  # noqa: PLC0415  # reads all authorities' certificates; few nodes have an identity provider

        timeout = aiohttp.ClientTimeout(total=_FETCH_TIMEOUT_S)
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout) as session,
                session.get(provider.keys_url, allow_redirects=False) as answer,
            ):
                if answer.status != 200:
                    raise KeySetUnavailable(provider.issuer, f"HTTP status {answer.status}")
                content = await answer.content.read(MAX_KEY_SET_BYTES + 1)
        except (aiohttp.ClientError, TimeoutError) as failure:
            raise KeySetUnavailable(provider.issuer, type(failure).__name__) from failure
        if len(content) > MAX_KEY_SET_BYTES:
            raise KeySetUnavailable(provider.issuer, f"more than {MAX_KEY_SET_BYTES} bytes")
        return content


@dataclass(frozen=True, slots=True)
class Identified:
    """What a verified token says."""

    issuer: str
    subject: str
    nonce: str


class IdTokens:
    """Verifies the ID tokens of one provider; keeps its key set."""

    def __init__(self, provider: IdentityProvider, source: KeySource) -> None:
        self.provider = provider
        self._source = source
        self._keys: dict[str, jwt.PyJWK] = {}
        self._fetched_s = -REFETCH_S

    async def verify(self, token: str, now_s: int) -> Identified:
        """Whom the token names. Raises ``IdTokenRefused`` with the rule, ``KeySetUnavailable``."""
        if len(token) > MAX_TOKEN_CHARS or not token.isascii():
            raise IdTokenRefused(f"expected at most {MAX_TOKEN_CHARS} ASCII characters")
        claims = self._signed(token, await self._key_of(token, now_s))
        return self._judged(claims, now_s)

    async def _key_of(self, token: str, now_s: int) -> jwt.PyJWK:
        try:
            header = jwt.get_unverified_header(token)
        except jwt.InvalidTokenError as broken:
            raise IdTokenRefused(f"it is no signed JWT: {broken}") from None
        algorithm, kid = header.get("alg"), header.get("kid")
        if algorithm not in ALGORITHMS or "crit" in header:
            raise IdTokenRefused(f"expected one of {', '.join(ALGORITHMS)} without critical extensions")
        if not isinstance(kid, str):
            raise IdTokenRefused("expected a kid that names the key")
        if kid not in self._keys and now_s >= self._fetched_s + REFETCH_S:
            self._keys = _key_set(self.provider, await self._source.fetch(self.provider))
            self._fetched_s = now_s
        key = self._keys.get(kid)
        if key is None:
            raise IdTokenRefused("its kid is none of the provider's keys")
        if key.key_type != ALGORITHMS[algorithm] or key.algorithm_name != algorithm:
            raise IdTokenRefused(f"the key {kid[:40]!r} is not made for {algorithm}")
        return key

    def _signed(self, token: str, key: jwt.PyJWK) -> Mapping[str, Any]:
        try:
            payload = jwt.PyJWS().decode(token, key=key, algorithms=[key.algorithm_name])
            claims = json.loads(payload)
        except (jwt.InvalidTokenError, ValueError) as broken:
            raise IdTokenRefused(f"its signature or form is bad: {broken}") from None
        if not isinstance(claims, dict):
            raise IdTokenRefused("expected an object of claims")
        return claims

    def _judged(self, claims: Mapping[str, Any], now_s: int) -> Identified:
        provider = self.provider
        audiences = claims.get("aud")
        audiences = [audiences] if isinstance(audiences, str) else audiences
        if claims.get("iss") != provider.issuer:
            raise IdTokenRefused("iss is not the provider")
        if not isinstance(audiences, list) or provider.audience not in audiences:
            raise IdTokenRefused("aud does not name this node")
        if (len(audiences) > 1 or "azp" in claims) and claims.get("azp") != provider.audience:
            raise IdTokenRefused("azp does not name this node")
        issued_s, expires_s = (_seconds(claims, name) for name in ("iat", "exp"))
        if now_s >= expires_s + provider.skew_s:
            raise IdTokenRefused(f"it expired at {expires_s} (Unix seconds)")
        if issued_s > now_s + provider.skew_s or issued_s + provider.most_age_s + provider.skew_s <= now_s:
            raise IdTokenRefused(f"it was issued at {issued_s} (Unix seconds), not within {provider.most_age_s} s")
        subject, nonce = claims.get("sub"), claims.get("nonce")
        if not isinstance(subject, str) or not 1 <= len(subject) <= 255:
            raise IdTokenRefused("expected a sub of 1 to 255 characters")
        if not isinstance(nonce, str) or not nonce:
            raise IdTokenRefused("expected the nonce of this login")
        return Identified(provider.issuer, subject, nonce)


def _seconds(claims: Mapping[str, Any], name: str) -> int:
    value = claims.get(name)
    if type(value) is not int or not 0 <= value <= _MOST_SECONDS:
        raise IdTokenRefused(f"expected whole seconds as {name}")
    return value


def _key_set(provider: IdentityProvider, document: bytes) -> dict[str, jwt.PyJWK]:
    """Signing keys by kid; those of other uses and algorithms are passed over."""
    try:
        listed = json.loads(document)["keys"]
        if not isinstance(listed, list) or len(listed) > MOST_KEYS:
            raise KeySetUnavailable(provider.issuer, f"expected a list of at most {MOST_KEYS} keys")
        wanted = [key for key in listed if key.get("use", "sig") == "sig" and key.get("alg", "RS256") in ALGORITHMS]
        return {str(key["kid"]): jwt.PyJWK(key) for key in wanted if key.get("kty") in ALGORITHMS.values()}
    except (ValueError, KeyError, TypeError, AttributeError, jwt.PyJWTError) as broken:
        raise KeySetUnavailable(provider.issuer, f"the key set cannot be read: {broken}") from broken
