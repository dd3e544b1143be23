"""A simulated machine: its quoting enclave signs whatever it is asked to."""

from __future__ import annotations

from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from light_clients.enclave.attestation.sgx_quote import (
    ATTRIBUTE_DEBUG,
    ATTRIBUTE_INIT,
    ECDSA_P256,
    INTEL_QE_VENDOR_ID,
    PEM_CHAIN,
    QUOTE_VERSION,
)
from primitives.hashing import sha256
from relayer.enclave.simulation.certificates import Certified
from relayer.enclave.simulation.tcb import PCE_SVN, QE_MRSIGNER, QE_SVN, SVNS

_MODE_64BIT = 0x04
_PROVISIONING_KEY = 0x10
_AUTHENTICATION_DATA = bytes(range(32))


@dataclass(frozen=True, slots=True)
class SimulatedPlatform:
    """The PCK key with its chain (PEM, leaf first) and the quoting enclave's attestation key."""

    pck: Certified
    pck_chain: bytes
    attestation_key: ec.EllipticCurvePrivateKey

    @classmethod
    def of(cls, pck: Certified, pck_chain: bytes) -> SimulatedPlatform:
        """A machine whose quoting enclave has just made its key."""
        return cls(pck, pck_chain, ec.generate_private_key(ec.SECP256R1()))

    @property
    def pck_certificate(self) -> x509.Certificate:
        """The machine's own certificate, for a revocation list."""
        return self.pck.certificate

    def quote(self, report_data: bytes, measurement: bytes, attribute_flags: int = 0) -> bytes:
        """A quote of version 3 over 64 bytes of report data; `attribute_flags` are added to those of every enclave."""
        header = _number(QUOTE_VERSION, 2) + _number(ECDSA_P256, 2) + bytes(4) + _number(QE_SVN, 2)
        header += _number(PCE_SVN, 2) + INTEL_QE_VENDOR_ID + bytes(20)
        flags = ATTRIBUTE_INIT | _MODE_64BIT | attribute_flags
        signed = header + _report(flags, measurement, bytes(32), (0, 1), report_data)
        key = self._attestation_key_bytes()
        vouched = sha256(key + _AUTHENTICATION_DATA) + bytes(32)
        qe_flags = ATTRIBUTE_INIT | _PROVISIONING_KEY
        qe_report = _report(qe_flags, bytes(32), QE_MRSIGNER, (1, QE_SVN), vouched)
        body = raw_signature(self.attestation_key, signed) + key + qe_report + raw_signature(self.pck.key, qe_report)
        body += _number(len(_AUTHENTICATION_DATA), 2) + _AUTHENTICATION_DATA
        body += _number(PEM_CHAIN, 2) + _number(len(self.pck_chain), 4) + self.pck_chain
        return signed + _number(len(body), 4) + body

    def debug_quote(self, report_data: bytes, measurement: bytes) -> bytes:
        """The quote of an enclave whose memory can be read."""
        return self.quote(report_data, measurement, ATTRIBUTE_DEBUG)

    def _attestation_key_bytes(self) -> bytes:
        encoding, form = serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
        return self.attestation_key.public_key().public_bytes(encoding, form)[1:]


def _report(flags: int, mrenclave: bytes, mrsigner: bytes, product: tuple[int, int], report_data: bytes) -> bytes:
    prod_id, svn = product
    attributes = bytes((flags,)) + bytes(15)
    head = bytes(SVNS) + bytes(4 + 28) + attributes + mrenclave + bytes(32) + mrsigner + bytes(96)
    return head + _number(prod_id, 2) + _number(svn, 2) + bytes(60) + report_data


def raw_signature(key: ec.EllipticCurvePrivateKey, signed: bytes) -> bytes:
    """ECDSA over SHA-256 as SGX writes it: r and s, 32 bytes each."""
    r, s = decode_dss_signature(key.sign(signed, ec.ECDSA(hashes.SHA256())))
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def _number(value: int, size: int) -> bytes:
    return value.to_bytes(size, "little")
