"""What a node does for those who read its register, apart from how they reach it.

``node`` in every method is the custodian whose accounts the caller may see; empty: all that are in the books.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from itertools import islice
from typing import Final

from sqlalchemy import Connection

from chains.business_calendar import CutOff, jst_day
from chains.progmat.market.people import audit
from chains.progmat.market.people.acts import require_one
from chains.progmat.market.register.entries import RegisterEntry
from chains.progmat.market.register.history import Wanted, register_entries
from chains.progmat.market.register.holder_names import HolderNames
from chains.progmat.market.register.model import RecordDateSnapshot, Register
from chains.progmat.market.register.moments import Moment
from chains.progmat.market.register.reading import register_at
from chains.progmat.market.register.record_dates import cut_off_ms
from chains.progmat.market.register.registered_dates import require_record_date, rule_of
from chains.progmat.market.register.snapshots import snapshot_dates, snapshot_of, take_snapshot
from chains.progmat.node.ledger_node import LedgerNode
from chains.progmat.node.vault_operations import PageRequest
from chains.progmat.vault.indexing import Asset
from chains.progmat.vault.pages import Cursor, Listed, Page
from chains.progmat.vault.paging import PageTokens, page_token_key
from chains.progmat.vault.updates import newest_sequence
from ibc.dvp import CashAccount

_METHOD: Final = "ListRegisterEntries"
SNAPSHOT_ACT: Final = "SnapshotRecordDate"
Names = Mapping[CashAccount, str]


@dataclass(frozen=True, slots=True)
class Named:
    """A register, or a snapshot's, with the investor ids of its accounts, as far as master data have them."""

    register: Register
    names: Names


class RegisterOperations:
    """See the module's docstring. All methods raise ``StorageFailed`` and its like when the database does."""

    def __init__(self, node: LedgerNode, random_bytes: Callable[[int], bytes], names: HolderNames) -> None:
        self._node = node
        self._database = node.parts.database
        self._random_bytes = random_bytes
        self._names = names

    async def register(self, security: Asset, moment: Moment, node: str) -> Named:
        """As of a moment. Raises ``SecurityNotRecorded``, ``UnknownSequence``."""

        def read(connection: Connection) -> Named:
            register = register_at(connection, security, moment, node)
            accounts = [line.account for line in register.lines]
            return Named(register, self._names.investor_ids(connection, accounts))

        return await self._database.read(read)

    async def entries(self, wanted: Wanted, page: PageRequest) -> tuple[Listed[RegisterEntry], Names]:
        """A page of entries and the investor ids of their accounts. Raises ``BadPageToken`` and its like."""
        key = await self._database.submit(partial(page_token_key, random_bytes=self._random_bytes))
        tokens, query, limit = PageTokens(key), repr((_METHOD, wanted)).encode(), page.limit
        cursor = tokens.read(_METHOD, query, page.token) if page.token else None

        def read(connection: Connection) -> tuple[int, Page[RegisterEntry], Names]:
            sequence = newest_sequence(connection) if cursor is None else cursor.sequence
            within = replace(wanted, up_to=min(wanted.up_to, sequence))
            found = register_entries(connection, within, limit, None if cursor is None else cursor.after)
            accounts = [CashAccount(each.entry.account.node, each.entry.account.owner_key) for each in found.rows]
            return sequence, found, self._names.investor_ids(connection, accounts)

        sequence, found, names = await self._database.read(read)
        token = "" if found.next_key is None else tokens.make(query, Cursor(sequence, found.next_key))
        return Listed(found.rows, token, sequence), names

    async def record_dates(self, security: Asset, first: date | None, most: int) -> list[date]:
        """The next record dates, from today in Japan on if no day is given. Raises ``CalendarUnknown``."""
        rule = await self._database.read(partial(rule_of, security=security))
        if rule is None:
            return []
        today = jst_day(self._node.parts.clock.now_ms() // 1000)
        return list(islice(rule.from_day(first or today), most))

    async def take_snapshot(
        self, security: Asset, day: date, close: CutOff, author: str, caller: str
    ) -> RecordDateSnapshot:
        """Fix a record date's register. Raises ``NoRecordDate``, and as ``take_snapshot`` and ``require_one``."""
        now_ms = self._node.parts.clock.now_ms()
        salt = self._random_bytes(audit.SALT_BYTES)

        def take(connection: Connection) -> RecordDateSnapshot:
            by = require_one(connection, SNAPSHOT_ACT, author)
            require_record_date(connection, security, day)
            taken = take_snapshot(connection, security, day, cut_off_ms(day, close), now_ms, author)
            resource = f"{security.asset_id} {day}"
            audit.append(connection, SNAPSHOT_ACT, by, resource, at_s=now_ms // 1000, salt=salt, caller=caller)
            return taken

        return await self._database.submit(take)

    async def snapshot(self, security: Asset, day: date) -> tuple[RecordDateSnapshot, Names]:
        """As it was fixed. Raises ``SnapshotUnknown``, ``RegisterAltered``."""

        def read(connection: Connection) -> tuple[RecordDateSnapshot, Names]:
            found = snapshot_of(connection, security, day)
            return found, self._names.investor_ids(connection, [line.account for line in found.lines])

        return await self._database.read(read)

    async def snapshot_dates(self, security: Asset) -> list[date]:
        """Record dates that were fixed, in order."""
        return await self._database.read(partial(snapshot_dates, security=security))
