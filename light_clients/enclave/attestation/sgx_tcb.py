"""TCB info and QE identity: read once their signature held, and matched with what a quote shows.

Levels stand in Intel's order, the newest first; the first one that a platform reaches in every component is its own.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from light_clients.enclave.attestation.sgx_collateral import SgxCollateral, hex_field, required, strict_json
from light_clients.enclave.attestation.sgx_pck import PlatformTcb
from light_clients.enclave.attestation.sgx_quote import SgxReport
from light_clients.enclave.attestation.verified import TcbStatus, ValiditySpan
from light_clients.enclave.errors import MalformedAttestation, PlatformRefused

MAX_LEVELS: Final = 64
MAX_ADVISORIES: Final = 64
_STATUSES: Final = {
    "UpToDate": TcbStatus.UP_TO_DATE,
    "SWHardeningNeeded": TcbStatus.SW_HARDENING_NEEDED,
    "ConfigurationNeeded": TcbStatus.CONFIGURATION_NEEDED,
    "ConfigurationAndSWHardeningNeeded": TcbStatus.CONFIGURATION_AND_SW_HARDENING_NEEDED,
    "OutOfDate": TcbStatus.OUT_OF_DATE,
    "OutOfDateConfigurationNeeded": TcbStatus.OUT_OF_DATE_CONFIGURATION_NEEDED,
    "Revoked": TcbStatus.REVOKED,
}
_NEEDS_CONFIGURATION: Final = {
    TcbStatus.CONFIGURATION_NEEDED,
    TcbStatus.CONFIGURATION_AND_SW_HARDENING_NEEDED,
    TcbStatus.OUT_OF_DATE_CONFIGURATION_NEEDED,
}
_MOMENT: Final = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class TcbLevel:
    """The least versions of a level, its status and the advisories that apply to it."""

    svns: tuple[int, ...]
    status: TcbStatus
    advisories: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TcbInfo:
    """What Intel says of one family of platforms. A level's svns are sixteen components, then the PCE's."""

    fmspc: bytes
    pce_id: bytes
    evaluation_number: int
    span: ValiditySpan
    levels: tuple[TcbLevel, ...]

    def level_of(self, platform: PlatformTcb) -> TcbLevel:
        """PlatformRefused for another family, or one that reaches no level."""
        if (platform.fmspc, platform.pce_id) != (self.fmspc, self.pce_id):
            raise PlatformRefused(
                "TCB info is about another platform", expected=platform.fmspc + platform.pce_id, found=self.fmspc
            )
        return _first_reached(self.levels, (*platform.component_svns, platform.pce_svn), "platform")


@dataclass(frozen=True, slots=True)
class QeIdentity:
    """How Intel's quoting enclave is recognised. A level's only svn is the enclave's."""

    miscselect: tuple[bytes, bytes]
    attributes: tuple[bytes, bytes]
    mrsigner: bytes
    isv_prod_id: int
    evaluation_number: int
    span: ValiditySpan
    levels: tuple[TcbLevel, ...]

    def level_of(self, report: SgxReport) -> TcbLevel:
        """PlatformRefused for another enclave, or one that reaches no level."""
        masked_alike = _masked(report.miscselect, self.miscselect) and _masked(report.attributes, self.attributes)
        if not masked_alike or (report.mrsigner, report.isv_prod_id) != (self.mrsigner, self.isv_prod_id):
            raise PlatformRefused(
                "quoting enclave is not the one Intel describes", expected=self.mrsigner, found=report.mrsigner
            )
        return _first_reached(self.levels, (report.isv_svn,), "quoting enclave")


def read_tcb_info(data: bytes) -> TcbInfo:
    """MalformedAttestation unless it is SGX TCB info, version 3, of type 0."""
    fields = strict_json(data, "TCB info")
    kind = required(fields, "id", str), required(fields, "version", int), required(fields, "tcbType", int)
    if kind != ("SGX", 3, 0):
        raise MalformedAttestation("TCB info is of another kind", expected="SGX, version 3, type 0", found=str(kind))
    return TcbInfo(
        fmspc=hex_field(fields, "fmspc", 6),
        pce_id=hex_field(fields, "pceId", 2),
        evaluation_number=_unsigned(fields, "tcbEvaluationDataNumber", 2**32 - 1),
        span=_span(fields, "TCB info"),
        levels=tuple(_platform_level(each) for each in _objects(fields, "tcbLevels")),
    )


