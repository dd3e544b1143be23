"""The bytes of an SGX ECDSA quote, version 3 (Intel's DCAP quoting library, little-endian numbers).

`header 48 | report 384 | u32 length | signature 64 | attestation key 64 | QE report 384 | QE report signature 64 |
u16 length, QE authentication data | u16 type 5 | u32 length, PEM chain of the PCK certificate`.
"""

from __future__ import annotations

from dataclasses import dataclass

from light_clients.enclave.errors import MalformedAttestation

MAX_QUOTE_BYTES = 16 * 1024
HEADER_BYTES = 48
REPORT_BYTES = 384
QUOTE_VERSION = 3
ECDSA_P256 = 2
INTEL_QE_VENDOR_ID = bytes.fromhex("939a7233f79c4ca9940a0db3957f0607")
PEM_CHAIN = 5
ATTRIBUTE_DEBUG = 0x02
ATTRIBUTE_INIT = 0x01
_SIGNED_BYTES = HEADER_BYTES + REPORT_BYTES
_FIXED_SIGNATURE_BYTES = 64 + 64 + REPORT_BYTES + 64


@dataclass(frozen=True, slots=True)
class SgxReport:
    """The body that the CPU vouches for; hashes 32 bytes, report data 64."""

    raw: bytes

    @property
    def miscselect(self) -> bytes:
        """4 bytes, as they stand."""
        return self.raw[16:20]

    @property
    def attributes(self) -> bytes:
        """16 bytes: flags, then the extended feature mask."""
        return self.raw[48:64]

    @property
    def mrenclave(self) -> bytes:
        """Measurement of the enclave's code."""
        return self.raw[64:96]

    @property
    def mrsigner(self) -> bytes:
        """Hash of the key that signed the enclave."""
        return self.raw[128:160]

    @property
    def isv_prod_id(self) -> int:
        """The signer's number of the product."""
        return int.from_bytes(self.raw[256:258], "little")

    @property
    def isv_svn(self) -> int:
        """The signer's security version."""
        return int.from_bytes(self.raw[258:260], "little")

    @property
    def report_data(self) -> bytes:
        """What the enclave itself wrote."""
        return self.raw[320:384]

    @property
    def is_debug(self) -> bool:
        """Whether its memory can be read from outside."""
        return bool(self.attributes[0] & ATTRIBUTE_DEBUG)

    @property
    def is_initialised(self) -> bool:
        """Whether it was started at all."""
        return bool(self.attributes[0] & ATTRIBUTE_INIT)


@dataclass(frozen=True, slots=True)
class SgxQuote:
    """A quote in its parts. `signed` is header and report, what the attestation key signed."""

    signed: bytes
    report: SgxReport
    signature: bytes
    attestation_key: bytes
    qe_report: SgxReport
    qe_report_signature: bytes
    qe_authentication_data: bytes
    pck_chain: bytes


def decode_sgx_quote(data: bytes) -> SgxQuote:
    """Read a quote; MalformedAttestation for another version or key, and for bytes missing or left over."""
    if not _SIGNED_BYTES + 4 <= len(data) <= MAX_QUOTE_BYTES:
        raise MalformedAttestation("quote has the wrong size", expected=f"at most {MAX_QUOTE_BYTES}", found=len(data))
    _check_header(data[:HEADER_BYTES])
    length = _number(data, _SIGNED_BYTES, 4)
    body = data[_SIGNED_BYTES + 4 :]
    if length != len(body) or length < _FIXED_SIGNATURE_BYTES + 8:
        raise MalformedAttestation("quote's signature data has the wrong size", expected=length, found=len(body))
    qe_end = 128 + REPORT_BYTES
    authentication_start = _FIXED_SIGNATURE_BYTES + 2
    authentication_end = authentication_start + _number(body, _FIXED_SIGNATURE_BYTES, 2)
    chain_start = authentication_end + 6
    if chain_start > length or _number(body, authentication_end, 2) != PEM_CHAIN:
        raise MalformedAttestation("quote carries no PCK chain", expected=f"certification data of type {PEM_CHAIN}")
    if _number(body, authentication_end + 2, 4) != length - chain_start:
        raise MalformedAttestation("quote's PCK chain has the wrong size", expected=length - chain_start)
    return SgxQuote(
        signed=data[:_SIGNED_BYTES],
        report=SgxReport(data[HEADER_BYTES:_SIGNED_BYTES]),
        signature=body[:64],
        attestation_key=body[64:128],
        qe_report=SgxReport(body[128:qe_end]),
        qe_report_signature=body[qe_end:_FIXED_SIGNATURE_BYTES],
        qe_authentication_data=body[authentication_start:authentication_end],
        pck_chain=body[chain_start:],
    )


def _check_header(header: bytes) -> None:
    version, key_type = _number(header, 0, 2), _number(header, 2, 2)
    if (version, key_type) != (QUOTE_VERSION, ECDSA_P256) or any(header[4:8]):
        raise MalformedAttestation(
            "quote is of another version or key", expected="version 3, ECDSA P-256", found=f"{version}, {key_type}"
        )
    if header[12:28] != INTEL_QE_VENDOR_ID:
        raise MalformedAttestation("quoting enclave is not Intel's", expected=INTEL_QE_VENDOR_ID, found=header[12:28])


def _number(data: bytes, start: int, size: int) -> int:
    return int.from_bytes(data[start : start + size], "little")
