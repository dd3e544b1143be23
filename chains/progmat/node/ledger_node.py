"""A node that holds a vault (SN, CN): its flows, responders and deliveries, put together from given parts."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from chains.progmat.contracts.names import DISTRIBUTION
from chains.progmat.flows import (
    peer_codec,
)
from chains.progmat.flows.ahead import Ahead
from chains.progmat.flows.approval_ahead import ApprovalAhead
from chains.progmat.flows.back_chain import BackChain
from chains.progmat.flows.building import BuildStep
from chains.progmat.flows.clock import Clock
from chains.progmat.flows.coin_queue import CoinQueue, wake_for_coins
from chains.progmat.flows.collecting import ApproveStep, CountersignStep
from chains.progmat.flows.control import FlowControl
from chains.progmat.flows.countersignatures import Countersignatures
from chains.progmat.flows.countersigning import CountersignResponder
from chains.progmat.flows.current_states import OutdatedStates
from chains.progmat.flows.delivery import DeliveryWorker, delivered_wire
from chains.progmat.flows.disclosing import Disclosing
from chains.progmat.flows.dvp_codec import PROPOSE_DVP, RELEASE_DVP
from chains.progmat.flows.dvp_desk import DvpDesk, DvpReservations
from chains.progmat.flows.engine import FlowEngine, StepAction
from chains.progmat.flows.finalising import FinaliseResponder
from chains.progmat.flows.finality import NotariseStep, RecordStep
from chains.progmat.flows.fresh_accounts import FreshAccounts
from chains.progmat.flows.fresh_key_codec import FRESH_KEY, SHOW_FRESH_KEYS
from chains.progmat.flows.fresh_key_desk import FreshKeyDesk
from chains.progmat.flows.fresh_key_register import FreshKeyRegister
from chains.progmat.flows.history_policy import HistoryPolicy
from chains.progmat.flows.made_here import MadeHere
from chains.progmat.flows.members import MembershipBook, MembershipDesk, Memberships
from chains.progmat.flows.notary_desk import NotaryDesk
from chains.progmat.flows.notary_inquiry import NotaryInquiry
from chains.progmat.flows.own_fresh_keys import OwnFreshKeys
from chains.progmat.flows.own_signatures import OwnSignatures
from chains.progmat.flows.pending import PendingWatch
from chains.progmat.flows.pending_book import PendingBook
from chains.progmat.flows.preparing import PeerPreparation
from chains.progmat.flows.record import FlowKind, FlowRecord
from chains.progmat.flows.recording import REFERENCED, Recorder
from chains.progmat.flows.recovery import FinalListings, Recovery
from chains.progmat.flows.retry import RetrySchedule
from chains.progmat.flows.rule_states import RuleKind, RuleStateBook, RuleStateDesk
from chains.progmat.flows.salts import Salts
from chains.progmat.flows.seams import AccountKeyRing, Directory, NodeSelf
from chains.progmat.flows.signed_records import decoded, encoded
from chains.progmat.flows.snipping import AttestationReceiver, Snipper
from chains.progmat.flows.steps import FlowStep
from chains.progmat.flows.suspended_approvers import SuspendedApprovers
from chains.progmat.flows.verification import LedgerVerifier
from chains.progmat.ibc_host.earmark import ChainReader
from chains.progmat.node.changes import Changes
from chains.progmat.node.flow_builders import BUILDERS
from chains.progmat.node.peers import PeerIdentity, PeerNetwork, PeerRouter
from chains.progmat.node.storage import Effect, NodeDatabase
from chains.progmat.node.vault_reading import vault_rules
from chains.progmat.transactions.signed import SignedTransaction
from chains.progmat.transactions.wire import WireTransaction


@dataclass(frozen=True)
class NodeParts:
    """What a composition root chooses for a ledger node."""

    me: NodeSelf
    database: NodeDatabase
    network: PeerNetwork
    directory: Directory
    keys: AccountKeyRing
    verifier: LedgerVerifier
    chain_readers: Mapping[str, ChainReader]
    clock: Clock
    salts: Salts
    history_id: str
    """Names this node's records; another one after they were restored."""
    soft_lock_s: int = 120
    history: HistoryPolicy = HistoryPolicy.WHOLE
    recover_every_s: int = 0
    """How often to ask peers for what was missed, from the start on; 0: when an operator says so."""
    attest_every: int = 0
    """Steps of a coin's history after which an issuer has it attested; 0: never."""
    retry: RetrySchedule = field(default_factory=RetrySchedule)
    delivery_retry: RetrySchedule = field(default_factory=lambda: RetrySchedule(first_ms=1000))


