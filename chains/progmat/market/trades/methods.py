"""Cash settlement methods (資金決済情報): how each investor pays and is paid from a day on, registered beforehand."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import Any, Final

from sqlalchemy import Connection, Row, func, select

from chains.progmat.market.bank.kana import normal_name
from chains.progmat.market.people.acts import Act
from chains.progmat.market.trades.errors import CashMethodInvalid, PageTooLarge
from chains.progmat.market.trades.model import check_id
from chains.progmat.market.trades.patterns import Money
from chains.progmat.market.trades.tables import methods
from chains.progmat.node.storage import insert

MAX_PAGE: Final = 500


class FiatPayment(Enum):
    """Bank money trade by trade, or once a day for a broker pair."""

    NONE = ""
    GROSS = "GROSS"
    NET = "NET"


@dataclass(frozen=True, slots=True)
class CashMethod:
    """How an investor pays from ``from_day`` on.

    COIN has coin, issuer and the cash account's key at this node; FIAT has the bank's reference in the master data, the
    payer's name in kana (its broker's, a company: never an investor's), and gross or net. Raises ``CashMethodInvalid``,
    ``InstructionInvalid``.
    """

    investor_id: str
    from_day: date
    kind: Money
    coin_id: str = ""
    issuer: str = ""
    cash_key: bytes = b""
    bank_id: str = ""
    payer_name: str = ""
    payment: FiatPayment = FiatPayment.NONE

    def __post_init__(self) -> None:
        check_id("investor_id", self.investor_id)
        of_coin = {"coin_id": self.coin_id, "issuer": self.issuer, "cash_key": self.cash_key}
        of_fiat = {"bank_id": self.bank_id, "payer_name": self.payer_name, "payment": self.payment.value}
        wanted, unwanted = (of_coin, of_fiat) if self.kind is Money.COIN else (of_fiat, of_coin)
        for name, value in wanted.items():
            if not value:
                raise CashMethodInvalid(name, f"a {self.kind.value} method needs it")
        for name, value in unwanted.items():
            if value:
                raise CashMethodInvalid(name, f"a {self.kind.value} method has none")
        if self.kind is Money.COIN:
            check_id("coin_id", self.coin_id)
            check_id("issuer", self.issuer)
            if len(self.cash_key) > 128:
                raise CashMethodInvalid("cash_key", "at most 128 bytes")
        else:
            check_id("bank_id", self.bank_id)
            if normal_name(self.payer_name) != self.payer_name or len(self.payer_name) > 48:
                raise CashMethodInvalid("payer_name", "at most 48 kana as banks write them, without blanks")


@dataclass(frozen=True, slots=True)
class KeptMethod:
    """A method as registered: its version, and the two persons behind it."""

    method: CashMethod
    version: int
    by: Act
    at_ms: int


def register_method(
    connection: Connection, method: CashMethod, by: Act, own_keys: Collection[bytes], now_ms: int
) -> KeptMethod:
    """Add a version; the newest one if it is the same. ``own_keys`` are those of the accounts kept here.

    Raises ``CashMethodInvalid``.
    """
    if method.kind is Money.COIN and method.cash_key not in own_keys:
        raise CashMethodInvalid("cash_key", "it names no account of this node")
    newest = connection.execute(
        select(methods).where(methods.c.investor_id == method.investor_id).order_by(methods.c.version.desc()).limit(1)
    ).one_or_none()
    if newest is not None and _kept(newest).method == method:
        return _kept(newest)
    version = 1 if newest is None else newest.version + 1
    values = {
        **{name: getattr(method, name) for name in ("investor_id", "coin_id", "issuer", "cash_key", "bank_id")},
        "payer_name": method.payer_name,
        "version": version,
        "from_day": method.from_day.isoformat(),
        "kind": method.kind.value,
        "payment": method.payment.value,
        "author": by.staff_id,
        "approver": by.approver_staff_id,
        "at_ms": now_ms,
    }
    connection.execute(insert(methods).values(**values))
    return KeptMethod(method, version, by, now_ms)


def method_on(connection: Connection, investor_id: str, day: date) -> CashMethod | None:
    """The method in force on a day: of the newest version that had begun; None if there is none."""
    columns = methods.c
    begun = select(func.max(columns.version)).where(
        columns.investor_id == investor_id, columns.from_day <= day.isoformat()
    )
    query = select(methods).where(columns.investor_id == investor_id, columns.version == begun.scalar_subquery())
    row = connection.execute(query).one_or_none()
    return None if row is None else _kept(row).method


def list_methods(connection: Connection, investor_id: str, limit: int) -> list[KeptMethod]:
    """All versions, by investor and version; raises ``PageTooLarge``."""
    if limit > MAX_PAGE:
        raise PageTooLarge(MAX_PAGE, limit)
    query = select(methods).order_by(methods.c.investor_id, methods.c.version).limit(limit or MAX_PAGE)
    if investor_id:
        query = query.where(methods.c.investor_id == investor_id)
    return [_kept(row) for row in connection.execute(query)]


def _kept(row: Row[Any]) -> KeptMethod:
    method = CashMethod(
        investor_id=row.investor_id,
        from_day=date.fromisoformat(row.from_day),
        kind=Money(row.kind),
        coin_id=row.coin_id,
        issuer=row.issuer,
        cash_key=row.cash_key,
        bank_id=row.bank_id,
        payer_name=row.payer_name,
        payment=FiatPayment(row.payment),
    )
    return KeptMethod(method, row.version, Act(row.author, row.approver), row.at_ms)
