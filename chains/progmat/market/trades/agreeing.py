"""Both custodians come to the same method and terms: what is asked, what is answered, what each writes down.

Functions over a connection, each one database transaction. The buyer's desk makes the terms itself, of the trade that
it resolved and the accounts that the seller names, and by that authorises its node to pay for exactly these terms. It
tells whether the balance covers the amount, never by how much it does not.
"""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import Connection

from chains.progmat.contracts.native_terms import NativeTerms, encode_native_terms
from chains.progmat.flows.authorisations import TradeAuthorisation, authorise
from chains.progmat.flows.dvp_answers import find_answer
from chains.progmat.market.bank.desk import expect
from chains.progmat.market.bank.model import Direction, ExpectedPayment
from chains.progmat.market.trades.errors import (
    BadMethodAnswer,
    BuyerBalanceShort,
    CashMethodMissing,
    CashMethodsDiffer,
    NotTheSellersDesk,
    TradeDiffers,
    TradeEnded,
    TradeNotResolvedYet,
)
from chains.progmat.market.trades.methods import CashMethod, FiatPayment, method_on
from chains.progmat.market.trades.model import OwnParty, ResolvedTrade, Side, Trade, TradeState
from chains.progmat.market.trades.notices import note
from chains.progmat.market.trades.patterns import Custody, Money, SettlementPattern, pattern_of
from chains.progmat.market.trades.peer_codec import MethodAsked, MethodTold
from chains.progmat.market.trades.planning import delay_ms
from chains.progmat.market.trades.reasons import NoticeReason
from chains.progmat.market.trades.store import find_trade, save_trade
from chains.progmat.vault.holdings import balance
from chains.progmat.vault.indexing import SC, Asset
from ibc.dvp import CashAccount
from primitives.errors import CrossDvpError, UnavailableError

PLATFORM = "trade-desk"
"""In whose name authorisations of the desk stand."""
Obstacle = UnavailableError
"""What holds a trade up: written down with the trade instead of raised, which would undo the writing."""


def question_of(connection: Connection, own_name: str, trade: Trade) -> MethodAsked | Obstacle:
    """What the seller's desk asks of the buyer's; an obstacle if its own side is not ready."""
    resolved = trade.resolved
    method = _method(connection, own_name, resolved, _party(resolved.seller), "seller")
    if isinstance(method, UnavailableError):
        return method
    return MethodAsked(
        trade_id=resolved.trade_id,
        network=resolved.network,
        token_id=resolved.token_id,
        registrar=resolved.registrar,
        quantity=resolved.quantity,
        amount_yen=resolved.amount_yen,
        settle_by_s=resolved.settle_by_s,
        money=method.kind,
        coin_id=method.coin_id,
        issuer=method.issuer,
        seller_tokens_key=_party(resolved.seller).tokens_key,
        seller_cash_key=method.cash_key,
        payment=method.payment,
    )


def answer(connection: Connection, own_name: str, asker: str, asked: MethodAsked, now_ms: int) -> MethodTold | Obstacle:
    """The buyer's desk: check the trade against its own, agree on the terms, say how the buyer pays.

    Asked again it answers anew. Raises ``NotTheSellersDesk``, ``TradeDiffers``, ``TradeEnded``, and what ``authorise``
    raises; obstacles are written down and returned.
    """
    trade = find_trade(connection, asked.trade_id)
    if trade is None:
        return TradeNotResolvedYet(own_name, asked.trade_id)
    resolved = trade.resolved
    if (resolved.side is Side.BOTH) != (asker == own_name) or resolved.side is Side.SELL:
        raise NotTheSellersDesk(asker, asked.trade_id)
    if resolved.side is Side.BUY and resolved.counterparty != asker:
        raise NotTheSellersDesk(asker, asked.trade_id)
    if trade.state.is_ended:
        raise TradeEnded(asked.trade_id, trade.state.value)
    names = ("network", "token_id", "registrar", "quantity", "amount_yen", "settle_by_s")
    differing = tuple(name for name in names if getattr(resolved, name) != getattr(asked, name))
    if differing:
        raise TradeDiffers(asked.trade_id, differing)
    found = _matching_method(connection, own_name, resolved, asked)
    if isinstance(found, UnavailableError):
        if resolved.side is Side.BUY:
            save_trade(connection, _held_up(trade, found, now_ms))
        return found
    if asked.money is Money.COIN:
        return _agree_on_coin(connection, own_name, asker, trade, asked, found, now_ms)
    return _agree_on_fiat(connection, trade, asked, found)


