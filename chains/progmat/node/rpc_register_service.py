"""RegisterService over gRPC: messages to queries, what is found to messages; who may see what."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from datetime import date
from typing import Any, Final, TypeVar

import grpc.aio
from crossdvp.ledger.v1 import register_service_pb2 as pb
from crossdvp.ledger.v1.register_service_pb2_grpc import RegisterServiceServicer

from chains.business_calendar import CutOff
from chains.progmat.contracts.membership import BusinessNetwork
from chains.progmat.contracts.token import CONTRACT_OF
from chains.progmat.flows.errors import InvalidRequest
from chains.progmat.market.register.errors import RegisterNotKeptHere
from chains.progmat.market.register.history import Wanted
from chains.progmat.market.register.holder_names import HolderNames
from chains.progmat.market.register.model import RegisterLine
from chains.progmat.market.register.moments import Moment
from chains.progmat.market.register.record_dates import CLOSE_OF_BUSINESS
from chains.progmat.market.register.register_codec import (
    as_of_from_message,
    holder_to_message,
    investor_of,
    register_entry_to_message,
    snapshot_to_message,
    summary_to_message,
)
from chains.progmat.node.api_access import ApiAccess
from chains.progmat.node.ledger_node import LedgerNode
from chains.progmat.node.peers.rpc_service import identity_of
from chains.progmat.node.register_operations import Names, RegisterOperations
from chains.progmat.node.vault_operations import MAX_SEQUENCE, MAX_TIME_MS, PageRequest
from chains.progmat.vault.indexing import Asset
from ibc.dvp import CashAccount

Context = grpc.aio.ServicerContext[Any, Any]
T = TypeVar("T")

MAX_NAME_CHARACTERS: Final = 128
MAX_KEY_BYTES: Final = 1024
HOLDERS_A_MESSAGE: Final = 500
MAX_RECORD_DATES: Final = 20
USUAL_RECORD_DATES: Final = 4


class RegisterServiceRpc(RegisterServiceServicer):
    """The servicer of one vault node. ``random_bytes`` as for ``VaultServiceRpc``."""

    def __init__(
        self,
        node: LedgerNode,
        access: ApiAccess,
        random_bytes: Callable[[int], bytes],
        names: HolderNames,
    ) -> None:
        self._own_name = node.parts.me.name
        self._access = access
        self._register = RegisterOperations(node, random_bytes, names)

    def _visible(self, context: Context, method: str) -> str:
        """The node whose accounts the caller may see, empty for all; raises ``CallerNotAuthorised``."""
        caller = identity_of(context).name
        self._access.require(caller, method)
        return "" if self._access.is_operator(caller) else self._own_name

    def _only(self, security: Asset, node: str) -> str:
        """Whose accounts a caller is shown: a node that is not the registrar has its own only."""
        return node if security.issuer == self._own_name else self._own_name

    async def GetRegister(self, request: pb.GetRegisterRequest, context: Context) -> pb.GetRegisterResponse:  # noqa: D102, N802 # named and documented by the .proto file
        node = self._visible(context, "GetRegister")
        security = security_of(request.security, self._own_name)
        found = await self._register.register(security, _moment(request.as_of), node)
        return pb.GetRegisterResponse(register=summary_to_message(found.register, self._only(security, node)))

    async def ExportRegister(  # noqa: D102, N802 # as above
        self, request: pb.ExportRegisterRequest, context: Context
    ) -> AsyncIterator[pb.ExportRegisterResponse]:
        node = self._visible(context, "ExportRegister")
        security = security_of(request.security, self._own_name)
        found = await self._register.register(security, _moment(request.as_of), node)
        yield pb.ExportRegisterResponse(register=summary_to_message(found.register, self._only(security, node)))
        for some in _parts(found.register.lines):
            yield pb.ExportRegisterResponse(holders=_holders(some, found.names))

    async def ListRegisterEntries(  # noqa: D102, N802 # as above
        self, request: pb.ListRegisterEntriesRequest, context: Context
    ) -> pb.ListRegisterEntriesResponse:
        node = self._visible(context, "ListRegisterEntries")
        if len(request.account_key) > MAX_KEY_BYTES:
            raise InvalidRequest("account_key", f"at most {MAX_KEY_BYTES} bytes are possible")
        wanted = Wanted(
            security_of(request.security, self._own_name),
            node,
            request.account_key,
            _at_most("after", request.after, MAX_SEQUENCE),
            _at_most("up_to", request.up_to, MAX_SEQUENCE) or MAX_SEQUENCE,
        )
        found, names = await self._register.entries(wanted, PageRequest(request.page_size, request.page_token))
        entries = []
        for each in found.rows:
            account = CashAccount(each.entry.account.node, each.entry.account.owner_key)
            entries.append(register_entry_to_message(each, investor_of(names, account)))
        return pb.ListRegisterEntriesResponse(
            entries=entries, next_page_token=found.next_page_token, sequence=found.sequence
        )

    async def ListRecordDates(  # noqa: D102, N802 # as above
        self, request: pb.ListRecordDatesRequest, context: Context
    ) -> pb.ListRecordDatesResponse:
        self._visible(context, "ListRecordDates")
        security = security_of(request.security, self._own_name)
        first = day_of(request.from_date) if request.from_date else None
        most = _at_most("max_dates", request.max_dates, MAX_RECORD_DATES) or USUAL_RECORD_DATES
        found = await self._register.record_dates(security, first, most)
        return pb.ListRecordDatesResponse(record_dates=[day.isoformat() for day in found])

    async def SnapshotRecordDate(  # noqa: D102, N802 # as above
        self, request: pb.SnapshotRecordDateRequest, context: Context
    ) -> pb.SnapshotRecordDateResponse:
        caller = identity_of(context).name
        self._access.require(caller, "SnapshotRecordDate")
        security, day = security_of(request.security, self._own_name), day_of(request.record_date)
        if security.issuer != self._own_name:
            raise RegisterNotKeptHere(security.asset_id, security.issuer, self._own_name)
        try:
            close = CutOff.parse(request.close_of_business) if request.close_of_business else CLOSE_OF_BUSINESS
        except ValueError as error:
            raise InvalidRequest("close_of_business", str(error)) from error
        taken = await self._register.take_snapshot(security, day, close, request.author, caller)
        return pb.SnapshotRecordDateResponse(snapshot=snapshot_to_message(taken, taken.lines, ""))

    async def GetSnapshot(  # noqa: D102, N802 # as above
        self, request: pb.GetSnapshotRequest, context: Context
    ) -> AsyncIterator[pb.GetSnapshotResponse]:
        node = self._visible(context, "GetSnapshot")
        security, day = security_of(request.security, self._own_name), day_of(request.record_date)
        snapshot, names = await self._register.snapshot(security, day)
        lines = tuple(line for line in snapshot.lines if node in {"", line.node})
        yield pb.GetSnapshotResponse(snapshot=snapshot_to_message(snapshot, lines, node))
        for some in _parts(lines):
            yield pb.GetSnapshotResponse(holders=_holders(some, names))

    async def ListSnapshots(self, request: pb.ListSnapshotsRequest, context: Context) -> pb.ListSnapshotsResponse:  # noqa: D102, N802 # as above
        self._visible(context, "ListSnapshots")
        found = await self._register.snapshot_dates(security_of(request.security, self._own_name))
        return pb.ListSnapshotsResponse(record_dates=[day.isoformat() for day in found])


def security_of(message: pb.SecurityReference, own_name: str) -> Asset:
    """What a request is about; raises ``InvalidRequest``."""
    number = int(message.network)
    networks = {int(network): network.name for network in CONTRACT_OF}
    network = networks.get(number) if number else BusinessNetwork.ST.name
    if network is None:
        raise InvalidRequest("network", f"tokens are of ST or UT, not of number {number}")
    for field, value in (("security_id", message.security_id), ("registrar", message.registrar or own_name)):
        if not 1 <= len(value) <= MAX_NAME_CHARACTERS:
            raise InvalidRequest(field, f"1 to {MAX_NAME_CHARACTERS} characters are wanted, not {len(value)}")
    return Asset(network, message.security_id, message.registrar or own_name)


def day_of(text: str) -> date:
    """A day; raises ``InvalidRequest``."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or day.isoformat() != text:
        raise InvalidRequest("record_date", f"a day as YYYY-MM-DD is wanted, not {text[:20]!r}")
    return day


def _moment(message: pb.RegisterAsOf) -> Moment:
    moment = as_of_from_message(message)
    _at_most(moment.kind.value, moment.value, MAX_TIME_MS if moment.kind.value == "before_ms" else MAX_SEQUENCE)
    return moment


def _at_most(field: str, value: int, most: int) -> int:
    if value > most:
        raise InvalidRequest(field, f"at most {most} is possible, not {value}")
    return value


def _holders(lines: Sequence[RegisterLine], names: Names) -> list[pb.RegisterHolder]:
    return [holder_to_message(line, investor_of(names, line.account)) for line in lines]


def _parts(lines: Sequence[T]) -> Iterator[Sequence[T]]:
    return (lines[start : start + HOLDERS_A_MESSAGE] for start in range(0, len(lines), HOLDERS_A_MESSAGE))
