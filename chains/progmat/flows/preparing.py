"""What a flow asks of other nodes before it is built.

Memberships it lacks, the buyer's coins of a native trade, and the key under which the payee wants its coin.
"""

from __future__ import annotations

from chains.progmat.flows.building import Prepared
from chains.progmat.flows.dvp_desk import DvpDesk
from chains.progmat.flows.fresh_accounts import FreshAccounts
from chains.progmat.flows.fresh_key_desk import FreshKeyDesk
from chains.progmat.flows.market_requests import SettleDvp
from chains.progmat.flows.member_needs import needs_of
from chains.progmat.flows.members import MembershipBook
from chains.progmat.flows.receiving import PAYEE_INDEX
from chains.progmat.flows.record import FlowRecord
from chains.progmat.flows.requests import AnyRequest, IssueCash, MoveCash
from chains.progmat.flows.salts import Salts
from chains.progmat.transactions.fresh_keys import tag_of_output
from ibc.dvp import CashAccount


class PeerPreparation:
    """``building.Preparation`` of a vault node."""

    def __init__(
        self,
        members: MembershipBook,
        dvp: DvpDesk,
        desk: FreshKeyDesk,
        accounts: FreshAccounts,
        salts: Salts,
    ) -> None:
        self._own_name = accounts.keys.own_name
        self._members = members
        self._dvp = dvp
        self._desk = desk
        self._accounts = accounts
        self._salts = salts

    def at_hand(self, request: AnyRequest) -> Prepared | None:
        """What is known, if it is all; a native trade always asks, and who pays to a fresh key of another node's."""
        if isinstance(request, SettleDvp) or self._asks_for_key(request) is not None:
            return None
        members = self._members.at_hand(needs_of(self._own_name, request))
        return None if members is None else Prepared(members)

    async def ask(self, record: FlowRecord, request: AnyRequest) -> Prepared:
        """Raises what ``MembershipBook.find``, ``DvpDesk.ask`` and ``FreshKeyDesk.ask`` raise."""
        members = await self._members.find(needs_of(self._own_name, request))
        if isinstance(request, SettleDvp):
            return Prepared(members, await self._dvp.ask(record, request.dvp))
        payee = self._asks_for_key(request)
        if payee is None:
            return Prepared(members)
        tag = tag_of_output(self._accounts.keys.ledger_id, self._salts.of_flow(record.flow_id), PAYEE_INDEX)
        return Prepared(members, payee_key=await self._desk.ask(payee, tag))

    def _asks_for_key(self, request: AnyRequest) -> CashAccount | None:
        """The payee at another node that is to be paid under a fresh key."""
        if not isinstance(request, IssueCash | MoveCash) or request.to.node == self._own_name:
            return None
        payer = (request.from_account_key,) if isinstance(request, MoveCash) else ()
        return request.to if self._accounts.wants_fresh(request.keys, *payer) else None
