"""Per-call tokens: ``authorization: Bearer`` with a JWT that the platform signed for one of its people or programs.

Every rule is checked here, by our own clock; the JWT package checks signatures alone. A token is bound to the
certificate of the connection it comes over (``cnf`` with ``x5t#S256``, RFC 8705): whoever steals it cannot use it.

| part | rule |
|---|---|
| header | ``alg`` EdDSA or ES256 and the one of the key named by ``kid``; ``typ`` JWT if there is one; nothing else |
| ``iss`` | the platform: the name in the certificate |
| ``sub`` | a user of the platform's list |
| ``aud`` | the gateway's name, and nothing else |
| ``iat``, ``exp``, ``nbf`` | whole seconds; a life of at most ``most_life_s``; ``skew_s`` is allowed for clocks |
| ``cnf`` | ``x5t#S256`` of the caller's certificate |
| ``jti`` | if there is one, the token is good for one change and its repeats (``relayer.gateway.token_uses``) |
| ``roles`` | if there are any, the call has those of the user's that are among them |
"""

from __future__ import annotations

import base64
import json
import re
from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import Any, Final

import jwt

from primitives.hashing import sha256
from relayer.gateway.access_errors import TokenExpired, TokenRefused, TokenUserUnknown
from relayer.gateway.tenants import Role, Tenant
from relayer.rpc.callers import CallerCertificate

MAX_TOKEN_BYTES: Final = 4096
MAX_ID_CHARS: Final = 128
MOST_REMEMBERED: Final = 4096
ALGORITHMS: Final = ("EdDSA", "ES256")
_COMPACT: Final = re.compile(r"[\w-]+\.[\w-]*\.[\w-]+", re.ASCII)
_HEADER: Final = frozenset({"alg", "kid", "typ"})
_MOST_SECONDS: Final = 2**40


@dataclass(frozen=True)
class TokenRules:
    """What tokens must be at a gateway: ``audience`` is its name."""

    audience: str
    most_life_s: int = 3600
    skew_s: int = 30


@dataclass(frozen=True)
class TokenClaims:
    """What a token says once it is believed. ``roles`` None: all that the user has."""

    user: str
    issued_s: int
    starts_s: int
    expires_s: int
    jti: str
    roles: frozenset[Role] | None


class TokenVerifier:
    """Remembers tokens whose signature it has verified, a bounded number of them; times are judged at every use."""

    def __init__(self, rules: TokenRules) -> None:
        self._rules = rules
        self._verified: OrderedDict[bytes, TokenClaims] = OrderedDict()

    def verify(self, tenant: Tenant, certificate: CallerCertificate, token: str, now_s: int) -> TokenClaims:
        """The claims of a token. Raises ``TokenRefused`` naming the rule, ``TokenExpired``, ``TokenUserUnknown``."""
        if len(token) > MAX_TOKEN_BYTES or not token.isascii():
            raise TokenRefused("size", f"at most {MAX_TOKEN_BYTES} ASCII characters", f"{len(token)} characters")
        key = sha256(f"{certificate.name}\n{certificate.thumbprint}\n{token}".encode())
        claims = self._verified.get(key)
        if claims is None:
            claims = _claims(_signed_by(tenant, token), certificate, self._rules)
            self._verified[key] = claims
            if len(self._verified) > MOST_REMEMBERED:
                self._verified.popitem(last=False)
        self._check_times(claims, now_s)
        granted = tenant.users.get(claims.user)
        if granted is None:
            raise TokenUserUnknown(certificate.name, claims.user)
        return replace(claims, roles=granted if claims.roles is None else granted & claims.roles)

    def good_until_s(self, claims: TokenClaims) -> int:
        """When a token is good no longer, by anybody's clock within the skew."""
        return claims.expires_s + self._rules.skew_s

    def _check_times(self, claims: TokenClaims, now_s: int) -> None:
        skew_s = self._rules.skew_s
        if self.good_until_s(claims) <= now_s:
            raise TokenExpired(claims.expires_s, now_s)
        for name, at_s in (("iat", claims.issued_s), ("nbf", claims.starts_s)):
            if at_s > now_s + skew_s:
                raise TokenRefused(name, f"a time up to {now_s + skew_s}", at_s)


