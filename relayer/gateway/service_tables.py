"""Tables of what platforms say of instruments, accounts and counterparties; in the gateway's database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

import sqlalchemy as sa

from ibc.dvp import CashAccount
from relayer.database import Int64, upsert


class Kind(Enum):
    """What a named account is to its platform."""

    ACCOUNT = "account"
    COUNTERPARTY = "counterparty"


@dataclass(frozen=True)
class NamedAccount:
    """An EVM address, or a cash account, under a platform's own name for it."""

    alias: str
    evm_address: bytes
    cash_account: CashAccount | None
    created_s: int

    @property
    def is_evm(self) -> bool:
        """Whether this is an address of the EVM chain."""
        return self.cash_account is None


@dataclass(frozen=True)
class InstrumentWords:
    """A platform's own words of an instrument."""

    token: bytes
    adapter: bytes
    alias: str
    isin: str


class NamedAccounts:
    """Accounts and counterparties by platform, kind and alias."""

    def __init__(self, metadata: sa.MetaData) -> None:
        self._table = sa.Table(
            "named_accounts",
            metadata,
            sa.Column("platform", sa.String, primary_key=True),
            sa.Column("kind", sa.String, primary_key=True),
            sa.Column("alias", sa.String, primary_key=True),
            sa.Column("evm_address", sa.LargeBinary, nullable=False),
            sa.Column("node", sa.String, nullable=False),
            sa.Column("account_key", sa.LargeBinary, nullable=False),
            sa.Column("created_s", Int64, nullable=False),
        )

    def get(self, connection: sa.Connection, platform: str, kind: Kind, alias: str) -> NamedAccount | None:
        """One of them."""
        row = connection.execute(self._of(platform, kind).where(self._table.c.alias == alias)).one_or_none()
        return None if row is None else _named(row)

    def page(
        self, connection: sa.Connection, platform: str, kind: Kind, after: str, limit: int
    ) -> Sequence[NamedAccount]:
        """By alias, those after one."""
        query = self._of(platform, kind).where(self._table.c.alias > after).order_by(self._table.c.alias).limit(limit)
        return [_named(row) for row in connection.execute(query)]

    def count(self, connection: sa.Connection, platform: str, kind: Kind) -> int:
        """How many."""
        found = self._of(platform, kind).subquery()
        return int(connection.execute(sa.select(sa.func.count()).select_from(found)).scalar_one())

    def add(self, connection: sa.Connection, platform: str, kind: Kind, named: NamedAccount) -> None:
        """A new one."""
        cash = named.cash_account
        connection.execute(
            sa.insert(self._table).values(
                platform=platform,
                kind=kind.value,
                alias=named.alias,
                evm_address=named.evm_address,
                node="" if cash is None else cash.node,
                account_key=b"" if cash is None else cash.key,
                created_s=named.created_s,
            )
        )

    def remove(self, connection: sa.Connection, platform: str, kind: Kind, alias: str) -> None:
        """Forget one."""
        columns = self._table.c
        which = (columns.platform == platform) & (columns.kind == kind.value) & (columns.alias == alias)
        connection.execute(sa.delete(self._table).where(which))

    def _of(self, platform: str, kind: Kind) -> sa.Select[Any]:
        columns = self._table.c
        return sa.select(self._table).where((columns.platform == platform) & (columns.kind == kind.value))


class InstrumentTable:
    """Platforms' words of instruments by platform, token and adapter."""

    def __init__(self, metadata: sa.MetaData) -> None:
        self._table = sa.Table(
            "instrument_words",
            metadata,
            sa.Column("platform", sa.String, primary_key=True),
            sa.Column("token", sa.LargeBinary, primary_key=True),
            sa.Column("adapter", sa.LargeBinary, primary_key=True),
            sa.Column("alias", sa.String, nullable=False),
            sa.Column("isin", sa.String, nullable=False),
        )

    def all_of(self, connection: sa.Connection, platform: str) -> Sequence[InstrumentWords]:
        """Everything a platform has said."""
        query = sa.select(self._table).where(self._table.c.platform == platform)
        return [
            InstrumentWords(bytes(row.token), bytes(row.adapter), row.alias, row.isin)
            for row in connection.execute(query)
        ]

    def put(self, connection: sa.Connection, platform: str, words: InstrumentWords) -> None:
        """In the place of what it said before."""
        upsert(connection, self._table, {"platform": platform, **vars(words)}, ["platform", "token", "adapter"])


def _named(row: Any) -> NamedAccount:  # noqa: ANN401  # a row
    cash = CashAccount(row.node, bytes(row.account_key)) if row.node else None
    return NamedAccount(row.alias, bytes(row.evm_address), cash, row.created_s)
