"""How a key inside is attested: by SGX under Gramine, by AWS Nitro, or by a simulated machine.

Gramine's and Nitro's have not been run on hardware; what they write and read is tested against files and a stand-in for
the kernel's call.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from light_clients.enclave.attestation.cbor import CborValue, decode_cbor, encode_head
from light_clients.enclave.attestation.nitro import MAX_DOCUMENT_BYTES
from light_clients.enclave.attestation.sgx_quote import MAX_QUOTE_BYTES
from light_clients.enclave.attestation.verified import REPORT_DATA_BYTES
from light_clients.enclave.errors import MalformedAttestation
from primitives.errors import InvalidArgument, UnavailableError
from relayer.enclave.simulation import SimulatedPlatform

GRAMINE_FOLDER = Path("/dev/attestation")
NITRO_DEVICE = Path("/dev/nsm")
_NSM_REQUEST = 0xC0200A00  # _IOWR(0x0A, 0, 32 bytes): two vectors of address and length
_NSM_RESPONSE_BYTES = 0x3000


class AttestationFailed(UnavailableError):
    """The machine does not attest: no such device, or it refuses."""

    reason = "ATTESTATION_FAILED"


class AttestationDevice(Protocol):
    """Makes an attestation that carries 64 bytes of the enclave's own."""

    def attest(self, report_data: bytes) -> bytes:
        """The quote or document. Blocks; raises AttestationFailed."""
        ...


class SimulatedDevice:
    """A simulated machine: its quotes count only where its maker's root is pinned."""

    def __init__(self, platform: SimulatedPlatform, measurement: bytes) -> None:
        self._platform = platform
        self._measurement = measurement

    def attest(self, report_data: bytes) -> bytes:
        """See AttestationDevice."""
        return self._platform.quote(checked_report_data(report_data), self._measurement)


class GramineDevice:
    """SGX through Gramine's files: what is written to `user_report_data` stands in what is read from `quote`."""

    def __init__(self, folder: Path = GRAMINE_FOLDER) -> None:
        self._folder = folder

    def attest(self, report_data: bytes) -> bytes:
        """See AttestationDevice."""
        try:
            (self._folder / "user_report_data").write_bytes(checked_report_data(report_data))
            with (self._folder / "quote").open("rb") as file:
                quote = file.read(MAX_QUOTE_BYTES + 1)
        except OSError as error:
            raise AttestationFailed(f"{self._folder}: {error.strerror}; run under gramine-sgx") from error
        if not 0 < len(quote) <= MAX_QUOTE_BYTES:
            raise AttestationFailed(
                f"{self._folder}/quote holds {len(quote)} bytes, at most {MAX_QUOTE_BYTES} expected"
            )
        return quote


class _Vector(ctypes.Structure):
    _fields_ = (("address", ctypes.c_void_p), ("length", ctypes.c_size_t))


class _NsmMessage(ctypes.Structure):
    _fields_ = (("request", _Vector), ("response", _Vector))


def nsm_call(device: Path, request: bytes) -> bytes:
    """One request to the Nitro security module's driver; raises OSError."""
    asked, answered = (
        ctypes.create_string_buffer(request, len(request)),
        ctypes.create_string_buffer(_NSM_RESPONSE_BYTES),
    )
    message = _NsmMessage(
        _Vector(ctypes.addressof(asked), len(request)), _Vector(ctypes.addressof(answered), _NSM_RESPONSE_BYTES)
    )
    file = os.open(device, os.O_RDWR | os.O_CLOEXEC)
    try:
        fcntl.ioctl(file, _NSM_REQUEST, message)
    finally:
        os.close(file)
    return answered.raw[: message.response.length]


class NitroDevice:
    """AWS Nitro's security module: a document whose `user_data` is the report data."""

    def __init__(self, device: Path = NITRO_DEVICE, call: Callable[[Path, bytes], bytes] = nsm_call) -> None:
        self._device = device
        self._call = call

    def attest(self, report_data: bytes) -> bytes:
        """See AttestationDevice."""
        try:
            answer = self._call(self._device, nsm_request(checked_report_data(report_data)))
        except OSError as error:
            raise AttestationFailed(f"{self._device}: {error.strerror}; run inside a Nitro enclave") from error
        try:
            return nsm_document(decode_cbor(answer, max_bytes=_NSM_RESPONSE_BYTES))
        except MalformedAttestation as error:
            raise AttestationFailed(f"{self._device} answers something else: {error}") from error


def nsm_request(user_data: bytes) -> bytes:
    """`{"Attestation": {"user_data": …, "nonce": null, "public_key": null}}` in CBOR."""
    null = b"\xf6"
    data = encode_head(2, len(user_data)) + user_data
    inner = encode_head(5, 3) + _text("user_data") + data + _text("nonce") + null + _text("public_key") + null
    return encode_head(5, 1) + _text("Attestation") + inner


def nsm_document(answer: CborValue) -> bytes:
    """The document in `{"Attestation": {"document": …}}`; MalformedAttestation for an error or anything else."""
    inner = answer.get("Attestation") if isinstance(answer, dict) else None
    document = inner.get("document") if isinstance(inner, dict) else None
    if not isinstance(document, bytes) or len(document) > MAX_DOCUMENT_BYTES:
        raise MalformedAttestation("no document in the module's answer", found=str(answer)[:64])
    return document


def checked_report_data(report_data: bytes) -> bytes:
    """The same; InvalidArgument unless it is 64 bytes."""
    if len(report_data) != REPORT_DATA_BYTES:
        raise InvalidArgument(f"report data is {REPORT_DATA_BYTES} bytes, not {len(report_data)}")
    return report_data


def _text(text: str) -> bytes:
    return encode_head(3, len(text)) + text.encode()