def _signed_by(tenant: Tenant, token: str) -> dict[str, Any]:
    """The claims of a token that one of the platform's keys signed; nothing else of them is checked."""
    if not _COMPACT.fullmatch(token) or not all(_is_canonical(part) for part in token.split(".")):
        raise TokenRefused("form", "three parts in canonical base64url", f"{len(token)} characters of another form")
    try:
        header = jwt.get_unverified_header(token)
    except jwt.PyJWTError as broken:
        raise TokenRefused("form", "a signed JWT in compact form", broken) from None
    unknown = sorted(set(header) - _HEADER)
    if unknown or header.get("typ", "JWT") != "JWT":
        raise TokenRefused("header", "alg, kid, and typ JWT", unknown or header.get("typ"))
    kid = header.get("kid")
    known = tenant.keys.get(kid) if isinstance(kid, str) else None
    if known is None:
        raise TokenRefused(
            "kid", f"one of {', '.join(sorted(tenant.keys)) or 'none: no token_keys are configured'}", kid
        )
    if header.get("alg") not in ALGORITHMS or header["alg"] != known.algorithm:
        raise TokenRefused("alg", known.algorithm, header.get("alg"))
    try:
        payload = jwt.PyJWS(algorithms=list(ALGORITHMS)).decode(token, known.key, algorithms=[known.algorithm])
    except jwt.PyJWTError as refused:
        raise TokenRefused("signature", f"one by key {kid}", type(refused).__name__) from None
    try:
        claims = json.loads(payload, object_pairs_hook=_without_repeats)
    except (ValueError, RecursionError) as broken:
        raise TokenRefused("claims", "one JSON object without repeated names", broken) from None
    if not isinstance(claims, dict):
        raise TokenRefused("claims", "one JSON object", type(claims).__name__)
    return claims


def _is_canonical(part: str) -> bool:
    """Decoders overlook what does not belong into base64url: one token would have many spellings."""
    try:
        decoded = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except ValueError:
        return False
    return base64.urlsafe_b64encode(decoded).rstrip(b"=") == part.encode()


def _claims(found: dict[str, Any], certificate: CallerCertificate, rules: TokenRules) -> TokenClaims:
    """The claims, each checked; times only against each other."""
    _require("iss", certificate.name, found.get("iss"))
    _require("aud", rules.audience, found.get("aud"))
    confirmation = found.get("cnf")
    thumbprint = confirmation.get("x5t#S256") if isinstance(confirmation, dict) else None
    if not certificate.thumbprint or thumbprint != certificate.thumbprint:
        raise TokenRefused("cnf", f"x5t#S256 {certificate.thumbprint} of this connection's certificate", thumbprint)
    issued_s, expires_s = _seconds(found, "iat"), _seconds(found, "exp")
    if not 0 < expires_s - issued_s <= rules.most_life_s:
        raise TokenRefused("exp", f"1 to {rules.most_life_s} seconds after iat", expires_s - issued_s)
    return TokenClaims(
        user=_text(found, "sub"),
        issued_s=issued_s,
        starts_s=_seconds(found, "nbf") if "nbf" in found else issued_s,
        expires_s=expires_s,
        jti=_text(found, "jti") if "jti" in found else "",
        roles=_roles(found["roles"]) if "roles" in found else None,
    )


def _require(name: str, expected: str, found: object) -> None:
    if found != expected:
        raise TokenRefused(name, expected, found)


def _text(claims: dict[str, Any], name: str) -> str:
    found = claims.get(name)
    if not isinstance(found, str) or not 0 < len(found) <= MAX_ID_CHARS or not found.isprintable():
        raise TokenRefused(name, f"1 to {MAX_ID_CHARS} printable characters", found)
    return found


def _seconds(claims: dict[str, Any], name: str) -> int:
    found = claims.get(name)
    if type(found) is not int or not 0 <= found < _MOST_SECONDS:
        raise TokenRefused(name, "whole seconds since 1970", found)
    return found


def _roles(found: object) -> frozenset[Role]:
    known = {role.value: role for role in Role}
    if not isinstance(found, list) or not all(isinstance(each, str) and each in known for each in found):
        raise TokenRefused("roles", f"a list of {', '.join(known)}", found)
    return frozenset(known[each] for each in found)


def _without_repeats(pairs: list[tuple[str, object]]) -> dict[str, object]:
    names = dict(pairs)
    if len(names) != len(pairs):
        raise ValueError("a name comes twice")
    return names
