"""An SGX quote with its collateral, verified at a given time (Intel's DCAP, ECDSA, quote version 3).

The CPU vouches for the quoting enclave through the PCK certificate, the quoting enclave for its attestation key, that
key for the quote. Whether measurement, status and advisories are acceptable is for the caller's policy.
"""

from __future__ import annotations

from collections.abc import Collection

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from ibc.light_client import TimeBounds
from light_clients.enclave.attestation.sgx_collateral import SgxCollateral
from light_clients.enclave.attestation.sgx_pck import read_platform_tcb
from light_clients.enclave.attestation.sgx_quote import SgxQuote, decode_sgx_quote
from light_clients.enclave.attestation.sgx_tcb import merged_status, read_qe_identity, read_tcb_info
from light_clients.enclave.attestation.verified import Technology, ValiditySpan, VerifiedAttestation
from light_clients.enclave.attestation.x509_chain import (
    TrustedChain,
    check_not_revoked,
    load_pem_chain,
    verify_chain,
    verify_crl,
)
from light_clients.enclave.errors import BrokenChain, ForeignQuote
from primitives.hashing import sha256

_PCK_CHAIN_CERTIFICATES = 3
_SIGNER_CHAIN_CERTIFICATES = 2
_TCB_SIGNER_NAME = "Intel SGX TCB Signing"


def verify_sgx_quote(
    quote_bytes: bytes, collateral: SgxCollateral, root_pins: Collection[bytes], now: TimeBounds
) -> VerifiedAttestation:
    """What the quote says, if all of it and of its collateral holds throughout `now`.

    `root_pins` are SHA-256 of root certificates; all chains must end in one and the same. Raises MalformedAttestation,
    UntrustedRoot, BrokenChain, RevokedCertificate, StaleAttestation, ForeignQuote, PlatformRefused.
    """
    quote = decode_sgx_quote(quote_bytes)
    pck = verify_chain(load_pem_chain(quote.pck_chain), root_pins, ec.SECP256R1)
    root_crl, root_crl_span = verify_crl(collateral.root_ca_crl, pck.root)
    spans = [*pck.spans, root_crl_span, *_check_pck(pck, collateral, root_crl)]
    info_signer = _signer(collateral.tcb_info_issuer_chain, pck.pin, root_crl)
    same_signer = collateral.qe_identity_issuer_chain == collateral.tcb_info_issuer_chain
    identity_signer = info_signer if same_signer else _signer(collateral.qe_identity_issuer_chain, pck.pin, root_crl)
    check_p256(info_signer.leaf_key, collateral.tcb_info_signature, collateral.tcb_info, "TCB info")
    check_p256(identity_signer.leaf_key, collateral.qe_identity_signature, collateral.qe_identity, "QE identity")
    spans += [*info_signer.spans, *identity_signer.spans]
    tcb_info, identity = read_tcb_info(collateral.tcb_info), read_qe_identity(collateral.qe_identity)
    spans += [tcb_info.span, identity.span]
    for span in spans:
        span.check(now)
    _check_quote(quote, pck)
    platform_level = tcb_info.level_of(read_platform_tcb(pck.leaf))
    enclave_level = identity.level_of(quote.qe_report)
    return VerifiedAttestation(
        technology=Technology.SGX,
        root_pin=pck.pin,
        measurement=quote.report.mrenclave,
        report_data=quote.report.report_data,
        tcb_status=merged_status(platform_level.status, enclave_level.status),
        advisories=tuple(dict.fromkeys((*platform_level.advisories, *enclave_level.advisories))),
        tcb_evaluation_number=min(tcb_info.evaluation_number, identity.evaluation_number),
        is_debug=quote.report.is_debug,
        valid_from_s=max(span.from_s for span in spans),
        valid_until_s=min(span.until_s for span in spans),
    )


def _check_pck(
    pck: TrustedChain, collateral: SgxCollateral, root_crl: x509.CertificateRevocationList
) -> list[ValiditySpan]:
    """Neither the platform's certificate nor its authority is revoked; the times of what says so."""
    _check_length(pck, _PCK_CHAIN_CERTIFICATES)
    authority = pck.certificates[1]
    issuers = verify_chain(load_pem_chain(collateral.pck_crl_issuer_chain), {pck.pin}, ec.SECP256R1)
    if (issuers.leaf.subject, issuers.leaf.public_key()) != (authority.subject, authority.public_key()):
        raise BrokenChain(
            "revocation list is by another authority than the PCK certificate",
            expected=authority.subject.rfc4514_string(),
            found=issuers.leaf.subject.rfc4514_string(),
        )
    pck_crl, pck_crl_span = verify_crl(collateral.pck_crl, authority)
    check_not_revoked(authority, root_crl)
    check_not_revoked(issuers.leaf, root_crl)
    check_not_revoked(pck.leaf, pck_crl)
    return [*issuers.spans, pck_crl_span]


def _signer(issuer_chain: bytes, root_pin: bytes, root_crl: x509.CertificateRevocationList) -> TrustedChain:
    """The chain of Intel's TCB signer, whose certificate is not revoked."""
    signer = verify_chain(load_pem_chain(issuer_chain), {root_pin}, ec.SECP256R1)
    _check_length(signer, _SIGNER_CHAIN_CERTIFICATES)
    names = signer.leaf.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    if [name.value for name in names] != [_TCB_SIGNER_NAME]:
        raise BrokenChain(
            "collateral is signed by another certificate",
            expected=_TCB_SIGNER_NAME,
            found=signer.leaf.subject.rfc4514_string(),
        )
    check_not_revoked(signer.leaf, root_crl)
    return signer


def _check_quote(quote: SgxQuote, pck: TrustedChain) -> None:
    check_p256(pck.leaf_key, quote.qe_report_signature, quote.qe_report.raw, "report of the quoting enclave")
    vouched = sha256(quote.attestation_key + quote.qe_authentication_data) + bytes(32)
    if quote.qe_report.report_data != vouched:
        raise ForeignQuote(
            "quoting enclave vouches for another attestation key", expected=vouched, found=quote.qe_report.report_data
        )
    try:
        key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), b"\x04" + quote.attestation_key)
    except ValueError as error:
        raise ForeignQuote("attestation key is no point of P-256", found=quote.attestation_key) from error
    check_p256(key, quote.signature, quote.signed, "quote")
    if not quote.report.is_initialised:
        raise ForeignQuote("enclave was not started", expected="attribute INIT", found=quote.report.attributes)


def check_p256(key: ec.EllipticCurvePublicKey, signature: bytes, signed: bytes, what: str) -> None:
    """ForeignQuote unless `signature` (64 bytes, r | s) is the key's over the SHA-256 of `signed`."""
    pair = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    try:
        key.verify(encode_dss_signature(*pair), signed, ec.ECDSA(SHA256()))
    except InvalidSignature as error:
        raise ForeignQuote(f"signature of {what} does not hold", found=signature) from error


def _check_length(chain: TrustedChain, expected: int) -> None:
    if len(chain.certificates) != expected:
        raise BrokenChain("certificate chain has another length", expected=expected, found=len(chain.certificates))
