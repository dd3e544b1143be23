"""Bodies of the peer methods between two custodians' desks, strictly decoded into plain values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from crossdvp.ledger.v1 import trade_peers_pb2 as pb
from crossdvp.ledger.v1 import trade_service_pb2 as kinds

from chains.progmat.contracts.membership import BusinessNetwork
from chains.progmat.contracts.token import CONTRACT_OF
from chains.progmat.market.trades.methods import FiatPayment
from chains.progmat.market.trades.patterns import Money
from chains.progmat.transactions.errors import MalformedComponent
from chains.progmat.transactions.model import check_hash, check_name
from primitives.codec import deterministic_bytes, strict_parse

ASK_METHOD: Final = "market.ask_method"
TRADE_ENDED: Final = "market.trade_ended"
AGREE_NET: Final = "market.agree_net"
MAX_BYTES: Final = 4096
MAX_REASON_CHARS: Final = 64
_NETWORKS: Final = {int(network): network for network in CONTRACT_OF}
_MONEY: Final[dict[int, Money]] = {kinds.CASH_METHOD_KIND_COIN: Money.COIN, kinds.CASH_METHOD_KIND_FIAT: Money.FIAT}
_PAYMENT: Final[dict[int, FiatPayment]] = {
    kinds.FIAT_PAYMENT_UNSPECIFIED: FiatPayment.NONE,
    kinds.FIAT_PAYMENT_GROSS: FiatPayment.GROSS,
    kinds.FIAT_PAYMENT_NET: FiatPayment.NET,
}
_MONEY_NUMBER: Final[dict[Money, Any]] = {money: number for number, money in _MONEY.items()}
_PAYMENT_NUMBER: Final[dict[FiatPayment, Any]] = {payment: number for number, payment in _PAYMENT.items()}


@dataclass(frozen=True, slots=True)
class MethodAsked:
    """The trade as the seller's custodian has it, and how the seller is paid."""

    trade_id: bytes
    network: BusinessNetwork
    token_id: str
    registrar: str
    quantity: int
    amount_yen: int
    settle_by_s: int
    money: Money
    coin_id: str
    issuer: str
    seller_tokens_key: bytes
    seller_cash_key: bytes
    payment: FiatPayment


@dataclass(frozen=True, slots=True)
class MethodTold:
    """How the buyer pays; ``covers`` is yes or no of the balance, and nothing more."""

    money: Money
    coin_id: str
    issuer: str
    buyer_tokens_key: bytes
    buyer_cash_key: bytes
    covers: bool
    payer_name: str
    payment: FiatPayment


@dataclass(frozen=True, slots=True)
class Ended:
    """A trade's end: a reason why it is cancelled, or the ledger transaction that settled it."""

    trade_id: bytes
    reason: str
    tx_id: bytes


@dataclass(frozen=True, slots=True)
class NetOffer:
    """The net set that one custodian has of a broker pair and day."""

    broker_a: str
    broker_b: str
    settlement_day: date
    set_id: bytes


def encode_asked(asked: MethodAsked) -> bytes:
    """Ask for the buyer's method."""
    return deterministic_bytes(
        pb.AskMethodRequest(
            trade_id=asked.trade_id,
            network=int(asked.network),  # type: ignore[arg-type] # enum values are ints at run time
            token_id=asked.token_id,
            registrar=asked.registrar,
            quantity=asked.quantity,
            amount_yen=asked.amount_yen,
            settle_by_s=asked.settle_by_s,
            kind=_MONEY_NUMBER[asked.money],
            coin_id=asked.coin_id,
            issuer=asked.issuer,
            seller_tokens_key=asked.seller_tokens_key,
            seller_cash_key=asked.seller_cash_key,
            payment=_PAYMENT_NUMBER[asked.payment],
        )
    )


def decode_asked(body: bytes) -> MethodAsked:
    """What the seller's desk says; raises ``DecodeError``."""
    message = strict_parse(pb.AskMethodRequest, body, max_bytes=MAX_BYTES)
    check_hash("AskMethod.trade_id", message.trade_id)
    network = _NETWORKS.get(message.network)
    if network is None:
        raise MalformedComponent("AskMethod.network", expected="ST or UT", found=int(message.network))
    check_name("AskMethod.token_id", message.token_id)
    check_name("AskMethod.registrar", message.registrar)
    money = _money(message.kind, message.coin_id, message.issuer)
    return MethodAsked(
        trade_id=message.trade_id,
        network=network,
        token_id=message.token_id,
        registrar=message.registrar,
        quantity=message.quantity,
        amount_yen=message.amount_yen,
        settle_by_s=message.settle_by_s,
        money=money,
        coin_id=message.coin_id,
        issuer=message.issuer,
        seller_tokens_key=message.seller_tokens_key,
        seller_cash_key=message.seller_cash_key,
        payment=_payment(message.payment),
    )


