"""X.509 for mutual TLS: one authority a network, one certificate a node, whose common name and DNS name are the node's.

The devnet runs its own authority; a production network brings certificates of the same shape from its own.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from chains.progmat.identity.names import node_name

AUTHORITY_VALID = dt.timedelta(days=3650)
NODE_VALID = dt.timedelta(days=825)
CLOCK_TOLERANCE = dt.timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class CertifiedKey:
    """A certificate and its private key, PEM."""

    certificate_pem: bytes
    private_key_pem: bytes


def create_authority(network: str, now: dt.datetime) -> CertifiedKey:
    """A new root for a network; it may sign node certificates only (path length 0)."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name(f"{network} authority")
    builder = _builder(name, name, key.public_key(), now, AUTHORITY_VALID)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(_key_usage(signs_certificates=True), critical=True)
    return _certified(builder, key, key)


def issue_node_certificate(authority: CertifiedKey, name: str, now: dt.datetime) -> CertifiedKey:
    """A certificate for one node, good for asking and for answering. Raises ``BadNodeName``."""
    issuer = x509.load_pem_x509_certificate(authority.certificate_pem)
    issuer_key = serialization.load_pem_private_key(authority.private_key_pem, password=None)
    if not isinstance(issuer_key, ec.EllipticCurvePrivateKey):
        raise TypeError("the authority's key must be an elliptic-curve key")
    key = ec.generate_private_key(ec.SECP256R1())
    builder = _builder(_name(node_name(name)), issuer.subject, key.public_key(), now, NODE_VALID)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(_key_usage(signs_certificates=False), critical=True)
    both_ways = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
    builder = builder.add_extension(x509.ExtendedKeyUsage(both_ways), critical=False)
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
    return _certified(builder, key, issuer_key)


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePublicKey,
    now: dt.datetime,
    valid: dt.timedelta,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - CLOCK_TOLERANCE)
        .not_valid_after(now + valid)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _certified(
    builder: x509.CertificateBuilder, key: ec.EllipticCurvePrivateKey, issuer_key: ec.EllipticCurvePrivateKey
) -> CertifiedKey:
    identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key())
    certificate = builder.add_extension(identifier, critical=False).sign(issuer_key, hashes.SHA256())
    private_key_pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return CertifiedKey(certificate.public_bytes(serialization.Encoding.PEM), private_key_pem)


def _key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
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


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
