"""Files of thousands of rows: what they cost in the one transaction that holds up everything else of the node."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256

import pytest
from sqlalchemy import Connection, create_engine, event

from chains.progmat.market.bank import desk as bank
from chains.progmat.market.bank.model import Direction, ExpectedPayment, PaymentStatus
from chains.progmat.market.bank.payments import expect_payment, find_payment
from chains.progmat.market.bank.statements import SIMPLE_LAYOUT
from chains.progmat.market.trades.instructions import EXAMPLE, HEADER, import_instructions, read_instructions
from chains.progmat.market.trades.store import list_trades
from chains.progmat.node.database_tables import ROLE_TABLES

LINES = 3_000
KEYS = {bytes.fromhex("0101c0ffee"), bytes.fromhex("0101f00d00")}


@pytest.fixture
def connection() -> Iterator[Connection]:
    with create_engine("sqlite://").connect() as connection:
        for metadata in ROLE_TABLES:
            metadata.create_all(connection)
        yield connection


@contextmanager
def few_statements(connection: Connection, most: int) -> Iterator[None]:
    """At most so many go through SQLAlchemy, which makes a tenth of a millisecond of each."""
    run: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        run.append(statement)

    event.listen(connection, "before_cursor_execute", note)
    yield
    event.remove(connection, "before_cursor_execute", note)
    assert len(run) <= most, run[:5]


def test_a_statement_of_thousands_of_lines_is_a_few_statements_of_the_database(connection: Connection) -> None:
    expect_payment(connection, ExpectedPayment("TABC123", Direction.DEPOSIT, 2_500, ""), 1)
    rows, balance_yen = [",".join(SIMPLE_LAYOUT)], 0
    for amount_yen in range(1, LINES + 1):
        balance_yen += amount_yen
        text = "TABC123" if amount_yen == 2_500 else f"NUMBER {amount_yen}"
        rows.append(f"2026-11-27,2026-11-27,DEPOSIT,{amount_yen},{balance_yen},{text}")
    file = bank.read_file("BANK-1", "day.csv", "\n".join(rows).encode())
    with few_statements(connection, 40):
        done = bank.import_statement(connection, file, "EMP-1", 1)
    assert (done.lines, done.matched, done.ambiguous) == (LINES, 1, ())
    paid = find_payment(connection, "TABC123")
    assert paid is not None
    assert (paid.status, paid.line) == (PaymentStatus.CONFIRMED, 2_500)
    assert [line.statement.row for line in bank.unmatched_lines(connection, 3)] == [2, 3, 4]


def test_a_file_of_thousands_of_trades_is_a_few_statements_of_the_database(connection: Connection) -> None:
    rest = EXAMPLE.partition(",")[2]
    ids = [sha256(f"trade {number}".encode()).hexdigest() for number in range(LINES)]
    content = "\n".join((",".join(HEADER), *(f"{trade_id},{rest}" for trade_id in ids))).encode()
    with few_statements(connection, 40):
        done = import_instructions(connection, read_instructions("cn-a", KEYS, "day.csv", content), "EMP-1", 1)
    assert (done.entered, done.problems) == (LINES, ())
    assert [trade.trade_id.hex() for trade in list_trades(connection, None, 0, 3)] == ids[:3]

    corrected = content + f"\n{ids[0]},{rest}\n{ids[1]},{rest.replace(',10,', ',11,')}\n{'ab' * 32},{rest}".encode()
    with few_statements(connection, 40):
        again = import_instructions(connection, read_instructions("cn-a", KEYS, "day.csv", corrected), "EMP-1", 2)
    assert again.entered == LINES + 2
    assert [(each.row, each.column, each.found) for each in again.problems] == [(LINES + 3, "trade_id", "quantity")]
    assert list_trades(connection, None, LINES, 3)[0].trade_id.hex() == "ab" * 32


def test_of_two_rows_for_one_trade_the_first_counts(connection: Connection) -> None:
    other = EXAMPLE.replace(",10,", ",11,")
    content = "\n".join((",".join(HEADER), EXAMPLE, other, EXAMPLE)).encode()
    done = import_instructions(connection, read_instructions("cn-a", KEYS, "day.csv", content), "EMP-1", 1)
    assert (done.entered, [each.row for each in done.problems]) == (2, [3])
    (trade,) = list_trades(connection, None, 0, 3)
    assert trade.resolved.quantity == 10
