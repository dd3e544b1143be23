"""What the market needs of a vault node beside flows and vault: parts with services, peer methods and workers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from chains.progmat.identity import KeyStore
from chains.progmat.market.people.rules import PeopleRules
from chains.progmat.node.api_access import ApiAccess
from chains.progmat.node.coin_part import CoinPart
from chains.progmat.node.distribution_part import DistributionPart
from chains.progmat.node.exchange_part import ExchangePart
from chains.progmat.node.ledger_node import LedgerNode
from chains.progmat.node.peers import PeerRouter
from chains.progmat.node.people_part import PeoplePart
from chains.progmat.node.register_part import RegisterPart
from chains.progmat.node.securities_part import SecuritiesPart
from chains.progmat.node.served_api import ServedApi
from chains.progmat.node.trades_part import TradesPart


class MarketPart(Protocol):
    """One part. ``answer_peers`` before ``start``; ``stop`` before the node stops."""

    @property
    def apis(self) -> tuple[ServedApi, ...]:
        """Its services."""
        ...

    def answer_peers(self, router: PeerRouter) -> None:
        """Register its peer methods."""
        ...

    async def start(self) -> None:
        """Begin to work, from what is stored."""
        ...

    async def stop(self) -> None:
        """Stop working."""
        ...


def market_parts(
    node: LedgerNode,
    keys: KeyStore,
    access: ApiAccess,
    random_bytes: Callable[[int], bytes],
    people: PeopleRules,
) -> tuple[MarketPart, ...]:
    """All parts of a node, whatever its roles: a part of other roles refuses by name."""
    exchange = ExchangePart(node, keys, access, random_bytes)
    trades = TradesPart(node, keys, access, random_bytes)
    exchange.brokers.on_resolved = trades.desk.executions_resolved
    return (
        PeoplePart(node, access, random_bytes, people),
        RegisterPart(node, keys, access, random_bytes),
        CoinPart(node, keys, access, random_bytes),
        exchange,
        trades,
        DistributionPart(node, keys, access, random_bytes),
        SecuritiesPart(node, keys, access, random_bytes),
    )
