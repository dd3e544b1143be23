"""Which custodians a payer could not pay: asked of the payer's node before a distribution is opened.

Only members of a business network are told who its members are, and a registrar need not be one of the coin's network.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable
from typing import Final

from crossdvp.ledger.v1 import distribution_service_pb2 as pb

from chains.progmat.contracts.membership import BusinessNetwork, MemberRole
from chains.progmat.flows.errors import InvalidRequest, MembershipMissing
from chains.progmat.flows.market_errors import NotAMember
from chains.progmat.flows.members import MemberNeed
from chains.progmat.flows.seams import Directory, Role
from chains.progmat.node.peers.seam import PeerIdentity, PeerNetwork
from primitives.codec import deterministic_bytes, strict_parse

CHECK_PAYEES: Final = "distribution.check_payees"
MAX_NODES: Final = 256
_MAX_BYTES: Final = MAX_NODES * 160
_TIMEOUT_S: Final = 15.0

FindMembers = Callable[[Iterable[MemberNeed]], Awaitable[object]]
"""Raises ``MembershipMissing`` where one has no active membership."""


class PayeeCheck:
    """Asks and answers; one per node."""

    def __init__(self, own_name: str, directory: Directory, network: PeerNetwork, find: FindMembers) -> None:
        self._own_name = own_name
        self._directory = directory
        self._network = network
        self._find = find

    async def unpayable(self, payer_node: str, network: BusinessNetwork, nodes: Collection[str]) -> frozenset[str]:
        """Those of ``nodes`` that are no custodians of the network; raises what peers raise, ``UnavailableError``."""
        if payer_node == self._own_name:
            return await self._unpayable_here(network, nodes)
        body = deterministic_bytes(
            pb.CheckPayeesRequest(network=int(network), nodes=sorted(nodes))  # type: ignore[arg-type] # ints at run time
        )
        answer = await self._network.request(payer_node, CHECK_PAYEES, body, _TIMEOUT_S)
        found = strict_parse(pb.CheckPayeesResponse, answer, max_bytes=_MAX_BYTES)
        return frozenset(found.unpayable) & frozenset(nodes)

    async def handle(self, asker: PeerIdentity, body: bytes) -> bytes:
        """Handler of ``distribution.check_payees``; raises ``NotAMember`` for who is no registrar, ``DecodeError``."""
        if asker.name not in self._directory.names_with(Role.REGISTRAR):
            raise NotAMember(asker.name, "the registrars")
        request = strict_parse(pb.CheckPayeesRequest, body, max_bytes=_MAX_BYTES)
        if len(request.nodes) > MAX_NODES or int(request.network) not in (BusinessNetwork.SC, BusinessNetwork.UT):
            raise InvalidRequest("nodes", f"at most {MAX_NODES} nodes of SC or UT are wanted")
        found = await self._unpayable_here(BusinessNetwork(int(request.network)), request.nodes)
        return deterministic_bytes(pb.CheckPayeesResponse(unpayable=sorted(found)))

    async def _unpayable_here(self, network: BusinessNetwork, nodes: Iterable[str]) -> frozenset[str]:
        found = set()
        for node in nodes:
            try:
                await self._find([MemberNeed(network, node, MemberRole.CUSTODIAN)])
            except MembershipMissing:
                found.add(node)
        return frozenset(found)
