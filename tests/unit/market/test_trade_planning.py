"""What the desk does next, netting, patterns and methods: the parts of native settlement that need no ledger."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from random import Random
from types import ModuleType

import pytest
from crossdvp.ledger.v1 import bank_service_pb2, trade_service_pb2
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, create_engine

from chains.progmat.contracts.membership import BusinessNetwork
from chains.progmat.flows.schema import flows_metadata
from chains.progmat.flows.steps import FINAL_ON_LEDGER, FlowStep
from chains.progmat.market.bank.tables import bank_metadata
from chains.progmat.market.people.acts import Act as ActOfPeople
from chains.progmat.market.people.staff_roles import ACTS
from chains.progmat.market.trades import methods
from chains.progmat.market.trades.erasing import DeskObstacles, erase_bank_traces
from chains.progmat.market.trades.errors import (
    CashMethodInvalid,
    InstructionInvalid,
    NetSetEmpty,
    PatternUnknown,
    TradeDiffers,
)
from chains.progmat.market.trades.instructions import (
    EXAMPLE,
    HEADER,
    InstructionImport,
    import_instructions,
    read_instructions,
)
from chains.progmat.market.trades.methods import CashMethod, FiatPayment
from chains.progmat.market.trades.model import OwnParty, ResolvedTrade, Side, Trade, TradeState
from chains.progmat.market.trades.netting import NetLine, net_of
from chains.progmat.market.trades.patterns import Channel, Custody, Money, SettlementPattern, pattern_of
from chains.progmat.market.trades.planning import Act, Facts, FlowFacts, delay_ms, next_act
from chains.progmat.market.trades.reasons import NoticeReason, end_of
from chains.progmat.market.trades.store import add_trade, list_trades, save_trade
from chains.progmat.market.trades.tables import trades_metadata
from chains.progmat.node.desk_acts import NEED_TWO
from relayer.reasons.catalogue import catalogue

DAY = date(2026, 11, 30)
SETTLE_BY_S = 1_800_000_000
PERSONS = ActOfPeople("EMP-1", "EMP-2")
SELLER, BUYER = OwnParty("INV-1", "broker-a", b"\x01\x01"), OwnParty("INV-2", "broker-b", b"\x01\x02")


@pytest.fixture
def connection() -> Iterator[Connection]:
    engine = create_engine("sqlite://")
    with engine.begin() as opened:
        for tables in (flows_metadata, trades_metadata, bank_metadata):
            tables.create_all(opened)
        yield opened
    engine.dispose()


def resolved(side: Side = Side.BOTH, number: int = 1) -> ResolvedTrade:
    return ResolvedTrade(
        trade_id=number.to_bytes(32, "big"),
        side=side,
        channel=Channel.CSV if side is Side.BOTH else Channel.DLT,
        network=BusinessNetwork.ST,
        token_id="ST-1",  # noqa: S106 - the name of a security
        registrar="an",
        quantity=10,
        amount_yen=400,
        settlement_day=DAY,
        settle_by_s=SETTLE_BY_S,
        counterparty="cn-b",
        seller=None if side is Side.BUY else SELLER,
        buyer=None if side is Side.SELL else BUYER,
    )


trades = st.builds(
    lambda side, state, pattern, flow, terms, net, told: replace(
        Trade(resolved(side)), state=state, pattern=pattern, flow_id=flow, terms=terms, net_set=net, told=told
    ),
    st.sampled_from(Side),
    st.sampled_from(TradeState),
    st.sampled_from([None, *SettlementPattern]),
    st.sampled_from(["", "trade/1"]),
    st.sampled_from([b"", b"terms"]),
    st.sampled_from([b"", bytes(32)]),
    st.sampled_from([0, 1]),
)
flow_facts = st.none() | st.builds(FlowFacts, st.sampled_from(FlowStep), st.just(b"t" * 32), st.just("R"), st.just("r"))
worlds = st.builds(
    Facts,
    now_ms=st.sampled_from([1000, SETTLE_BY_S * 1000 - 1, SETTLE_BY_S * 1000, SETTLE_BY_S * 1000 + 10**6]),
    settled_by=st.sampled_from([b"", b"t" * 32]),
    flow=flow_facts,
    has_payment=st.booleans(),
    is_withdrawn=st.booleans(),
    buyer_signed_until_s=st.sampled_from([0, SETTLE_BY_S]),
)


@given(trades, worlds)
def test_what_may_still_become_final_is_never_cancelled_and_what_ended_never_begins_again(
    trade: Trade, facts: Facts
) -> None:
    act = next_act(trade, facts)
    if trade.state.is_ended:
        assert act in {Act.TELL, Act.FORGET}
        return
    if facts.settled_by:
        assert act is Act.CONCLUDE
        return
    if act is Act.CANCEL:
        assert facts.is_withdrawn or facts.now_ms >= SETTLE_BY_S * 1000
        assert not trade.net_set
        if trade.resolved.side.sells:
            assert not trade.flow_id
            assert not (trade.state is TradeState.AWAITING_PAYMENT and facts.has_payment)
        else:
            assert not facts.buyer_signed_until_s
    if act in {Act.SETTLE, Act.ASK}:
        assert facts.now_ms < SETTLE_BY_S * 1000
    if act is Act.RETRY:
        assert facts.flow is not None
        assert facts.flow.step is FlowStep.FAILED
    if act is Act.MOVE:
        assert facts.has_payment
    if act is Act.CONFIRM_MOVE:
        assert facts.flow is not None
        assert facts.flow.step in FINAL_ON_LEDGER


@given(st.integers(0, 10**6))
def test_delays_grow_to_a_minute_and_no_further(attempts: int) -> None:
    assert 2_000 <= delay_ms(attempts) <= delay_ms(attempts + 1) <= 60_000


lines = st.lists(
    st.builds(
        lambda number, pays, amount: NetLine(number.to_bytes(32, "big"), *(("a", "b") if pays else ("b", "a")), amount),
        st.integers(1, 2**32),
        st.booleans(),
        st.integers(1, 10**15),
    ),
    min_size=1,
    max_size=20,
    unique_by=lambda line: line.trade_id,
)


@given(lines, st.randoms(use_true_random=False))
def test_a_net_is_exact_and_the_same_from_both_sides_and_in_any_order(found: list[NetLine], random: Random) -> None:
    net = net_of("a", "b", DAY, found)
    paid = {"a": 0, "b": 0}
    for line in net.lines:
        paid[line.payer] -= line.amount_yen
        paid[line.receiver] += line.amount_yen
    assert paid["a"] + paid["b"] == 0
    assert abs(paid["a"]) == net.net_yen
    assert (net.net_yen == 0) == (net.payer == "")
    if net.payer:
        assert paid[net.payer] == -net.net_yen
        assert paid[net.receiver] == net.net_yen
    shuffled = list(found)
    random.shuffle(shuffled)
    assert net_of("b", "a", DAY, shuffled).set_id == net.set_id


def test_a_net_set_names_its_lines_and_an_empty_one_is_refused() -> None:
    one = NetLine(b"\x01" * 32, "a", "b", 5)
    assert net_of("a", "b", DAY, [one]).set_id != net_of("a", "b", DAY, [replace(one, amount_yen=6)]).set_id
    with pytest.raises(NetSetEmpty):
        net_of("a", "b", DAY, [])


def test_six_patterns_exist_and_no_other() -> None:
    known = set()
    for money in Money:
        for custody in Custody:
            for channel in Channel:
                try:
                    known.add(pattern_of(money, custody, channel))
                except PatternUnknown:
                    assert (custody is Custody.DIRECT) != (channel is Channel.DLT)
    assert known == set(SettlementPattern)
    assert len(known) == 6


def test_the_method_of_the_settlement_day_counts_and_older_versions_are_kept(connection: Connection) -> None:
    coin = CashMethod("INV-1", date(2026, 11, 1), Money.COIN, coin_id="PGC-1", issuer="sn", cash_key=b"\x01\x01")
    fiat = CashMethod(
        "INV-1", date(2026, 12, 1), Money.FIAT, bank_id="BANK-1", payer_name="カ)エ-", payment=FiatPayment.NET
    )
    for at_ms, method in enumerate((coin, fiat, fiat)):
        methods.register_method(connection, method, PERSONS, {b"\x01\x01"}, at_ms)
    assert methods.method_on(connection, "INV-1", date(2026, 10, 31)) is None
    assert methods.method_on(connection, "INV-1", date(2026, 11, 30)) == coin
    assert methods.method_on(connection, "INV-1", date(2026, 12, 1)) == fiat
    kept = methods.list_methods(connection, "", 10)
    assert [(each.version, each.by) for each in kept] == [(1, PERSONS), (2, PERSONS)]


def test_a_method_with_a_strange_account_or_of_two_kinds_is_refused(connection: Connection) -> None:
    coin = CashMethod("INV-1", DAY, Money.COIN, coin_id="PGC-1", issuer="sn", cash_key=b"\x01\x09")
    with pytest.raises(CashMethodInvalid, match="no account of this node"):
        methods.register_method(connection, coin, PERSONS, {b"\x01\x01"}, 1)
    with pytest.raises(CashMethodInvalid):
        replace(coin, bank_id="BANK-1")
    with pytest.raises(CashMethodInvalid):
        CashMethod("INV-1", DAY, Money.FIAT, bank_id="BANK-1", payer_name="ｶ)ｴｰ", payment=FiatPayment.NET)
    with pytest.raises(InstructionInvalid):
        replace(coin, investor_id="Taro Yamada")


def test_an_investor_with_an_open_trade_is_not_erased_and_an_erased_one_leaves_no_name(connection: Connection) -> None:
    fiat = CashMethod("INV-1", DAY, Money.FIAT, bank_id="BANK-1", payer_name="カ)エ-", payment=FiatPayment.NET)
    methods.register_method(connection, fiat, PERSONS, set(), 1)
    trade = add_trade(connection, resolved(), 1)
    for investor_id in ("INV-1", "INV-2"):
        assert len(DeskObstacles().of(connection, investor_id, (), 1)) == 1
    assert DeskObstacles().of(connection, "INV-3", (), 1) == []
    save_trade(connection, trade.at(TradeState.CANCELLED))
    assert DeskObstacles().of(connection, "INV-1", (), 1) == []
    erase_bank_traces(connection, "INV-1")
    (kept,) = methods.list_methods(connection, "INV-1", 10)
    assert (kept.method.bank_id, kept.method.payer_name, kept.version) == ("*", "*", 1)


def test_a_trade_known_with_other_contents_is_refused(connection: Connection) -> None:
    add_trade(connection, resolved(), 1)
    add_trade(connection, resolved(), 2)
    with pytest.raises(TradeDiffers, match="amount_yen"):
        add_trade(connection, replace(resolved(), amount_yen=401), 3)
    assert len(list_trades(connection, None, 0, 10)) == 1


def test_rows_of_a_file_stand_alone_and_the_same_file_answers_as_before(connection: Connection) -> None:
    keys = {bytes.fromhex("0101c0ffee"), bytes.fromhex("0101f00d00")}
    bad = EXAMPLE.replace("5f0c", "6f0c").replace(",10,1000000,", ",ten,0,")
    stranger = EXAMPLE.replace("5f0c", "7f0c").replace("0101f00d00", "0101f00dff")
    no_zone = EXAMPLE.replace("5f0c", "8f0c").replace("+09:00", "")
    changed = EXAMPLE.replace(",1000000,", ",1000001,")
    content = "\r\n".join((",".join(HEADER), EXAMPLE, bad, stranger, no_zone, changed)).encode("cp932")

    def run(of: bytes) -> InstructionImport:
        return import_instructions(connection, read_instructions("cn-a", keys, "trades.csv", of), "EMP-1", 1)

    done = run(content)
    assert done.entered == 1
    assert [(each.row, each.column) for each in done.problems] == [
        (3, "quantity"),
        (3, "amount_yen"),
        (4, "buyer_account"),
        (5, "settle_by"),
        (6, "trade_id"),
    ]
    assert [each.reason for each in done.problems][-1] == "TRADE_DIFFERS"
    again = run(content)
    assert again.was_imported_before
    assert (again.entered, again.problems) == (done.entered, done.problems)

    corrected = "\n".join((",".join(HEADER), EXAMPLE, bad.replace(",ten,0,", ",10,1,"))).encode()
    assert (run(corrected).entered, run(corrected).problems) == (2, ())
    assert [trade.resolved.channel for trade in list_trades(connection, None, 0, 10)] == [Channel.CSV, Channel.CSV]


def test_every_end_has_a_code_and_the_catalogue_says_the_same_in_both_languages() -> None:
    assert end_of("BUYER_BALANCE_SHORT") is NoticeReason.CANCELLED_BALANCE_SHORT
    assert end_of("SOMETHING_ELSE") is NoticeReason.CANCELLED_DEADLINE
    for reason in NoticeReason:
        assert reason.english
        assert any(ord(char) > 0x3000 for char in reason.japanese)
        if reason is not NoticeReason.TRADE_SETTLED:
            entry = catalogue()[reason.value]
            assert (entry.what, entry.ja) == (reason.english, reason.japanese)


@pytest.mark.parametrize("service", [trade_service_pb2, bank_service_pb2])
def test_every_change_names_its_author_and_the_table_of_acts_says_who_may(service: ModuleType) -> None:
    for of_file in service.DESCRIPTOR.services_by_name.values():
        for method in of_file.methods:
            fields = method.input_type.fields_by_name
            assert ("author" in fields) != method.name.startswith(("List", "Get")), method.name
            if "author" in fields:
                assert bool(ACTS[method.name].approvers) == ("approver" in fields) == (method.name in NEED_TWO)
