"""Additional trust (追加信託): announced by an intermediary, confirmed when the yen are in, issued once.

The confirmation, the yen's posting and the permit to issue are one database transaction; the flow that issues has an id
that follows from the deposit, so however often it is started it issues once. An issue whose flow failed left nothing on
the ledger; another attempt gets another permit, and the failed flow's is of no use any more.
"""

from __future__ import annotations

import re
from base64 import b32encode
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, func, select, true, update

from chains.progmat.flows.issue_permits import IssuePermit, give_permit
from chains.progmat.flows.request_base import check_amount
from chains.progmat.flows.schema import flows
from chains.progmat.flows.steps import FlowStep
from chains.progmat.market.bank.desk import expect
from chains.progmat.market.bank.model import Direction, ExpectedPayment, PaymentStatus
from chains.progmat.market.bank.payments import find_payment, withdraw_payment
from chains.progmat.market.people.acts import Act
from chains.progmat.market.trust.errors import BankReferenceUsed, DepositRefused, DepositUnknown
from chains.progmat.market.trust.postings import BANK, Posting, Side, YenAccount, post
from chains.progmat.market.trust.tables import deposits
from chains.progmat.node.storage import insert
from ibc.dvp import CashAccount
from primitives.hashing import sha256

MAX_LISTED: Final = 500
MAX_ANNOUNCED: Final = 10_000
"""Deposits of one intermediary that were announced and neither came nor were cancelled."""
_ID: Final = re.compile(r"[A-Za-z0-9._:-]{1,64}")
_REFERENCE: Final = re.compile(r"[^\x00-\x1f\x7f]{1,140}")


class DepositStatus(Enum):
    """How far a deposit is."""

    ANNOUNCED = "ANNOUNCED"
    CONFIRMED = "CONFIRMED"
    """The yen are in; the issue is under way."""
    ISSUED = "ISSUED"
    CANCELLED = "CANCELLED"


_STARTED = select(flows.c.flow_id).where(flows.c.flow_id == deposits.c.flow_id).exists()
_TO_BE_ISSUED = (
    select(deposits)
    .where(deposits.c.status == DepositStatus.CONFIRMED.value, ~_STARTED)
    .order_by(deposits.c.confirmed_ms)
    .limit(MAX_LISTED)
)


@dataclass(frozen=True, slots=True)
class Announcement:
    """``amount_yen`` that the intermediary (the node of ``to``) will pay in, for coin in the account ``to``."""

    deposit_id: str
    coin_id: str
    amount_yen: int
    to: CashAccount

    def __post_init__(self) -> None:
        check_amount(self.amount_yen)
        if not _ID.fullmatch(self.deposit_id):
            wanted = "1 to 64 of A-Z a-z 0-9 . _ : -"
            raise DepositRefused(self.deposit_id[:64], "its id is one", expected=wanted, found=self.deposit_id[:80])


@dataclass(frozen=True, slots=True)
class Deposit:
    """A deposit as it stands; times in Unix ms, empty strings and zeros for what has not happened."""

    announced: Announcement
    status: DepositStatus
    flow_id: str
    attempt: int
    bank_reference: str
    tx_id: bytes
    announced_by: str
    announced_ms: int
    author: str
    approver: str
    confirmed_ms: int


def announce(connection: Connection, wanted: Announcement, by: str, now_ms: int) -> Deposit:
    """Enter an announcement; a repeated one answers with what it entered.

    Raises ``DepositRefused`` for another one of its id, and for one too many.
    """
    open_ones = (deposits.c.node == wanted.to.node, deposits.c.status == DepositStatus.ANNOUNCED.value)
    waiting = int(connection.execute(select(func.count()).select_from(deposits).where(*open_ones)).scalar_one())
    if waiting >= MAX_ANNOUNCED:
        rule = "an intermediary announces a bounded number; cancel what does not come"
        raise DepositRefused(wanted.deposit_id, rule, expected=f"fewer than {MAX_ANNOUNCED}", found=str(waiting))
    connection.execute(
        insert(deposits)
        .values(
            deposit_id=wanted.deposit_id,
            coin_id=wanted.coin_id,
            amount_yen=wanted.amount_yen,
            node=wanted.to.node,
            account_key=wanted.to.key,
            status=DepositStatus.ANNOUNCED.value,
            flow_id="",
            attempt=0,
            announced_by=by,
            announced_ms=now_ms,
            author="",
            approver="",
            confirmed_ms=0,
        )
        .on_conflict_do_nothing()
    )
    entered = deposit(connection, wanted.deposit_id)
    if entered.announced != wanted:
        found = "another coin, amount or account under this id"
        raise DepositRefused(wanted.deposit_id, "it was announced before", expected="the same", found=found)
    payment = ExpectedPayment(payment_reference(wanted.deposit_id), Direction.DEPOSIT, wanted.amount_yen, "")
    expect(connection, payment, now_ms)
    return entered


