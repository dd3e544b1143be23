"""Errors of the enclave light client.

    PeerError
    └── Refusal
        ├── DecodeError (primitives)
        │   ├── MalformedAttestation    a quote, collateral, certificate or Nitro document outside its format
        │   └── MalformedStatement      a statement, key registration or client message outside its format
        ├── InvalidHeader (ibc)
        │   ├── AttestationRefused      an attestation that proves nothing
        │   │   ├── UntrustedRoot       its chain ends in a root that is not pinned
        │   │   ├── BrokenChain         a certificate not issued by the next, or for another purpose
        │   │   ├── RevokedCertificate  named by a revocation list
        │   │   ├── StaleAttestation    outside the time in which it counts
        │   │   ├── ForeignQuote        a signature or hash that does not hold
        │   │   └── PlatformRefused     no TCB level, or one that may not be used
        │   ├── KeyRefused              an enclave key that may not be registered, or is not any more
        │   ├── StatementMismatch       signed, but about another state, height or time
        │   └── TooFewOperators         fewer distinct operators than the threshold
        └── InvalidProof (ibc)
            └── StateMismatch           a membership statement about something else

ClientFrozen and ClientExpired are ibc's own.
"""

from __future__ import annotations

from typing import ClassVar

from ibc.errors import InvalidHeader, InvalidProof
from primitives.errors import DecodeError


class MalformedAttestation(DecodeError):
    """A quote, its collateral, a certificate or a Nitro document outside its format."""

    reason: ClassVar[str] = "ENCLAVE_ATTESTATION_MALFORMED"


class MalformedStatement(DecodeError):
    """A statement, a registration or a client message outside its format."""

    reason: ClassVar[str] = "ENCLAVE_STATEMENT_MALFORMED"


class AttestationRefused(InvalidHeader):
    """An attestation that is well formed and proves nothing."""

    reason: ClassVar[str] = "ENCLAVE_ATTESTATION_REFUSED"


class UntrustedRoot(AttestationRefused):
    """The chain ends in another root than the pinned one: the simulation's, or a stranger's."""

    reason: ClassVar[str] = "ENCLAVE_UNTRUSTED_ROOT"


class BrokenChain(AttestationRefused):
    """A certificate is not issued by the next one, or is not meant for what it is used for."""

    reason: ClassVar[str] = "ENCLAVE_BROKEN_CHAIN"


class RevokedCertificate(AttestationRefused):
    """A certificate of the chain stands on its issuer's revocation list."""

    reason: ClassVar[str] = "ENCLAVE_REVOKED_CERTIFICATE"


class StaleAttestation(AttestationRefused):
    """Judged before or after the time in which every part of it counts: fetch new collateral or a new document."""

    reason: ClassVar[str] = "ENCLAVE_STALE_ATTESTATION"


class ForeignQuote(AttestationRefused):
    """A signature or hash within the attestation does not hold."""

    reason: ClassVar[str] = "ENCLAVE_FOREIGN_QUOTE"


class PlatformRefused(AttestationRefused):
    """The platform or the quoting enclave matches no TCB level, or another one than the collateral describes."""

    reason: ClassVar[str] = "ENCLAVE_PLATFORM_REFUSED"


class KeyRefused(InvalidHeader):
    """An enclave key that may not be registered, or that does not count (any more)."""

    reason: ClassVar[str] = "ENCLAVE_KEY_REFUSED"


class StatementMismatch(InvalidHeader):
    """A statement that does not follow from the state it is held against."""

    reason: ClassVar[str] = "ENCLAVE_STATEMENT_MISMATCH"


class TooFewOperators(InvalidHeader):
    """Fewer distinct operators' enclaves signed than the threshold."""

    reason: ClassVar[str] = "ENCLAVE_TOO_FEW_OPERATORS"


class StateMismatch(InvalidProof):
    """A membership statement about another path, value, height or state."""

    reason: ClassVar[str] = "ENCLAVE_STATE_MISMATCH"
