"""One node's RegisterService for other programs: registers verified against their hash, entries page by page."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import grpc
import grpc.aio
from crossdvp.ledger.v1 import register_service_pb2 as pb
from crossdvp.ledger.v1.register_service_pb2_grpc import RegisterServiceStub

from chains.progmat.client.channel import ApiEndpoint, ApiTls, open_channel
from chains.progmat.client.ledger_client import CALL_TIMEOUT_S, call
from chains.progmat.market.register.entries import RegisterEntry
from chains.progmat.market.register.errors import RegisterAltered
from chains.progmat.market.register.model import RecordDateSnapshot, Register, RegisterLine
from chains.progmat.market.register.moments import NOW, Moment
from chains.progmat.market.register.register_codec import (
    as_of_to_message,
    holder_from_message,
    moment_from_message,
    register_entry_from_message,
    security_from_message,
    security_to_message,
    snapshot_from_message,
)
from chains.progmat.vault.indexing import Asset
from chains.progmat.vault.pages import Listed
from chains.rpc_status import error_from_rpc
from ibc.dvp import CashAccount

STREAM_TIMEOUT_S: Final = 8 * CALL_TIMEOUT_S


@dataclass(frozen=True, slots=True)
class NamedRegister:
    """A register with investor ids of its accounts; ``only_node``: of whose accounts, empty for all."""

    register: Register
    investor_ids: dict[CashAccount, str]
    only_node: str


@dataclass(frozen=True, slots=True)
class RegisterTotals:
    """A register without its lines."""

    security: Asset
    sequence: int
    recorded_ms: int
    journal_position: int
    holders: int
    units: int
    frozen: int
    hash: bytes
    only_node: str


class RegisterClient:
    """Asks one node. All methods raise as those of ``LedgerClient``. An empty registrar is the node itself."""

    def __init__(self, endpoint: ApiEndpoint, tls: ApiTls) -> None:
        self.name = endpoint.name
        self._channel = open_channel(endpoint, tls)
        self._stub: Any = RegisterServiceStub(self._channel)  # type: ignore[no-untyped-call] # generated without annotations

    async def totals(self, security: Asset, moment: Moment = NOW) -> RegisterTotals:
        """Moment, totals and hash."""
        request = pb.GetRegisterRequest(security=security_to_message(security), as_of=as_of_to_message(moment))
        found = (await call(self.name, self._stub.GetRegister, request)).register
        moment_found = moment_from_message(found.moment)
        return RegisterTotals(
            security_from_message(found.security),
            moment_found.sequence,
            moment_found.recorded_ms,
            moment_found.journal_position,
            found.holders,
            found.units,
            found.frozen,
            found.hash,
            found.only_node,
        )

    async def register(self, security: Asset, moment: Moment = NOW) -> NamedRegister:
        """The whole register; raises ``RegisterAltered`` if its lines do not have the hash it came with."""
        request = pb.ExportRegisterRequest(security=security_to_message(security), as_of=as_of_to_message(moment))
        messages = await self._all(self._stub.ExportRegister, request)
        summary = messages[0].register
        lines, investor_ids = _holders(messages)
        register = Register(security_from_message(summary.security), moment_from_message(summary.moment), lines)
        if register.hash != summary.hash:
            raise RegisterAltered(summary.hash, register.hash)
        return NamedRegister(register, investor_ids, summary.only_node)

    async def entries(
        self,
        security: Asset,
        account_key: bytes = b"",
        *,
        after: int = 0,
        up_to: int = 0,
        page_size: int = 0,
        page_token: str = "",
    ) -> Listed[tuple[RegisterEntry, str]]:
        """A page of entries, each with its account's investor id; of sequences in ``after`` < sequence <= ``up_to``."""
        request = pb.ListRegisterEntriesRequest(
            security=security_to_message(security),
            account_key=account_key,
            after=after,
            up_to=up_to,
            page_size=page_size,
            page_token=page_token,
        )
        answer = await call(self.name, self._stub.ListRegisterEntries, request)
        rows = tuple(map(register_entry_from_message, answer.entries))
        return Listed(rows, answer.next_page_token, answer.sequence)

    async def record_dates(self, security: Asset, first: date | None = None, most: int = 0) -> tuple[date, ...]:
        """The next record dates from a day on; from today in Japan if none is given."""
        request = pb.ListRecordDatesRequest(
            security=security_to_message(security),
            from_date="" if first is None else first.isoformat(),
            max_dates=most,
        )
        answer = await call(self.name, self._stub.ListRecordDates, request)
        return tuple(date.fromisoformat(day) for day in answer.record_dates)

    async def take_snapshot(
        self, security: Asset, record_date: date, author: str, close_of_business: str = ""
    ) -> tuple[bytes, int, int]:
        """Fix the register of a record date: its hash, holders and units."""
        request = pb.SnapshotRecordDateRequest(
            security=security_to_message(security),
            record_date=record_date.isoformat(),
            close_of_business=close_of_business,
            author=author,
        )
        found = (await call(self.name, self._stub.SnapshotRecordDate, request)).snapshot.register
        return found.hash, found.holders, found.units

    async def snapshot(self, security: Asset, record_date: date) -> RecordDateSnapshot:
        """As it was fixed; raises ``RegisterAltered`` as ``register``."""
        request = pb.GetSnapshotRequest(security=security_to_message(security), record_date=record_date.isoformat())
        messages = await self._all(self._stub.GetSnapshot, request)
        found = snapshot_from_message(messages[0].snapshot, _holders(messages)[0])
        register = Register(found.security, found.moment, found.lines)
        if register.hash != found.hash:
            raise RegisterAltered(found.hash, register.hash)
        return found

    async def snapshot_dates(self, security: Asset) -> tuple[date, ...]:
        """Record dates whose register was fixed."""
        request = pb.ListSnapshotsRequest(security=security_to_message(security))
        answer = await call(self.name, self._stub.ListSnapshots, request)
        return tuple(date.fromisoformat(day) for day in answer.record_dates)

    async def close(self) -> None:
        """Close the channel."""
        await self._channel.close(grace=None)

    async def _all(self, method: Callable[..., AsyncIterator[Any]], request: object) -> list[Any]:
        """All messages of a stream; its first one is there, or the node broke its word."""
        try:
            return [message async for message in method(request, timeout=STREAM_TIMEOUT_S)]
        except grpc.RpcError as error:
            raise error_from_rpc(error, self.name) from error


def _holders(messages: list[Any]) -> tuple[tuple[RegisterLine, ...], dict[CashAccount, str]]:
    found = [holder_from_message(holder) for message in messages for holder in message.holders]
    names = {line.account: investor_id for line, investor_id in found if investor_id}
    return tuple(line for line, _ in found), names