def take_answer(
    connection: Connection, own_name: str, trade: Trade, asked: MethodAsked, told: MethodTold, now_ms: int
) -> Trade:
    """The seller's desk: write down what was agreed, and what is waited for.

    Raises ``BadMethodAnswer``, ``DecodeError``.
    """
    resolved = trade.resolved
    if (told.money, told.coin_id, told.issuer) != (asked.money, asked.coin_id, asked.issuer):
        raise BadMethodAnswer(resolved.counterparty, "it is another one than was asked for")
    pattern = _pattern(resolved, told.money)
    agreed = replace(trade, pattern=pattern, buyer_tokens_key=told.buyer_tokens_key, payer_name=told.payer_name)
    if told.money is Money.COIN:
        terms = terms_of(resolved, asked, told, own_name, resolved.counterparty)
        agreed = replace(agreed, terms=encode_native_terms(terms))
        if told.covers:
            return save_trade(connection, agreed.at(TradeState.AGREED, next_due_ms=now_ms))
        return save_trade(connection, _held_up(agreed, BuyerBalanceShort(trade.trade_id), now_ms))
    if told.payment is FiatPayment.NET:
        return save_trade(connection, agreed.at(TradeState.AWAITING_PAYMENT, next_due_ms=now_ms))
    reference = payment_reference("T", trade.trade_id)
    expected = ExpectedPayment(reference, Direction.DEPOSIT, resolved.amount_yen, told.payer_name)
    expect(connection, expected, now_ms)
    waiting = replace(agreed, reference=reference)
    return save_trade(connection, waiting.at(TradeState.AWAITING_PAYMENT, next_due_ms=now_ms))


def held_up(connection: Connection, trade: Trade, obstacle: CrossDvpError, now_ms: int) -> Trade:
    """Write down why a trade does not go on now, and when to look again."""
    return save_trade(connection, _held_up(trade, obstacle, now_ms))


def withdraw_authorisation(connection: Connection, terms: NativeTerms, now_ms: int) -> None:
    """From now on this node pays for no terms of this trade; what it has signed it has signed."""
    request_id = f"trade/{terms.trade_id.hex()}/withdrawn"
    nothing = TradeAuthorisation(PLATFORM, request_id, terms.trade_id, terms.buyer_cash.key, bytes(32), now_ms)
    authorise(connection, nothing)


def payment_reference(kind: str, known_by: bytes) -> str:
    """What a payer writes into a bank transfer: 16 characters that every bank's message takes."""
    return kind + known_by.hex().upper()[:15]


def _agree_on_coin(
    connection: Connection,
    own_name: str,
    asker: str,
    trade: Trade,
    asked: MethodAsked,
    method: CashMethod,
    now_ms: int,
) -> MethodTold:
    buyer = _party(trade.resolved.buyer)
    short_yen = missing_yen(connection, own_name, trade, method, now_ms)
    told = MethodTold(
        Money.COIN,
        method.coin_id,
        method.issuer,
        buyer.tokens_key,
        method.cash_key,
        not short_yen,
        "",
        FiatPayment.NONE,
    )
    terms = terms_of(trade.resolved, asked, told, asker, own_name)
    request_id = f"trade/{terms.trade_id.hex()}/{terms.hash.hex()[:16]}"
    wanted = TradeAuthorisation(PLATFORM, request_id, terms.trade_id, terms.buyer_cash.key, terms.hash, now_ms)
    authorise(connection, wanted)
    if short_yen:
        note(connection, now_ms, trade.trade_id, buyer.broker, NoticeReason.BUYER_BALANCE_SHORT, short_yen)
    if trade.resolved.side is Side.BUY:
        pattern = _pattern(trade.resolved, Money.COIN)
        agreed = replace(trade, pattern=pattern, terms=encode_native_terms(terms))
        due_ms = trade.resolved.settle_by_s * 1000
        short = BuyerBalanceShort(trade.trade_id)
        state, reason, says = (
            (TradeState.BALANCE_SHORT, short.reason, str(short)) if short_yen else (TradeState.AGREED, "", "")
        )
        save_trade(connection, agreed.at(state, reason, says, next_due_ms=due_ms))
    return told


