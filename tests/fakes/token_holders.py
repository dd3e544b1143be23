"""Platforms with token keys, and tokens of their people, good in every claim until a test changes one."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from relayer.gateway.access import Speakers
from relayer.gateway.tenants import AuditScope, Limits, Role, Tenant, TokenKey, TokenPolicy, token_key
from relayer.rpc.callers import thumbprint_of
from tests.fakes.rpc_parties import tls_of
from tests.fakes.settlement_terms import T0_S

USERS = {
    "alice": frozenset({Role.PROPOSER, Role.AFFIRMER}),
    "bob": frozenset({Role.AFFIRMER}),
    "olga": frozenset({Role.OPERATOR}),
    "aki": frozenset({Role.AUDITOR}),
}


@cache
def signing_key(platform: str) -> ed25519.Ed25519PrivateKey:
    """The platform's token key, ``kid`` "k1"."""
    return ed25519.Ed25519PrivateKey.from_private_bytes(platform.encode().ljust(32, b"\x01")[:32])


@cache
def p256_key(platform: str) -> ec.EllipticCurvePrivateKey:
    """Its other one, ``kid`` "p256"."""
    return ec.derive_private_key(int.from_bytes(platform.encode(), "big"), ec.SECP256R1())


def tenant_of(platform: str, *nodes: str, **changes: Any) -> Tenant:  # noqa: ANN401  # any field
    """A platform whose calls need tokens."""
    keys: dict[str, TokenKey] = {
        "k1": token_key(signing_key(platform).public_key()),
        "p256": token_key(p256_key(platform).public_key()),
    }
    fields: dict[str, Any] = {"tokens": TokenPolicy.REQUIRED, "keys": keys, "users": dict(USERS)}
    return Tenant(frozenset(nodes), **(fields | changes))


def token_speakers(limits: Limits | None = None) -> Speakers:
    """Two platforms with tokens, one without, and the gateway's operator, who audits all."""
    fields = {} if limits is None else {"limits": limits}
    return Speakers.of_tenants(
        {
            "broker-a": tenant_of("broker-a", "cn-a", **fields),
            "broker-b": tenant_of("broker-b", "cn-b", **fields),
            "house": Tenant(frozenset({"cn-a", "cn-b"}), **fields),  # type: ignore[arg-type]  # limits or nothing
            "operator": Tenant(frozenset({"cn-a"}), audit=AuditScope.ALL),
        }
    )


def thumbprint(platform: str) -> str:
    """Of the certificate that the platform's calls are made with in tests."""
    return thumbprint_of(tls_of(platform).certificate)


def good_claims(platform: str, user: str, now_s: int = T0_S) -> dict[str, Any]:
    """Claims of a token that is good for ten minutes."""
    return {
        "iss": platform,
        "sub": user,
        "aud": "gateway",
        "iat": now_s,
        "exp": now_s + 600,
        "cnf": {"x5t#S256": thumbprint(platform)},
    }


def token_for(platform: str, user: str, now_s: int = T0_S, **claims: Any) -> str:  # noqa: ANN401  # any claim
    """A token, with claims replaced."""
    return signed(good_claims(platform, user, now_s) | claims, platform)


def signed(payload: bytes | dict[str, Any], platform: str, **header: Any) -> str:  # noqa: ANN401  # any header field
    """Any payload under the platform's key."""
    content = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    fields = {"kid": "k1"} | header
    return jwt.PyJWS().encode(content, signing_key(platform), "EdDSA", fields)


def bearing(token: str) -> tuple[tuple[str, str], ...]:
    """The metadata of a call with a token."""
    return (("authorization", f"Bearer {token}"),)