def read_qe_identity(data: bytes) -> QeIdentity:
    """MalformedAttestation unless it is the identity of the SGX quoting enclave, version 2."""
    fields = strict_json(data, "QE identity")
    kind = required(fields, "id", str), required(fields, "version", int)
    if kind != ("QE", 2):
        raise MalformedAttestation("QE identity is of another kind", expected="QE, version 2", found=str(kind))
    return QeIdentity(
        miscselect=(hex_field(fields, "miscselect", 4), hex_field(fields, "miscselectMask", 4)),
        attributes=(hex_field(fields, "attributes", 16), hex_field(fields, "attributesMask", 16)),
        mrsigner=hex_field(fields, "mrsigner", 32),
        isv_prod_id=_unsigned(fields, "isvprodid", 2**16 - 1),
        evaluation_number=_unsigned(fields, "tcbEvaluationDataNumber", 2**32 - 1),
        span=_span(fields, "QE identity"),
        levels=tuple(_enclave_level(each) for each in _objects(fields, "tcbLevels")),
    )


def tcb_evaluation_number(collateral: SgxCollateral) -> int:
    """The smaller of both numbers: how new all of the collateral is at least. Signatures are checked elsewhere."""
    info, identity = read_tcb_info(collateral.tcb_info), read_qe_identity(collateral.qe_identity)
    return min(info.evaluation_number, identity.evaluation_number)


def merged_status(platform: TcbStatus, enclave: TcbStatus) -> TcbStatus:
    """Both as one: the quoting enclave cannot be better than it is (Intel's verification library, same table)."""
    if TcbStatus.REVOKED in (platform, enclave):
        return TcbStatus.REVOKED
    if enclave is TcbStatus.UP_TO_DATE:
        return platform
    if platform in _NEEDS_CONFIGURATION:
        return TcbStatus.OUT_OF_DATE_CONFIGURATION_NEEDED
    return TcbStatus.OUT_OF_DATE


def _first_reached(levels: Sequence[TcbLevel], svns: tuple[int, ...], what: str) -> TcbLevel:
    for level in levels:
        if all(have >= least for have, least in zip(svns, level.svns, strict=True)):
            return level
    raise PlatformRefused(f"{what} reaches no TCB level", found=str(svns))


def _masked(found: bytes, expected: tuple[bytes, bytes]) -> bool:
    value, mask = expected
    return bytes(f & m for f, m in zip(found, mask, strict=True)) == bytes(
        v & m for v, m in zip(value, mask, strict=True)
    )


def _platform_level(fields: dict[str, Any]) -> TcbLevel:
    tcb = required(fields, "tcb", dict)
    components = _objects(tcb, "sgxtcbcomponents")
    if len(components) != 16:
        raise MalformedAttestation("TCB level has another number of components", expected=16, found=len(components))
    svns = (*(_unsigned(each, "svn", 255) for each in components), _unsigned(tcb, "pcesvn", 65535))
    return _level(fields, svns)


def _enclave_level(fields: dict[str, Any]) -> TcbLevel:
    return _level(fields, (_unsigned(required(fields, "tcb", dict), "isvsvn", 65535),))


def _level(fields: dict[str, Any], svns: tuple[int, ...]) -> TcbLevel:
    status = _STATUSES.get(required(fields, "tcbStatus", str))
    if status is None:
        raise MalformedAttestation("TCB status is unknown", found=required(fields, "tcbStatus", str)[:64])
    advisories = required(fields, "advisoryIDs", list) if "advisoryIDs" in fields else []
    if len(advisories) > MAX_ADVISORIES or not all(isinstance(each, str) for each in advisories):
        raise MalformedAttestation("advisories are too many or no texts", expected=MAX_ADVISORIES)
    return TcbLevel(svns, status, tuple(advisories))


def _objects(fields: dict[str, Any], name: str) -> list[dict[str, Any]]:
    found = required(fields, name, list)
    if not 1 <= len(found) <= MAX_LEVELS or not all(isinstance(each, dict) for each in found):
        raise MalformedAttestation(f"{name} is empty, too long, or no list of objects", expected=MAX_LEVELS)
    return found


def _unsigned(fields: dict[str, Any], name: str, most: int) -> int:
    found = required(fields, name, int)
    if not 0 <= found <= most:
        raise MalformedAttestation(f"{name} is out of range", expected=f"0..{most}", found=found)
    return found


def _span(fields: dict[str, Any], what: str) -> ValiditySpan:
    return ValiditySpan(what, _moment(fields, "issueDate"), _moment(fields, "nextUpdate"))


def _moment(fields: dict[str, Any], name: str) -> int:
    text = required(fields, name, str)
    expected = "YYYY-MM-DDThh:mm:ssZ"
    if _MOMENT.fullmatch(text) is None:
        raise MalformedAttestation(f"{name} is no moment", expected=expected, found=text[:64])
    try:
        return int(datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC).timestamp())
    except ValueError as error:
        raise MalformedAttestation(f"{name} is no moment", expected=expected, found=text) from error
