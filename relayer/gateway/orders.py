"""Which leg leads a settlement: the instruction's wish, where it has one, within what the platform's adapter can do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ibc.dvp import LeadLeg
from relayer.gateway.errors import OrderNotPossible


@dataclass(frozen=True)
class OrderRule:
    """What one adapter's tokens can do: the orders that may be instructed, and the one that is taken without a wish."""

    possible: frozenset[LeadLeg] = frozenset(LeadLeg)
    default: LeadLeg = LeadLeg.CASH


@dataclass(frozen=True)
class Orders:
    """Rules by adapter address; of one that is not listed nothing is known: cash leads unless asked otherwise."""

    by_adapter: Mapping[bytes, OrderRule] = field(default_factory=dict)

    def leading(self, adapter: bytes, wished: LeadLeg | None) -> LeadLeg:
        """The leg that leads; raises ``OrderNotPossible`` for a wish that the adapter's tokens cannot fulfil."""
        rule = self.by_adapter.get(adapter, OrderRule())
        lead = wished or rule.default
        if lead not in rule.possible:
            raise OrderNotPossible("0x" + adapter.hex(), lead.name, sorted(each.name for each in rule.possible))
        return lead
