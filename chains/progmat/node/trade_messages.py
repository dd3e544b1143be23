"""Trades, methods, notices and net sets as TradeService's messages."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from crossdvp.ledger.v1 import trade_service_pb2 as pb

from chains.progmat.contracts.membership import BusinessNetwork
from chains.progmat.contracts.token import CONTRACT_OF
from chains.progmat.market.trades.errors import CashMethodInvalid, InstructionInvalid
from chains.progmat.market.trades.methods import CashMethod, FiatPayment, KeptMethod
from chains.progmat.market.trades.model import OwnParty, ResolvedTrade, Side, Trade
from chains.progmat.market.trades.net_sets import KeptNetSet
from chains.progmat.market.trades.notices import TradeNotice
from chains.progmat.market.trades.patterns import Channel, Money

_MONEY: Final[dict[int, Money]] = {pb.CASH_METHOD_KIND_COIN: Money.COIN, pb.CASH_METHOD_KIND_FIAT: Money.FIAT}
_PAYMENT: Final[dict[int, FiatPayment]] = {
    pb.FIAT_PAYMENT_UNSPECIFIED: FiatPayment.NONE,
    pb.FIAT_PAYMENT_GROSS: FiatPayment.GROSS,
    pb.FIAT_PAYMENT_NET: FiatPayment.NET,
}
_MONEY_NUMBER: Final[dict[Money, Any]] = {money: number for number, money in _MONEY.items()}
_PAYMENT_NUMBER: Final[dict[FiatPayment, Any]] = {payment: number for number, payment in _PAYMENT.items()}
_NETWORKS: Final = {int(network): network for network in CONTRACT_OF}


def method_from_message(message: pb.CashMethod) -> CashMethod:
    """A method to register; raises ``CashMethodInvalid``, ``InstructionInvalid``."""
    kind, payment = _MONEY.get(message.kind), _PAYMENT.get(message.payment)
    if kind is None or payment is None:
        raise CashMethodInvalid("kind", "COIN, or FIAT with GROSS or NET")
    return CashMethod(
        investor_id=message.investor_id,
        from_day=day_of("from_day", message.from_day),
        kind=kind,
        coin_id=message.coin_id,
        issuer=message.issuer,
        cash_key=message.cash_key,
        bank_id=message.bank_id,
        payer_name=message.payer_name,
        payment=payment,
    )


def method_to_message(kept: KeptMethod) -> pb.CashMethod:
    """A version as it is kept."""
    method = kept.method
    return pb.CashMethod(
        investor_id=method.investor_id,
        version=kept.version,
        from_day=method.from_day.isoformat(),
        kind=_MONEY_NUMBER[method.kind],
        coin_id=method.coin_id,
        issuer=method.issuer,
        cash_key=method.cash_key,
        bank_id=method.bank_id,
        payer_name=method.payer_name,
        payment=_PAYMENT_NUMBER[method.payment],
        author=kept.by.staff_id,
        approver=kept.by.approver_staff_id,
        at_ms=kept.at_ms,
    )


def instructed(message: pb.TradeInstruction, own_name: str) -> ResolvedTrade:
    """A trade between two customers of this node, by API; raises ``InstructionInvalid``."""
    network = _NETWORKS.get(message.network)
    if network is None:
        raise InstructionInvalid("network", "ST or UT", str(int(message.network)))
    return ResolvedTrade(
        trade_id=message.trade_id,
        side=Side.BOTH,
        channel=Channel.API,
        network=network,
        token_id=message.token_id,
        registrar=message.registrar,
        quantity=message.quantity,
        amount_yen=message.amount_yen,
        settlement_day=day_of("settlement_day", message.settlement_day),
        settle_by_s=message.settle_by_s,
        counterparty=own_name,
        seller=_party(message.seller),
        buyer=_party(message.buyer),
    )


def trade_to_message(trade: Trade) -> pb.NativeTrade:
    """A trade as the desk has it."""
    resolved = trade.resolved
    return pb.NativeTrade(
        number=trade.number,
        trade_id=trade.trade_id,
        side=resolved.side.value,
        pattern=trade.pattern.name if trade.pattern else "",
        state=trade.state.value,
        reason=trade.reason,
        says=trade.says,
        network=BusinessNetwork(resolved.network).value,  # type: ignore[arg-type] # enum values are ints at run time
        token_id=resolved.token_id,
        registrar=resolved.registrar,
        quantity=resolved.quantity,
        amount_yen=resolved.amount_yen,
        settlement_day=resolved.settlement_day.isoformat(),
        settle_by_s=resolved.settle_by_s,
        counterparty=resolved.counterparty,
        seller_id=resolved.seller.investor_id if resolved.seller else "",
        buyer_id=resolved.buyer.investor_id if resolved.buyer else "",
        tx_id=trade.tx_id,
        flow_id=trade.flow_id,
        payment_reference=trade.reference,
        next_due_ms=trade.next_due_ms,
        attempts=trade.attempts,
    )


def notice_to_message(notice: TradeNotice) -> pb.TradeNotice:
    """A notice with its words in both languages."""
    return pb.TradeNotice(
        number=notice.number,
        at_ms=notice.at_ms,
        trade_id=notice.trade_id,
        broker=notice.broker,
        reason=notice.reason.value,
        shortage=notice.shortage,
        english=notice.reason.english,
        japanese=notice.reason.japanese,
    )


def net_set_to_message(kept: KeptNetSet) -> pb.NetSet:
    """A closed set, line by line."""
    net_set = kept.net_set
    return pb.NetSet(
        set_id=net_set.set_id,
        broker_a=net_set.broker_a,
        broker_b=net_set.broker_b,
        settlement_day=net_set.settlement_day.isoformat(),
        payer=net_set.payer,
        net_yen=net_set.net_yen,
        state=kept.state.value,
        payment_reference=kept.reference,
        lines=[
            pb.NetLine(trade_id=line.trade_id, payer=line.payer, receiver=line.receiver, amount_yen=line.amount_yen)
            for line in net_set.lines
        ],
    )


def day_of(field: str, text: str) -> date:
    """A day; raises ``InstructionInvalid``."""
    try:
        return date.fromisoformat(text if len(text) == 10 else "")
    except ValueError as error:
        raise InstructionInvalid(field, "a day as YYYY-MM-DD", text[:16]) from error


def _party(message: pb.TradeParty) -> OwnParty:
    return OwnParty(message.investor_id, message.broker, message.tokens_key)
