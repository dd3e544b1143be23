"""What the adapters of a deployment can do, as the gateway's rules of order."""

from __future__ import annotations

from collections.abc import Collection

from chains.evm.client.adapter_capabilities import adapter_capabilities
from chains.evm.client.adapter_family import AdapterFamily
from chains.evm.client.deployment import Deployment, address_bytes
from ibc.dvp import LeadLeg
from relayer.gateway.orders import OrderRule, Orders


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
