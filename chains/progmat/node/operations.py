"""What a vault node does for the users of its API, apart from how they reach it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Collection
from dataclasses import dataclass
from functools import partial
from typing import Final

from sqlalchemy import Connection

from chains.progmat.contracts.ibc_records import ClientRecord, ClientRecordStatus, ConsensusRecord
from chains.progmat.contracts.membership import BusinessNetwork
from chains.progmat.flows import store, trades
from chains.progmat.flows.any_request import AnyRequest, differing_fields
from chains.progmat.flows.arrivals import answer_to
from chains.progmat.flows.authorisations import TradeAuthorisation, authorise_terms
from chains.progmat.flows.errors import (
    AccountUnknown,
    FlowUnknown,
    InvalidRequest,
    LightClientUnknown,
    LockTimePassed,
    RequestIdReused,
    TradeUnknown,
    TransactionUnknown,
)
from chains.progmat.flows.light_clients import client_record, consensus_in, consensus_of, known_client
from chains.progmat.flows.proposal_book import KnownProposal, list_proposals
from chains.progmat.flows.record import FlowRecord
from chains.progmat.flows.request_base import KeyChoice, check_request_id
from chains.progmat.flows.request_codec import decode_request, encode_request
from chains.progmat.flows.requests import ReceivePacket
from chains.progmat.flows.signed_records import decoded
from chains.progmat.flows.steps import FlowStep
from chains.progmat.flows.trade_evidence import torn_closing, torn_opening
from chains.progmat.flows.views import IbcEvent, TradeRecord
from chains.progmat.identity import KeptKey, KeyPurpose, KeyStore
from chains.progmat.node.ledger_node import LedgerNode
from chains.progmat.node.storage import StoredTransaction, stored_transaction
from chains.progmat.transactions.torn import TornTransaction
from chains.progmat.vault.holdings import AccountBalance, balances
from chains.progmat.vault.indexing import IndexedMembership
from chains.progmat.vault.queries import VaultState, members, newest_heights
from ibc.dvp import CashAccount, SettlementTerms, terms_hash
from light_clients.registry import LightClientRegistry
from primitives.public_key import SignatureScheme
from primitives.signatures import decode_public_key

MAX_WAIT_S: Final = 60
MAX_LISTED: Final = 500
MAX_PROPOSALS: Final = 100
MAX_HEIGHTS: Final = 256
ACCOUNT_LABEL: Final = "account/"


@dataclass(frozen=True)
class LightClientView:
    """A light client as this node's vault has it, with its newest heights."""

    record: ClientRecord
    heights: tuple[tuple[int, int], ...]
    """Pairs of height and its time in Unix seconds, newest first."""
    status: str
    """``active``, ``frozen`` or ``expired`` on this node's clock."""
    newest_consensus_state: bytes

    @property
    def is_frozen(self) -> bool:
        """Whether it proves nothing any more."""
        return self.record.status is not ClientRecordStatus.ACTIVE


