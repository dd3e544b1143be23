"""PartyService over gRPC."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import grpc.aio
from crossdvp.gateway.v1 import instrument_service_pb2, settlement_service_pb2
from crossdvp.gateway.v1 import party_service_pb2 as pb
from crossdvp.gateway.v1 import party_service_pb2_grpc as pb_grpc
from google.protobuf.timestamp_pb2 import Timestamp

from chains.progmat.client.ledger_client import CashBalance
from ibc.dvp import CashAccount
from primitives.errors import CallerError, CrossDvpError, UnavailableError
from relayer.gateway.access import Role, Speaker, Speakers
from relayer.gateway.errors import BadRequest
from relayer.gateway.instruments.reading import InstrumentKey, InstrumentReader
from relayer.gateway.paging import page_after, page_size, page_token
from relayer.gateway.parties.book import COLLECTIONS, PartyBook
from relayer.gateway.service_errors import InstrumentUnknown, NotYourAccount
from relayer.gateway.service_tables import Kind, NamedAccount
from relayer.gateway.store import GatewayStore
from relayer.rpc_server import caller_of

Context = grpc.aio.ServicerContext[Any, Any]
MOST_PER_PAGE, USUAL_PAGE, MOST_INSTRUMENTS = 500, 50, 16
_ALIAS = re.compile(r"[a-z][a-z0-9-]{0,62}")


class BalanceNode(Protocol):
    """A custodian node that may tell what its accounts hold; ``LedgerClient`` is one."""

    async def balances(self, coin_id: str = "", account_key: bytes = b"") -> tuple[CashBalance, ...]:
        """Balances of one account."""
        ...


class PartyRpc(pb_grpc.PartyServiceServicer):
    """One per gateway process."""

    def __init__(
        self,
        store: GatewayStore,
        speakers: Speakers,
        reader: InstrumentReader,
        custodians: Mapping[str, BalanceNode],
        now_s: Callable[[], int],
        on_listed: Callable[[str], None] = lambda _platform: None,
    ) -> None:
        self._accounts, self._counterparties = (PartyBook(store, kind) for kind in Kind)
        self._speakers = speakers
        self._reader = reader
        self._custodians = custodians
        self._now_s = now_s
        self._on_listed = on_listed

    def _operator(self, context: Context) -> Speaker:
        speaker = self._speakers.speaker(caller_of(context))
        speaker.require_role(Role.OPERATOR)
        return speaker

    async def ListAccounts(  # noqa: N802  # the name in the .proto
        self, request: pb.ListAccountsRequest, context: Context
    ) -> pb.ListAccountsResponse:
        """See the .proto."""
        shown, token = await _page(self._accounts, caller_of(context), request.page_size, request.page_token)
        return pb.ListAccountsResponse(accounts=[_account(named) for named in shown], next_page_token=token)

    async def GetAccount(  # noqa: N802  # the name in the .proto
        self, request: pb.GetAccountRequest, context: Context
    ) -> pb.GetAccountResponse:
        """See the .proto."""
        alias = _alias_of(request.name, Kind.ACCOUNT)
        if len(request.instruments) > MOST_INSTRUMENTS:
            raise BadRequest("instruments", f"at most {MOST_INSTRUMENTS}", len(request.instruments))
        keys = [InstrumentKey.parse(name) for name in request.instruments]
        for key in keys:
            self._reader.family(key)
        named = await asyncio.to_thread(self._accounts.get, caller_of(context), alias)
        account = _account(named)
        if named.cash_account is not None:
            if keys:
                raise BadRequest("instruments", "none, for a cash account", len(keys))
            await self._add_balances(account, named.cash_account)
        else:
            account.admissions.extend([await self._admission(key, named.evm_address) for key in keys])
        return pb.GetAccountResponse(account=account)

    async def _add_balances(self, account: pb.Account, cash: CashAccount) -> None:
        """What the account's node tells this gateway; most tell a gateway nothing, and that is said."""
        node = self._custodians.get(cash.node)
        if node is None:
            account.balances_unknown = f"this gateway does not reach {cash.node}"
            return
        try:
            lines = await node.balances(account_key=cash.key)
        except CrossDvpError as refusal:
            account.balances_unknown = f"{refusal.reason}: {refusal}"[:500]
            return
        account.balances.extend(
            pb.CoinBalance(
                coin_id=line.coin_id,
                free_yen=line.free_yen,
                reserved_yen=line.reserved_yen,
                locked_yen=line.locked_yen,
            )
            for line in lines
        )

    async def _admission(self, key: InstrumentKey, holder: bytes) -> pb.Admission:
        try:
            seen = await self._reader.admission(key, holder)
        except InstrumentUnknown:
            raise
        except (UnavailableError, CallerError) as failure:
            return pb.Admission(instrument=key.name, verdict=pb.VERDICT_UNKNOWN, why=f"{failure.reason}: {failure}")
        return pb.Admission(
            instrument=key.name,
            verdict=pb.VERDICT_PASS if seen.refusal is None else pb.VERDICT_FAIL,
            why="" if seen.refusal is None else str(seen.refusal),
            read_at=instrument_service_pb2.ReadAt(height=seen.height, time=Timestamp(seconds=seen.time_s)),
        )

    async def CreateAccount(  # noqa: N802  # the name in the .proto
        self, request: pb.CreateAccountRequest, context: Context
    ) -> pb.CreateAccountResponse:
        """See the .proto."""
        speaker = self._operator(context)
        named = _decode(request.account.name, request.account.account, Kind.ACCOUNT, self._now_s())
        if named.cash_account is not None and named.cash_account.node not in speaker.nodes:
            raise NotYourAccount(speaker.name, named.cash_account.node)
        store = self._accounts.check_addition if request.validate_only else self._accounts.add
        return pb.CreateAccountResponse(account=_account(await asyncio.to_thread(store, speaker.name, named)))

    async def DeleteAccount(  # noqa: N802  # the name in the .proto
        self, request: pb.DeleteAccountRequest, context: Context
    ) -> pb.DeleteAccountResponse:
        """See the .proto."""
        speaker, alias = self._operator(context), _alias_of(request.name, Kind.ACCOUNT)
        store = self._accounts.check_removal if request.validate_only else self._accounts.remove
        await asyncio.to_thread(store, speaker.name, alias, may_be_last=True)
        return pb.DeleteAccountResponse()

    async def ListCounterparties(  # noqa: N802  # the name in the .proto
        self, request: pb.ListCounterpartiesRequest, context: Context
    ) -> pb.ListCounterpartiesResponse:
        """See the .proto."""
        shown, token = await _page(self._counterparties, caller_of(context), request.page_size, request.page_token)
        counterparties = [_counterparty(named) for named in shown]
        return pb.ListCounterpartiesResponse(counterparties=counterparties, next_page_token=token)

    async def AddCounterparty(  # noqa: N802  # the name in the .proto
        self, request: pb.AddCounterpartyRequest, context: Context
    ) -> pb.AddCounterpartyResponse:
        """See the .proto."""
        speaker, asked = self._operator(context), request.counterparty
        named = _decode(asked.name, asked.account, Kind.COUNTERPARTY, self._now_s())
        store = self._counterparties.check_addition if request.validate_only else self._counterparties.add
        stored = await asyncio.to_thread(store, speaker.name, named)
        self._on_listed(speaker.name)
        return pb.AddCounterpartyResponse(counterparty=_counterparty(stored))

    async def RemoveCounterparty(  # noqa: N802  # the name in the .proto
        self, request: pb.RemoveCounterpartyRequest, context: Context
    ) -> pb.RemoveCounterpartyResponse:
        """See the .proto."""
        speaker, alias = self._operator(context), _alias_of(request.name, Kind.COUNTERPARTY)
        store = self._counterparties.check_removal if request.validate_only else self._counterparties.remove
        await asyncio.to_thread(store, speaker.name, alias, may_be_last=request.allow_everybody)
        self._on_listed(speaker.name)
        return pb.RemoveCounterpartyResponse()


