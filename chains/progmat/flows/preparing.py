"""What a flow asks of other nodes before it is built.

Memberships and rule states it lacks, the buyer's coins of a native trade, and the key under which the payee wants its
coin.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from chains.progmat.contracts.cash_codec import CoinKind
from chains.progmat.flows.any_request import AnyRequest
from chains.progmat.flows.arrivals import Answer, Payment, answer_to
from chains.progmat.flows.building import Prepared
from chains.progmat.flows.clock import Clock
from chains.progmat.flows.coin_needs import admission, admission_to, kind_in_account
from chains.progmat.flows.dvp_desk import DvpDesk
from chains.progmat.flows.fresh_accounts import FreshAccounts
from chains.progmat.flows.fresh_key_desk import FreshKeyDesk
from chains.progmat.flows.market_requests import SettleDvp
from chains.progmat.flows.member_needs import Needs, needs_of
from chains.progmat.flows.members import MembershipBook
from chains.progmat.flows.notary_choice import AT_NAMED, choose_notary
from chains.progmat.flows.receiving import PAYEE_INDEX
from chains.progmat.flows.record import FlowRecord
from chains.progmat.flows.requests import IssueCash, MoveCash, ReceivePacket
from chains.progmat.flows.rule_needs import RuleNeeds, RuleNeedsBook, needs_behind
from chains.progmat.flows.rule_states import RuleName, RuleStateBook, RuleStates
from chains.progmat.flows.salts import Salts
from chains.progmat.flows.seams import NodeSelf
from chains.progmat.flows.verification import LedgerVerifier
from chains.progmat.node.storage import NodeDatabase
from chains.progmat.transactions.fresh_keys import tag_of_output
from chains.progmat.transactions.model import Party, StateAndRef, StateRef
from ibc.dvp import CashAccount


class PeerPreparation:
    """``building.Preparation`` of a vault node."""

    def __init__(
        self,
        me: NodeSelf,
        members: MembershipBook,
        rules: RuleStateBook,
        dvp: DvpDesk,
        desk: FreshKeyDesk,
        accounts: FreshAccounts,
        salts: Salts,
        verifier: LedgerVerifier,
        database: NodeDatabase,
        clock: Clock,
    ) -> None:
        self._me = me
        self._own_name = accounts.keys.own_name
        self._members = members
        self._rules = rules
        self._rule_needs = RuleNeedsBook(self._own_name)
        self._dvp = dvp
        self._desk = desk
        self._accounts = accounts
        self._salts = salts
        self._verifier = verifier
        self._database = database
        self._clock = clock

    def at_hand(self, request: AnyRequest) -> Prepared | None:
        """What is known, if it is all.

        Always asked is for a native trade, where a notary has to be chosen, and for a fresh key of another node's; and
        what is owed to a packet, which the database says.
        """
        if isinstance(request, SettleDvp | ReceivePacket) or self._verifier.has_several_notaries:
            return None
        if self._asks_for_key(request) is not None:
            return None
        at = self._verifier.journal_notary_name
        members = self._members.at_hand(needs_of(self._own_name, request), at)
        rules = self._rules_at_hand(request, at)
        return None if members is None or rules is None else Prepared(members, rules=rules)

    async def ask(self, record: FlowRecord, request: AnyRequest) -> Prepared:
        """Raises what ``choose_notary``, ``MembershipBook.find``, ``DvpDesk.ask`` and ``FreshKeyDesk.ask`` raise."""
        notary = await self._notary_of(request)
        members = await self._members.find(await self._needs_of(request), notary.name)
        rules = await self._rules_of(request, notary.name)
        if isinstance(request, SettleDvp):
            offered = await self._dvp.ask(record, request.dvp, notary)
            admitted = await self._sellers_admission(request, offered, notary.name)
            return Prepared(members, offered, notary, rules={**rules, **admitted})
        if isinstance(request, ReceivePacket):
            return Prepared(members, notary=notary, rules=await self._payees_admission(request, notary.name))
        payee = self._asks_for_key(request)
        if payee is None:
            return Prepared(members, notary=notary, rules=rules)
        tag = tag_of_output(self._accounts.keys.ledger_id, self._salts.of_flow(record.flow_id), PAYEE_INDEX)
        return Prepared(members, notary=notary, payee_key=await self._desk.ask(payee, tag), rules=rules)

    def _rules_at_hand(self, request: AnyRequest, notary: str) -> RuleStates | None:
        needs = self._rule_needs.at_hand(request)
        states: dict[RuleName, StateAndRef] = {}
        while needs:
            found = self._rules.at_hand(needs, notary)
            if found is None:
                return None
            states |= found
            needs = needs_behind(found.values())
        return None if needs is None else states

    async def _rules_of(self, request: AnyRequest, notary: str) -> RuleStates:
        needs: RuleNeeds | None = self._rule_needs.at_hand(request)
        if needs is None:
            needs = await self._database.read(partial(self._rule_needs.find, request=request))
        states: dict[RuleName, StateAndRef] = {}
        while needs:
            found = await self._rules.find(needs, notary)
            states |= found
            needs = needs_behind(found.values())
        return states

    async def _sellers_admission(self, request: SettleDvp, offered: Sequence[StateRef], notary: str) -> RuleStates:
        """To a wholesale coin, which the buyer's offer says it is."""
        states = await self._database.look_up(partial(self._verifier.recorded.of, refs=offered))
        return await self._rules.find(admission_to(list(states.values()), request.dvp.seller_cash), notary)

    async def _payees_admission(self, request: ReceivePacket, notary: str) -> RuleStates:
        """To a wholesale coin, which the payer's own amounts say it is."""
        answer = await self._answer_to(request)
        if not isinstance(answer, Payment):
            return {}
        cash = answer.terms.cash
        look = partial(kind_in_account, coin_id=cash.coin_id, issuer=cash.issuer, account_key=cash.buyer.key)
        if await self._database.read(look) is not CoinKind.WHOLESALE:
            return {}
        return await self._rules.find((admission(cash.coin_id, cash.issuer, cash.seller),), notary)

    async def _needs_of(self, request: AnyRequest) -> Needs:
        if not isinstance(request, ReceivePacket):
            return needs_of(self._own_name, request)
        return (await self._answer_to(request)).needs

    async def _answer_to(self, request: ReceivePacket) -> Answer:
        now_s = self._clock.now_ms() // 1000
        return await self._database.read(partial(answer_to, me=self._me, packet=request.packet, now_s=now_s))

    async def _notary_of(self, request: AnyRequest) -> Party:
        parameters = self._verifier.parameters
        if not self._verifier.has_several_notaries and not isinstance(request, AT_NAMED):
            return parameters.notary
        return await self._database.read(
            partial(
                choose_notary,
                own_name=self._own_name,
                request=request,
                parameters=parameters,
                now_s=self._clock.now_ms() // 1000,
            )
        )

    def _asks_for_key(self, request: AnyRequest) -> CashAccount | None:
        """The payee at another node that is to be paid under a fresh key."""
        if not isinstance(request, IssueCash | MoveCash) or request.to.node == self._own_name:
            return None
        payer = (request.from_account_key,) if isinstance(request, MoveCash) else ()
        return request.to if self._accounts.wants_fresh(request.keys, *payer) else None
