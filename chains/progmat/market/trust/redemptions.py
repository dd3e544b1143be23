"""Redemption (償還): coin that left the ledger is owed in yen, one payout for each redemption and intermediary."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, select, true, update

from chains.progmat.market.people.acts import Act
from chains.progmat.market.trust.deposits import check_reference
from chains.progmat.market.trust.errors import BankReferenceUsed, RedemptionPaid, RedemptionUnknown
from chains.progmat.market.trust.postings import BANK, Posting, Side, YenAccount, post
from chains.progmat.market.trust.tables import redemptions
from chains.progmat.node.storage import insert

MAX_LISTED: Final = 500


class RedemptionStatus(Enum):
    """Whether the yen were paid out."""

    PENDING = "PENDING"
    PAID = "PAID"


@dataclass(frozen=True, slots=True)
class Redemption:
    """``amount_yen`` owed to intermediary ``node``; times in Unix ms, empty and zero for what has not happened."""

    redemption_id: str
    coin_id: str
    node: str
    amount_yen: int
    tx_id: bytes
    status: RedemptionStatus
    bank_reference: str
    seen_ms: int
    author: str
    approver: str
    paid_ms: int


def redemption_id(coin_id: str, tx_id: bytes, node: str) -> str:
    """One for each redeeming ledger_tx, coin and intermediary: the same however often it is seen."""
    return f"{tx_id.hex()[:24]}.{coin_id}.{node}"


def owe(connection: Connection, coin_id: str, tx_id: bytes, node: str, amount_yen: int, now_ms: int) -> None:
    """A payout that has to be made; entered once."""
    connection.execute(
        insert(redemptions)
        .values(
            redemption_id=redemption_id(coin_id, tx_id, node),
            coin_id=coin_id,
            node=node,
            amount_yen=amount_yen,
            tx_id=tx_id,
            status=RedemptionStatus.PENDING.value,
            seen_ms=now_ms,
            author="",
            approver="",
            paid_ms=0,
        )
        .on_conflict_do_nothing()
    )


def confirm_paid(connection: Connection, wanted: str, bank_reference: str, act: Act, now_ms: int) -> Redemption:
    """The yen went out: post them. The same confirmation again changes nothing.

    Raises ``RedemptionUnknown``, ``RedemptionPaid`` (by another movement of money), ``BankReferenceUsed``.
    """
    known = redemption(connection, wanted)
    check_reference(wanted, bank_reference)
    if known.status is RedemptionStatus.PAID:
        if known.bank_reference != bank_reference:
            raise RedemptionPaid(wanted, known.bank_reference)
        return known
    at = (redemptions.c.coin_id == known.coin_id, redemptions.c.bank_reference == bank_reference)
    used_by = connection.execute(select(redemptions.c.redemption_id).where(*at)).scalar_one_or_none()
    if used_by is not None:
        raise BankReferenceUsed(bank_reference, f"redemption {used_by!r}")
    payable = Side(YenAccount.PAYABLE, known.node)
    post(
        connection,
        Posting(known.coin_id, f"paid/{wanted}", payable, BANK, known.amount_yen, bank_reference),
        act,
        now_ms,
    )
    connection.execute(
        update(redemptions)
        .where(redemptions.c.redemption_id == wanted)
        .values(
            status=RedemptionStatus.PAID.value,
            bank_reference=bank_reference,
            author=act.staff_id,
            approver=act.approver_staff_id,
            paid_ms=now_ms,
        )
    )
    return redemption(connection, wanted)


def redemption(connection: Connection, wanted: str) -> Redemption:
    """A redemption; raises ``RedemptionUnknown``."""
    row = connection.execute(select(redemptions).where(redemptions.c.redemption_id == wanted)).one_or_none()
    if row is None:
        raise RedemptionUnknown(wanted)
    return _redemption(row)


def list_redemptions(
    connection: Connection, coin_id: str, status: RedemptionStatus | None, limit: int
) -> list[Redemption]:
    """Redemptions of a coin (empty: of all), oldest first: those are paid first."""
    wanted: list[ColumnElement[bool]] = [true()]
    if coin_id:
        wanted.append(redemptions.c.coin_id == coin_id)
    if status is not None:
        wanted.append(redemptions.c.status == status.value)
    oldest = redemptions.c.seen_ms, redemptions.c.redemption_id
    rows = connection.execute(select(redemptions).where(*wanted).order_by(*oldest).limit(min(limit, MAX_LISTED)))
    return [_redemption(row) for row in rows]


def _redemption(row: Row[Any]) -> Redemption:
    return Redemption(
        redemption_id=row.redemption_id,
        coin_id=row.coin_id,
        node=row.node,
        amount_yen=row.amount_yen,
        tx_id=row.tx_id,
        status=RedemptionStatus(row.status),
        bank_reference=row.bank_reference or "",
        seen_ms=row.seen_ms,
        author=row.author,
        approver=row.approver,
        paid_ms=row.paid_ms,
    )