async def _page(book: PartyBook, platform: str, asked: int, token: str) -> tuple[Sequence[NamedAccount], str]:
    size, after = page_size(asked, USUAL_PAGE, MOST_PER_PAGE), page_after(token)
    rows = await asyncio.to_thread(book.page, platform, after, size + 1)
    return rows[:size], page_token(rows[size - 1].alias) if len(rows) > size else ""


def _alias_of(name: str, kind: Kind) -> str:
    collection = COLLECTIONS[kind]
    alias = name.removeprefix(f"{collection}/")
    if alias == name or not _ALIAS.fullmatch(alias):
        raise BadRequest("name", f"{collection}/ and 1..63 of a-z, 0-9 and -, a letter first", name[:100] or "nothing")
    return alias


def _decode(name: str, message: pb.LedgerAccount, kind: Kind, now_s: int) -> NamedAccount:
    """Raises ``BadRequest``."""
    alias = _alias_of(name, kind)
    match message.WhichOneof("account"):
        case "evm_address":
            if len(message.evm_address) != 20 or not any(message.evm_address):
                raise BadRequest("account.evm_address", "20 bytes, not all zero", f"{len(message.evm_address)} bytes")
            return NamedAccount(alias, message.evm_address, None, now_s)
        case "cash_account":
            try:
                cash = CashAccount(message.cash_account.node, message.cash_account.account_key)
            except CrossDvpError as refusal:
                raise BadRequest("account.cash_account", "a node's name and an encoded key", refusal) from refusal
            return NamedAccount(alias, b"", cash, now_s)
        case _:
            raise BadRequest("account", "an EVM address or a cash account", "neither")


def _ledger_account(named: NamedAccount) -> pb.LedgerAccount:
    if named.cash_account is None:
        return pb.LedgerAccount(evm_address=named.evm_address)
    cash = settlement_service_pb2.CashAccount(node=named.cash_account.node, account_key=named.cash_account.key)
    return pb.LedgerAccount(cash_account=cash)


def _account(named: NamedAccount) -> pb.Account:
    return pb.Account(
        name=f"accounts/{named.alias}",
        account=_ledger_account(named),
        create_time=Timestamp(seconds=named.created_s),
    )


def _counterparty(named: NamedAccount) -> pb.Counterparty:
    return pb.Counterparty(
        name=f"counterparties/{named.alias}",
        account=_ledger_account(named),
        create_time=Timestamp(seconds=named.created_s),
    )
