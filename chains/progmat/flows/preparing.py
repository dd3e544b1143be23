"""What a flow asks of other nodes before it is built: memberships it lacks, and the buyer's coins of a native trade."""

from __future__ import annotations

from functools import partial

from chains.progmat.flows.building import Prepared
from chains.progmat.flows.clock import Clock
from chains.progmat.flows.dvp_desk import DvpDesk
from chains.progmat.flows.market_requests import SettleDvp
from chains.progmat.flows.member_needs import needs_of
from chains.progmat.flows.members import MembershipBook
from chains.progmat.flows.notary_choice import choose_notary
from chains.progmat.flows.record import FlowRecord
from chains.progmat.flows.requests import AnyRequest
from chains.progmat.flows.verification import LedgerVerifier
from chains.progmat.node.storage import NodeDatabase
from chains.progmat.transactions.model import Party


class PeerPreparation:
    """``building.Preparation`` of a vault node."""

    def __init__(
        self,
        own_name: str,
        members: MembershipBook,
        dvp: DvpDesk,
        verifier: LedgerVerifier,
        database: NodeDatabase,
        clock: Clock,
    ) -> None:
        self._own_name = own_name
        self._members = members
        self._dvp = dvp
        self._verifier = verifier
        self._database = database
        self._clock = clock

    def at_hand(self, request: AnyRequest) -> Prepared | None:
        """What is known, if it is all; a native trade always asks, and so does who has to choose among notaries."""
        if isinstance(request, SettleDvp) or self._verifier.has_several_notaries:
            return None
        members = self._members.at_hand(needs_of(self._own_name, request), self._verifier.journal_notary_name)
        return None if members is None else Prepared(members)

    async def ask(self, record: FlowRecord, request: AnyRequest) -> Prepared:
        """Raises what ``choose_notary``, ``MembershipBook.find`` and ``DvpDesk.ask`` raise."""
        notary = await self._notary_of(request)
        members = await self._members.find(needs_of(self._own_name, request), notary.name)
        if not isinstance(request, SettleDvp):
            return Prepared(members, notary=notary)
        return Prepared(members, await self._dvp.ask(record, request.dvp, notary), notary)

    async def _notary_of(self, request: AnyRequest) -> Party:
        parameters = self._verifier.parameters
        return await self._database.read(
            partial(
                choose_notary,
                own_name=self._own_name,
                request=request,
                parameters=parameters,
                now_s=self._clock.now_ms() // 1000,
            )
        )
