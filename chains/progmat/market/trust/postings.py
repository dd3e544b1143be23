"""The trust's yen in double entry. Each posting has a cause that is entered once, so nothing counts twice.

Accounts of one coin's trust; all but ``BANK`` are kept by intermediary (node):

- ``BANK``: yen in the trust's bank account;
- ``RECEIVED``: paid in and confirmed, the coin not on the ledger yet;
- ``TRUST``: what stands behind unspent coin;
- ``PAYABLE``: behind coin that was redeemed, not paid out yet.

``BANK`` is a claim and is debited when yen come in; the others say for whom, and are credited. So ``BANK`` equals the
sum of the others, always, by construction.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from sqlalchemy import Connection, select

from chains.progmat.market.people.acts import Act
from chains.progmat.market.trust.tables import balances, postings
from chains.progmat.node.storage import insert


class YenAccount(Enum):
    """See the module's docstring."""

    BANK = "BANK"
    RECEIVED = "RECEIVED"
    TRUST = "TRUST"
    PAYABLE = "PAYABLE"


@dataclass(frozen=True, slots=True)
class Side:
    """One account of a posting; ``node`` is empty for ``BANK``."""

    account: YenAccount
    node: str = ""


BANK = Side(YenAccount.BANK)
BY_LEDGER = Act("")
"""A posting that follows from a ledger_tx: nobody of this node decided it."""


@dataclass(frozen=True, slots=True)
class Posting:
    """``amount_yen`` (positive) from ``credit`` to ``debit``; ``cause`` is unique within the coin."""

    coin_id: str
    cause: str
    debit: Side
    credit: Side
    amount_yen: int
    reference: str


def post(connection: Connection, posting: Posting, act: Act, now_ms: int) -> bool:
    """Enter a posting; False, and nothing changes, if its cause was entered before."""
    entered = connection.execute(
        insert(postings)
        .values(
            coin_id=posting.coin_id,
            cause=posting.cause,
            debit=posting.debit.account.value,
            debit_node=posting.debit.node,
            credit=posting.credit.account.value,
            credit_node=posting.credit.node,
            amount_yen=posting.amount_yen,
            reference=posting.reference,
            author=act.staff_id,
            approver=act.approver_staff_id,
            at_ms=now_ms,
        )
        .on_conflict_do_nothing(index_elements=["coin_id", "cause"])
        .returning(postings.c.id)
    ).one_or_none()
    if entered is None:
        return False
    for side, sign in ((posting.debit, -1), (posting.credit, 1)):
        amount_yen = -sign * posting.amount_yen if side.account is YenAccount.BANK else sign * posting.amount_yen
        _change(connection, posting.coin_id, side, amount_yen)
    return True


def balance(connection: Connection, coin_id: str, side: Side) -> int:
    """What an account has."""
    row = balances.c
    at = (row.coin_id == coin_id, row.account == side.account.value, row.node == side.node)
    return int(connection.execute(select(row.amount_yen).where(*at)).scalar_one_or_none() or 0)


def balances_of(connection: Connection, coin_id: str) -> Mapping[Side, int]:
    """What every account of a coin's trust has."""
    rows = connection.execute(select(balances).where(balances.c.coin_id == coin_id))
    return {Side(YenAccount(row.account), row.node): row.amount_yen for row in rows}


def _change(connection: Connection, coin_id: str, side: Side, amount_yen: int) -> None:
    values = {"coin_id": coin_id, "account": side.account.value, "node": side.node, "amount_yen": amount_yen}
    added = insert(balances).values(**values)
    connection.execute(
        added.on_conflict_do_update(
            index_elements=["coin_id", "account", "node"],
            set_={"amount_yen": balances.c.amount_yen + added.excluded.amount_yen},
        )
    )
