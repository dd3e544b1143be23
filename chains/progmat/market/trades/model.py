"""What the trade desk knows of a trade: whose it is, how it is paid, where it stands."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from enum import Enum
from typing import Final

from chains.progmat.contracts.membership import BusinessNetwork
from chains.progmat.contracts.token import CONTRACT_OF, MAX_QUANTITY
from chains.progmat.market.trades.errors import InstructionInvalid
from chains.progmat.market.trades.patterns import Channel, SettlementPattern
from primitives.types import MAX_YEN

MAX_NAME_CHARS: Final = 64
TRADE_ID_BYTES: Final = 32


class Side(Enum):
    """Whose customer this node's is; BOTH: one custodian for both brokers (indirect)."""

    SELL = "SELL"
    BUY = "BUY"
    BOTH = "BOTH"

    @property
    def sells(self) -> bool:
        """Whether this node drives the settlement."""
        return self is not Side.BUY


class TradeState(Enum):
    """Where a trade stands at this node; the value is what the database holds."""

    RESOLVED = "RESOLVED"
    """Known with its accounts; nothing is agreed yet."""
    HELD_UP = "HELD_UP"
    """Something that may still be cured, which ``reason`` names, is in the way."""
    BALANCE_SHORT = "BALANCE_SHORT"
    """The buyer's coins do not cover the amount."""
    SECURITIES_SHORT = "SECURITIES_SHORT"
    """The seller's tokens do not cover the quantity."""
    AGREED = "AGREED"
    """Both custodians know the method and the terms."""
    AWAITING_PAYMENT = "AWAITING_PAYMENT"
    """Paid in bank money: a confirmed payment is waited for."""
    SETTLING = "SETTLING"
    """The flow that settles it, or moves its tokens after the payment, is at work."""
    SETTLED = "SETTLED"
    """On the ledger."""
    CANCELLED = "CANCELLED"
    """Ended without effect; ``reason`` says why."""

    @property
    def is_ended(self) -> bool:
        """Whether nothing more will happen."""
        return self in {TradeState.SETTLED, TradeState.CANCELLED}


@dataclass(frozen=True, slots=True)
class OwnParty:
    """One side's customer at this node. ``investor_id`` is opaque; ``tokens_key`` is its account's encoded key."""

    investor_id: str
    broker: str
    tokens_key: bytes

    def __post_init__(self) -> None:
        check_id("investor_id", self.investor_id)
        check_id("broker", self.broker)
        if not 1 <= len(self.tokens_key) <= 128:
            raise InstructionInvalid("tokens_key", "1 to 128 bytes", f"{len(self.tokens_key)}")


@dataclass(frozen=True, slots=True)
class ResolvedTrade:
    """``quantity`` units of a token against ``amount_yen``; settles on ``settlement_day``, before ``settle_by_s``.

    ``counterparty`` is the other custodian node, or this one's name where it keeps both sides. ``seller`` and ``buyer``
    are there for the sides this node keeps. Raises ``InstructionInvalid``.
    """

    trade_id: bytes
    side: Side
    channel: Channel
    network: BusinessNetwork
    token_id: str
    registrar: str
    quantity: int
    amount_yen: int
    settlement_day: date
    settle_by_s: int
    counterparty: str
    seller: OwnParty | None = None
    buyer: OwnParty | None = None

    def __post_init__(self) -> None:
        if len(self.trade_id) != TRADE_ID_BYTES or not any(self.trade_id):
            raise InstructionInvalid("trade_id", "32 bytes, not all zero", self.trade_id.hex() or "nothing")
        if self.network not in CONTRACT_OF:
            raise InstructionInvalid("network", "ST or UT", self.network.name)
        for name in ("token_id", "registrar", "counterparty"):
            check_id(name, getattr(self, name))
        for name, most in (("quantity", MAX_QUANTITY), ("amount_yen", MAX_YEN), ("settle_by_s", 2**40)):
            if not 1 <= getattr(self, name) <= most:
                raise InstructionInvalid(name, f"1 to {most}", str(getattr(self, name)))
        if (self.seller is not None) != (self.side is not Side.BUY):
            raise InstructionInvalid("seller", "the party of the side kept here", self.side.value)
        if (self.buyer is not None) != (self.side is not Side.SELL):
            raise InstructionInvalid("buyer", "the party of the side kept here", self.side.value)
        if self.seller is not None and self.buyer is not None and self.seller.tokens_key == self.buyer.tokens_key:
            raise InstructionInvalid("buyer", "another account than the seller's", "the same")


@dataclass(frozen=True, slots=True)
class Trade:
    """A trade as the desk keeps it. ``terms`` are the canonical bytes of ``NativeTerms`` once both sides have them.

    ``reference`` names the bank payment it waits for; ``told`` is whether the other desk has heard of its end.
    """

    resolved: ResolvedTrade
    number: int = 0
    state: TradeState = TradeState.RESOLVED
    pattern: SettlementPattern | None = None
    reason: str = ""
    says: str = ""
    terms: bytes = field(default=b"", repr=False)
    buyer_tokens_key: bytes = field(default=b"", repr=False)
    payer_name: str = ""
    reference: str = ""
    net_set: bytes = b""
    flow_id: str = ""
    rounds: int = 0
    tx_id: bytes = b""
    attempts: int = 0
    next_due_ms: int = 0
    told: int = 0

    @property
    def trade_id(self) -> bytes:
        """32 bytes."""
        return self.resolved.trade_id

    def at(self, state: TradeState, reason: str = "", says: str = "", *, next_due_ms: int = 0) -> Trade:
        """The trade at another state, its attempts counted from zero."""
        return replace(self, state=state, reason=reason, says=says, attempts=0, next_due_ms=next_due_ms)

    def waiting(self, state: TradeState, reason: str, says: str, next_due_ms: int) -> Trade:
        """The trade held up once more, or for the first time for this reason."""
        attempts = self.attempts + 1 if (state, reason) == (self.state, self.reason) else 1
        return replace(self, state=state, reason=reason, says=says, attempts=attempts, next_due_ms=next_due_ms)


def check_id(name: str, value: str) -> None:
    """Raises ``InstructionInvalid`` unless ``value`` is 1 to 64 characters of printable ASCII without blanks."""
    if not 1 <= len(value) <= MAX_NAME_CHARS or not all("!" <= char <= "~" for char in value):
        raise InstructionInvalid(name, f"1 to {MAX_NAME_CHARS} printable ASCII characters, no blanks", value[:80])