class NodeOperations:
    """See the module's docstring. All methods raise ``StorageFailed`` and its like when the database does."""

    def __init__(self, node: LedgerNode, keys: KeyStore) -> None:
        self._node = node
        self._keys = keys
        self._database = node.parts.database
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """Let waiting calls return."""
        self._stopping.set()

    async def submit(self, request: AnyRequest, wait_s: int) -> FlowRecord:
        """Start the request's flow, or find the one it started before; the flow after at most ``wait_s`` seconds.

        Raises ``RequestIdReused`` naming the fields that differ from the first request of that id.
        """
        check_range("wait_s", wait_s, MAX_WAIT_S)
        now_ms = self._node.parts.clock.now_ms()
        record = FlowRecord(
            flow_id=request.request_id,
            kind=request.kind,
            request=encode_request(request),
            step=FlowStep.PROPOSED,
            created_ms=now_ms,
            updated_ms=now_ms,
            since_ms=now_ms,
        )
        stored = await self._node.engine.submit(record)
        if (stored.kind, stored.request) != (record.kind, record.request):
            first = decode_request(stored.kind, stored.request)
            raise RequestIdReused(request.request_id, differing_fields(first, request))
        return stored if wait_s == 0 else await self._node.engine.outcome(request.request_id, wait_s)

    async def receive_packet(self, request: ReceivePacket, wait_s: int) -> FlowRecord:
        """As ``submit``; a packet to which this node owes nothing starts no flow, however often it is brought.

        Raises what ``answer_to`` raises, besides.
        """
        await self._database.read(partial(self._require_owed, request=request))
        return await self.submit(request, wait_s)

    def _require_owed(self, connection: Connection, request: ReceivePacket) -> None:
        if store.find_flow(connection, request.request_id) is None:
            answer_to(connection, self._node.parts.me, request.packet, self._node.parts.clock.now_ms() // 1000)

    async def open_account(self, request_id: str) -> CashAccount:
        """A new account's key, or the one this request made before."""
        if not 0 < len(request_id) <= 100 or not request_id.isprintable():
            raise InvalidRequest("request_id", "1 to 100 printable characters are wanted")
        label = ACCOUNT_LABEL + request_id
        kept = self._keys.key(label)
        if kept is None:
            kept = await asyncio.to_thread(self._make_account, label)
        return CashAccount(self._node.parts.me.name, kept.public_key.encoded())

    def _make_account(self, label: str) -> KeptKey:
        return self._keys.generate(label, KeyPurpose.ACCOUNT, SignatureScheme.ED25519)

    def accounts(self) -> tuple[CashAccount, ...]:
        """Accounts kept here."""
        name = self._node.parts.me.name
        kept = [key for key in self._keys.keys() if key.purpose is KeyPurpose.ACCOUNT]  # noqa: SIM118 # a method of KeyStore, no mapping
        return tuple(CashAccount(name, key.public_key.encoded()) for key in kept)

    def keeps(self, account: CashAccount) -> bool:
        """Whether it is one of ``accounts``, without listing them."""
        return account.node == self._node.parts.me.name and decode_public_key(account.key) in self._keys.account_keys()

    async def set_account_keys(self, account_key: bytes, choice: KeyChoice) -> KeyChoice:
        """Set under which keys an account receives, or nothing (``AS_SET``); returns how it is set.

        Raises ``AccountUnknown``.
        """
        accounts = self._node.fresh_accounts
        await accounts.choose(account_key, choice)
        return accounts.chosen(account_key)

    async def authorise_trade(self, platform: str, request_id: str, terms: SettlementTerms) -> TradeAuthorisation:
        """A platform's word that its customer, whose account is kept here, buys on exactly these terms.

        Raises ``AccountUnknown``, ``LockTimePassed`` and what ``authorisations.authorise`` raises.
        """
        check_request_id(request_id)
        if not self.keeps(terms.cash.buyer):
            raise AccountUnknown(terms.cash.buyer.key)
        now_ms = self._node.parts.clock.now_ms()
        if now_ms // 1000 >= terms.lock_by_s:
            raise LockTimePassed(terms.lock_by_s, now_ms // 1000)
        enter = partial(authorise_terms, platform=platform, request_id=request_id, terms=terms, now_ms=now_ms)
        return await self._database.submit(enter)

    async def flow(self, flow_id: str) -> FlowRecord:
        """One flow; raises ``FlowUnknown``."""
        found = await self._database.look_up(partial(store.find_flow, flow_id=flow_id))
        if found is None:
            raise FlowUnknown(flow_id)
        return found

    async def flows(self, steps: Collection[FlowStep], limit: int) -> list[FlowRecord]:
        """Flows at any of ``steps`` (none = all), newest first."""
        wanted = steps or frozenset(FlowStep)
        limit = _limit("max_flows", limit)
        return await self._database.read(partial(store.newest_flows, steps=wanted, limit=limit))

    async def trade(self, trade_id: bytes) -> TradeRecord:
        """One trade; raises ``TradeUnknown``."""
        found = await self._database.look_up(partial(trades.find_trade, trade_id=trade_id))
        if found is None:
            raise TradeUnknown(trade_id)
        return found

    async def trades(self, trade_ids: Collection[bytes]) -> list[TradeRecord]:
        """Those of these trades that are known here, at most 500 asked for."""
        if not trade_ids:
            raise InvalidRequest("trade_ids", "at least one is wanted")
        check_range("trade_ids", len(trade_ids), MAX_LISTED)
        return await self._database.look_up(partial(trades.find_trades, trade_ids=trade_ids))

    async def trade_evidence(self, terms: SettlementTerms) -> list[tuple[TornTransaction, int]]:
        """The trade's transactions, torn, with their journal positions.

        Raises ``TradeUnknown`` also for terms that are not the trade's: a stranger learns nothing by guessing.
        """
        record = await self.trade(terms.trade_id)
        if record.terms_hash != terms_hash(terms):
            raise TradeUnknown(terms.trade_id)
        opening = decoded((await self.transaction(record.opening_tx_id)).signed_bytes)
        found = [(torn_opening(opening, terms), record.opening_position)]
        if record.closing_tx_id and record.closing_tx_id != record.opening_tx_id:
            closing = decoded((await self.transaction(record.closing_tx_id)).signed_bytes)
            found.append((torn_closing(closing, terms), record.closing_position))
        return found

    async def balances(self, coin_id: str, account_key: bytes) -> list[AccountBalance]:
        """Balances of all accounts in the vault, or of one coin, or one account."""
        now_s = self._node.parts.clock.now_ms() // 1000
        wanted = partial(balances, now_s=now_s, asset_id=coin_id, owner_key=account_key)
        return await self._database.read(wanted)

    async def memberships(
        self, networks: Collection[BusinessNetwork], limit: int
    ) -> list[VaultState[IndexedMembership]]:
        """Present memberships of these networks, by network and party."""
        limit = _limit("max_memberships", limit)
        found: list[VaultState[IndexedMembership]] = []
        for network in sorted(networks):
            found += await self._database.read(partial(members, network=network.name, limit=limit - len(found)))
        return found

    async def proposals(self, limit: int) -> list[KnownProposal]:
        """Proposals of contract packages, the newest first; at most 100, 0 stands for 20."""
        check_range("max_proposals", limit, MAX_PROPOSALS)
        return await self._database.read(partial(list_proposals, limit=limit or 20))

    async def ibc_events(self, after: int, wait_s: int, limit: int) -> list[IbcEvent]:
        """Events after a cursor; waits up to ``wait_s`` seconds for the first one."""
        check_range("wait_s", wait_s, MAX_WAIT_S)
        limit = _limit("max_events", limit)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(wait_s or None):
                while True:
                    changed = self._node.records_changed.next()
                    found = await self._events_after(after, limit)
                    if found or wait_s == 0 or self._stopping.is_set():
                        return found
                    await first_of(changed, self._stopping)
        return await self._events_after(after, limit)

    async def _events_after(self, after: int, limit: int) -> list[IbcEvent]:
        return await self._database.look_up(partial(trades.events_after, cursor=after, limit=limit))

    async def light_client(self, client_id: str, max_heights: int = 0) -> LightClientView:
        """A light client with so many of its newest heights, 0 stands for 256; raises ``LightClientUnknown``."""
        check_range("max_heights", max_heights, MAX_HEIGHTS)
        parts = self._node.parts
        now_s = parts.clock.now_ms() // 1000
        kinds = parts.verifier.package.light_clients
        return await self._database.look_up(
            partial(_light_client_view, client_id=client_id, most=max_heights or MAX_HEIGHTS, kinds=kinds, now_s=now_s)
        )

    async def consensus(self, client_id: str, height: int) -> ConsensusRecord:
        """What a light client keeps of a height; raises ``LightClientUnknown``."""
        return await self._database.look_up(partial(_consensus_record, client_id=client_id, height=height))

    async def transaction(self, tx_id: bytes) -> StoredTransaction:
        """A recorded transaction; raises ``TransactionUnknown``."""
        found = await self._database.look_up(partial(stored_transaction, tx_id=tx_id))
        if found is None:
            raise TransactionUnknown(tx_id)
        return found


def packet_of_lock(record: FlowRecord) -> bytes:
    """The packet that a lock's transaction sends (ABI-encoded); empty before it is built."""
    if record.signed_tx is None:
        return b""
    return trades.packet_sent_by(decoded(record.signed_tx).wire)


def _light_client_view(
    connection: Connection, client_id: str, most: int, kinds: LightClientRegistry, now_s: int
) -> LightClientView:
    client = known_client(connection, client_id)
    record = client_record(client)
    latest = consensus_in(consensus_of(connection, client, 0))
    status = kinds.get(record.client_type).status(record.client_state, latest.at, now_s)
    heights = newest_heights(connection, record.consensus_client_id, most)
    return LightClientView(record, heights, status.value, latest.consensus_state)


def _consensus_record(connection: Connection, client_id: str, height: int) -> ConsensusRecord:
    if height == 0:
        raise LightClientUnknown(client_id, height)  # 0 would mean the latest one
    return consensus_in(consensus_of(connection, known_client(connection, client_id), height))


async def first_of(*events: asyncio.Event) -> None:
    """Return when one of the events is set."""
    waiting = [asyncio.ensure_future(event.wait()) for event in events]
    try:
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in waiting:
            task.cancel()


def check_range(field: str, value: int, most: int) -> None:
    """Raises ``InvalidRequest`` unless ``value`` is 0 to ``most``."""
    if not 0 <= value <= most:
        raise InvalidRequest(field, f"0 to {most} is possible, not {value}")


def _limit(field: str, value: int) -> int:
    """What is meant by a limit: 0 stands for 100."""
    check_range(field, value, MAX_LISTED)
    return value or 100
