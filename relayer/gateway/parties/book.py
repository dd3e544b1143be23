"""A platform's names in the store: each change is one transaction, held against what is there by then."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import sqlalchemy as sa

from relayer.gateway.service_errors import (
    AccountUnknown,
    AliasTaken,
    CounterpartyUnknown,
    LastCounterparty,
    TooManyEntries,
)
from relayer.gateway.service_tables import Kind, NamedAccount
from relayer.gateway.settlement_tables import ACCOUNTS
from relayer.gateway.store import GatewayStore

MOST_ENTRIES = 1_000
REMEMBERED_S = 1.0
COLLECTIONS = {Kind.ACCOUNT: "accounts", Kind.COUNTERPARTY: "counterparties"}


class CounterpartyLists:
    """Whom each platform settles with, as instructions are held against it.

    Remembered for a moment: what another instance of this gateway changes takes effect within ``REMEMBERED_S``, what
    this one changes at once, through ``forget``.
    """

    def __init__(self, store: GatewayStore, monotonic_s: Callable[[], float]) -> None:
        self._database = store.database
        self._monotonic_s = monotonic_s
        self._known: dict[str, tuple[float, Sequence[NamedAccount]]] = {}

    def of(self, platform: str) -> Sequence[NamedAccount]:
        """A platform's whole list."""
        now_s = self._monotonic_s()
        known = self._known.get(platform)
        if known is not None and now_s < known[0] + REMEMBERED_S:
            return known[1]
        with self._database.reading() as connection:
            listed = ACCOUNTS.page(connection, platform, Kind.COUNTERPARTY, "", MOST_ENTRIES)
        self._known[platform] = (now_s, listed)
        return listed

    def forget(self, platform: str) -> None:
        """Read it again next time."""
        self._known.pop(platform, None)


class PartyBook:
    """Synchronous; of one kind of entry, for all platforms. Raises ``StoreUnavailable`` when the database fails."""

    def __init__(self, store: GatewayStore, kind: Kind) -> None:
        self._database = store.database
        self._kind = kind

    def get(self, platform: str, alias: str) -> NamedAccount:
        """Raises ``AccountUnknown``, ``CounterpartyUnknown``."""
        with self._database.reading() as connection:
            return self._require(connection, platform, alias)

    def page(self, platform: str, after: str, limit: int) -> list[NamedAccount]:
        """By alias."""
        with self._database.reading() as connection:
            return list(ACCOUNTS.page(connection, platform, self._kind, after, limit))

    def check_addition(self, platform: str, named: NamedAccount) -> NamedAccount:
        """What ``add`` would answer; stores nothing."""
        with self._database.reading() as connection:
            return self._added(connection, platform, named) or named

    def add(self, platform: str, named: NamedAccount) -> NamedAccount:
        """The entry as it stands by then; the same content again changes nothing.

        Raises ``AliasTaken``, ``TooManyEntries``.
        """
        with self._database.transaction() as connection:
            known = self._added(connection, platform, named)
            if known is not None:
                return known
            ACCOUNTS.add(connection, platform, self._kind, named)
            return named

    def _added(self, connection: sa.Connection, platform: str, named: NamedAccount) -> NamedAccount | None:
        """The equal entry that is there already. Raises as ``add``."""
        known = ACCOUNTS.get(connection, platform, self._kind, named.alias)
        if known is not None and replace(known, created_s=named.created_s) != named:
            raise AliasTaken(f"{COLLECTIONS[self._kind]}/{named.alias}")
        if known is None and ACCOUNTS.count(connection, platform, self._kind) >= MOST_ENTRIES:
            raise TooManyEntries(COLLECTIONS[self._kind], MOST_ENTRIES)
        return known

    def check_removal(self, platform: str, alias: str, *, may_be_last: bool) -> None:
        """What ``remove`` would raise; stores nothing."""
        with self._database.reading() as connection:
            self._require_removable(connection, platform, alias, may_be_last=may_be_last)

    def remove(self, platform: str, alias: str, *, may_be_last: bool) -> None:
        """Forget an entry. Raises ``AccountUnknown``, ``CounterpartyUnknown``, ``LastCounterparty``."""
        with self._database.transaction() as connection:
            self._require_removable(connection, platform, alias, may_be_last=may_be_last)
            ACCOUNTS.remove(connection, platform, self._kind, alias)

    def _require_removable(self, connection: sa.Connection, platform: str, alias: str, *, may_be_last: bool) -> None:
        self._require(connection, platform, alias)
        guarded = self._kind is Kind.COUNTERPARTY and not may_be_last
        if guarded and ACCOUNTS.count(connection, platform, self._kind) == 1:
            raise LastCounterparty(f"counterparties/{alias}")

    def _require(self, connection: sa.Connection, platform: str, alias: str) -> NamedAccount:
        known = ACCOUNTS.get(connection, platform, self._kind, alias)
        if known is None:
            unknown = AccountUnknown if self._kind is Kind.ACCOUNT else CounterpartyUnknown
            raise unknown(f"{COLLECTIONS[self._kind]}/{alias}", "list yours, or check the name")
        return known
