"""Why an execution is not resolved: stable codes, in the words that both brokers are shown.

The codes that another node's refusal may carry are the ``reason`` of its error; the texts stand here once, so that
both nodes say the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

ORDER_UNKNOWN: Final = "EXECUTION_ORDER_UNKNOWN"
OTHER_ORDER: Final = "EXECUTION_OTHER_ORDER"
BEYOND_ORDER: Final = "EXECUTION_BEYOND_ORDER"
WITHDRAWN: Final = "EXECUTION_VOID"
WITHDRAWN_TOO_LATE: Final = "EXECUTION_WITHDRAWN_TOO_LATE"


@dataclass(frozen=True, slots=True)
class Words:
    """What is the matter and what to do."""

    english: str
    japanese: str


WORDS: Final[Mapping[str, Words]] = {
    ORDER_UNKNOWN: Words(
        "No order is registered under the notice's order id. Register it, or tell the venue that it is not yours.",
        "約定通知の注文 ID に対応する注文が登録されていません。"
        "注文を登録するか、自社の注文でない旨を取引所に連絡してください。",
    ),
    OTHER_ORDER: Words(
        "The order under that id is for another security or the other side. Ask the venue to withdraw it.",
        "注文 ID に対応する注文の銘柄または売買の別が約定通知と異なります。取引所に約定の取消しを求めてください。",
    ),
    BEYOND_ORDER: Words(
        "With this execution more would be filled than the order's quantity. Revise it, or ask for a withdrawal.",
        "この約定により注文数量を超えます。注文を訂正するか、取引所に約定の取消しを求めてください。",
    ),
    WITHDRAWN: Words(
        "The venue withdrew the execution, or published two that differ. Nothing is settled on it.",
        "取引所が約定を取り消したか、内容の異なる通知を二重に公表しました。この約定に基づく決済は行われません。",
    ),
    WITHDRAWN_TOO_LATE: Words(
        "The venue withdrew it after the trade had settled, which it stays; a new trade may reverse it.",
        "決済完了後に取引所が約定を取り消しました。決済は有効です。必要な場合は反対取引を行ってください。",
    ),
    "NOTICE_NOT_HERE": Words(
        "The other node has not received the notice yet. It is asked again by itself.",
        "相手方ノードに約定通知がまだ届いていません。自動的に再照会されます。",
    ),
    "NOTICE_DIFFERS": Words(
        "The two nodes hold different notices of one trade. Both brokers show theirs to the venue.",
        "両社が保有する約定通知の内容が異なります。双方の通知を取引所に提示してください。",
    ),
    "TRADE_NOT_YOURS": Words(
        "The other node holds a notice in which this node is no side. Compare both notices with the venue.",
        "相手方の約定通知では、当ノードは取引当事者ではありません。取引所に通知内容を確認してください。",
    ),
    "BAD_TRADE_ACCOUNTS": Words(
        "The accounts that the other node named cannot be its own. Ask its broker.",
        "相手方が通知した口座は相手方ノードの口座ではあり得ません。相手方の証券会社に確認してください。",
    ),
}
_OTHERWISE: Final = Words(
    "The other node could not be asked. It is asked again by itself.",
    "相手方ノードに照会できませんでした。自動的に再照会されます。",
)


def words_for(code: str) -> Words:
    """The texts of a code; an empty code has none."""
    return Words("", "") if not code else WORDS.get(code, _OTHERWISE)
