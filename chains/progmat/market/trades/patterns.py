"""The six ways in which a trade may settle: money, custody and channel of instruction."""

from __future__ import annotations

from enum import Enum
from typing import Final

from chains.progmat.market.trades.errors import PatternUnknown


class Money(Enum):
    """What pays: bank money (法定通貨) or coin (トークン). The value is what the database and files hold."""

    FIAT = "FIAT"
    COIN = "COIN"


class Custody(Enum):
    """Who keeps the accounts: each broker's own node (直接管理) or one custodian's for both (カストディ委託)."""

    DIRECT = "DIRECT"
    INDIRECT = "INDIRECT"


class Channel(Enum):
    """How the trade came to the custodian's node."""

    CSV = "CSV"
    API = "API"
    DLT = "DLT"
    """By an execution notice on the ledger."""


class SettlementPattern(Enum):
    """The six patterns; coin patterns are atomic, fiat patterns move the tokens after a confirmed payment."""

    FIAT_INDIRECT_CSV = (Money.FIAT, Custody.INDIRECT, Channel.CSV)
    FIAT_INDIRECT_API = (Money.FIAT, Custody.INDIRECT, Channel.API)
    FIAT_DIRECT_DLT = (Money.FIAT, Custody.DIRECT, Channel.DLT)
    COIN_INDIRECT_CSV = (Money.COIN, Custody.INDIRECT, Channel.CSV)
    COIN_INDIRECT_API = (Money.COIN, Custody.INDIRECT, Channel.API)
    COIN_DIRECT_DLT = (Money.COIN, Custody.DIRECT, Channel.DLT)

    @property
    def money(self) -> Money:
        """What pays."""
        return self.value[0]

    @property
    def custody(self) -> Custody:
        """Whose accounts."""
        return self.value[1]

    @property
    def channel(self) -> Channel:
        """How it was instructed."""
        return self.value[2]


_BY_PARTS: Final = {pattern.value: pattern for pattern in SettlementPattern}


def pattern_of(money: Money, custody: Custody, channel: Channel) -> SettlementPattern:
    """The pattern with these parts; raises ``PatternUnknown``."""
    found = _BY_PARTS.get((money, custody, channel))
    if found is None:
        raise PatternUnknown(money.value, custody.value, channel.value)
    return found
