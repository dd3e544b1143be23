"""What a ledger_tx means for the trust: who gave to whom, what came to the ledger and what left it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum


class LegKind(Enum):
    """What happened to some yen's worth of coin."""

    ISSUE = "issue"
    MOVE = "move"
    REDEEM = "redeem"


@dataclass(frozen=True, slots=True)
class Leg:
    """``amount_yen`` from intermediary ``source`` (empty: new on the ledger) to ``target`` (empty: off the ledger)."""

    kind: LegKind
    source: str
    target: str
    amount_yen: int


def legs_of(changes: Mapping[str, int]) -> tuple[Leg, ...]:
    """The legs that make up each intermediary's change of one coin in one ledger_tx, by name.

    What one has more and another has less was moved; what is left over on one side was issued, or redeemed.
    """
    givers = [(node, -change) for node, change in sorted(changes.items()) if change < 0]
    takers = [(node, change) for node, change in sorted(changes.items()) if change > 0]
    legs = []
    while givers and takers:
        (giver, has), (taker, wants) = givers.pop(0), takers.pop(0)
        moved = min(has, wants)
        legs.append(Leg(LegKind.MOVE, giver, taker, moved))
        if has > moved:
            givers.insert(0, (giver, has - moved))
        if wants > moved:
            takers.insert(0, (taker, wants - moved))
    legs += [Leg(LegKind.REDEEM, giver, "", has) for giver, has in givers]
    legs += [Leg(LegKind.ISSUE, "", taker, wants) for taker, wants in takers]
    return tuple(legs)
