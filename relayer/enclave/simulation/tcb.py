"""What the simulated maker says of its platforms: TCB info, QE identity, and the PCK certificate's extension."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

FMSPC = bytes.fromhex("00a067110000")
PCE_ID = bytes(2)
SVNS = (11, 11, 2, 2, 255, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
PCE_SVN = 13
QE_MRSIGNER = bytes.fromhex("8c4f5775d796503e96137f77c68a829a0056ac8ded70140b081b094490c57bff")
QE_SVN = 8
_LIFE = timedelta(days=30)
_SGX_EXTENSION = bytes.fromhex("2a864886f84d010d01")
_LEVEL_DATE = "2024-03-13T00:00:00Z"


@dataclass(frozen=True, slots=True)
class TcbFacts:
    """What the collateral says of the simulated platforms and of the quoting enclave; statuses in Intel's words."""

    status: str = "UpToDate"
    advisories: tuple[str, ...] = ()
    evaluation_number: int = 17
    qe_status: str = "UpToDate"
    fmspc: bytes = FMSPC


def tcb_info(facts: TcbFacts, now_s: int) -> bytes:
    """The exact bytes that are signed."""
    components = [{"svn": svn} for svn in SVNS]
    level = {
        "tcb": {"sgxtcbcomponents": components, "pcesvn": PCE_SVN},
        "tcbDate": _LEVEL_DATE,
        "tcbStatus": facts.status,
        "advisoryIDs": list(facts.advisories),
    }
    return _signed_json(
        {
            "id": "SGX",
            "version": 3,
            **_moments(now_s),
            "fmspc": facts.fmspc.hex().upper(),
            "pceId": PCE_ID.hex(),
            "tcbType": 0,
            "tcbEvaluationDataNumber": facts.evaluation_number,
            "tcbLevels": [level],
        }
    )


def qe_identity(facts: TcbFacts, now_s: int) -> bytes:
    """The exact bytes that are signed."""
    return _signed_json(
        {
            "id": "QE",
            "version": 2,
            **_moments(now_s),
            "tcbEvaluationDataNumber": facts.evaluation_number,
            "miscselect": "00000000",
            "miscselectMask": "FFFFFFFF",
            "attributes": "11000000000000000000000000000000",
            "attributesMask": "FBFFFFFFFFFFFFFF0000000000000000",
            "mrsigner": QE_MRSIGNER.hex().upper(),
            "isvprodid": 1,
            "tcbLevels": [{"tcb": {"isvsvn": QE_SVN}, "tcbDate": _LEVEL_DATE, "tcbStatus": facts.qe_status}],
        }
    )


def pck_extension() -> bytes:
    """DER of Intel's extension for this platform (Intel SGX PCK certificate specification, 1.3.5)."""
    svns = b"".join(_pair(b"\x02" + bytes((n,)), _integer(svn)) for n, svn in enumerate(SVNS, 1))
    tcb = svns + _pair(b"\x02\x11", _integer(PCE_SVN)) + _pair(b"\x02\x12", _der(0x04, bytes(SVNS)))
    return _der(
        0x30,
        _pair(b"\x01", _der(0x04, bytes(16)))
        + _pair(b"\x02", _der(0x30, tcb))
        + _pair(b"\x03", _der(0x04, PCE_ID))
        + _pair(b"\x04", _der(0x04, FMSPC))
        + _pair(b"\x05", _der(0x0A, b"\x00")),
    )


def _signed_json(fields: dict[str, object]) -> bytes:
    return json.dumps(fields, separators=(",", ":")).encode()


def _moments(now_s: int) -> dict[str, str]:
    start = datetime.fromtimestamp(now_s - 60, UTC)
    form = "%Y-%m-%dT%H:%M:%SZ"
    return {"issueDate": start.strftime(form), "nextUpdate": (start + _LIFE).strftime(form)}


def _pair(suffix: bytes, value: bytes) -> bytes:
    return _der(0x30, _der(0x06, _SGX_EXTENSION + suffix) + value)


def _integer(number: int) -> bytes:
    return _der(0x02, number.to_bytes(number.bit_length() // 8 + 1, "big"))


def _der(tag: int, content: bytes) -> bytes:
    size = len(content)
    if size < 0x80:
        return bytes((tag, size)) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + content
