"""``ResolvedExecution``: an execution (約定) that one custodian node knows to be its own customer's.

What a trade desk starts from: the notice says what was traded, the order at this node says for whom, and the other
custodian node said which accounts of its own take part. Investors are named here and in this node's tables only.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import Enum

from chains.progmat.contracts.membership import BusinessNetwork
from chains.progmat.contracts.native_terms import NativeTerms
from ibc.dvp import CashAccount
from primitives.errors import InvalidArgument


class TradeSide(Enum):
    """Which side of a trade this node's customer is; the value is what the database and messages hold."""

    SELL = "SELL"
    BUY = "BUY"


@dataclass(frozen=True, slots=True)
class ResolvedExecution:
    """``quantity`` units of a security token against ``amount_yen``, seen from one of the two custodian nodes.

    ``sequence`` numbers what this node resolved, ascending in the order of commits. ``notice_tx`` is the ledger_tx that
    published the execution. Accounts for cash are None where the broker named none: the trade is then paid for in bank
    money. One custodian for both sides has two of these, one a side.
    """

    sequence: int
    trade_id: bytes
    notice_tx: bytes
    venue: str
    token_id: str
    registrar: str
    quantity: int
    amount_yen: int
    settlement_date: date
    side: TradeSide
    order_id: str
    investor_id: str
    own_tokens: CashAccount
    own_cash: CashAccount | None
    counterparty_tokens: CashAccount
    counterparty_cash: CashAccount | None

    @property
    def counterparty(self) -> str:
        """The other side's custodian node; this node itself where it keeps both sides' accounts."""
        return self.counterparty_tokens.node

    @property
    def seller(self) -> tuple[CashAccount, CashAccount | None]:
        """The seller's accounts for tokens and for cash."""
        own = (self.own_tokens, self.own_cash)
        return own if self.side is TradeSide.SELL else (self.counterparty_tokens, self.counterparty_cash)

    @property
    def buyer(self) -> tuple[CashAccount, CashAccount | None]:
        """The buyer's accounts for tokens and for cash."""
        own = (self.own_tokens, self.own_cash)
        return own if self.side is TradeSide.BUY else (self.counterparty_tokens, self.counterparty_cash)


def native_terms(resolved: ResolvedExecution, *, coin_id: str, issuer: str, settle_by_s: int) -> NativeTerms:
    """The terms of settling it in a coin; both custodian nodes come to the same ones, byte for byte.

    Raises ``InvalidArgument`` where a side has no account for cash, ``MalformedComponent`` as ``NativeTerms`` does.
    """
    seller_tokens, seller_cash = resolved.seller
    buyer_tokens, buyer_cash = resolved.buyer
    if seller_cash is None or buyer_cash is None:
        side = "seller" if seller_cash is None else "buyer"
        raise InvalidArgument(f"the {side} of trade {resolved.trade_id.hex()} named no account for cash")
    return NativeTerms(
        trade_id=resolved.trade_id,
        network=BusinessNetwork.ST,
        token_id=resolved.token_id,
        registrar=resolved.registrar,
        quantity=resolved.quantity,
        coin_id=coin_id,
        issuer=issuer,
        amount_yen=resolved.amount_yen,
        seller_tokens=seller_tokens,
        seller_cash=seller_cash,
        buyer_cash=buyer_cash,
        buyer_tokens=buyer_tokens,
        settle_by_s=settle_by_s,
    )
