"""What a flow asks of other nodes before it is built: memberships it lacks, and the buyer's coins of a native trade."""

from __future__ import annotations

from chains.progmat.flows.building import Prepared
from chains.progmat.flows.dvp_desk import DvpDesk
from chains.progmat.flows.market_requests import SettleDvp
from chains.progmat.flows.member_needs import needs_of
from chains.progmat.flows.members import MembershipBook
from chains.progmat.flows.record import FlowRecord
from chains.progmat.flows.requests import AnyRequest


class PeerPreparation:
    """``building.Preparation`` of a vault node."""

    def __init__(self, own_name: str, members: MembershipBook, dvp: DvpDesk) -> None:
        self._own_name = own_name
        self._members = members
        self._dvp = dvp

    def at_hand(self, request: AnyRequest) -> Prepared | None:
        """What is known, if it is all; a native trade always asks."""
        if isinstance(request, SettleDvp):
            return None
        members = self._members.at_hand(needs_of(self._own_name, request))
        return None if members is None else Prepared(members)

    async def ask(self, record: FlowRecord, request: AnyRequest) -> Prepared:
        """Raises what ``MembershipBook.find`` and ``DvpDesk.ask`` raise."""
        members = await self._members.find(needs_of(self._own_name, request))
        if not isinstance(request, SettleDvp):
            return Prepared(members)
        return Prepared(members, await self._dvp.ask(record, request.dvp))