class LedgerNode:
    """Flows and responders of one node. ``answer_peers`` before ``start``; ``stop`` before its database is closed."""

    def __init__(self, parts: NodeParts) -> None:
        self.parts = parts
        self.records_changed = Changes()
        self.distributions_changed = Changes()
        self.executions_changed, self._executions_told = Changes(), 0
        self._coin_queue = CoinQueue()
        self._own = OwnSignatures(parts.keys, parts.verifier)
        self._ahead = Ahead()
        self._outdated = OutdatedStates(parts.database, parts.verifier.recorded, REFERENCED)
        recorder = self._recorder = self._recorder_with_fresh_keys()
        self._disclosing = Disclosing(parts.database, parts.directory, recorder, parts.verifier.attesting)
        disclose = self._disclosing.disclose
        self._desk = NotaryDesk(
            parts.network, parts.verifier, parts.clock, parts.me.party, parts.keys, parts.directory, disclose
        )
        book = PendingBook()
        made_here = MadeHere(parts.me.name, parts.keys, parts.verifier.recorded, book.asker_of)
        back_chain = BackChain(
            parts.database,
            parts.network,
            parts.directory,
            parts.verifier,
            recorder,
            parts.clock,
            self._desk.position_of,
            parts.history,
            confirmed=self._confirmed,
            also=made_here,
        )
        self._sign_for_others(recorder, back_chain, book)
        self._find_referenced(back_chain)
        self._dvp = DvpDesk(
            parts.me,
            parts.database,
            parts.network,
            back_chain,
            self._disclosing,
            parts.keys,
            parts.clock,
            parts.verifier,
        )
        self._finalise = FinaliseResponder(
            parts.me.name,
            parts.database,
            parts.verifier,
            back_chain,
            recorder,
            parts.clock,
            self._desk.position_of,
            self._confirmed,
            self._delivered_here,
            made_here,
        )
        self._attestations = AttestationReceiver(parts.database, parts.verifier)
        self._listings = FinalListings(parts.database, parts.history_id, self.pending.settle_all_of)
        self._make_flows(recorder)
        self._make_upkeep(recorder, back_chain)

    def _recorder_with_fresh_keys(self) -> Recorder:
        """Keys of one payment: made, asked for, known by the holders behind them, and learnt with each record."""
        parts = self.parts
        own = OwnFreshKeys(parts.me.name, parts.verifier.epochs[0].ledger_id, parts.keys)
        self.fresh_accounts = FreshAccounts(parts.database, own)
        self._fresh_keys = FreshKeyDesk(parts.database, parts.network, own, parts.clock)
        self._register = FreshKeyRegister(parts.me, parts.database, self._fresh_keys, own)
        rules, recorded = vault_rules(parts.me), parts.verifier.recorded
        learn = self._register.learn
        return Recorder(parts.me.name, parts.directory, rules, recorded, self._outdated.forget, learn)

    def _find_referenced(self, back_chain: BackChain) -> None:
        """Memberships and rule states that flows reference, and what is answered about those kept here."""
        parts = self.parts
        asking = (parts.database, parts.network, back_chain, self._outdated)
        self.members = MembershipBook(Memberships(parts.me, parts.directory), *asking)
        self._rules = RuleStateBook(RuleKind(parts.me, parts.directory), *asking)
        self.membership_desk = MembershipDesk(parts.database, parts.directory, self._disclosing)
        self._rule_desk = RuleStateDesk(parts.me, parts.database, parts.directory, self._disclosing)

    def _sign_for_others(self, recorder: Recorder, back_chain: BackChain, book: PendingBook) -> None:
        """Countersigning, and what becomes of what was countersigned."""
        parts = self.parts
        disclose = self._disclosing.disclose
        self._countersignatures = Countersignatures(parts.network, parts.directory, parts.verifier, disclose)
        self.pending = PendingWatch(
            book,
            parts.database,
            NotaryInquiry(parts.network, parts.verifier),
            self._countersignatures,
            back_chain,
            self._confirmed,
            parts.verifier,
            recorder,
            parts.clock,
            self._found_final,
            self._something_is_owed,
        )
        self._countersign = CountersignResponder(
            parts.me,
            parts.database,
            parts.verifier,
            back_chain,
            self._own,
            disclose,
            parts.clock,
            self._register,
            self.pending,
        )

    def _make_upkeep(self, recorder: Recorder, back_chain: BackChain) -> None:
        """What goes on beside the flows."""
        parts = self.parts
        self.snipper = Snipper(
            parts.database,
            parts.network,
            parts.directory,
            parts.verifier,
            recorder,
            parts.clock,
            parts.attest_every,
            self._history_attested,
        )
        self.recovery = Recovery(
            parts.me.name,
            parts.database,
            parts.network,
            parts.directory,
            back_chain,
            recorder,
            parts.clock,
            parts.recover_every_s,
            self.deliveries.wake,
        )

    def _make_flows(self, recorder: Recorder) -> None:
        """Engine, deliveries, and the operator's hand on both."""
        parts = self.parts
        reservations = DvpReservations(parts.me, parts.clock, parts.soft_lock_s)
        self.engine = FlowEngine(
            database=parts.database,
            actions=self._actions(recorder),
            reservations=reservations,
            clock=parts.clock,
            on_stored=self._stored,
            retry=parts.retry,
            coin_queue=self._coin_queue,
        )
        self.deliveries = DeliveryWorker(
            parts.database,
            parts.network,
            parts.clock,
            self._delivered,
            self.engine.tell,
            self.engine.is_awaited,
            parts.delivery_retry,
        )
        self.control = FlowControl(parts.database, self.engine, self.deliveries, reservations, parts.clock)

    def answer_peers(self, router: PeerRouter) -> None:
        """Register this node's peer methods."""
        router.register(peer_codec.COUNTERSIGN, self._countersign.handle)
        router.register(peer_codec.FINALISE, self._finalise.handle)
        router.register(peer_codec.FETCH_TRANSACTIONS, self._disclosing.handle_fetch)
        router.register(peer_codec.LIST_FINAL, self._listings.handle)
        router.register(peer_codec.ATTESTED, self._handle_attestation)
        router.register(peer_codec.FETCH_MEMBERSHIP, self.membership_desk.handle)
        router.register(peer_codec.FETCH_RULE_STATE, self._rule_desk.handle)
        router.register(FRESH_KEY, self._fresh_keys.handle_fresh_key)
        router.register(SHOW_FRESH_KEYS, self._fresh_keys.handle_show)
        router.register(PROPOSE_DVP, self._dvp.handle_proposal)
        router.register(RELEASE_DVP, self._dvp.handle_release)

    async def start(self) -> int:
        """Resume unfinished flows and owed deliveries; returns the number of flows."""
        await self.fresh_accounts.load()
        if self.parts.recover_every_s:
            self.recovery.start()
        self.deliveries.start()
        await self.pending.start()
        if self.parts.attest_every:
            self.snipper.start()
        return await self.engine.start()

    async def stop(self) -> None:
        """Stop working; everything goes on from the database at the next start."""
        await self.recovery.stop()
        await self.snipper.stop()
        await self.engine.stop()
        await self.pending.stop()
        await self.deliveries.stop()

    async def _confirmed(self, signed: SignedTransaction) -> SignedTransaction:
        """As it may be recorded: confirmed by the notary where that is needed, and its holders known to the issuer."""
        confirmed = await self._desk.confirmed(signed)
        await self._register.require_known(confirmed.wire)
        return confirmed

    async def _handle_attestation(self, asker: PeerIdentity, body: bytes) -> bytes:
        answer = await self._attestations.handle(asker, body)
        self._ahead.attested()  # whatever was noted until it was kept
        self._tell_of_records()
        return answer

    def _stored(self, record: FlowRecord) -> None:
        if record.step in {FlowStep.RECORDED, FlowStep.DONE}:
            if record.signed_tx is not None:
                signed = decoded(record.signed_tx)
                self.parts.verifier.recorded.note(signed)
                self._count_history(signed.wire)
            self._tell_of_records()
            self.deliveries.wake()
        elif record.step in {FlowStep.FAILED, FlowStep.PROPOSED} and record.kind is FlowKind.SETTLE_DVP:
            self.deliveries.wake()  # the buyer's node is told that it is over
        if not self._coin_queue.is_empty:
            wake_for_coins(self._coin_queue, record)

    def _tell_of_records(self) -> None:
        self.records_changed.tell()
        if self._executions_told != self._recorder.executions_noted:
            self._executions_told = self._recorder.executions_noted
            self.executions_changed.tell()

    def _received(self, participants: Collection[str], signed: SignedTransaction) -> None:
        """All participants have it, or will: each may fetch what it uses."""
        for name in participants:
            self._disclosing.disclose(name, signed.wire)
        self._ahead.note(signed, encoded(signed), participants)
        self._count_history(signed.wire)
        self.pending.book.settled(signed.id)
        if any(command.contract == DISTRIBUTION for command in signed.wire.commands):
            self.distributions_changed.tell()

    def _delivered_here(self, participants: Collection[str], signed: SignedTransaction) -> None:
        """A peer delivered it, and it is recorded: whoever waits for coins or for news may go on."""
        self._received(participants, signed)
        self._tell_of_records()
        self._coin_queue.freed_somewhere()

    def _found_final(self, others: Collection[str], signed: SignedTransaction) -> None:
        """What was pending is recorded, and owed to the others."""
        self._delivered_here(others, signed)
        self.deliveries.wake()

    def _history_attested(self) -> None:
        """This node had it done: it hands on the attestation from now on, and owes it to the participants."""
        self._ahead.attested()
        self.deliveries.wake()

    def _something_is_owed(self) -> None:
        self.deliveries.wake()

    def _count_history(self, wire: WireTransaction) -> None:
        if self.parts.attest_every:
            self.snipper.noted(wire)

    def _delivered(self, effect: Effect) -> bytes:
        """Whoever is sent a transaction may fetch what it uses, and is spared asking for what is at hand."""
        if effect.method != peer_codec.FINALISE:
            return effect.body
        wire = delivered_wire(effect.body)
        self._disclosing.disclose(effect.peer, wire)
        self._disclosing.disclose_ids(effect.peer, self._ahead.behind(effect.peer, wire))
        return peer_codec.with_ahead(effect.body, self._ahead.of(effect.peer, wire))

    def _actions(self, recorder: Recorder) -> Mapping[FlowStep, StepAction]:
        parts = self.parts
        build = BuildStep(
            builders=BUILDERS,
            me=parts.me,
            directory=parts.directory,
            keys=parts.keys,
            own=self._own,
            verifier=parts.verifier,
            chain_readers=parts.chain_readers,
            preparation=PeerPreparation(
                parts.me,
                self.members,
                self._rules,
                self._dvp,
                self._fresh_keys,
                self.fresh_accounts,
                parts.salts,
                parts.verifier,
                parts.database,
                parts.clock,
            ),
            clock=parts.clock,
            soft_lock_s=parts.soft_lock_s,
            salts=parts.salts,
            fresh_accounts=self.fresh_accounts,
            waiting_for=self._coin_queue.waiting,
        )
        suspended, ahead = SuspendedApprovers(), ApprovalAhead(parts.database)
        return {
            FlowStep.PROPOSED: build,
            FlowStep.BUILT: CountersignStep(
                self._own, self._countersignatures, parts.verifier, parts.clock, self._fresh_keys.disclosed_to
            ),
            FlowStep.COUNTERSIGNED: ApproveStep(
                parts.network, parts.directory, parts.verifier, parts.clock, suspended, ahead, self._own
            ),
            FlowStep.APPROVED: NotariseStep(self._own, self._desk, parts.clock, self._outdated.note, suspended),
            FlowStep.NOTARISED: RecordStep(parts.me.name, parts.directory, recorder, parts.clock),
        }
