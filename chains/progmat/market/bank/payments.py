"""Expected payments in the database: functions over a connection, for use inside the group commit."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

from sqlalchemy import Connection, Row, select, update

from chains.progmat.market.bank.errors import ExpectedPaymentUnknown
from chains.progmat.market.bank.model import Direction, ExpectedPayment, PaymentStatus
from chains.progmat.market.bank.tables import expected
from chains.progmat.node.storage import insert

MAX_LISTED: Final = 500


def expect_payment(connection: Connection, payment: ExpectedPayment, now_ms: int) -> None:
    """Wait for a payment; does nothing if its reference is waited for, or was."""
    values = {
        "reference": payment.reference,
        "direction": payment.direction.value,
        "amount_yen": payment.amount_yen,
        "payer_name": payment.payer_name,
        "status": payment.status.value,
        "line": 0,
        "author": "",
        "approver": "",
        "at_ms": now_ms,
    }
    connection.execute(insert(expected).values(**values).on_conflict_do_nothing())


def find_payment(connection: Connection, reference: str) -> ExpectedPayment | None:
    """One payment, or None."""
    row = connection.execute(select(expected).where(expected.c.reference == reference)).one_or_none()
    return None if row is None else _payment(row)


def is_confirmed(connection: Connection, reference: str) -> bool:
    """Whether a statement has shown the payment."""
    found = find_payment(connection, reference)
    return found is not None and found.status is PaymentStatus.CONFIRMED


def withdraw_payment(connection: Connection, reference: str) -> None:
    """Wait no longer; a confirmed one stays what it is."""
    open_one = (expected.c.reference == reference, expected.c.status == PaymentStatus.EXPECTED.value)
    connection.execute(update(expected).where(*open_one).values(status=PaymentStatus.WITHDRAWN.value))


def confirm_payment(
    connection: Connection, reference: str, line: int, now_ms: int, author: str = "", approver: str = ""
) -> ExpectedPayment:
    """A line shows the payment; raises ``ExpectedPaymentUnknown`` unless it is expected."""
    found = find_payment(connection, reference)
    if found is None or found.status is not PaymentStatus.EXPECTED:
        raise ExpectedPaymentUnknown(reference, "unknown" if found is None else found.status.value)
    values = {"status": PaymentStatus.CONFIRMED.value, "line": line, "author": author, "approver": approver}
    connection.execute(update(expected).where(expected.c.reference == reference).values(**values, at_ms=now_ms))
    return ExpectedPayment(
        found.reference, found.direction, found.amount_yen, found.payer_name, PaymentStatus.CONFIRMED, line
    )


def open_payments(connection: Connection, amounts: Collection[int]) -> list[ExpectedPayment]:
    """Payments of these amounts that are waited for, by reference."""
    query = select(expected).where(
        expected.c.status == PaymentStatus.EXPECTED.value, expected.c.amount_yen.in_(list(amounts))
    )
    return [_payment(row) for row in connection.execute(query.order_by(expected.c.reference))]


def list_payments(connection: Connection, limit: int) -> list[ExpectedPayment]:
    """Payments, the newest first."""
    query = select(expected).order_by(expected.c.at_ms.desc(), expected.c.reference).limit(limit)
    return [_payment(row) for row in connection.execute(query)]


def _payment(row: Row[Any]) -> ExpectedPayment:
    return ExpectedPayment(
        row.reference,
        Direction(row.direction),
        row.amount_yen,
        row.payer_name,
        PaymentStatus(row.status),
        row.line,
    )
