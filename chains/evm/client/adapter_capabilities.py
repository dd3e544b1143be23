"""Which order a settlement can take on which family of tokens, and why not the other.

In both orders the delivery itself is the same act. What differs is who waits when the token refuses it: with cash
leading the refusal is an answer and the cash goes back; with securities leading the cash has moved, and the delivery
stays owed until the token agrees.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType
from typing import Final

from chains.evm.client.adapter_family import AdapterFamily
from ibc.dvp import LeadLeg


class Support(Enum):
    """How far an order is to be used."""

    PREFERRED = "preferred"
    POSSIBLE = "possible"
    REFUSED = "refused"


@dataclass(frozen=True)
class OrderSupport:
    """One order on one family, and the reason in words."""

    support: Support
    because: str


@dataclass(frozen=True)
class AdapterCapabilities:
    """What the adapter of a family can do. `before_earmark`: what the parties send themselves, in this order."""

    family: AdapterFamily
    orders: Mapping[LeadLeg, OrderSupport]
    before_earmark: tuple[str, ...]

    @property
    def preferred_lead(self) -> LeadLeg:
        """The leg that should lead if the parties have no wish of their own."""
        return next(lead for lead, order in self.orders.items() if order.support is Support.PREFERRED)

    def allows(self, lead: LeadLeg) -> bool:
        """Whether a settlement in this order may be instructed."""
        return self.orders[lead].support is not Support.REFUSED


_REFUSAL_IS_ANSWERED = OrderSupport(
    Support.PREFERRED, "the token executes on arrival, and a refusal sends the cash back at once"
)
_MAY_BE_BLOCKED = "possible; a token that refuses after the cash has moved leaves the delivery owed until it agrees: "


def _capabilities(family: AdapterFamily, blocked_by: str, *before_earmark: str) -> AdapterCapabilities:
    orders = {
        LeadLeg.CASH: _REFUSAL_IS_ANSWERED,
        LeadLeg.SECURITIES: OrderSupport(Support.POSSIBLE, _MAY_BE_BLOCKED + blocked_by),
    }
    return AdapterCapabilities(family, MappingProxyType(orders), before_earmark)


_BY_FAMILY: Final = {
    each.family: each
    for each in (
        _capabilities(AdapterFamily.ESCROW, "whatever the token's code can refuse", "seller approves the adapter"),
        _capabilities(
            AdapterFamily.ERC3643,
            "pause, frozen account or tokens, identity, compliance",
            "agent registers the adapter's identity, once",
            "seller approves the adapter",
        ),
        _capabilities(
            AdapterFamily.ERC7943,
            "pause, allow-list, frozen tokens",
            "registrar allows the adapter, once",
            "seller approves the adapter",
        ),
        _capabilities(
            AdapterFamily.IBET_DVP,
            "status off, approval required, buyer not registered, exchange replaced",
            "seller deposits at the exchange and creates the delivery with the adapter as agent",
            "buyer confirms the delivery",
        ),
        _capabilities(
            AdapterFamily.IBET_LOCK,
            "status off, approval required, not transferable, buyer not registered",
            "seller locks to the adapter",
        ),
    )
}


def adapter_capabilities(family: AdapterFamily) -> AdapterCapabilities:
    """Give what the adapter of a family can do in either order."""
    return _BY_FAMILY[family]
