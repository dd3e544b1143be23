"""Certificates and revocation lists of the simulated root: names, extensions and lifetimes as Intel's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

_LIFE = timedelta(days=3650)
_CRL_LIFE = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Certified:
    """A key and its certificate."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @property
    def pem(self) -> bytes:
        """The certificate, as it stands in a chain."""
        return self.certificate.public_bytes(serialization.Encoding.PEM)


def authority(name: str, now_s: int, issuer: Certified | None, path_length: int) -> Certified:
    """A certificate authority; its own issuer if there is none."""
    usage = _usage(signs_certificates=True)
    return _issue(name, now_s, issuer, x509.BasicConstraints(ca=True, path_length=path_length), usage, None)


def leaf(name: str, now_s: int, issuer: Certified, extension: x509.UnrecognizedExtension | None = None) -> Certified:
    """A certificate that issues nothing."""
    usage = _usage(signs_certificates=False)
    return _issue(name, now_s, issuer, x509.BasicConstraints(ca=False, path_length=None), usage, extension)


def revocation_list(issuer: Certified, now_s: int, revoked: Sequence[x509.Certificate]) -> bytes:
    """A list in DER that counts from a minute ago for thirty days."""
    start = _moment(now_s)
    builder = x509.CertificateRevocationListBuilder().issuer_name(issuer.certificate.subject)
    builder = builder.last_update(start).next_update(start + _CRL_LIFE)
    builder = builder.add_extension(x509.CRLNumber(1), critical=False)
    builder = builder.add_extension(_authority_key_id(issuer), critical=False)
    for each in revoked:
        entry = x509.RevokedCertificateBuilder().serial_number(each.serial_number).revocation_date(start).build()
        builder = builder.add_revoked_certificate(entry)
    return builder.sign(issuer.key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def _issue(
    name: str,
    now_s: int,
    issuer: Certified | None,
    constraints: x509.BasicConstraints,
    usage: x509.KeyUsage,
    extension: x509.UnrecognizedExtension | None,
) -> Certified:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    start = _moment(now_s)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + _LIFE)
        .add_extension(constraints, critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    if issuer is not None:
        builder = builder.add_extension(_authority_key_id(issuer), critical=False)
    if extension is not None:
        builder = builder.add_extension(extension, critical=False)
    return Certified(key, builder.sign(issuer.key if issuer else key, hashes.SHA256()))


def _authority_key_id(issuer: Certified) -> x509.AuthorityKeyIdentifier:
    return x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key())


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _moment(now_s: int) -> datetime:
    return datetime.fromtimestamp(now_s - 60, UTC)