def payment_reference(deposit_id: str) -> str:
    """What the payer writes into the transfer, so that a statement names the deposit: 14 capitals and digits."""
    return "SC" + b32encode(sha256(deposit_id.encode())).decode()[:12]


def confirm(
    connection: Connection, deposit_id: str, paid_yen: int, bank_reference: str, act: Act, now_ms: int
) -> Deposit:
    """The yen are in the trust: post them, and permit the issue. The same confirmation again changes nothing.

    Raises ``DepositUnknown``, ``DepositRefused`` (cancelled, another amount, another reference),
    ``BankReferenceUsed``.
    """
    known = deposit(connection, deposit_id)
    announced = known.announced
    check_reference(deposit_id, bank_reference)
    if paid_yen != announced.amount_yen:
        rule = "exactly what was announced is paid in; cancel it and announce what came"
        raise DepositRefused(deposit_id, rule, expected=f"{announced.amount_yen} yen", found=f"{paid_yen} yen")
    if known.status in (DepositStatus.CONFIRMED, DepositStatus.ISSUED):
        if known.bank_reference != bank_reference:
            rule = "it was confirmed before, by another movement of money"
            raise DepositRefused(deposit_id, rule, expected=known.bank_reference, found=bank_reference)
        return known
    if known.status is DepositStatus.CANCELLED:
        raise DepositRefused(deposit_id, "a cancelled one is over", expected="ANNOUNCED", found="CANCELLED")
    _require_unused(connection, announced.coin_id, bank_reference)
    side = Side(YenAccount.RECEIVED, announced.to.node)
    posting = Posting(announced.coin_id, f"deposit/{deposit_id}", BANK, side, announced.amount_yen, bank_reference)
    post(connection, posting, act, now_ms)
    _permit(connection, announced, attempt=1)
    _set(
        connection,
        deposit_id,
        status=DepositStatus.CONFIRMED.value,
        bank_reference=bank_reference,
        author=act.staff_id,
        approver=act.approver_staff_id,
        confirmed_ms=now_ms,
    )
    return deposit(connection, deposit_id)


def confirm_by_statement(connection: Connection, deposit_id: str, act: Act, now_ms: int) -> Deposit:
    """As ``confirm``, by the line of an imported bank statement; raises ``DepositRefused`` while none shows it."""
    reference = payment_reference(deposit_id)
    payment = find_payment(connection, reference)
    if payment is None or payment.status is not PaymentStatus.CONFIRMED:
        rule = "a line of an imported statement shows it; import the statement, or match the line by hand"
        raise DepositRefused(deposit_id, rule, expected=f"a line with {reference}", found="none")
    return confirm(connection, deposit_id, payment.amount_yen, f"statement line {payment.line}", act, now_ms)


def cancel(connection: Connection, deposit_id: str) -> Deposit:
    """An announced deposit that does not come. Raises ``DepositUnknown``, ``DepositRefused`` once the yen are in."""
    known = deposit(connection, deposit_id)
    if known.status not in (DepositStatus.ANNOUNCED, DepositStatus.CANCELLED):
        rule = "only what was not paid in is cancelled; redeem the coin"
        raise DepositRefused(deposit_id, rule, expected="ANNOUNCED", found=known.status.value)
    _set(connection, deposit_id, status=DepositStatus.CANCELLED.value)
    withdraw_payment(connection, payment_reference(deposit_id))
    return deposit(connection, deposit_id)


