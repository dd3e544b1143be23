"""A platform as the gateway's configuration describes it: ``[tenants.NAME]``, NAME being that in its certificate."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Annotated, Final

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from pydantic import BaseModel, ConfigDict, Field

from primitives.errors import CallerError

MAX_KEY_FILE_BYTES: Final = 16 * 1024
PublicKey = ed25519.Ed25519PublicKey | ec.EllipticCurvePublicKey


class Role(Enum):
    """What a person of a platform may do at a gateway."""

    PROPOSER = "proposer"
    AFFIRMER = "affirmer"
    OPERATOR = "operator"
    AUDITOR = "auditor"


class TokenPolicy(Enum):
    """Whether a platform's calls say which person or program of the platform makes them."""

    REQUIRED = "required"
    OPTIONAL = "optional"
    NONE = "none"


class AuditScope(Enum):
    """Whose audit entries a platform's auditors read: their own platform's, or, for the gateway's operator, all."""

    OWN = "own"
    ALL = "all"


class TokenKeyUnusable(CallerError):
    """A file of ``token_keys`` is not what it should be."""

    reason = "TOKEN_KEY_UNUSABLE"

    def __init__(self, path: Path, problem: str) -> None:
        self.path = str(path)
        super().__init__(f"{path}: expected a PEM public key, Ed25519 or P-256; {problem}")


@dataclass(frozen=True)
class TokenKey:
    """A public key that signs a platform's tokens, and the one JWS algorithm that goes with it."""

    algorithm: str
    key: PublicKey


@dataclass(frozen=True)
class Rate:
    """A limit: calls a second, and how many of them may come at once."""

    per_s: int
    burst: int


@dataclass(frozen=True)
class Limits:
    """What a platform may ask of the gateway."""

    reads: Rate = Rate(2000, 4000)
    changes: Rate = Rate(2000, 4000)
    streams: int = 64


@dataclass(frozen=True)
class Tenant:
    """A platform. ``roles``: of calls without a token; ``four_eyes_above_yen`` None: no second person is needed."""

    nodes: frozenset[str]
    tokens: TokenPolicy = TokenPolicy.NONE
    keys: dict[str, TokenKey] = field(default_factory=dict)
    users: dict[str, frozenset[Role]] = field(default_factory=dict)
    roles: frozenset[Role] = frozenset(Role)
    limits: Limits = Limits()
    four_eyes_above_yen: int | None = None
    audit: AuditScope = AuditScope.OWN


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


Name = Annotated[str, Field(min_length=1, max_length=63)]
UserName = Annotated[str, Field(pattern=r"^[0-9A-Za-z._@+-]{1,128}$")]
PerSecond = Annotated[int, Field(ge=1, le=1_000_000)]


class LimitsSection(_Section):
    """``[tenants.NAME.limits]``: calls a second of each class, how many at once, and open streams."""

    reads_per_s: PerSecond = Limits.reads.per_s
    reads_burst: PerSecond = Limits.reads.burst
    changes_per_s: PerSecond = Limits.changes.per_s
    changes_burst: PerSecond = Limits.changes.burst
    streams: Annotated[int, Field(ge=1, le=10_000)] = Limits.streams


class TokenKeySection(_Section):
    """``[tenants.NAME.token_keys.KID]``: a PEM file with the public key of tokens with that ``kid``."""

    public_key: Path


class TenantSection(_Section):
    """``[tenants.NAME]``.

    ``nodes``: custodian nodes whose customers' accounts the platform speaks for. ``tokens``: whether calls carry one;
    ``token_keys`` and ``users`` (name = roles) say whose are good. ``roles``: of calls without a token.
    ``four_eyes_above_yen``: above it a second person of the platform must agree. ``audit``: ``all`` for the operator
    of the gateway.
    """

    nodes: Annotated[tuple[Name, ...], Field(min_length=1)]
    tokens: TokenPolicy = TokenPolicy.NONE
    token_keys: Annotated[dict[Name, TokenKeySection], Field(max_length=16)] = {}
    users: Annotated[dict[UserName, tuple[Role, ...]], Field(max_length=10_000)] = {}
    roles: tuple[Role, ...] = tuple(Role)
    limits: LimitsSection = LimitsSection()
    four_eyes_above_yen: Annotated[int, Field(ge=0, le=10**15)] | None = None
    audit: AuditScope = AuditScope.OWN

    def tenant(self) -> Tenant:
        """As the gateway uses it, with its keys read. Raises ``TokenKeyUnusable``."""
        limits = self.limits
        return Tenant(
            nodes=frozenset(self.nodes),
            tokens=self.tokens,
            keys={kid: read_token_key(section.public_key) for kid, section in self.token_keys.items()},
            users={user: frozenset(roles) for user, roles in self.users.items()},
            roles=frozenset(self.roles),
            limits=Limits(
                Rate(limits.reads_per_s, limits.reads_burst),
                Rate(limits.changes_per_s, limits.changes_burst),
                limits.streams,
            ),
            four_eyes_above_yen=self.four_eyes_above_yen,
            audit=self.audit,
        )


def read_token_key(path: Path) -> TokenKey:
    """A platform's public key from a PEM file. Raises ``TokenKeyUnusable``."""
    try:
        with path.open("rb") as file:
            pem = file.read(MAX_KEY_FILE_BYTES)
        return token_key(serialization.load_pem_public_key(pem))
    except OSError as failure:
        raise TokenKeyUnusable(path, f"it cannot be read: {failure.strerror}") from None
    except (ValueError, TypeError) as broken:
        raise TokenKeyUnusable(path, str(broken)) from None


def token_key(key: object) -> TokenKey:
    """A public key with its algorithm. Raises TypeError for kinds that do not sign tokens here."""
    if isinstance(key, ed25519.Ed25519PublicKey):
        return TokenKey("EdDSA", key)
    if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1):
        return TokenKey("ES256", key)
    raise TypeError(f"found {type(key).__name__}")
