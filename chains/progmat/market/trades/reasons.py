"""Why brokers are told something: stable codes, in English and Japanese."""

from __future__ import annotations

from enum import Enum
from typing import Final

from chains.progmat.market.trades.errors import (
    BuyerBalanceShort,
    CashMethodMissing,
    CashMethodsDiffer,
    PaymentNotConfirmed,
    SellerSecuritiesShort,
    TradeNotResolvedYet,
)


class NoticeReason(Enum):
    """A code's value is what the database, messages and the other custodian's node hold."""

    BUYER_BALANCE_SHORT = BuyerBalanceShort.reason
    SELLER_SECURITIES_SHORT = SellerSecuritiesShort.reason
    TRADE_SETTLED = "TRADE_SETTLED"
    CANCELLED_BALANCE_SHORT = "CANCELLED_BALANCE_SHORT"
    CANCELLED_SECURITIES_SHORT = "CANCELLED_SECURITIES_SHORT"
    CANCELLED_METHOD_MISSING = "CANCELLED_METHOD_MISSING"
    CANCELLED_METHODS_DIFFER = "CANCELLED_METHODS_DIFFER"
    CANCELLED_NOT_RESOLVED = "CANCELLED_NOT_RESOLVED"
    CANCELLED_UNPAID = "CANCELLED_UNPAID"
    CANCELLED_BY_SELLER = "CANCELLED_BY_SELLER"
    CANCELLED_BY_BUYER = "CANCELLED_BY_BUYER"
    CANCELLED_BY_VENUE = "CANCELLED_BY_VENUE"
    CANCELLED_DEADLINE = "CANCELLED_DEADLINE"

    @property
    def english(self) -> str:
        """One or two sentences: what happened, what to do."""
        return _WORDS[self][0]

    @property
    def japanese(self) -> str:
        """The same in Japanese."""
        return _WORDS[self][1]


_WORDS: Final = {
    NoticeReason.BUYER_BALANCE_SHORT: (
        "The buyer's coins do not cover this trade. Instruct additional trust before the settlement deadline.",
        "買付側のコイン残高がこの取引に不足しています。決済期限までに追加信託を指図してください。",
    ),
    NoticeReason.SELLER_SECURITIES_SHORT: (
        "The seller's free tokens do not cover this trade. Make them free before the settlement deadline.",
        "売付側のトークン残高がこの取引に不足しています。決済期限までに残高を用意してください。",
    ),
    NoticeReason.TRADE_SETTLED: (
        "The trade is settled on the ledger.",
        "取引は台帳上で決済されました。",
    ),
    NoticeReason.CANCELLED_BALANCE_SHORT: (
        "Cancelled: the buyer's coins did not cover the trade until the settlement deadline. Nothing was moved.",
        "取消:決済期限までに買付側のコイン残高が不足したままでした。資産は移転していません。",
    ),
    NoticeReason.CANCELLED_SECURITIES_SHORT: (
        "Cancelled: the seller's tokens did not cover the trade until the settlement deadline. Nothing was moved.",
        "取消:決済期限までに売付側のトークン残高が不足したままでした。資産は移転していません。",
    ),
    NoticeReason.CANCELLED_METHOD_MISSING: (
        "Cancelled: no cash settlement method was registered until the settlement deadline. Nothing was moved.",
        "取消:決済期限までに資金決済情報が登録されませんでした。資産は移転していません。",
    ),
    NoticeReason.CANCELLED_METHODS_DIFFER: (
        "Cancelled: seller and buyer had registered different cash settlement methods. Nothing was moved.",
        "取消:売付側と買付側の資金決済方法が一致しませんでした。資産は移転していません。",
    ),
    NoticeReason.CANCELLED_NOT_RESOLVED: (
        "Cancelled: the other custodian did not resolve the trade until the settlement deadline. Nothing was moved.",
        "取消:決済期限までに相手方カストディアンが取引を特定できませんでした。資産は移転していません。",
    ),
    NoticeReason.CANCELLED_UNPAID: (
        "Cancelled: no bank statement showed the payment until the settlement deadline. Nothing was moved.",
        "取消:決済期限までに入出金明細で支払を確認できませんでした。資産は移転していません。",
    ),
    NoticeReason.CANCELLED_BY_SELLER: (
        "Cancelled by the selling side. Nothing was moved.",
        "売付側により取り消されました。資産は移転していません。",
    ),
    NoticeReason.CANCELLED_BY_BUYER: (
        "Cancelled by the buying side. Nothing was moved.",
        "買付側により取り消されました。資産は移転していません。",
    ),
    NoticeReason.CANCELLED_BY_VENUE: (
        "Cancelled: the venue took the execution back. Nothing was moved.",
        "取消:取引所が約定を取り消しました。資産は移転していません。",
    ),
    NoticeReason.CANCELLED_DEADLINE: (
        "Cancelled: the settlement deadline passed before the trade could be settled. Nothing was moved.",
        "取消:決済が完了しないまま決済期限が過ぎました。資産は移転していません。",
    ),
}

_END_OF: Final = {
    BuyerBalanceShort.reason: NoticeReason.CANCELLED_BALANCE_SHORT,
    "INSUFFICIENT_FUNDS": NoticeReason.CANCELLED_BALANCE_SHORT,
    SellerSecuritiesShort.reason: NoticeReason.CANCELLED_SECURITIES_SHORT,
    "TOKENS_INSUFFICIENT": NoticeReason.CANCELLED_SECURITIES_SHORT,
    CashMethodMissing.reason: NoticeReason.CANCELLED_METHOD_MISSING,
    CashMethodsDiffer.reason: NoticeReason.CANCELLED_METHODS_DIFFER,
    TradeNotResolvedYet.reason: NoticeReason.CANCELLED_NOT_RESOLVED,
    PaymentNotConfirmed.reason: NoticeReason.CANCELLED_UNPAID,
}


def end_of(obstacle: str) -> NoticeReason:
    """Why a trade is cancelled that this obstacle kept from settling until its deadline."""
    return _END_OF.get(obstacle, NoticeReason.CANCELLED_DEADLINE)