def retry(connection: Connection, deposit_id: str) -> Deposit:
    """Permit another attempt at an issue whose flow failed. Raises ``DepositUnknown``, ``DepositRefused``."""
    known = deposit(connection, deposit_id)
    step = connection.execute(select(flows.c.step).where(flows.c.flow_id == known.flow_id)).scalar_one_or_none()
    if known.status is not DepositStatus.CONFIRMED or step != FlowStep.FAILED.value:
        found = f"{known.status.value}, flow {step or 'not started'}"
        raise DepositRefused(deposit_id, "an issue is tried again after it failed", expected="FAILED", found=found)
    _permit(connection, known.announced, attempt=known.attempt + 1)
    return deposit(connection, deposit_id)


def issued(connection: Connection, deposit_id: str, tx_id: bytes) -> None:
    """The coin is on the ledger."""
    _set(connection, deposit_id, status=DepositStatus.ISSUED.value, tx_id=tx_id)


def deposit(connection: Connection, deposit_id: str) -> Deposit:
    """A deposit; raises ``DepositUnknown``."""
    row = connection.execute(select(deposits).where(deposits.c.deposit_id == deposit_id)).one_or_none()
    if row is None:
        raise DepositUnknown(deposit_id)
    return _deposit(row)


def list_deposits(connection: Connection, coin_id: str, status: DepositStatus | None, limit: int) -> list[Deposit]:
    """Deposits of a coin (empty: of all), newest first."""
    wanted: list[ColumnElement[bool]] = [true()]
    if coin_id:
        wanted.append(deposits.c.coin_id == coin_id)
    if status is not None:
        wanted.append(deposits.c.status == status.value)
    newest = deposits.c.announced_ms.desc(), deposits.c.deposit_id
    rows = connection.execute(select(deposits).where(*wanted).order_by(*newest).limit(min(limit, MAX_LISTED)))
    return [_deposit(row) for row in rows]


def to_be_issued(connection: Connection) -> list[Deposit]:
    """Confirmed deposits whose issue has not been started, oldest first."""
    return [_deposit(row) for row in connection.execute(_TO_BE_ISSUED)]


def check_reference(subject: str, reference: str) -> None:
    """Raises ``DepositRefused`` for what is no bank reference."""
    if not _REFERENCE.fullmatch(reference):
        wanted = "1 to 140 printable characters"
        raise DepositRefused(subject, "the bank reference is one", expected=wanted, found=repr(reference[:40]))


def _require_unused(connection: Connection, coin_id: str, reference: str) -> None:
    at = (deposits.c.coin_id == coin_id, deposits.c.bank_reference == reference)
    used_by = connection.execute(select(deposits.c.deposit_id).where(*at)).scalar_one_or_none()
    if used_by is not None:
        raise BankReferenceUsed(reference, f"deposit {used_by!r}")


def _permit(connection: Connection, announced: Announcement, attempt: int) -> None:
    flow_id = f"coin-deposit/{announced.deposit_id}/{attempt}"
    permit = IssuePermit(flow_id, announced.coin_id, announced.amount_yen, announced.to, announced.deposit_id)
    give_permit(connection, permit)
    _set(connection, announced.deposit_id, flow_id=flow_id, attempt=attempt)


def _set(connection: Connection, deposit_id: str, **values: object) -> None:
    connection.execute(update(deposits).where(deposits.c.deposit_id == deposit_id).values(**values))


def _deposit(row: Row[Any]) -> Deposit:
    to = CashAccount(row.node, row.account_key)
    return Deposit(
        announced=Announcement(row.deposit_id, row.coin_id, row.amount_yen, to),
        status=DepositStatus(row.status),
        flow_id=row.flow_id,
        attempt=row.attempt,
        bank_reference=row.bank_reference or "",
        tx_id=row.tx_id or b"",
        announced_by=row.announced_by,
        announced_ms=row.announced_ms,
        author=row.author,
        approver=row.approver,
        confirmed_ms=row.confirmed_ms,
    )
