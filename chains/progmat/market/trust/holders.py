"""Every account that holds a coin, as of a time: what the trustee goes by when an intermediary fails.

Holders then claim on the trustee directly; who an account's holder is says the intermediary's own records, which the
trustee is handed, never the ledger.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, Connection, and_, func, select

from chains.progmat.vault.indexing import SC
from chains.progmat.vault.schema import entries
from ibc.dvp import CashAccount

COLUMNS: Final = ("仲介者", "口座", "残高(円)", "うち拘束(円)")
"""Intermediary, account, balance, of which locked or frozen; in yen."""


@dataclass(frozen=True, slots=True)
class HolderLine:
    """An account and what it holds; ``locked_yen`` is the part under a lock or frozen."""

    account: CashAccount
    balance_yen: int
    locked_yen: int


def holders(connection: Connection, issuer: str, coin_id: str, node: str = "", as_of_ms: int = 0) -> list[HolderLine]:
    """Accounts with a balance after everything recorded until ``as_of_ms`` (0: all), by intermediary and key."""
    row = entries.c
    wanted: list[ColumnElement[bool]] = [row.network == SC, row.asset_id == coin_id, row.issuer == issuer]
    if node:
        wanted.append(row.node == node)
    if as_of_ms:
        wanted.append(row.recorded_ms <= as_of_ms)
    newest = (
        select(row.node, row.owner_key, func.max(row.sequence).label("sequence"))
        .where(*wanted)
        .group_by(row.node, row.owner_key)
        .subquery()
    )
    of_newest = and_(
        row.node == newest.c.node, row.owner_key == newest.c.owner_key, row.sequence == newest.c.sequence, *wanted
    )
    found = connection.execute(
        select(row.node, row.owner_key, row.balance_amount, row.locked_amount)
        .select_from(entries.join(newest, of_newest))
        .where(row.balance_amount > 0)
        .order_by(row.node, row.owner_key)
    )
    return [HolderLine(CashAccount(of, bytes(key)), balance, locked) for of, key, balance, locked in found]


def as_csv(lines: Iterable[HolderLine]) -> str:
    """A table with Japanese headings; keys hexadecimal, amounts whole yen."""
    written = io.StringIO()
    rows = csv.writer(written, lineterminator="\r\n")
    rows.writerow(COLUMNS)
    for line in lines:
        rows.writerow((line.account.node, line.account.key.hex(), line.balance_yen, line.locked_yen))
    return written.getvalue()
