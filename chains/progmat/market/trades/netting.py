"""Netting of bank money for a broker pair and day: exact, explained line by line, the same at both custodians. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final

from chains.progmat.market.trades.errors import NetSetEmpty
from primitives.hashing import sha256

_DOMAIN: Final = b"crossdvp/net-set/1"


@dataclass(frozen=True, slots=True)
class NetLine:
    """One trade: who pays whom how much for it."""

    trade_id: bytes
    payer: str
    receiver: str
    amount_yen: int


@dataclass(frozen=True, slots=True)
class NetSet:
    """All of a pair's trades of a day and what one payment settles; ``payer`` is empty where nothing is owed.

    ``broker_a`` comes before ``broker_b``; lines are by trade id.
    """

    broker_a: str
    broker_b: str
    settlement_day: date
    lines: tuple[NetLine, ...]
    payer: str
    net_yen: int

    @property
    def receiver(self) -> str:
        """Whom the payer pays; empty where nothing is owed."""
        if not self.payer:
            return ""
        return self.broker_b if self.payer == self.broker_a else self.broker_a

    @property
    def set_id(self) -> bytes:
        """Names exactly these lines: another trade or amount gives another id."""
        parts = [self.broker_a.encode(), self.broker_b.encode(), self.settlement_day.isoformat().encode()]
        for line in self.lines:
            parts += [line.trade_id, line.payer.encode(), line.receiver.encode(), line.amount_yen.to_bytes(8, "big")]
        return sha256(_DOMAIN + b"".join(len(part).to_bytes(4, "big") + part for part in parts))


def net_of(broker_a: str, broker_b: str, day: date, lines: Iterable[NetLine]) -> NetSet:
    """Net the lines of a pair: what one side owes less what it is owed. Raises ``NetSetEmpty``."""
    first, second = sorted((broker_a, broker_b))
    ordered = tuple(sorted(lines, key=lambda line: line.trade_id))
    if not ordered:
        raise NetSetEmpty(first, second, day.isoformat())
    owed_by_first = sum(line.amount_yen if line.payer == first else -line.amount_yen for line in ordered)
    payer = "" if owed_by_first == 0 else first if owed_by_first > 0 else second
    return NetSet(first, second, day, ordered, payer, abs(owed_by_first))