def _agree_on_fiat(connection: Connection, trade: Trade, asked: MethodAsked, method: CashMethod) -> MethodTold:
    buyer = _party(trade.resolved.buyer)
    is_net = asked.payment is FiatPayment.NET and method.payment is FiatPayment.NET and _pays_between_two(trade)
    payment = FiatPayment.NET if is_net else FiatPayment.GROSS
    if trade.resolved.side is Side.BUY:
        agreed = replace(trade, pattern=_pattern(trade.resolved, Money.FIAT), payer_name=method.payer_name)
        if not is_net:
            agreed = replace(agreed, reference=payment_reference("T", trade.trade_id))
        if trade.state is not TradeState.AWAITING_PAYMENT:
            due_ms = trade.resolved.settle_by_s * 1000
            save_trade(connection, agreed.at(TradeState.AWAITING_PAYMENT, next_due_ms=due_ms))
    return MethodTold(
        money=Money.FIAT,
        coin_id="",
        issuer="",
        buyer_tokens_key=buyer.tokens_key,
        buyer_cash_key=b"",
        covers=True,
        payer_name=method.payer_name,
        payment=payment,
    )


def terms_of(
    resolved: ResolvedTrade, asked: MethodAsked, told: MethodTold, seller_node: str, buyer_node: str
) -> NativeTerms:
    """The terms that both desks make of the same words. Raises ``DecodeError``."""
    return NativeTerms(
        trade_id=resolved.trade_id,
        network=resolved.network,
        token_id=resolved.token_id,
        registrar=resolved.registrar,
        quantity=resolved.quantity,
        coin_id=told.coin_id,
        issuer=told.issuer,
        amount_yen=resolved.amount_yen,
        seller_tokens=CashAccount(seller_node, asked.seller_tokens_key),
        seller_cash=CashAccount(seller_node, asked.seller_cash_key),
        buyer_cash=CashAccount(buyer_node, told.buyer_cash_key),
        buyer_tokens=CashAccount(buyer_node, told.buyer_tokens_key),
        settle_by_s=resolved.settle_by_s,
    )


def missing_yen(connection: Connection, own_name: str, trade: Trade, method: CashMethod, now_ms: int) -> int:
    """How many yen are missing; none once coins are held for this trade."""
    held = find_answer(connection, trade.trade_id)
    if held is not None and held.signed_until_s:
        return 0
    asset = Asset(SC, method.coin_id, method.issuer)
    found = balance(connection, asset, CashAccount(own_name, method.cash_key), now_ms // 1000)
    return max(trade.resolved.amount_yen - found.free, 0)


def _matching_method(
    connection: Connection, own_name: str, resolved: ResolvedTrade, asked: MethodAsked
) -> CashMethod | Obstacle:
    method = _method(connection, own_name, resolved, _party(resolved.buyer), "buyer")
    if isinstance(method, UnavailableError):
        return method
    if (method.kind, method.coin_id, method.issuer) != (asked.money, asked.coin_id, asked.issuer):
        return CashMethodsDiffer(_money_words(asked.money, asked.coin_id), _money_words(method.kind, method.coin_id))
    return method


def _method(
    connection: Connection, own_name: str, resolved: ResolvedTrade, party: OwnParty, side: str
) -> CashMethod | Obstacle:
    found = method_on(connection, party.investor_id, resolved.settlement_day)
    return found or CashMethodMissing(own_name, side, resolved.settlement_day.isoformat())


def _held_up(trade: Trade, obstacle: CrossDvpError, now_ms: int) -> Trade:
    is_short = isinstance(obstacle, BuyerBalanceShort)
    state = TradeState.BALANCE_SHORT if is_short else TradeState.HELD_UP
    waiting = trade.waiting(state, obstacle.reason, str(obstacle)[:500], 0)
    soon, deadline_ms = now_ms + delay_ms(waiting.attempts), trade.resolved.settle_by_s * 1000
    return replace(waiting, next_due_ms=min(soon, deadline_ms) if now_ms < deadline_ms else now_ms)


def _pattern(resolved: ResolvedTrade, money: Money) -> SettlementPattern:
    custody = Custody.INDIRECT if resolved.side is Side.BOTH else Custody.DIRECT
    return pattern_of(money, custody, resolved.channel)


def _pays_between_two(trade: Trade) -> bool:
    """Whether two brokers are there to net between: one broker for both sides pays itself trade by trade."""
    seller, buyer = trade.resolved.seller, trade.resolved.buyer
    return seller is None or buyer is None or seller.broker != buyer.broker


def _money_words(money: Money, coin_id: str) -> str:
    return f"coin {coin_id}" if money is Money.COIN else "bank money"


def _party(party: OwnParty | None) -> OwnParty:
    if party is None:  # pragma: no cover - the side says that it is there
        raise TypeError("the trade has no party on this side")
    return party
