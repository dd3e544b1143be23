"""A payer's name beside the master data: in methods, trades, and the statements that showed payments."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import Connection, create_engine

from chains.progmat.contracts.membership import BusinessNetwork
from chains.progmat.flows.schema import flows_metadata
from chains.progmat.market.bank import desk as bank_desk
from chains.progmat.market.bank.model import Direction, ExpectedPayment, PaymentStatus
from chains.progmat.market.bank.payments import expect_payment, find_payment
from chains.progmat.market.bank.statements import BANK_LAYOUT
from chains.progmat.market.bank.tables import bank_metadata
from chains.progmat.market.bank.tables import expected as bank_expected
from chains.progmat.market.bank.tables import lines as bank_lines
from chains.progmat.market.people.acts import Act
from chains.progmat.market.trades import methods
from chains.progmat.market.trades.erasing import erase_bank_traces
from chains.progmat.market.trades.methods import CashMethod, FiatPayment
from chains.progmat.market.trades.model import OwnParty, ResolvedTrade, Side, TradeState
from chains.progmat.market.trades.patterns import Channel, Money
from chains.progmat.market.trades.store import add_trade, save_trade
from chains.progmat.market.trades.tables import desk as trade_desk
from chains.progmat.market.trades.tables import methods as trade_methods
from chains.progmat.market.trades.tables import trades_metadata

DAY = date(2026, 11, 30)
PERSONS = Act("EMP-1", "EMP-2")
BUYS = ResolvedTrade(
    trade_id=bytes(31) + b"\x01",
    side=Side.BOTH,
    channel=Channel.CSV,
    network=BusinessNetwork.ST,
    token_id="ST-1",  # noqa: S106 - the name of a security
    registrar="an",
    quantity=10,
    amount_yen=400,
    settlement_day=DAY,
    settle_by_s=1_800_000_000,
    counterparty="cn-b",
    seller=OwnParty("INV-1", "broker-a", b"\x01\x01"),
    buyer=OwnParty("INV-2", "broker-b", b"\x01\x02"),
)


@pytest.fixture
def connection() -> Iterator[Connection]:
    engine = create_engine("sqlite://")
    with engine.begin() as opened:
        for tables in (flows_metadata, trades_metadata, bank_metadata):
            tables.create_all(opened)
        yield opened
    engine.dispose()


def test_an_erased_payers_name_goes_from_imported_statements_and_a_namesakes_stays(connection: Connection) -> None:
    def pays_from_a_bank(investor_id: str, name: str) -> None:
        method = CashMethod(investor_id, DAY, Money.FIAT, bank_id="BANK-1", payer_name=name, payment=FiatPayment.GROSS)
        methods.register_method(connection, method, PERSONS, set(), 1)

    for investor_id, name in (("INV-2", "ヤマダハナコ"), ("INV-3", "サトウ"), ("INV-4", "サトウ")):
        pays_from_a_bank(investor_id, name)
    traded = replace(add_trade(connection, BUYS, 1), reference="TABC123", payer_name="ヤマダハナコ")
    save_trade(connection, traded.at(TradeState.SETTLED))
    expect_payment(connection, ExpectedPayment("TABC123", Direction.DEPOSIT, 400, "ヤマダハナコ"), 1)
    statement = "\n".join(
        (
            ",".join(BANK_LAYOUT),
            "2026/11/30,,振込 ヤマダ ハナコ TABC123,,400,400",
            "2026/11/30,,振込 ヤマダ ハナコ,,7,407",
            "2026/11/30,,振込 サトウ,,8,415",
        )
    )
    file = bank_desk.read_file("BANK-1", "day.csv", statement.encode("cp932"))
    bank_desk.import_statement(connection, file, "EMP-1", 1)

    def left() -> str:
        tables = (bank_lines, bank_expected, trade_desk, trade_methods)
        return "".join(str(connection.execute(table.select()).all()) for table in tables)

    assert left().count("ヤマダ") == 7
    erase_bank_traces(connection, "INV-2")
    erase_bank_traces(connection, "INV-3")
    assert "ヤマダ" not in left()
    assert left().count("サトウ") == 3, "the method and the line of a namesake"
    assert [row.balance_yen for row in connection.execute(bank_lines.select().order_by("line"))] == [400, 407, 415]
    payment = find_payment(connection, "TABC123")
    assert payment is not None
    assert payment.status is PaymentStatus.CONFIRMED
