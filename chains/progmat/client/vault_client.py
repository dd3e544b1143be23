"""One node's VaultService for other programs: plain values, pages one by one or all in a row, a stream that resumes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Final, TypeVar

import grpc
import grpc.aio
from crossdvp.ledger.v1 import vault_service_pb2 as pb
from crossdvp.ledger.v1.vault_service_pb2_grpc import VaultServiceStub

from chains.progmat.client.channel import ApiEndpoint, ApiTls, open_channel
from chains.progmat.client.ledger_client import CALL_TIMEOUT_S, flow_view
from chains.progmat.contracts.terms_codec import account_to_message
from chains.progmat.flows.request_base import KeyChoice
from chains.progmat.flows.request_codec import to_message
from chains.progmat.flows.requests import MergeCash
from chains.progmat.flows.views import FlowView
from chains.progmat.vault.entry_lines import Entry, PastBalance, StatementPage, Watched
from chains.progmat.vault.indexing import AccountAsset
from chains.progmat.vault.lines import AccountLine, Coin, HoldLine, SoftLock
from chains.progmat.vault.pages import Listed
from chains.progmat.vault.vault_codec import (
    coin_from_message,
    entry_from_message,
    hold_from_message,
    line_from_message,
    network_to_message,
    past_from_message,
    soft_lock_from_message,
    watched_from_message,
)
from chains.rpc_status import RemoteUnavailableError, error_from_rpc
from ibc.dvp import CashAccount

RECONNECT_PAUSE_S: Final = 0.5

T = TypeVar("T")


class VaultClient:
    """Asks one node. All methods raise ``RemoteCallerError``, ``RemotePeerError`` or ``RemoteUnavailableError``."""

    def __init__(self, endpoint: ApiEndpoint, tls: ApiTls) -> None:
        self.name = endpoint.name
        self._channel = open_channel(endpoint, tls)
        self._stub: Any = VaultServiceStub(self._channel)  # type: ignore[no-untyped-call] # generated without annotations

    async def accounts(
        self, asset_id: str = "", account_key: bytes = b"", page_size: int = 0, page_token: str = "", network: str = ""
    ) -> Listed[AccountLine]:
        """A page of accounts that hold something; ``network`` is SC, ST, UT, or empty for all."""
        request = pb.ListAccountsRequest(
            network=network_to_message(network),
            asset_id=asset_id,
            account_key=account_key,
            page_size=page_size,
            page_token=page_token,
        )
        answer = await self._call(self._stub.ListAccounts, request)
        return _listed(answer, answer.accounts, line_from_message)

    async def coins(
        self, asset_id: str = "", account_key: bytes = b"", page_size: int = 0, page_token: str = "", network: str = ""
    ) -> Listed[Coin]:
        """A page of unspent amounts; as ``accounts``."""
        request = pb.ListCoinsRequest(
            network=network_to_message(network),
            asset_id=asset_id,
            account_key=account_key,
            page_size=page_size,
            page_token=page_token,
        )
        answer = await self._call(self._stub.ListCoins, request)
        return _listed(answer, answer.coins, coin_from_message)

    async def holds(
        self, account_key: bytes = b"", trade_id: bytes = b"", page_size: int = 0, page_token: str = ""
    ) -> Listed[HoldLine]:
        """A page of amounts locked for trades."""
        request = pb.ListHoldsRequest(
            account_key=account_key, trade_id=trade_id, page_size=page_size, page_token=page_token
        )
        answer = await self._call(self._stub.ListHolds, request)
        return _listed(answer, answer.holds, hold_from_message)

    async def soft_locks(
        self,
        flow_id: str = "",
        account_key: bytes = b"",
        page_size: int = 0,
        page_token: str = "",
        trade_id: bytes = b"",
    ) -> Listed[SoftLock]:
        """A page of states that running flows have reserved: all, one flow's, or those of a native trade."""
        request = pb.ListSoftLocksRequest(
            flow_id=flow_id, account_key=account_key, page_size=page_size, page_token=page_token, trade_id=trade_id
        )
        answer = await self._call(self._stub.ListSoftLocks, request)
        return _listed(answer, answer.soft_locks, soft_lock_from_message)

    async def statement(
        self, account: AccountAsset, from_ms: int = 0, until_ms: int = 0, page_size: int = 0, page_token: str = ""
    ) -> StatementPage:
        """A page of an account's statement; ``until_ms`` is exclusive, 0 for all there is."""
        request = pb.GetStatementRequest(
            network=network_to_message(account.network),
            asset_id=account.asset_id,
            issuer=account.issuer,
            account=account_to_message(CashAccount(account.node, account.owner_key)),
            from_ms=from_ms,
            until_ms=until_ms,
            page_size=page_size,
            page_token=page_token,
        )
        answer = await self._call(self._stub.GetStatement, request)
        entries: Listed[Entry] = _listed(answer, answer.entries, entry_from_message)
        return StatementPage(past_from_message(answer.opening), past_from_message(answer.closing), entries)

    async def balance_as_of(self, account: AccountAsset, **at: int) -> PastBalance:
        """A balance in the past, by one of ``recorded_ms``, ``journal_position``, ``sequence``."""
        request = pb.GetBalanceAsOfRequest(
            network=network_to_message(account.network),
            asset_id=account.asset_id,
            issuer=account.issuer,
            account=account_to_message(CashAccount(account.node, account.owner_key)),
            **at,
        )
        return past_from_message((await self._call(self._stub.GetBalanceAsOf, request)).balance)

    async def watch(
        self, after: int = 0, account_key: bytes = b"", heartbeat_s: int = 0, records_id: str = ""
    ) -> AsyncIterator[Watched]:
        """Updates after a sequence, in order, heartbeats between them; survives restarts of the node.

        Each update comes at least once. Ends only by the caller's leaving it, or by an error such as OUT_OF_RETENTION;
        RECORDS_REPLACED when the node was restored since ``records_id``, or since the first message.
        """
        while True:
            request = pb.WatchUpdatesRequest(
                after=after, account_key=account_key, heartbeat_s=heartbeat_s, records_id=records_id
            )
            try:
                async for message in self._stub.WatchUpdates(request, wait_for_ready=True):
                    yield watched_from_message(message)
                    after, records_id = message.sequence, message.records_id
            except grpc.aio.AioRpcError as failure:
                error = error_from_rpc(failure, self.name)
                if not isinstance(error, RemoteUnavailableError):
                    raise error from failure
            await asyncio.sleep(RECONNECT_PAUSE_S)

    async def groom(self, request: MergeCash, wait_s: int = 30) -> FlowView:
        """Merge small coins of an account; as ``LedgerClient.submit``."""
        message: Any = to_message(request)
        message.wait_s = wait_s
        return flow_view((await self._call(self._stub.GroomAccount, message, wait_s)).flow)

    async def set_account_keys(self, account_key: bytes, choice: KeyChoice = KeyChoice.AS_SET) -> KeyChoice:
        """Set under which keys an account of the node receives (``AS_SET``: change nothing); how it is set then."""
        request = pb.SetAccountKeysRequest(account_key=account_key, keys=choice.value)  # type: ignore[arg-type] # as ints
        return KeyChoice(int((await self._call(self._stub.SetAccountKeys, request)).keys))

    async def close(self) -> None:
        """Close the channel."""
        await self._channel.close(grace=None)

    async def _call(self, method: Callable[..., Awaitable[Any]], message: object, wait_s: int = 0) -> Any:  # noqa: ANN401 # generated messages
        try:
            return await method(message, timeout=wait_s + CALL_TIMEOUT_S)
        except grpc.RpcError as error:
            raise error_from_rpc(error, self.name) from error


async def all_rows(page: Callable[[str], Awaitable[Listed[T]]]) -> AsyncIterator[T]:
    """Every row of a listing, page after page; ``page`` asks for one by its token (empty: the first)."""
    token = ""
    while True:
        found = await page(token)
        for row in found.rows:
            yield row
        token = found.next_page_token
        if not token:
            return


def _listed(answer: Any, messages: Any, from_message: Callable[[Any], T]) -> Listed[T]:  # noqa: ANN401 # generated messages
    return Listed(tuple(map(from_message, messages)), answer.next_page_token, answer.sequence)
