"""Collateral of an SGX quote: what Intel says of platforms, of its quoting enclave, and of revoked certificates.

Intel signs the exact bytes of the inner JSON object, so they are kept as they came, never written again; they are read
only after the signature held. `decode_collateral` takes the JSON form that provisioning services hand out,
`cut_signed_object` the body of Intel's own answers, `{"tcbInfo":{…},"signature":"…"}`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from light_clients.enclave.errors import MalformedAttestation

MAX_COLLATERAL_BYTES: Final = 256 * 1024
MAX_SIGNED_JSON_BYTES: Final = 64 * 1024
SIGNATURE_BYTES: Final = 64

ValueT = TypeVar("ValueT")


@dataclass(frozen=True, slots=True)
class SgxCollateral:
    """Chains in PEM, lists in DER, JSON as signed, signatures as 64 bytes `r | s`."""

    pck_crl_issuer_chain: bytes
    root_ca_crl: bytes
    pck_crl: bytes
    tcb_info_issuer_chain: bytes
    tcb_info: bytes
    tcb_info_signature: bytes
    qe_identity_issuer_chain: bytes
    qe_identity: bytes
    qe_identity_signature: bytes

    def __post_init__(self) -> None:
        for what, signature in (("TCB info", self.tcb_info_signature), ("QE identity", self.qe_identity_signature)):
            if len(signature) != SIGNATURE_BYTES:
                raise MalformedAttestation(
                    f"signature of {what} has the wrong size", expected=SIGNATURE_BYTES, found=signature
                )
        for what, text in (("TCB info", self.tcb_info), ("QE identity", self.qe_identity)):
            if len(text) > MAX_SIGNED_JSON_BYTES:
                raise MalformedAttestation(f"{what} is too long", expected=MAX_SIGNED_JSON_BYTES, found=len(text))


_TEXT_FIELDS: Final = (
    "pck_crl_issuer_chain",
    "tcb_info_issuer_chain",
    "tcb_info",
    "qe_identity_issuer_chain",
    "qe_identity",
)
_HEX_FIELDS: Final = ("root_ca_crl", "pck_crl", "tcb_info_signature", "qe_identity_signature")


def decode_collateral(data: bytes) -> SgxCollateral:
    """Read the JSON form: exactly its nine fields; MalformedAttestation."""
    if len(data) > MAX_COLLATERAL_BYTES:
        raise MalformedAttestation("collateral is too long", expected=MAX_COLLATERAL_BYTES, found=len(data))
    fields = strict_json(data, "collateral")
    expected = {*_TEXT_FIELDS, *_HEX_FIELDS}
    if set(fields) != expected:
        raise MalformedAttestation(
            "collateral has other fields", expected=", ".join(sorted(expected)), found=", ".join(sorted(fields))
        )
    texts = {name: required(fields, name, str).encode() for name in _TEXT_FIELDS}
    octets = {name: hex_field(fields, name) for name in _HEX_FIELDS}
    return SgxCollateral(**texts, **octets)


def encode_collateral(collateral: SgxCollateral) -> bytes:
    """The inverse of `decode_collateral`."""
    texts = {name: getattr(collateral, name).decode() for name in _TEXT_FIELDS}
    octets = {name: getattr(collateral, name).hex() for name in _HEX_FIELDS}
    return json.dumps(texts | octets, sort_keys=True).encode()


def cut_signed_object(body: bytes, name: str) -> tuple[bytes, bytes]:
    """The exact bytes of the signed object under `name` in an answer of Intel's service, and the signature.

    The answer is `{"name":{…},"signature":"hex"}`, nothing else; MalformedAttestation.
    """
    if len(body) > MAX_SIGNED_JSON_BYTES:
        raise MalformedAttestation(f"answer with {name} is too long", expected=MAX_SIGNED_JSON_BYTES, found=len(body))
    fields = strict_json(body, f"answer with {name}")
    opening, separator = f'{{"{name}":'.encode(), b',"signature":"'
    end = body.rfind(separator)
    if set(fields) != {name, "signature"} or not body.startswith(opening) or end < 0:
        raise MalformedAttestation(f"answer is not {name} and its signature", found=", ".join(sorted(fields)))
    signed = body[len(opening) : end]
    if strict_json(signed, name) != fields[name]:
        raise MalformedAttestation(f"{name} cannot be cut out of its answer", found=len(signed))
    return signed, hex_field(fields, "signature")


def strict_json(data: bytes, what: str) -> dict[str, Any]:
    """The object that `data` is; MalformedAttestation, also for a name that stands twice."""
    try:
        found = json.loads(data, object_pairs_hook=_unique, parse_constant=_no_constant, parse_float=_no_constant)
    except (ValueError, RecursionError) as error:
        raise MalformedAttestation(f"{what} is no JSON: {error}", found=len(data)) from error
    if not isinstance(found, dict):
        raise MalformedAttestation(f"{what} is no JSON object", found=type(found).__name__)
    return found


def required(fields: dict[str, Any], name: str, kind: type[ValueT]) -> ValueT:
    """A field of exactly this kind."""
    value = fields.get(name)
    if type(value) is not kind:
        raise MalformedAttestation(f"field {name} is missing or of another kind", expected=kind.__name__)
    return value


def hex_field(fields: dict[str, Any], name: str, size: int | None = None) -> bytes:
    """Bytes written as hexadecimal, in either case: Intel's services differ in it."""
    text = required(fields, name, str)
    try:
        found = bytes.fromhex(text)
    except ValueError as error:
        raise MalformedAttestation(f"field {name} is no hexadecimal", found=len(text)) from error
    if len(text) != 2 * len(found) or (size is not None and len(found) != size):
        raise MalformedAttestation(f"field {name} has the wrong size", expected=size, found=len(found))
    return found


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice")
    return found


def _no_constant(text: str) -> None:
    raise ValueError(f"number {text}")
