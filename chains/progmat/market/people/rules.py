"""What a node's operator decides about its people: the configuration's values, without what acts on them."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class PasswordPolicy:
    """What passwords must be, how long they live, and what failures cost. ``log2_n``: scrypt's cost."""

    min_chars: int = 12
    max_chars: int = 128
    max_age_s: int = 90 * 86_400
    """After that only a change of it is possible."""
    min_kinds: int = 3
    """Of lower case, upper case, digits, others; 20 characters and more need no mixture."""
    free_failures: int = 4
    """Failures in a row that cost nothing; each later one doubles the wait."""
    first_wait_s: int = 30
    longest_wait_s: int = 3600
    lock_after: int = 10
    """Failures in a row after which two admins must unlock the user."""
    session_s: int = 8 * 3600
    log2_n: int = 15

    def wait_s(self, failures: int) -> int:
        """How long the user waits after that many failures in a row."""
        if failures <= self.free_failures:
            return 0
        doublings = min(failures - self.free_failures - 1, 32)
        return min(self.first_wait_s << doublings, self.longest_wait_s)


@dataclass(frozen=True, slots=True)
class IdentityProvider:
    """Whose ID tokens are believed. ``audience``: this node's client id there; ``keys_url``: its JWKS, HTTPS."""

    issuer: str
    audience: str
    keys_url: str
    most_age_s: int = 600
    skew_s: int = 60


@dataclass(frozen=True)
class PeopleRules:
    """What a node's operator decides about its people."""

    policy: PasswordPolicy = field(default_factory=PasswordPolicy)
    providers: tuple[IdentityProvider, ...] = ()
