"""Intel's extension of a PCK certificate: which platform, and how far its microcode and PCE have come."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from cryptography import x509

from light_clients.enclave.attestation.der import (
    OBJECT_IDENTIFIER,
    OCTET_STRING,
    DerValue,
    der_sequence,
    der_unsigned,
    der_values,
    expect,
)
from light_clients.enclave.errors import MalformedAttestation

SGX_EXTENSION: Final = x509.ObjectIdentifier("1.2.840.113741.1.13.1")
_PREFIX: Final = bytes.fromhex("2a864886f84d010d01")  # the same identifier's content
_TCB: Final = _PREFIX + b"\x02"
_PCE_ID: Final = _PREFIX + b"\x03"
_FMSPC: Final = _PREFIX + b"\x04"
_COMPONENTS: Final = tuple(_TCB + bytes((number,)) for number in range(1, 17))
_PCE_SVN: Final = _TCB + b"\x11"


@dataclass(frozen=True, slots=True)
class PlatformTcb:
    """What a PCK certificate says: FMSPC 6 bytes, PCE id 2 bytes, sixteen component versions, the PCE's version."""

    fmspc: bytes
    pce_id: bytes
    component_svns: tuple[int, ...]
    pce_svn: int


def read_platform_tcb(certificate: x509.Certificate) -> PlatformTcb:
    """MalformedAttestation for a certificate without the extension, or one outside its format."""
    try:
        extension = certificate.extensions.get_extension_for_oid(SGX_EXTENSION).value
    except (x509.ExtensionNotFound, ValueError) as error:
        raise MalformedAttestation("certificate is no PCK certificate", expected="Intel's SGX extension") from error
    if not isinstance(extension, x509.UnrecognizedExtension):
        raise MalformedAttestation("Intel's SGX extension is malformed")
    fields = _by_identifier(der_sequence(extension.value))
    tcb = _by_identifier(list(der_values(_required(fields, _TCB)[1])))
    return PlatformTcb(
        fmspc=_sized(_required(fields, _FMSPC), 6),
        pce_id=_sized(_required(fields, _PCE_ID), 2),
        component_svns=tuple(der_unsigned(_required(tcb, each), most=255) for each in _COMPONENTS),
        pce_svn=der_unsigned(_required(tcb, _PCE_SVN), most=65535),
    )


def _by_identifier(entries: list[DerValue]) -> dict[bytes, DerValue]:
    """Pairs (identifier, value), each identifier once."""
    found: dict[bytes, DerValue] = {}
    for _, content in entries:
        pair = list(der_values(content))
        if len(pair) != 2:
            raise MalformedAttestation("Intel's SGX extension is no list of pairs", expected=2, found=len(pair))
        identifier = expect(pair[0], OBJECT_IDENTIFIER)
        if identifier in found:
            raise MalformedAttestation("Intel's SGX extension says one thing twice", found=identifier)
        found[identifier] = pair[1]
    return found


def _required(fields: dict[bytes, DerValue], identifier: bytes) -> DerValue:
    if identifier not in fields:
        raise MalformedAttestation("Intel's SGX extension lacks a field", expected=identifier)
    return fields[identifier]


def _sized(value: DerValue, size: int) -> bytes:
    content = expect(value, OCTET_STRING)
    if len(content) != size:
        raise MalformedAttestation("Intel's SGX extension has a field of the wrong size", expected=size, found=content)
    return content
