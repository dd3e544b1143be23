"""Certificate chains that end in a pinned root, and revocation lists (RFC 5280, as much as attestation uses).

Only a pinned root makes a chain good; the machine's own trust store plays no part.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from light_clients.enclave.attestation.verified import ValiditySpan
from light_clients.enclave.errors import BrokenChain, MalformedAttestation, RevokedCertificate, UntrustedRoot
from primitives.hashing import sha256

MAX_CHAIN_BYTES = 16 * 1024
MAX_CHAIN_CERTIFICATES = 6
MAX_CRL_BYTES = 1024 * 1024
_UNDERSTOOD_WHEN_CRITICAL = (x509.KeyUsage, x509.BasicConstraints)
_PARSING_ERRORS = (
    ValueError,
    TypeError,
    UnsupportedAlgorithm,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
)


@dataclass(frozen=True, slots=True)
class TrustedChain:
    """A chain, leaf first, root last, that holds; `spans` are the times of its certificates, `pin` is the root's."""

    pin: bytes
    certificates: tuple[x509.Certificate, ...]
    spans: tuple[ValiditySpan, ...]

    @property
    def leaf(self) -> x509.Certificate:
        """What the chain is about."""
        return self.certificates[0]

    @property
    def root(self) -> x509.Certificate:
        """The pinned one."""
        return self.certificates[-1]

    @property
    def leaf_key(self) -> ec.EllipticCurvePublicKey:
        """The leaf's key; every key of the chain is on the curve that was asked for."""
        return ec_key(self.leaf)


def load_pem_chain(data: bytes) -> tuple[x509.Certificate, ...]:
    """Certificates, one after another and nothing else; Intel ends a chain with or without newline or zero byte."""
    if len(data) > MAX_CHAIN_BYTES:
        raise MalformedAttestation("certificate chain is too long", expected=MAX_CHAIN_BYTES, found=len(data))
    text = data.removesuffix(b"\0").removesuffix(b"\n")
    try:
        certificates = tuple(x509.load_pem_x509_certificates(text))
        written = b"".join(each.public_bytes(serialization.Encoding.PEM) for each in certificates)
    except _PARSING_ERRORS as error:
        raise MalformedAttestation(f"certificate chain is malformed: {error}", found=len(data)) from error
    if written.removesuffix(b"\n") != text:
        raise MalformedAttestation("certificate chain holds more than certificates", found=len(data))
    return certificates


def load_der_certificate(data: bytes) -> x509.Certificate:
    """One certificate; MalformedAttestation."""
    if len(data) > MAX_CHAIN_BYTES:
        raise MalformedAttestation("certificate is too long", expected=MAX_CHAIN_BYTES, found=len(data))
    try:
        return x509.load_der_x509_certificate(data)
    except _PARSING_ERRORS as error:
        raise MalformedAttestation(f"certificate is malformed: {error}", found=data) from error


def verify_chain(
    certificates: Sequence[x509.Certificate], root_pins: Collection[bytes], curve: type[ec.EllipticCurve]
) -> TrustedChain:
    """Each certificate issued by the next, the last one pinned; UntrustedRoot, BrokenChain, MalformedAttestation.

    Times are not judged here: `TrustedChain.spans` says them.
    """
    if not 2 <= len(certificates) <= MAX_CHAIN_CERTIFICATES:
        raise MalformedAttestation(
            "certificate chain has the wrong length", expected=f"2..{MAX_CHAIN_CERTIFICATES}", found=len(certificates)
        )
    found = sha256(certificates[-1].public_bytes(serialization.Encoding.DER))
    if found not in root_pins:
        pins = ", ".join(sorted(pin.hex() for pin in root_pins))
        raise UntrustedRoot("certificate chain ends in a root that is not pinned", expected=pins, found=found)
    try:
        for depth, (issued, issuer) in enumerate(pairwise(certificates)):
            _check_issuer(issuer, depth)
            issued.verify_directly_issued_by(issuer)
        for each in certificates:
            _check_certificate(each, curve)
    except (InvalidSignature, x509.ExtensionNotFound, *_PARSING_ERRORS) as error:
        what = str(error) or "signature does not hold"
        raise BrokenChain(f"certificate is not issued by the next one: {what}") from error
    return TrustedChain(found, tuple(certificates), tuple(_span(each) for each in certificates))


