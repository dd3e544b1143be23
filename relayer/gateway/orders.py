"""Which leg leads a settlement: the instruction's wish, where it has one, within what the platform's adapter can do."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from chains.evm.client.adapter_capabilities import adapter_capabilities
from chains.evm.client.adapters import AdapterFamily
from chains.evm.client.deployment import Deployment, address_bytes
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


def orders_of(deployment: Deployment, securities_lead: Collection[str]) -> Orders:
    """The rules of a deployment's adapters.

    ``securities_lead``: families whose settlements are led by the securities where an instruction says nothing.
    """
    rules: dict[bytes, OrderRule] = {}
    for name, address in deployment.adapters.items():
        capabilities = adapter_capabilities(AdapterFamily(name))
        possible = frozenset(lead for lead in LeadLeg if capabilities.allows(lead))
        default = LeadLeg.SECURITIES if name in securities_lead else capabilities.preferred_lead
        rules[address_bytes(address)] = OrderRule(possible, default)
    return Orders(rules)
