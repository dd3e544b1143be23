"""What a node does for those who read its vault, apart from how they reach it: bounds, page tokens, the update stream.

``node`` in every method is the custodian whose accounts the caller may see; empty: all that are in the vault.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Final, TypeVar

from sqlalchemy import Connection

from chains.progmat.flows.errors import AccountUnknown, InvalidRequest, NodeStopping
from chains.progmat.node.ledger_node import LedgerNode
from chains.progmat.node.operations import check_range, first_of
from chains.progmat.node.reserved import Reserved
from chains.progmat.node.storage import stored_history_id
from chains.progmat.vault.counter_legs import with_counter_legs
from chains.progmat.vault.entry_lines import PastBalance, StatementPage, Watched
from chains.progmat.vault.errors import RecordsReplaced, TooManyWatches
from chains.progmat.vault.indexing import AccountAsset
from chains.progmat.vault.lines import AccountLine, Coin, HoldLine, SoftLock
from chains.progmat.vault.listing import Seen, list_accounts, list_coins, list_holds, list_soft_locks
from chains.progmat.vault.pages import MAX_PAGE_SIZE, USUAL_PAGE_SIZE, Cursor, Key, Listed, Page
from chains.progmat.vault.paging import PageTokens, page_token_key
from chains.progmat.vault.statement import (
    Period,
    Statement,
    balance_at_position,
    balance_at_sequence,
    balance_at_time,
    statement,
)
from chains.progmat.vault.updates import newest_sequence
from chains.progmat.vault.watching import read_updates

MAX_WATCHES: Final = 64
MAX_HEARTBEAT_S: Final = 60
USUAL_HEARTBEAT_S: Final = 10
MAX_TIME_MS: Final = 2**53
"""Later than any calendar's end, and exact in every client's numbers."""
MAX_SEQUENCE: Final = 2**63 - 1
UPDATES_A_READ: Final = 100

T = TypeVar("T")
PastReader = Callable[[Connection, AccountAsset, int], PastBalance]


@dataclass(frozen=True)
class PageRequest:
    """How many rows, and from where on; an empty token: from the beginning."""

    size: int = 0
    token: str = ""

    @property
    def limit(self) -> int:
        """Rows a page; raises ``InvalidRequest``."""
        check_range("page_size", self.size, MAX_PAGE_SIZE)
        return self.size or USUAL_PAGE_SIZE


class VaultOperations:
    """See the module's docstring. All methods raise ``StorageFailed`` and its like when the database does."""

    def __init__(self, node: LedgerNode, random_bytes: Callable[[int], bytes]) -> None:
        self._node = node
        self._random_bytes = random_bytes
        self._database = node.parts.database
        self._stopping = asyncio.Event()
        self._tokens: PageTokens | None = None
        self._watches = 0

    def stop(self) -> None:
        """Let streams end."""
        self._stopping.set()

    async def accounts(self, seen: Seen, page: PageRequest) -> Listed[AccountLine]:
        """Accounts with their balances."""
        read = partial(list_accounts, seen=seen, now_s=self._now_s())
        return await self._listed("ListAccounts", (seen,), page, read)

    async def coins(self, seen: Seen, page: PageRequest) -> Listed[Coin]:
        """Unspent coins."""
        return await self._listed("ListCoins", (seen,), page, partial(list_coins, seen=seen, now_s=self._now_s()))

    async def holds(self, seen: Seen, trade_id: bytes, page: PageRequest) -> Listed[HoldLine]:
        """Amounts locked for trades."""
        read = partial(list_holds, seen=seen, trade_id=trade_id, now_s=self._now_s())
        return await self._listed("ListHolds", (seen, trade_id), page, read)

    async def soft_locks(self, seen: Seen, whose: Reserved, page: PageRequest) -> Listed[SoftLock]:
        """States that flows have reserved: all, one flow's, or a native trade's."""

        def read(connection: Connection, *, limit: int, after: Key | None) -> Page[SoftLock]:
            owners = whose.owners(connection)
            return list_soft_locks(connection, seen, owners, self._now_s(), limit, after)

        return await self._listed("ListSoftLocks", (seen, whose), page, read)

    async def statement(
        self, node: str, account: AccountAsset, from_ms: int, until_ms: int, page: PageRequest
    ) -> StatementPage:
        """An account's changes from a time on, until another (exclusive; 0: all there is), oldest first."""
        _check_seen(node, account)
        check_range("from_ms", from_ms, MAX_TIME_MS)
        check_range("until_ms", until_ms, MAX_TIME_MS)
        if until_ms and until_ms <= from_ms:
            raise InvalidRequest("until_ms", f"later than from_ms ({from_ms}) or 0 is possible, not {until_ms}")
        query, limit = _query("GetStatement", node, account, from_ms, until_ms), page.limit
        cursor = await self._cursor("GetStatement", query, page.token)

        def read(connection: Connection) -> tuple[int, Statement]:
            sequence = newest_sequence(connection) if cursor is None else cursor.sequence
            period = Period(from_ms, until_ms or None, sequence)
            found = statement(connection, account, period, limit, None if cursor is None else cursor.after)
            rows = with_counter_legs(connection, found.page.rows, node)
            return sequence, replace(found, page=replace(found.page, rows=rows))

        sequence, found = await self._database.read(read)
        return StatementPage(found.opening, found.closing, await self._page(query, sequence, found.page))

    async def balance_at(self, node: str, account: AccountAsset, which: str, at: int) -> PastBalance:
        """A balance in the past; ``which`` says what ``at`` is: recorded_ms, journal_position, sequence."""
        readers: dict[str, tuple[int, PastReader]] = {
            "recorded_ms": (MAX_TIME_MS, balance_at_time),
            "journal_position": (MAX_SEQUENCE, balance_at_position),
            "sequence": (MAX_SEQUENCE, balance_at_sequence),
        }
        _check_seen(node, account)
        if which not in readers:
            raise InvalidRequest("at", f"one of {', '.join(readers)} is wanted")
        most, reader = readers[which]
        check_range(which, at, most)
        return await self._database.read(lambda connection: reader(connection, account, at))

    async def watch(
        self, seen: Seen, after: int, heartbeat_s: int, records_id: str = ""
    ) -> AsyncGenerator[Watched, None]:
        """Updates after a sequence, and heartbeats, until the node stops (``NodeStopping``) or the reader goes.

        Read from the database at the reader's pace: the writer waits for nobody. Raises ``OutOfRetention`` (also when a
        slow reader falls behind what is kept), ``UnknownSequence``, ``TooManyWatches``, and ``RecordsReplaced`` if
        ``records_id`` (empty: not checked) is another one than here.
        """
        check_range("after", after, MAX_SEQUENCE)
        check_range("heartbeat_s", heartbeat_s, MAX_HEARTBEAT_S)
        if records_id:
            await self._check_records(records_id)
        if self._watches >= MAX_WATCHES:
            raise TooManyWatches(MAX_WATCHES)
        self._watches += 1
        try:
            async with contextlib.aclosing(self._follow(seen, after, heartbeat_s or USUAL_HEARTBEAT_S)) as stream:
                async for watched in stream:
                    yield watched
        finally:
            self._watches -= 1

    async def _follow(self, seen: Seen, after: int, heartbeat_s: int) -> AsyncGenerator[Watched, None]:
        now_s, records_id = asyncio.get_running_loop().time, self._node.parts.history_id
        silent_from_s = now_s()
        while not self._stopping.is_set():
            changed = self._node.records_changed.next()
            batch = await self._database.read(partial(read_updates, seen=seen, after=after, limit=UPDATES_A_READ))
            for update in batch.updates:
                yield Watched(update.update.sequence, update, records_id)
                silent_from_s = now_s()
            caught_up, after = batch.reached == after, batch.reached
            if now_s() - silent_from_s >= heartbeat_s:
                yield Watched(after, None, records_id)
                silent_from_s = now_s()
            if caught_up:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(heartbeat_s - (now_s() - silent_from_s)):
                        await first_of(changed, self._stopping)
        raise NodeStopping

    async def _check_records(self, wanted: str) -> None:
        found = await self._database.read(stored_history_id)
        if found != wanted:
            raise RecordsReplaced(wanted, found or "")

    async def _listed(
        self, method: str, arguments: tuple[object, ...], page: PageRequest, read: Callable[..., Page[T]]
    ) -> Listed[T]:
        query, limit = _query(method, *arguments), page.limit
        cursor = await self._cursor(method, query, page.token)

        def run(connection: Connection) -> tuple[int, Page[T]]:
            sequence = newest_sequence(connection) if cursor is None else cursor.sequence
            return sequence, read(connection, limit=limit, after=None if cursor is None else cursor.after)

        sequence, found = await self._database.read(run)
        return await self._page(query, sequence, found)

    async def _cursor(self, method: str, query: bytes, token: str) -> Cursor | None:
        return (await self._page_tokens()).read(method, query, token) if token else None

    async def _page(self, query: bytes, sequence: int, page: Page[T]) -> Listed[T]:
        if page.next_key is None:
            return Listed(page.rows, "", sequence)
        tokens = await self._page_tokens()
        return Listed(page.rows, tokens.make(query, Cursor(sequence, page.next_key)), sequence)

    async def _page_tokens(self) -> PageTokens:
        if self._tokens is None:
            key = await self._database.submit(partial(page_token_key, random_bytes=self._random_bytes))
            self._tokens = PageTokens(key)
        return self._tokens

    def _now_s(self) -> int:
        return self._node.parts.clock.now_ms() // 1000


def _query(method: str, *arguments: object) -> bytes:
    """A query's arguments as bytes: dataclasses and plain values, whose representation says all there is."""
    return repr((method, *arguments)).encode()


def _check_seen(node: str, account: AccountAsset) -> None:
    if node and account.node != node:
        raise AccountUnknown(account.owner_key)
