"""Signing per-call tokens, for people at a command line, devnets and tests; a platform's own systems sign their own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from primitives.errors import CallerError
from relayer.gateway.tenants import MAX_KEY_FILE_BYTES, Role, token_key


class SigningKeyUnusable(CallerError):
    """The file is not a private key that signs tokens."""

    reason = "TOKEN_SIGNING_KEY_UNUSABLE"

    def __init__(self, path: Path, problem: str) -> None:
        self.path = str(path)
        super().__init__(f"{path}: expected an unencrypted PEM private key, Ed25519 or P-256; {problem}")


@dataclass(frozen=True)
class SigningKey:
    """A platform's private key for tokens, and the name under which the gateway knows its public half."""

    kid: str
    algorithm: str
    key: ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey


@dataclass(frozen=True)
class TokenOrder:
    """What a token shall say; see ``relayer.gateway.tokens``."""

    platform: str
    user: str
    audience: str
    thumbprint: str
    ttl_s: int
    jti: str = ""
    roles: Sequence[Role] = ()


def read_signing_key(path: Path, kid: str) -> SigningKey:
    """A private key from a PEM file. Raises ``SigningKeyUnusable``."""
    try:
        with path.open("rb") as file:
            pem = file.read(MAX_KEY_FILE_BYTES)
        key = serialization.load_pem_private_key(pem, password=None)
        algorithm = token_key(key.public_key()).algorithm
    except OSError as failure:
        raise SigningKeyUnusable(path, f"it cannot be read: {failure.strerror}") from None
    except (ValueError, TypeError) as broken:
        raise SigningKeyUnusable(path, str(broken)) from None
    if not isinstance(key, ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey):
        raise SigningKeyUnusable(path, f"found {type(key).__name__}")
    return SigningKey(kid, algorithm, key)


def signed_token(signer: SigningKey, order: TokenOrder, now_s: int) -> str:
    """The token, good from now on."""
    claims: dict[str, object] = {
        "iss": order.platform,
        "sub": order.user,
        "aud": order.audience,
        "iat": now_s,
        "exp": now_s + order.ttl_s,
        "cnf": {"x5t#S256": order.thumbprint},
    }
    if order.jti:
        claims["jti"] = order.jti
    if order.roles:
        claims["roles"] = [role.value for role in order.roles]
    return jwt.encode(claims, signer.key, signer.algorithm, {"kid": signer.kid})
