"""Native trades between custodian nodes: asking for the buyer's coins, answering, and telling that it is over.

The selling node proposes the terms, the buying node offers coins that its customer's platform authorised for exactly
these terms, and both nodes hold what they give until the trade is settled or ended. With one custodian for both sides
(indirect) the same functions are called without a peer in between.
"""

from __future__ import annotations

from functools import partial
from typing import Final

from sqlalchemy import Connection

from chains.progmat.contracts.native_terms import NativeTerms, account_key
from chains.progmat.flows import dvp_answers
from chains.progmat.flows.back_chain import BackChain
from chains.progmat.flows.building import SHORT_WINDOW_S, SoftLockReservations
from chains.progmat.flows.clock import Clock
from chains.progmat.flows.disclosing import Disclosing
from chains.progmat.flows.dvp_codec import (
    PROPOSE_DVP,
    RELEASE_DVP,
    Proposal,
    Release,
    decode_offer,
    decode_proposal,
    decode_release,
    encode_offer,
    encode_proposal,
    encode_release,
    encode_release_response,
)
from chains.progmat.flows.errors import AccountUnknown, AnswerProvesNothing, NotAParticipant
from chains.progmat.flows.market_errors import BuyerFundsHeld, BuyerFundsInsufficient, ProposalRefused
from chains.progmat.flows.market_requests import SettleDvp
from chains.progmat.flows.notary_choice import serving_notary
from chains.progmat.flows.record import FlowKind, FlowRecord
from chains.progmat.flows.request_codec import decode_request
from chains.progmat.flows.seams import KeyRing, NodeSelf
from chains.progmat.flows.trades import find_dvp
from chains.progmat.flows.verification import LedgerVerifier
from chains.progmat.node.peers.seam import PeerIdentity, PeerNetwork
from chains.progmat.node.storage import NodeDatabase, enqueue_effect
from chains.progmat.transactions.model import Party, StateRef
from chains.progmat.vault.errors import FundsSoftLocked, InsufficientFunds
from chains.rpc_status import RemoteCallerError

PROPOSE_TIMEOUT_S: Final = 15.0


class DvpDesk:
    """Both sides of a native trade's preparation, for one node."""

    def __init__(
        self,
        me: NodeSelf,
        database: NodeDatabase,
        network: PeerNetwork,
        back_chain: BackChain,
        disclosing: Disclosing,
        keys: KeyRing,
        clock: Clock,
        verifier: LedgerVerifier,
    ) -> None:
        self._verifier = verifier
        self._me = me
        self._database = database
        self._network = network
        self._back_chain = back_chain
        self._disclosing = disclosing
        self._keys = keys
        self._clock = clock

    async def ask(self, record: FlowRecord, terms: NativeTerms, notary: Party) -> tuple[StateRef, ...]:
        """The buyer's coins at a notary for a trade of ours, with their transactions recorded here.

        Asked in a round that began when the flow came to be built, so that a late release of an earlier one is known
        for what it is. None are asked for when the trade is settled. Raises the buying node's refusal.
        """
        if await self._database.look_up(partial(find_dvp, trade_id=terms.trade_id)) is not None:
            return ()
        if terms.buyer_node == self._me.name:
            return await self._answer(terms, record.since_ms, notary)
        body = encode_proposal(Proposal(terms, record.since_ms, notary.name))
        offered = decode_offer(await self._network.request(terms.buyer_node, PROPOSE_DVP, body, PROPOSE_TIMEOUT_S))
        try:
            await self._back_chain.resolve_states(terms.buyer_node, offered)
        except RemoteCallerError as error:
            if error.reason != NotAParticipant.reason:
                raise
            raise AnswerProvesNothing(terms.buyer_node, "it forgot in between what it offered") from error
        return offered

    async def handle_proposal(self, asker: PeerIdentity, body: bytes) -> bytes:
        """Handler of ``node.propose_dvp``.

        Raises ``ProposalRefused``, ``NotaryNotServing`` and what ``dvp_answers.answer`` raises.
        """
        proposal = decode_proposal(body)
        if asker.name != proposal.terms.seller_node:
            raise ProposalRefused(self._me.name, f"the seller's accounts are at {proposal.terms.seller_node}")
        notary = serving_notary(self._verifier.parameters, proposal.notary)
        try:
            offered = await self._answer(proposal.terms, proposal.round_ms, notary)
        except InsufficientFunds as error:  # by how much is between the buyer and its broker
            raise BuyerFundsInsufficient from error
        except FundsSoftLocked as error:
            raise BuyerFundsHeld(error.retry_after_s) from error
        self._disclosing.disclose_ids(asker.name, [bytes(ref.tx_id) for ref in offered])
        return encode_offer(offered)

    async def handle_release(self, asker: PeerIdentity, body: bytes) -> bytes:
        """Handler of ``node.release_dvp``."""
        release = decode_release(body)
        await self._database.submit(
            partial(
                dvp_answers.release_answer,
                asker=asker.name,
                trade_id=release.trade_id,
                round_ms=release.round_ms,
                now_s=self._clock.now_ms() // 1000,
            )
        )
        return encode_release_response()

    async def _answer(self, terms: NativeTerms, round_ms: int, notary: Party) -> tuple[StateRef, ...]:
        for account in (terms.buyer_cash, terms.buyer_tokens):
            if terms.buyer_node == self._me.name and self._keys.signer(account_key(account)) is None:
                raise AccountUnknown(account.key)
        return await self._database.submit(
            partial(
                dvp_answers.answer,
                own_name=self._me.name,
                terms=terms,
                round_ms=round_ms,
                notary=notary.name,
                now_s=self._clock.now_ms() // 1000,
                lock_s=SHORT_WINDOW_S,
            )
        )


class DvpReservations(SoftLockReservations):
    """As its base; a trade that is given up, or begun again, is also released at the buyer's node."""

    def __init__(self, me: NodeSelf, clock: Clock, soft_lock_s: int) -> None:
        super().__init__(clock, soft_lock_s)
        self._me = me

    def release(self, connection: Connection, record: FlowRecord) -> None:
        """Give back what the flow reserved, here and at the buyer's node."""
        super().release(connection, record)
        if record.kind is not FlowKind.SETTLE_DVP:
            return
        request = decode_request(record.kind, record.request)
        if isinstance(request, SettleDvp):
            self._release_buyer(connection, record, request.dvp)

    def _release_buyer(self, connection: Connection, record: FlowRecord, terms: NativeTerms) -> None:
        now_s, trade_id = self._clock.now_ms() // 1000, terms.trade_id
        if terms.buyer_node == self._me.name:
            dvp_answers.release_answer(connection, self._me.name, trade_id, record.since_ms, now_s)
            return
        enqueue_effect(
            connection,
            effect_key=f"{record.flow_id}|{RELEASE_DVP}|{terms.buyer_node}|{record.since_ms}",
            peer=terms.buyer_node,
            method=RELEASE_DVP,
            body=encode_release(Release(trade_id, record.since_ms)),
            now_s=now_s,
        )
