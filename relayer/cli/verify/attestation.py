"""``crossdvp verify attestation FILE [--collateral FILE] [--at TIME] [--root FILE]``: what a maker says of an enclave.

FILE is an SGX quote (DCAP version 3, as bytes; its collateral as JSON in a file of its own) or an AWS Nitro document
(COSE, as bytes). Both are judged at a time: the one given, else the document's own; a quote names none, and is judged
when the newest part of its collateral's TCB data was issued. That it holds at such a time says nothing about today.

The chain must end in the root of Intel or AWS, or in the one given. What of it a light client accepts (measurement,
status, advisories) is its policy's matter: the report says all of it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from ibc.light_client import TimeBounds
from light_clients.enclave.attestation import (
    AWS_NITRO_ROOT_PIN,
    INTEL_SGX_ROOT_PIN,
    VerifiedAttestation,
    verify_nitro_document,
    verify_sgx_quote,
)
from light_clients.enclave.attestation.nitro import decode_nitro_document
from light_clients.enclave.attestation.sgx_collateral import decode_collateral
from light_clients.enclave.attestation.sgx_tcb import read_qe_identity, read_tcb_info
from primitives.hashing import sha256
from relayer.cli.verify.errors import Unreadable, refusing
from relayer.cli.verify.json_reader import load_bytes_file
from relayer.cli.verify.report import Fact, VerifyReport, shown_bytes, shown_time

MAKERS: Collection[bytes] = frozenset({INTEL_SGX_ROOT_PIN, AWS_NITRO_ROOT_PIN})
_QUOTE_VERSION_3 = b"\x03\x00"
_COSE_SIGN1 = b"\x84"
_GIVEN = "as given"


@dataclass(frozen=True, slots=True)
class _Judged:
    """An attestation that holds, and the time at which it does."""

    found: VerifiedAttestation
    at_s: int
    whose: str


def verify_attestation_file(
    path: Path, *, collateral: Path | None = None, at_s: int | None = None, root: Path | None = None
) -> VerifyReport:
    """Read the files and verify; times in seconds, UTC. Raises Refused, Unreadable."""
    return verify_attestation(
        load_bytes_file(path),
        collateral=None if collateral is None else load_bytes_file(collateral),
        at_s=at_s,
        root_pins=MAKERS if root is None else {_pin_of(load_bytes_file(root))},
    )


def verify_attestation(
    data: bytes, *, collateral: bytes | None = None, at_s: int | None = None, root_pins: Collection[bytes] = MAKERS
) -> VerifyReport:
    """A quote with its collateral, or a Nitro document, told apart by how they begin. Raises Refused, Unreadable."""
    is_document, is_quote = data.startswith(_COSE_SIGN1), data.startswith(_QUOTE_VERSION_3)
    if not is_document and not is_quote:
        raise Unreadable("expected an SGX quote of version 3 or an AWS Nitro document, as bytes")
    if is_document and collateral is not None:
        raise Unreadable("a Nitro document brings its own certificates: leave --collateral out")
    if is_quote and collateral is None:
        raise Unreadable("a quote is judged by its maker's collateral: add --collateral FILE")
    with refusing("attestation"):
        if collateral is None:
            judged = _judge_document(data, at_s, root_pins)
        else:
            judged = _judge_quote(data, collateral, at_s, root_pins)
    return VerifyReport(tuple(_facts(judged)))


def _judge_document(data: bytes, at_s: int | None, root_pins: Collection[bytes]) -> _Judged:
    when_s = decode_nitro_document(data).timestamp_s if at_s is None else at_s
    found = verify_nitro_document(data, root_pins, TimeBounds.at(when_s))
    return _Judged(found, when_s, "the document's own" if at_s is None else _GIVEN)


def _judge_quote(data: bytes, collateral_json: bytes, at_s: int | None, root_pins: Collection[bytes]) -> _Judged:
    collateral = decode_collateral(collateral_json)
    issued_s = max(read_tcb_info(collateral.tcb_info).span.from_s, read_qe_identity(collateral.qe_identity).span.from_s)
    when_s = issued_s if at_s is None else at_s
    found = verify_sgx_quote(data, collateral, root_pins, TimeBounds.at(when_s))
    return _Judged(found, when_s, "when the TCB data was issued" if at_s is None else _GIVEN)


def _pin_of(certificate: bytes) -> bytes:
    """SHA-256 of a root certificate in DER, read as DER or PEM."""
    try:
        is_pem = certificate.lstrip().startswith(b"-----BEGIN")
        read = x509.load_pem_x509_certificate(certificate) if is_pem else x509.load_der_x509_certificate(certificate)
    except ValueError as error:
        raise Unreadable(f"--root is no certificate: {error}") from error
    return sha256(read.public_bytes(Encoding.DER))


def _facts(judged: _Judged) -> list[Fact]:
    found = judged.found
    return [
        Fact("attestation", f"{found.technology.name}, root {shown_bytes(found.root_pin)}"),
        Fact("judged at", f"{shown_time(judged.at_s)}: {judged.whose}"),
        Fact("holds from", shown_time(found.valid_from_s)),
        Fact("holds until", shown_time(found.valid_until_s)),
        Fact("measurement", shown_bytes(found.measurement)),
        Fact("report data", shown_bytes(found.report_data)),
        Fact("TCB status", f"{found.tcb_status.name}, evaluation {found.tcb_evaluation_number}"),
        Fact("advisories", ", ".join(found.advisories) or "none"),
        Fact("debug", "yes: no secret of it is safe" if found.is_debug else "no"),
    ]
