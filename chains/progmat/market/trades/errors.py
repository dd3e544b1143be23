"""What the trade desk refuses, and what holds a trade up or ends it.

CrossDvpError
├── CallerError
│   ├── InstructionInvalid    a field of an instruction is outside its domain
│   ├── PatternUnknown        no settlement pattern has these parts
│   ├── CashMethodInvalid     a cash settlement method that cannot be
│   ├── NativeTradeUnknown    no trade of that id here
│   ├── TradeDiffers          the trade is known with other contents
│   ├── TradeBeingSettled     too late to cancel: a signature is given
│   ├── TradeEnded            settled or cancelled already
│   ├── NotTheSellersDesk     a method is asked for by a node that does not sell in this trade
│   ├── NothingToTopUp        no coin is missing for this trade at this node
│   ├── NetSetEmpty           nothing of this pair and day is to be netted
│   ├── NetSetDiffers         the two custodians do not have the same trades
│   └── PageTooLarge          more lines at once than are given
├── PeerError
│   └── BadMethodAnswer       a buying desk answered what cannot be
└── UnavailableError          cured by somebody, asked again until the deadline
    ├── TradeNotResolvedYet   the other custodian has not resolved this trade
    ├── TradeStillAtWork      what is said of a trade's end cannot be true yet: said again later
    ├── CashMethodMissing     no cash settlement method is registered for the day
    ├── CashMethodsDiffer     the two sides pay in different ways
    ├── BuyerBalanceShort     the buyer's coins do not cover the amount
    ├── SellerSecuritiesShort the seller's tokens do not cover the quantity
    └── PaymentNotConfirmed   no bank statement shows the payment
"""

from __future__ import annotations

from primitives.errors import CallerError, PeerError, UnavailableError


class InstructionInvalid(CallerError):
    """A field outside its domain."""

    reason = "INSTRUCTION_INVALID"

    def __init__(self, field: str, expected: str, found: str) -> None:
        self.field = field
        self.expected = expected
        self.found = found
        super().__init__(f"{field}: expected {expected}; found {found}")


class PatternUnknown(CallerError):
    """Six combinations exist."""

    reason = "SETTLEMENT_PATTERN_UNKNOWN"

    def __init__(self, money: str, custody: str, channel: str) -> None:
        super().__init__(
            f"no pattern settles {money}, {custody} custody, by {channel}: direct custody goes by DLT, indirect by "
            "CSV or API"
        )


class CashMethodInvalid(CallerError):
    """A method that cannot be."""

    reason = "CASH_METHOD_INVALID"

    def __init__(self, field: str, expected: str) -> None:
        super().__init__(f"cash settlement method, {field}: {expected}")


class NativeTradeUnknown(CallerError):
    """No such trade."""

    reason = "NATIVE_TRADE_UNKNOWN"

    def __init__(self, trade_id: bytes) -> None:
        super().__init__(f"trade {trade_id.hex()} is not known to this node's desk")


class TradeDiffers(CallerError):
    """One id, two contents."""

    reason = "TRADE_DIFFERS"

    def __init__(self, trade_id: bytes, fields: tuple[str, ...]) -> None:
        self.fields = fields
        super().__init__(f"trade {trade_id.hex()} is known with another {', '.join(fields)}: take a new trade id")


class TradeBeingSettled(CallerError):
    """What is signed may become final at any moment."""

    reason = "TRADE_BEING_SETTLED"

    def __init__(self, trade_id: bytes) -> None:
        super().__init__(f"trade {trade_id.hex()} is being settled: wait for its end, at the latest its deadline")


class TradeEnded(CallerError):
    """Nothing more happens to it."""

    reason = "TRADE_ENDED"

    def __init__(self, trade_id: bytes, state: str) -> None:
        super().__init__(f"trade {trade_id.hex()} is {state} already")


class NotTheSellersDesk(CallerError):
    """Methods are told to the other side of a trade that both hold, and to nobody else."""

    reason = "NOT_THE_SELLERS_DESK"

    def __init__(self, asker: str, trade_id: bytes) -> None:
        super().__init__(f"{asker} does not sell in trade {trade_id.hex()}")


class NothingToTopUp(CallerError):
    """Additional trust is for a buyer of this node that is short of coin."""

    reason = "NOTHING_TO_TOP_UP"

    def __init__(self, trade_id: bytes, found: str) -> None:
        super().__init__(f"trade {trade_id.hex()} needs no additional trust: {found}")


class NetSetEmpty(CallerError):
    """Nothing to net."""

    reason = "NET_SET_EMPTY"

    def __init__(self, broker_a: str, broker_b: str, day: str) -> None:
        super().__init__(f"{broker_a} and {broker_b} have no trade of {day} that waits for a net payment")


class NetSetDiffers(CallerError):
    """A net set is closed only when both custodians have the same one."""

    reason = "NET_SET_DIFFERS"

    def __init__(self, node: str, here: bytes, there: bytes) -> None:
        super().__init__(
            f"{node} has the set {here.hex()}, not {there.hex()}: compare the trades that wait for payment, then close "
            "it again"
        )


class PageTooLarge(CallerError):
    """Bounded answers."""

    reason = "PAGE_TOO_LARGE"

    def __init__(self, most: int, wanted: int) -> None:
        super().__init__(f"at most {most} are given at once, not {wanted}")


class BadMethodAnswer(PeerError):
    """What the buying desk answers cannot be used."""

    reason = "BAD_METHOD_ANSWER"

    def __init__(self, peer: str, rule: str) -> None:
        super().__init__(f"the cash method told by {peer}: {rule}")


class TradeNotResolvedYet(UnavailableError):
    """The other custodian does not know the trade, yet."""

    reason = "TRADE_NOT_RESOLVED_YET"

    def __init__(self, node: str, trade_id: bytes) -> None:
        super().__init__(f"{node} has not resolved trade {trade_id.hex()}: its broker's order is missing there")


class TradeStillAtWork(UnavailableError):
    """A flow of this node may still settle it, or the settlement is not recorded here."""

    reason = "TRADE_STILL_AT_WORK"

    def __init__(self, trade_id: bytes) -> None:
        super().__init__(f"trade {trade_id.hex()} is still at work here: its end is heard later")


class CashMethodMissing(UnavailableError):
    """Nobody registered how this investor pays."""

    reason = "CASH_METHOD_MISSING"

    def __init__(self, node: str, side: str, day: str) -> None:
        super().__init__(f"{node} has no cash settlement method of the {side} for {day}: register one")


class CashMethodsDiffer(UnavailableError):
    """Both sides have to use one kind of money."""

    reason = "CASH_METHODS_DIFFER"

    def __init__(self, seller: str, buyer: str) -> None:
        super().__init__(f"the seller takes {seller}, the buyer pays in {buyer}: one of them registers another method")


class BuyerBalanceShort(UnavailableError):
    """Whose shortage it is learns its size; the seller does not."""

    reason = "BUYER_BALANCE_SHORT"

    def __init__(self, trade_id: bytes) -> None:
        super().__init__(f"the buyer's coins do not cover trade {trade_id.hex()}: additional trust is waited for")


class SellerSecuritiesShort(UnavailableError):
    """The seller has too few tokens free."""

    reason = "SELLER_SECURITIES_SHORT"

    def __init__(self, trade_id: bytes) -> None:
        super().__init__(f"the seller's free tokens do not cover trade {trade_id.hex()}")


class PaymentNotConfirmed(UnavailableError):
    """Tokens move after the money."""

    reason = "PAYMENT_NOT_CONFIRMED"

    def __init__(self, reference: str) -> None:
        super().__init__(f"no imported bank statement shows payment {reference}")
