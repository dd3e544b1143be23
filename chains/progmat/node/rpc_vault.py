"""VaultService over gRPC: messages to queries, what is found to messages; who may see what.

Errors are raised; ``ErrorStatusInterceptor`` turns them into statuses.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from typing import Any, Final, Protocol

import grpc.aio
from crossdvp.ledger.v1 import states_pb2
from crossdvp.ledger.v1 import vault_service_pb2 as pb
from crossdvp.ledger.v1.vault_service_pb2_grpc import VaultServiceServicer

from chains.progmat.contracts.membership import BusinessNetwork
from chains.progmat.contracts.terms_codec import account_from_message
from chains.progmat.flows.errors import InvalidRequest
from chains.progmat.flows.record import FlowKind
from chains.progmat.flows.request_base import KeyChoice
from chains.progmat.flows.request_codec import from_message
from chains.progmat.identity import KeyStore
from chains.progmat.node.api_access import ApiAccess
from chains.progmat.node.ledger_node import LedgerNode
from chains.progmat.node.operations import NodeOperations
from chains.progmat.node.peers.rpc_service import identity_of
from chains.progmat.node.reserved import Reserved
from chains.progmat.node.rpc_node_service import flow_to_message
from chains.progmat.node.vault_operations import PageRequest, VaultOperations
from chains.progmat.vault.indexing import SC, AccountAsset
from chains.progmat.vault.listing import Seen
from chains.progmat.vault.vault_codec import (
    coin_to_message,
    entry_to_message,
    hold_to_message,
    line_to_message,
    past_to_message,
    soft_lock_to_message,
    watched_to_message,
)
from primitives.errors import DecodeError

Context = grpc.aio.ServicerContext[Any, Any]

MAX_NAME_CHARACTERS: Final = 128
MAX_KEY_BYTES: Final = 1024
TRADE_ID_BYTES: Final = 32


class _Paged(Protocol):
    page_size: int
    page_token: str


class _OfAccount(Protocol):
    asset_id: str
    issuer: str
    account: states_pb2.CashAccount


class VaultServiceRpc(VaultServiceServicer):
    """The servicer of one vault node. ``random_bytes`` makes its key for page tokens, once for ever."""

    def __init__(
        self, node: LedgerNode, keys: KeyStore, access: ApiAccess, random_bytes: Callable[[int], bytes]
    ) -> None:
        self._own_name = node.parts.me.name
        self._vault = VaultOperations(node, random_bytes)
        self._flows = NodeOperations(node, keys)
        self._access = access

    def stop(self) -> None:
        """Let streams and waiting calls return."""
        self._vault.stop()
        self._flows.stop()

    def _visible(self, context: Context, method: str) -> str:
        """The node whose accounts the caller may see, empty for all; raises ``CallerNotAuthorised``."""
        caller = identity_of(context).name
        self._access.require(caller, method)
        return "" if self._access.is_operator(caller) else self._own_name

    # ---- what is there now ----

    async def ListAccounts(self, request: pb.ListAccountsRequest, context: Context) -> pb.ListAccountsResponse:  # noqa: D102, N802 # named and documented by the .proto file
        seen = _seen(self._visible(context, "ListAccounts"), request.account_key, request.asset_id, request.network)
        found = await self._vault.accounts(seen, _page(request))
        return pb.ListAccountsResponse(
            accounts=[line_to_message(line) for line in found.rows],
            next_page_token=found.next_page_token,
            sequence=found.sequence,
        )

    async def ListCoins(self, request: pb.ListCoinsRequest, context: Context) -> pb.ListCoinsResponse:  # noqa: D102, N802 # named and documented by the .proto file
        seen = _seen(self._visible(context, "ListCoins"), request.account_key, request.asset_id, request.network)
        found = await self._vault.coins(seen, _page(request))
        return pb.ListCoinsResponse(
            coins=[coin_to_message(coin) for coin in found.rows],
            next_page_token=found.next_page_token,
            sequence=found.sequence,
        )

    async def ListHolds(self, request: pb.ListHoldsRequest, context: Context) -> pb.ListHoldsResponse:  # noqa: D102, N802 # named and documented by the .proto file
        seen = _seen(self._visible(context, "ListHolds"), request.account_key)
        found = await self._vault.holds(seen, _trade_id(request.trade_id), _page(request))
        return pb.ListHoldsResponse(
            holds=[hold_to_message(hold) for hold in found.rows],
            next_page_token=found.next_page_token,
            sequence=found.sequence,
        )

    async def ListSoftLocks(self, request: pb.ListSoftLocksRequest, context: Context) -> pb.ListSoftLocksResponse:  # noqa: D102, N802 # named and documented by the .proto file
        seen = _seen(self._visible(context, "ListSoftLocks"), request.account_key)
        whose = Reserved(_short("flow_id", request.flow_id), _trade_id(request.trade_id))
        if whose.flow_id and whose.trade_id:
            raise InvalidRequest("trade_id", "a flow or a trade can be asked about, not both")
        found = await self._vault.soft_locks(seen, whose, _page(request))
        return pb.ListSoftLocksResponse(
            soft_locks=[soft_lock_to_message(lock) for lock in found.rows],
            next_page_token=found.next_page_token,
            sequence=found.sequence,
        )

    # ---- what was, and what changes ----

    async def GetStatement(self, request: pb.GetStatementRequest, context: Context) -> pb.GetStatementResponse:  # noqa: D102, N802 # named and documented by the .proto file
        visible = self._visible(context, "GetStatement")
        period = (request.from_ms, request.until_ms)
        found = await self._vault.statement(visible, _account_asset(request, request.network), *period, _page(request))
        return pb.GetStatementResponse(
            opening=past_to_message(found.opening),
            closing=past_to_message(found.closing),
            entries=[entry_to_message(entry) for entry in found.entries.rows],
            next_page_token=found.entries.next_page_token,
            sequence=found.entries.sequence,
        )

    async def GetBalanceAsOf(self, request: pb.GetBalanceAsOfRequest, context: Context) -> pb.GetBalanceAsOfResponse:  # noqa: D102, N802 # named and documented by the .proto file
        visible = self._visible(context, "GetBalanceAsOf")
        which = request.WhichOneof("at") or ""
        at = getattr(request, which) if which else 0
        found = await self._vault.balance_at(visible, _account_asset(request, request.network), which, at)
        return pb.GetBalanceAsOfResponse(balance=past_to_message(found))

    async def WatchUpdates(  # noqa: D102, N802 # named and documented by the .proto file
        self, request: pb.WatchUpdatesRequest, context: Context
    ) -> AsyncIterator[pb.WatchUpdatesResponse]:
        seen = _seen(self._visible(context, "WatchUpdates"), request.account_key)
        records_id = _short("records_id", request.records_id)
        async with aclosing(self._vault.watch(seen, request.after, request.heartbeat_s, records_id)) as stream:
            async for watched in stream:
                yield watched_to_message(watched)

    # ---- grooming ----

    async def GroomAccount(self, request: pb.GroomAccountRequest, context: Context) -> pb.GroomAccountResponse:  # noqa: D102, N802 # named and documented by the .proto file
        self._visible(context, "GroomAccount")
        record = await self._flows.submit(from_message(FlowKind.MERGE_CASH, request), request.wait_s)
        return pb.GroomAccountResponse(flow=flow_to_message(record))

    # ---- keys ----

    async def SetAccountKeys(self, request: pb.SetAccountKeysRequest, context: Context) -> pb.SetAccountKeysResponse:  # noqa: D102, N802 # named and documented by the .proto file
        self._visible(context, "SetAccountKeys")
        try:
            choice = KeyChoice(int(request.keys))
        except ValueError as error:
            raise InvalidRequest("keys", f"0 to 2 is possible, not {int(request.keys)}") from error
        chosen = await self._flows.set_account_keys(request.account_key, choice)
        return pb.SetAccountKeysResponse(keys=chosen.value)  # type: ignore[arg-type] # enum values are ints at run time


def _seen(node: str, account_key: bytes, asset_id: str = "", network: int = 0) -> Seen:
    if len(account_key) > MAX_KEY_BYTES:
        raise InvalidRequest("account_key", f"at most {MAX_KEY_BYTES} bytes are possible, not {len(account_key)}")
    return Seen(node, _network(network, unnamed=""), _short("asset_id", asset_id), account_key)


def _network(number: int, unnamed: str) -> str:
    """A business network's name; ``unnamed`` where the request leaves it out."""
    if not number:
        return unnamed
    try:
        return BusinessNetwork(number).name
    except ValueError:
        raise InvalidRequest("network", f"one of ST, SC and UT is wanted, not number {number}") from None


def _trade_id(trade_id: bytes) -> bytes:
    if trade_id and len(trade_id) != TRADE_ID_BYTES:
        raise InvalidRequest("trade_id", f"{TRADE_ID_BYTES} bytes are wanted, not {len(trade_id)}")
    return trade_id


def _short(field: str, value: str) -> str:
    if len(value) > MAX_NAME_CHARACTERS:
        raise InvalidRequest(field, f"at most {MAX_NAME_CHARACTERS} characters are possible, not {len(value)}")
    return value


def _page(request: _Paged) -> PageRequest:
    return PageRequest(request.page_size, request.page_token)


def _account_asset(request: _OfAccount, number: int) -> AccountAsset:
    for field in ("asset_id", "issuer"):
        if not _short(field, getattr(request, field)):
            raise InvalidRequest(field, "a statement is of one coin or token of one issuer: name it")
    try:
        account = account_from_message(request.account)
    except DecodeError as error:
        raise InvalidRequest("account", str(error)) from error
    network = _network(number, unnamed=SC)
    return AccountAsset(network, request.asset_id, request.issuer, account.node, account.key)
