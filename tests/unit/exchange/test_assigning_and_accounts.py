"""Whether an execution is an order's, and which accounts of another node are believed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chains.progmat.contracts.execution_codec import ExecutionNotice, trade_id_of
from chains.progmat.flows.errors import InvalidRequest
from chains.progmat.flows.notice_standing import NoticeStanding
from chains.progmat.market.exchange import refusals
from chains.progmat.market.exchange.assigning import BrokerOrder, judge, sides_kept_by
from chains.progmat.market.exchange.errors import BadTradeAccounts
from chains.progmat.market.exchange.resolved import ResolvedExecution, TradeSide, native_terms
from chains.progmat.market.exchange.trade_accounts import (
    TradeAccounts,
    decode_answer,
    decode_request,
    encode_answer,
    encode_request,
)
from ibc.dvp import CashAccount
from primitives.errors import DecodeError, InvalidArgument
from tests.fakes.ledger_parties import AN, BUYER, CN_A, CN_B, EN, SELLER, STRANGER

GOOD = NoticeStanding.GOOD
BUY_ID = "ORD-0000000000000002"
NOTICE = ExecutionNotice(
    trade_id=trade_id_of(EN.name, "ST-1", AN.name, 1),
    venue=EN.party,
    number=1,
    token_id="ST-1",  # noqa: S106 - the name of a security
    registrar=AN.name,
    quantity=10,
    amount_yen=400,
    sell_order_id="ORD-0000000000000001",
    buy_order_id=BUY_ID,
    seller=CN_A.party,
    buyer=CN_B.party,
    settlement_date=date(2026, 11, 27),
)
KEY = BUYER.key.encoded()
ORDER = BrokerOrder(BUY_ID, TradeSide.BUY, "ST-1", AN.name, 30, "INV-7", KEY, KEY)


@pytest.mark.parametrize(
    ("changes", "standing", "before", "code"),
    [
        ({}, GOOD, 0, ""),
        ({}, GOOD, 20, ""),
        ({}, GOOD, 21, refusals.BEYOND_ORDER),
        ({"token_id": "ST-2"}, GOOD, 0, refusals.OTHER_ORDER),
        ({"registrar": "another"}, GOOD, 0, refusals.OTHER_ORDER),
        ({"side": TradeSide.SELL}, GOOD, 0, refusals.OTHER_ORDER),
        ({}, NoticeStanding.WITHDRAWN, 0, refusals.WITHDRAWN),
        ({}, NoticeStanding.CONTESTED, 0, refusals.WITHDRAWN),
    ],
)
def test_an_execution_is_judged_by_its_order(
    changes: dict[str, Any], standing: NoticeStanding, before: int, code: str
) -> None:
    assert judge(NOTICE, standing, TradeSide.BUY, replace(ORDER, **changes), before) == code


def test_an_execution_without_an_order_is_nobodys() -> None:
    assert judge(NOTICE, GOOD, TradeSide.BUY, None, 0) == refusals.ORDER_UNKNOWN
    assert sides_kept_by(NOTICE, CN_A.name) == (TradeSide.SELL,)
    assert sides_kept_by(NOTICE, AN.name) == ()
    assert sides_kept_by(replace(NOTICE, seller=CN_B.party), CN_B.name) == (TradeSide.SELL, TradeSide.BUY)


@settings(deadline=None)
@given(st.integers(1, 100), st.lists(st.integers(1, 40), max_size=20))
def test_whatever_a_venue_publishes_no_order_is_filled_beyond_its_quantity(quantity: int, fills: list[int]) -> None:
    order, executed = replace(ORDER, quantity=quantity), 0
    for fill in fills:
        if judge(replace(NOTICE, quantity=fill), GOOD, TradeSide.BUY, order, executed) == "":
            executed += fill
    assert executed <= quantity


def test_every_code_has_its_words_in_both_languages() -> None:
    for code, words in refusals.WORDS.items():
        assert words.english.isascii(), code
        assert not words.japanese.isascii(), code
        assert words.japanese.endswith("。"), code
    assert refusals.words_for("") == refusals.Words("", "")
    assert refusals.words_for("PEER_UNREACHABLE").english


@pytest.mark.parametrize("investor", ["山田太郎", "taro@example.jp", "INV-", "inv-1", "INV-" + "1" * 61])
def test_an_investor_is_an_id_without_meaning(investor: str) -> None:
    with pytest.raises(InvalidRequest, match="investor_id"):
        replace(ORDER, investor_id=investor)


def test_accounts_come_back_as_they_were_sent() -> None:
    assert decode_request(encode_request(NOTICE.trade_id, bytes(32))) == (NOTICE.trade_id, bytes(32))
    answer = encode_answer(CN_B.name, ORDER)
    assert decode_answer(CN_B.name, (), answer) == TradeAccounts(KEY, KEY)
    assert decode_answer(CN_B.name, (), encode_answer(CN_B.name, replace(ORDER, cash_key=b""))) == TradeAccounts(
        KEY, b""
    )


def test_accounts_that_cannot_be_the_other_nodes_are_refused() -> None:
    with pytest.raises(BadTradeAccounts, match="not its own"):
        decode_answer(CN_B.name, (), encode_answer(CN_A.name, ORDER))
    with pytest.raises(BadTradeAccounts, match="kept here"):
        decode_answer(CN_B.name, (KEY,), encode_answer(CN_B.name, ORDER))
    with pytest.raises((BadTradeAccounts, DecodeError)):
        decode_answer(CN_B.name, (), encode_answer(CN_B.name, replace(ORDER, tokens_key=b"\x04short")))
    with pytest.raises(DecodeError):
        decode_answer(CN_B.name, (), b"")
    for body in (b"", encode_request(NOTICE.trade_id, b"short"), encode_request(NOTICE.trade_id, bytes(32)) + b"\x00"):
        with pytest.raises(DecodeError):
            decode_request(body)


def test_terms_in_a_coin_need_both_sides_accounts_for_cash() -> None:
    resolved = ResolvedExecution(
        sequence=1,
        trade_id=NOTICE.trade_id,
        notice_tx=bytes(32),
        venue=EN.name,
        token_id="ST-1",  # noqa: S106 - the name of a security
        registrar=AN.name,
        quantity=10,
        amount_yen=400,
        settlement_date=NOTICE.settlement_date,
        side=TradeSide.BUY,
        order_id=BUY_ID,
        investor_id="INV-7",
        own_tokens=BUYER.account_at(CN_B),
        own_cash=BUYER.account_at(CN_B),
        counterparty_tokens=SELLER.account_at(CN_A),
        counterparty_cash=None,
    )
    with pytest.raises(InvalidArgument, match="seller"):
        native_terms(resolved, coin_id="PGC", issuer="sn", settle_by_s=10**9)
    complete = replace(resolved, counterparty_cash=CashAccount(CN_A.name, STRANGER.key.encoded()))
    terms = native_terms(complete, coin_id="PGC", issuer="sn", settle_by_s=10**9)
    assert (terms.seller_node, terms.buyer_node, terms.seller_cash.key) == (
        CN_A.name,
        CN_B.name,
        STRANGER.key.encoded(),
    )
