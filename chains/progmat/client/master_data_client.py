"""One node's MasterDataService for other programs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from crossdvp.ledger.v1 import master_data_service_pb2 as pb
from crossdvp.ledger.v1.master_data_service_pb2_grpc import MasterDataServiceStub

from chains.progmat.client.channel import ApiEndpoint, ApiTls, open_channel
from chains.progmat.client.ledger_client import call
from chains.progmat.client.user_client import ApprovalLine, approval_line
from chains.progmat.market.master_data.erasure import Erasure
from chains.progmat.market.master_data.fields import RecordKind

PAGE: Final = 500


@dataclass(frozen=True, slots=True)
class RecordLine:
    """A record as a node tells it: values are text by path. Times in Unix seconds, 0 = not."""

    kind: RecordKind
    values: Mapping[str, str]
    version: int
    updated_s: int
    updated_by: str
    approved_by: str
    erased_s: int


@dataclass(frozen=True, slots=True)
class VersionLine:
    """A version and who made it; values without what was erased."""

    version: int
    at_s: int
    author: str
    approver: str
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class FieldLine:
    """A field's rules."""

    path: str
    is_personal: bool
    is_required: bool
    choices: tuple[str, ...]


class MasterDataClient:
    """Asks one node. All methods raise as those of ``LedgerClient``; sessions: ``sessions.in_session``."""

    def __init__(self, endpoint: ApiEndpoint, tls: ApiTls) -> None:
        self.name = endpoint.name
        self._channel = open_channel(endpoint, tls)
        self._stub: Any = MasterDataServiceStub(self._channel)  # type: ignore[no-untyped-call] # generated without annotations

    async def put(
        self, kind: RecordKind, values: Mapping[str, str], expected_version: int, author: str, reason: str = ""
    ) -> tuple[RecordLine, ApprovalLine | None]:
        """Enter (``expected_version`` 0) or change a record; the proposal of its account's change, if there is one."""
        request = pb.PutRecordRequest(
            kind=_number(kind), values=values, expected_version=expected_version, author=author, reason=reason
        )
        answer = await self._call("PutRecord", request)
        approval = approval_line(answer.bank_approval) if answer.HasField("bank_approval") else None
        return _line(answer.record), approval

    async def get(self, kind: RecordKind, record_id: str) -> RecordLine:
        """One record, also an erased one."""
        return _line((await self._call("GetRecord", pb.GetRecordRequest(kind=_number(kind), id=record_id))).record)

    async def records(self, kind: RecordKind) -> list[RecordLine]:
        """All of a kind, by id."""
        found: list[RecordLine] = []
        while True:
            after = found[-1].values["id"] if found else ""
            request = pb.ListRecordsRequest(kind=_number(kind), after_id=after, max_records=PAGE)
            page = (await self._call("ListRecords", request)).records
            found += [_line(each) for each in page]
            if len(page) < PAGE:
                return found

    async def versions(self, kind: RecordKind, record_id: str) -> list[VersionLine]:
        """The newest first, at most PAGE."""
        request = pb.ListRecordVersionsRequest(kind=_number(kind), id=record_id, max_versions=PAGE)
        answer = await self._call("ListRecordVersions", request)
        return [
            VersionLine(each.version, each.at_s, each.author, each.approver, dict(each.values))
            for each in answer.versions
        ]

    async def erase(self, erasure: Erasure, author: str, reason: str = "") -> ApprovalLine:
        """Propose to erase a person."""
        request = pb.EraseRecordRequest(
            kind=_number(erasure.kind),
            id=erasure.record_id,
            ground=f"ERASURE_GROUND_{erasure.ground.value}",
            reference=erasure.reference,
            author=author,
            reason=reason,
        )
        return approval_line((await self._call("EraseRecord", request)).approval)

    async def scrub(self) -> bool:
        """Take what was erased out of the database's files; whether all of it is out."""
        return bool((await self._call("ScrubRecords", pb.ScrubRecordsRequest())).is_complete)

    async def describe(self) -> dict[RecordKind, tuple[FieldLine, ...]]:
        """Paths and rules of every kind."""
        answer = await self._call("DescribeRecords", pb.DescribeRecordsRequest())
        return {
            _kind(each.kind): tuple(
                FieldLine(field.path, field.is_personal, field.is_required, tuple(field.choices))
                for field in each.fields
            )
            for each in answer.kinds
        }

    async def close(self) -> None:
        """Close the channel."""
        await self._channel.close(grace=None)

    async def _call(self, method: str, request: object) -> Any:  # noqa: ANN401  # generated messages
        return await call(self.name, getattr(self._stub, method), request)


def _line(message: pb.MasterRecord) -> RecordLine:
    return RecordLine(
        _kind(message.kind),
        dict(message.values),
        message.version,
        message.updated_s,
        message.updated_by,
        message.approved_by,
        message.erased_s,
    )


def _number(kind: RecordKind) -> Any:  # noqa: ANN401  # generated enums are ints at run time
    return pb.RecordKind.Value(f"RECORD_KIND_{kind.value}")


def _kind(number: Any) -> RecordKind:  # noqa: ANN401  # as above
    return RecordKind(pb.RecordKind.Name(number).removeprefix("RECORD_KIND_"))