def encode_told(told: MethodTold) -> bytes:
    """Answer with the buyer's method."""
    return deterministic_bytes(
        pb.AskMethodResponse(
            kind=_MONEY_NUMBER[told.money],
            coin_id=told.coin_id,
            issuer=told.issuer,
            buyer_tokens_key=told.buyer_tokens_key,
            buyer_cash_key=told.buyer_cash_key,
            covers=told.covers,
            payer_name=told.payer_name,
            payment=_PAYMENT_NUMBER[told.payment],
        )
    )


def decode_told(body: bytes) -> MethodTold:
    """What the buyer's desk answers; raises ``DecodeError``."""
    message = strict_parse(pb.AskMethodResponse, body, max_bytes=MAX_BYTES)
    return MethodTold(
        money=_money(message.kind, message.coin_id, message.issuer),
        coin_id=message.coin_id,
        issuer=message.issuer,
        buyer_tokens_key=message.buyer_tokens_key,
        buyer_cash_key=message.buyer_cash_key,
        covers=message.covers,
        payer_name=message.payer_name,
        payment=_payment(message.payment),
    )


def encode_ended(ended: Ended) -> bytes:
    """Tell a trade's end."""
    return deterministic_bytes(pb.TradeEndedRequest(trade_id=ended.trade_id, reason=ended.reason, tx_id=ended.tx_id))


def decode_ended(body: bytes) -> Ended:
    """What the other desk says of a trade's end; raises ``DecodeError``."""
    message = strict_parse(pb.TradeEndedRequest, body, max_bytes=MAX_BYTES)
    check_hash("TradeEnded.trade_id", message.trade_id)
    if bool(message.reason) == bool(message.tx_id):
        raise MalformedComponent("TradeEnded", expected="a reason or a transaction", found=message.reason)
    if message.tx_id:
        check_hash("TradeEnded.tx_id", message.tx_id)
    elif len(message.reason) > MAX_REASON_CHARS:
        raise MalformedComponent("TradeEnded.reason", expected=MAX_REASON_CHARS, found=len(message.reason))
    return Ended(message.trade_id, message.reason, message.tx_id)


def encode_ended_answer() -> bytes:
    """It was heard."""
    return deterministic_bytes(pb.TradeEndedResponse())


def encode_net(offer: NetOffer) -> bytes:
    """Offer a net set."""
    return deterministic_bytes(
        pb.AgreeNetRequest(
            broker_a=offer.broker_a,
            broker_b=offer.broker_b,
            settlement_day=offer.settlement_day.isoformat(),
            set_id=offer.set_id,
        )
    )


def decode_net(body: bytes) -> NetOffer:
    """The net set the other custodian has; raises ``DecodeError``."""
    message = strict_parse(pb.AgreeNetRequest, body, max_bytes=MAX_BYTES)
    check_name("AgreeNet.broker_a", message.broker_a)
    check_name("AgreeNet.broker_b", message.broker_b)
    check_hash("AgreeNet.set_id", message.set_id)
    try:
        day = date.fromisoformat(message.settlement_day)
    except ValueError as error:
        raise MalformedComponent(
            "AgreeNet.settlement_day", expected="YYYY-MM-DD", found=message.settlement_day[:16]
        ) from error
    return NetOffer(message.broker_a, message.broker_b, day, message.set_id)


def encode_net_answer(set_id: bytes) -> bytes:
    """The net set that is had here."""
    return deterministic_bytes(pb.AgreeNetResponse(set_id=set_id))


def decode_net_answer(body: bytes) -> bytes:
    """The net set that is had there; raises ``DecodeError``."""
    message = strict_parse(pb.AgreeNetResponse, body, max_bytes=MAX_BYTES)
    check_hash("AgreeNet.set_id", message.set_id)
    return message.set_id


def _money(kind: int, coin_id: str, issuer: str) -> Money:
    money = _MONEY.get(kind)
    if money is None:
        raise MalformedComponent("cash method's kind", expected="COIN or FIAT", found=int(kind))
    if money is Money.COIN:
        check_name("coin_id", coin_id)
        check_name("issuer", issuer)
    return money


def _payment(number: int) -> FiatPayment:
    payment = _PAYMENT.get(number)
    if payment is None:
        raise MalformedComponent("fiat payment", expected="GROSS or NET", found=int(number))
    return payment
