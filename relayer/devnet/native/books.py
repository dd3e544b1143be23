"""The day's books kept on paper from what was agreed, and the same read off the nodes: at night both are compared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Holding:
    """What a party has: units of the security, yen of the wholesale and of the retail coin."""

    units: int = 0
    coin_yen: int = 0
    retail_yen: int = 0


@dataclass
class PaperBooks:
    """What should be: units by investor id, wholesale yen by broker, retail yen by investor id."""

    units: Counter[str] = field(default_factory=Counter)
    coin_yen: Counter[str] = field(default_factory=Counter)
    retail_yen: Counter[str] = field(default_factory=Counter)

    def trade(self, seller: str, selling: str, buyer: str, buying: str, quantity: int, amount_yen: int) -> None:
        """An execution: units between investors, yen between their brokers."""
        self.move(seller, buyer, quantity)
        self.coin_yen[buying] -= amount_yen
        self.coin_yen[selling] += amount_yen

    def move(self, giver: str, taker: str, quantity: int) -> None:
        """Units alone."""
        self.units[giver] -= quantity
        self.units[taker] += quantity

    def holdings(self) -> dict[str, Holding]:
        """By investor id and broker."""
        return holdings_of(self.units, self.coin_yen, self.retail_yen)


def holdings_of(
    units: Mapping[str, int], coin_yen: Mapping[str, int], retail_yen: Mapping[str, int]
) -> dict[str, Holding]:
    """Three columns as lines by party; a party without anything has none."""
    parties = sorted({*units, *coin_yen, *retail_yen})
    lines = {name: Holding(units.get(name, 0), coin_yen.get(name, 0), retail_yen.get(name, 0)) for name in parties}
    return {name: line for name, line in lines.items() if line != Holding()}


def differences(paper: Mapping[str, Holding], ledger: Mapping[str, Holding]) -> list[str]:
    """Parties whose lines differ, with both."""
    return [
        f"{name}: agreed {paper.get(name, Holding())}, on the ledger {ledger.get(name, Holding())}"
        for name in sorted({*paper, *ledger})
        if paper.get(name, Holding()) != ledger.get(name, Holding())
    ]
