"""A scene as it is told: who did what, and what the ledger says afterwards."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Told:
    """One scene; ``rows`` under ``headers`` are what was read off the nodes after it."""

    title: str
    acts: list[tuple[str, str]] = field(default_factory=list)
    headers: tuple[str, ...] = ()
    rows: list[tuple[str, ...]] = field(default_factory=list)
    took_s: float = 0.0

    def act(self, who: str, what: str) -> None:
        """Somebody did something, and it is done."""
        self.acts.append((who, what))

    def document(self) -> dict[str, object]:
        """For programs."""
        return {
            "title": self.title,
            "acts": [{"who": who, "what": what} for who, what in self.acts],
            "ledger": [dict(zip(self.headers, row, strict=True)) for row in self.rows],
            "took_s": round(self.took_s, 2),
        }


def yen(amount: int) -> str:
    """Digits in threes."""
    return f"{amount:,}"
