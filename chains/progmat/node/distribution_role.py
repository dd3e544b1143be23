"""Puts distributions together from a ledger node's parts; part of the composition root (see ``roles``)."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from chains.progmat.flows.members import MemberNeed
from chains.progmat.market.distribution.distributions import Distributions
from chains.progmat.market.distribution.flows_of import FlowsOf
from chains.progmat.market.distribution.ordering import DistributionDesk
from chains.progmat.market.distribution.payees import PayeeCheck
from chains.progmat.market.distribution.paying import DistributionPayer
from chains.progmat.node.ledger_node import LedgerNode
from chains.progmat.node.operations import NodeOperations


def distributions_of(
    node: LedgerNode, operations: NodeOperations, random_bytes: Callable[[int], bytes]
) -> Distributions:
    """Of a vault node."""
    parts = node.parts
    me, database, clock = parts.me, parts.database, parts.clock

    async def find(needs: Iterable[MemberNeed]) -> object:
        return await node.members.find(needs, parts.verifier.journal_notary_name)

    flows = FlowsOf(database, operations.submit, node.engine.outcome)
    payees = PayeeCheck(me.name, parts.directory, parts.network, find)
    desk = DistributionDesk(me, database, parts.directory, clock, flows, payees, random_bytes)
    payer = DistributionPayer(me.name, database, clock, flows, payees, node.records_changed, node.distributions_changed)
    return Distributions(me, database, clock, desk, payer, payees, random_bytes)