def verify_crl(data: bytes, issuer: x509.Certificate) -> tuple[x509.CertificateRevocationList, ValiditySpan]:
    """A revocation list (DER) signed by its issuer, and when it counts; MalformedAttestation, BrokenChain."""
    if len(data) > MAX_CRL_BYTES:
        raise MalformedAttestation("revocation list is too long", expected=MAX_CRL_BYTES, found=len(data))
    try:
        crl = x509.load_der_x509_crl(data)
        from_s, next_update = _seconds(crl.last_update_utc), crl.next_update_utc
        named = crl.issuer
    except _PARSING_ERRORS as error:
        raise MalformedAttestation(f"revocation list is malformed: {error}", found=len(data)) from error
    if named != issuer.subject or not _crl_signature_holds(crl, issuer):
        raise BrokenChain(
            "revocation list is not its issuer's",
            expected=issuer.subject.rfc4514_string(),
            found=named.rfc4514_string(),
        )
    if next_update is None:
        raise MalformedAttestation("revocation list has no end", expected="nextUpdate")
    return crl, ValiditySpan(f"revocation list of {_name(issuer)}", from_s, _seconds(next_update))


def check_not_revoked(certificate: x509.Certificate, crl: x509.CertificateRevocationList) -> None:
    """RevokedCertificate if the list names it."""
    if crl.get_revoked_certificate_by_serial_number(certificate.serial_number) is not None:
        raise RevokedCertificate(
            f"certificate of {_name(certificate)} is revoked",
            expected="a serial not listed",
            found=certificate.serial_number,
        )


def ec_key(certificate: x509.Certificate) -> ec.EllipticCurvePublicKey:
    """The certificate's key, which must be an elliptic one."""
    try:
        key = certificate.public_key()
    except _PARSING_ERRORS as error:
        raise MalformedAttestation(f"certificate's key is malformed: {error}") from error
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise BrokenChain("certificate has another kind of key", expected="elliptic", found=type(key).__name__)
    return key


def _check_issuer(issuer: x509.Certificate, below: int) -> None:
    """A certificate authority, allowed to stand above so many others, that may sign certificates."""
    constraints = issuer.extensions.get_extension_for_class(x509.BasicConstraints).value
    usage = issuer.extensions.get_extension_for_class(x509.KeyUsage).value
    too_deep = constraints.path_length is not None and constraints.path_length < below
    if not constraints.ca or not usage.key_cert_sign or too_deep:
        raise BrokenChain("certificate may not issue what it issued", found=issuer.subject.rfc4514_string())


def _check_certificate(certificate: x509.Certificate, curve: type[ec.EllipticCurve]) -> None:
    for extension in certificate.extensions:
        if extension.critical and not isinstance(extension.value, _UNDERSTOOD_WHEN_CRITICAL):
            raise BrokenChain("certificate has an unknown critical extension", found=extension.oid.dotted_string)
    key = ec_key(certificate)
    if not isinstance(key.curve, curve):
        raise BrokenChain("certificate's key is on another curve", expected=curve.__name__, found=key.curve.name)


def _crl_signature_holds(crl: x509.CertificateRevocationList, issuer: x509.Certificate) -> bool:
    algorithm = crl.signature_hash_algorithm
    if not isinstance(algorithm, hashes.SHA256):
        return False
    try:
        return crl.is_signature_valid(ec_key(issuer))
    except _PARSING_ERRORS:
        return False


def _span(certificate: x509.Certificate) -> ValiditySpan:
    return ValiditySpan(
        f"certificate of {_name(certificate)}",
        _seconds(certificate.not_valid_before_utc),
        _seconds(certificate.not_valid_after_utc),
    )


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())


def _name(certificate: x509.Certificate) -> str:
    names = certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    return str(names[0].value) if names else "an unnamed subject"
