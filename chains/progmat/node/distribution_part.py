"""Distributions and utility tokens on a node, put together from the ledger node's parts."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from crossdvp.ledger.v1.distribution_service_pb2_grpc import add_DistributionServiceServicer_to_server

from chains.progmat.flows.members import MemberNeed
from chains.progmat.identity import KeyStore
from chains.progmat.market.distribution.distributions import Distributions
from chains.progmat.market.distribution.flows_of import FlowsOf
from chains.progmat.market.distribution.ordering import DistributionDesk
from chains.progmat.market.distribution.payees import PayeeCheck
from chains.progmat.market.distribution.paying import DistributionPayer
from chains.progmat.node.api_access import ApiAccess
from chains.progmat.node.ledger_node import LedgerNode
from chains.progmat.node.operations import NodeOperations
from chains.progmat.node.peers import PeerRouter
from chains.progmat.node.rpc_distribution_service import DistributionServiceRpc
from chains.progmat.node.served_api import ServedApi


class DistributionPart:
    """``market_parts.MarketPart``."""

    def __init__(
        self, node: LedgerNode, keys: KeyStore, access: ApiAccess, random_bytes: Callable[[int], bytes]
    ) -> None:
        self.distributions = _distributions_of(node, NodeOperations(node, keys), random_bytes)
        rpc = DistributionServiceRpc(node, keys, access, self.distributions)
        self.apis = (ServedApi("DistributionService", add_DistributionServiceServicer_to_server, rpc),)

    def answer_peers(self, router: PeerRouter) -> None:
        """Other nodes ask whether lines can be paid."""
        self.distributions.answer_peers(router)

    async def start(self) -> None:
        """Go on paying what was ordered."""
        await self.distributions.start()

    async def stop(self) -> None:
        """Stop; everything goes on from the database at the next start."""
        await self.distributions.stop()


def _distributions_of(
    node: LedgerNode, operations: NodeOperations, random_bytes: Callable[[int], bytes]
) -> Distributions:
    parts = node.parts
    me, database, clock = parts.me, parts.database, parts.clock

    async def find(needs: Iterable[MemberNeed]) -> object:
        return await node.members.find(needs, parts.verifier.journal_notary_name)

    flows = FlowsOf(database, operations.submit, node.engine.outcome)
    payees = PayeeCheck(me.name, parts.directory, parts.network, find)
    desk = DistributionDesk(me, database, parts.directory, clock, flows, payees, random_bytes)
    payer = DistributionPayer(me.name, database, clock, flows, payees, node.records_changed, node.distributions_changed)
    return Distributions(me, database, clock, desk, payer, payees, random_bytes)
