"""AWS Nitro attestation documents: COSE_Sign1 (RFC 9052) by a leaf that lives three hours, P-384 throughout.

The leaf and its chain are judged at the document's own time, as they would be dead before anybody looks; how old the
document may be is a rule of its own. An enclave in debug mode has a PCR0 of zeros and is refused.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA384

from ibc.light_client import TimeBounds
from light_clients.enclave.attestation.cbor import CborValue, decode_cbor, encode_head
from light_clients.enclave.attestation.verified import (
    REPORT_DATA_BYTES,
    TcbStatus,
    Technology,
    ValiditySpan,
    VerifiedAttestation,
)
from light_clients.enclave.attestation.x509_chain import load_der_certificate, verify_chain
from light_clients.enclave.errors import AttestationRefused, ForeignQuote, MalformedAttestation
from primitives.hashing import sha256

MAX_DOCUMENT_BYTES: Final = 16 * 1024
MAX_AGE_S: Final = 900
"""How old a document may be when it is judged; it names a key that lives much longer."""
PCR_BYTES: Final = 48
_PROTECTED_ES384: Final = bytes.fromhex("a1013822")  # {1: -35}
_SIGNATURE_BYTES: Final = 96
_FIELDS: Final = {
    "module_id",
    "digest",
    "timestamp",
    "pcrs",
    "certificate",
    "cabundle",
    "public_key",
    "user_data",
    "nonce",
}
_REQUIRED: Final = {"module_id", "digest", "timestamp", "pcrs", "certificate", "cabundle"}

ValueT = TypeVar("ValueT")


@dataclass(frozen=True, slots=True)
class NitroDocument:
    """A document in its parts: time in seconds, PCRs by number, certificates in DER (bundle from the root down)."""

    payload: bytes
    signature: bytes
    timestamp_s: int
    pcrs: dict[int, bytes]
    certificate: bytes
    ca_bundle: tuple[bytes, ...]
    user_data: bytes | None

    @property
    def report_data(self) -> bytes:
        """What the enclave wrote; zeros if that is not 64 bytes, which no enclave key matches."""
        written = self.user_data or b""
        return written if len(written) == REPORT_DATA_BYTES else bytes(REPORT_DATA_BYTES)


def verify_nitro_document(data: bytes, root_pins: Collection[bytes], now: TimeBounds) -> VerifiedAttestation:
    """What the document says, if it is signed under a pinned root and at most `MAX_AGE_S` old throughout `now`.

    Raises MalformedAttestation, UntrustedRoot, BrokenChain, StaleAttestation, ForeignQuote, AttestationRefused.
    """
    document = decode_nitro_document(data)
    chain = verify_chain(
        [load_der_certificate(each) for each in (document.certificate, *reversed(document.ca_bundle))],
        root_pins,
        ec.SECP384R1,
    )
    made = TimeBounds.at(document.timestamp_s)
    for span in chain.spans:
        span.check(made)
    _check_signature(document, chain.leaf_key)
    pcr0 = document.pcrs[0]
    if not any(pcr0):
        raise AttestationRefused("enclave runs in debug mode: its PCR0 is zero", found=pcr0)
    ValiditySpan("Nitro document", document.timestamp_s, document.timestamp_s + MAX_AGE_S).check(now)
    return VerifiedAttestation(
        technology=Technology.NITRO,
        root_pin=chain.pin,
        measurement=sha256(pcr0 + document.pcrs[1] + document.pcrs[2]),
        report_data=document.report_data,
        tcb_status=TcbStatus.UP_TO_DATE,
        advisories=(),
        tcb_evaluation_number=0,
        is_debug=False,
        valid_from_s=document.timestamp_s,
        valid_until_s=document.timestamp_s + MAX_AGE_S,
    )


def decode_nitro_document(data: bytes) -> NitroDocument:
    """Read a document, verifying nothing; MalformedAttestation."""
    cose = decode_cbor(data, max_bytes=MAX_DOCUMENT_BYTES)
    if not isinstance(cose, list) or len(cose) != 4 or cose[0] != _PROTECTED_ES384 or cose[1] != {}:
        raise MalformedAttestation("document is no COSE_Sign1 with ES384", found=data[:8])
    payload, signature = _of_kind(cose[2], bytes, "payload"), _of_kind(cose[3], bytes, "signature")
    if len(signature) != _SIGNATURE_BYTES:
        raise MalformedAttestation("signature has the wrong size", expected=_SIGNATURE_BYTES, found=len(signature))
    fields: dict[Any, CborValue] = _of_kind(decode_cbor(payload, max_bytes=MAX_DOCUMENT_BYTES), dict, "payload")
    if not _REQUIRED <= set(fields) <= _FIELDS or fields["digest"] != "SHA384":
        raise MalformedAttestation("document has other fields", expected=", ".join(sorted(_REQUIRED)))
    bundle = _of_kind(fields["cabundle"], list, "cabundle")
    user_data = fields.get("user_data")
    return NitroDocument(
        payload=payload,
        signature=signature,
        timestamp_s=_of_kind(fields["timestamp"], int, "timestamp") // 1000,
        pcrs=_pcrs(_of_kind(fields["pcrs"], dict, "pcrs")),
        certificate=_of_kind(fields["certificate"], bytes, "certificate"),
        ca_bundle=tuple(_of_kind(each, bytes, "certificate") for each in bundle),
        user_data=None if user_data is None else _of_kind(user_data, bytes, "user_data"),
    )


def signed_bytes(payload: bytes) -> bytes:
    """What the leaf signs: COSE's Sig_structure `["Signature1", protected, b"", payload]`."""
    context = b"Signature1"
    return (
        encode_head(4, 4)
        + encode_head(3, len(context))
        + context
        + encode_head(2, len(_PROTECTED_ES384))
        + _PROTECTED_ES384
        + encode_head(2, 0)
        + encode_head(2, len(payload))
        + payload
    )


def _check_signature(document: NitroDocument, key: ec.EllipticCurvePublicKey) -> None:
    half = _SIGNATURE_BYTES // 2
    pair = int.from_bytes(document.signature[:half], "big"), int.from_bytes(document.signature[half:], "big")
    try:
        key.verify(encode_dss_signature(*pair), signed_bytes(document.payload), ec.ECDSA(SHA384()))
    except InvalidSignature as error:
        raise ForeignQuote("signature of the document does not hold", found=document.signature) from error


def _pcrs(found: dict[Any, CborValue]) -> dict[int, bytes]:
    pcrs: dict[int, bytes] = {}
    for number, value in found.items():
        register = _of_kind(value, bytes, "PCR")
        if type(number) is not int or not 0 <= number < 32 or len(register) != PCR_BYTES:
            raise MalformedAttestation("PCR is out of range", expected=f"0..31, {PCR_BYTES} bytes", found=len(register))
        pcrs[number] = register
    if not {0, 1, 2} <= set(pcrs):
        raise MalformedAttestation("document lacks a PCR", expected="0, 1, 2", found=str(sorted(pcrs)))
    return pcrs


def _of_kind(value: object, kind: type[ValueT], what: str) -> ValueT:
    if type(value) is not kind:
        raise MalformedAttestation(f"{what} is of another kind", expected=kind.__name__, found=type(value).__name__)
    return value
