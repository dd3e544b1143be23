"""MasterDataService over gRPC. As ``rpc_node_service``: servicers raise our errors."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, TypeVar

import grpc.aio
from crossdvp.ledger.v1 import master_data_service_pb2 as pb
from crossdvp.ledger.v1.master_data_service_pb2_grpc import MasterDataServiceServicer

from chains.progmat.flows.errors import InvalidRequest
from chains.progmat.market.master_data.desk import READ, MasterDataDesk
from chains.progmat.market.master_data.erasure import Erasure, Ground
from chains.progmat.market.master_data.records import RECORDS
from chains.progmat.market.master_data.rows import resource_of
from chains.progmat.market.master_data.scrubbing import Scrubbed
from chains.progmat.market.master_data.shape import leaves_of
from chains.progmat.market.people.acts import Act, require_one
from chains.progmat.market.people.desk import Caller, PeopleDesk
from chains.progmat.node.api_access import ApiAccess
from chains.progmat.node.calling_people import acting, caller_on
from chains.progmat.node.people_messages import (
    approval_to_message,
    field_to_message,
    kind_of,
    kind_to_number,
    record_to_message,
    values_from,
    version_to_message,
)
from chains.progmat.node.rpc_user_service import most

Context = grpc.aio.ServicerContext[Any, Any]
T = TypeVar("T")


class MasterDataServiceRpc(MasterDataServiceServicer):
    """The servicer of one vault node."""

    def __init__(self, people: PeopleDesk, desk: MasterDataDesk, access: ApiAccess) -> None:
        self._people = people
        self._desk = desk
        self._access = access

    async def PutRecord(self, request: pb.PutRecordRequest, context: Context) -> pb.PutRecordResponse:  # noqa: D102, N802 # named and documented by the .proto file
        caller = self._authorised(context, "PutRecord")
        kind = kind_of(request.kind)
        by = Act(request.author, reason=request.reason)
        values = values_from(kind, request.values)
        entered = await self._desk.put(kind, values, request.expected_version, by, caller)
        approval = approval_to_message(entered.bank_approval) if entered.bank_approval else None
        return pb.PutRecordResponse(record=record_to_message(entered.stored), bank_approval=approval)

    async def GetRecord(self, request: pb.GetRecordRequest, context: Context) -> pb.GetRecordResponse:  # noqa: D102, N802 # as above
        kind = kind_of(request.kind)
        asked = partial(self._desk.get, kind, request.id)
        stored = await self._read(context, "GetRecord", resource_of(kind, request.id[:128]), asked)
        return pb.GetRecordResponse(record=record_to_message(stored))

    async def ListRecords(self, request: pb.ListRecordsRequest, context: Context) -> pb.ListRecordsResponse:  # noqa: D102, N802 # as above
        kind = kind_of(request.kind)
        asked = partial(self._desk.records, kind, request.after_id, most(request.max_records))
        found = await self._read(context, "ListRecords", kind.value, asked)
        return pb.ListRecordsResponse(records=[record_to_message(stored) for stored in found])

    async def ListRecordVersions(  # noqa: D102, N802 # as above
        self, request: pb.ListRecordVersionsRequest, context: Context
    ) -> pb.ListRecordVersionsResponse:
        kind = kind_of(request.kind)
        asked = partial(self._desk.versions, kind, request.id, most(request.max_versions))
        found = await self._read(context, "ListRecordVersions", resource_of(kind, request.id[:128]), asked)
        return pb.ListRecordVersionsResponse(versions=[version_to_message(version) for version in found])

    async def EraseRecord(self, request: pb.EraseRecordRequest, context: Context) -> pb.EraseRecordResponse:  # noqa: D102, N802 # as above
        caller = self._authorised(context, "EraseRecord")
        if not request.ground or request.ground not in pb.ErasureGround.values():
            raise InvalidRequest("ground", "expected REQUEST or LEGAL_ORDER")
        ground = Ground(pb.ErasureGround.Name(request.ground).removeprefix("ERASURE_GROUND_"))
        erasure = Erasure(kind_of(request.kind), request.id, ground, request.reference)
        by = Act(request.author, reason=request.reason)
        approval = await self._desk.propose_erasure(erasure, by, caller)
        return pb.EraseRecordResponse(approval=approval_to_message(approval))

    async def ScrubRecords(self, request: pb.ScrubRecordsRequest, context: Context) -> pb.ScrubRecordsResponse:  # noqa: D102, N802 # as above
        del request
        self._authorised(context, "ScrubRecords")
        return pb.ScrubRecordsResponse(is_complete=await self._desk.scrub() is Scrubbed.DONE)

    async def DescribeRecords(self, request: pb.DescribeRecordsRequest, context: Context) -> pb.DescribeRecordsResponse:  # noqa: D102, N802 # as above
        del request
        self._authorised(context, "DescribeRecords")
        return pb.DescribeRecordsResponse(
            kinds=[
                pb.RecordDescription(
                    kind=kind_to_number(kind), fields=[field_to_message(leaf) for leaf in leaves_of(kind)]
                )
                for kind in RECORDS
            ]
        )

    def _authorised(self, context: Context, method: str) -> Caller:
        caller = caller_on(context)
        self._access.require(caller.name, method)
        return caller

    async def _read(self, context: Context, method: str, resource: str, asked: Callable[[], Awaitable[T]]) -> T:
        """Who reads of people leaves an entry, too."""
        caller = self._authorised(context, method)
        staff_id = await acting(self._people, context)
        await self._people.acted(
            READ,
            Act(staff_id),
            resource,
            caller,
            lambda connection: require_one(connection, READ, staff_id) if staff_id else None,
            detail=method,
        )
        return await asked()
