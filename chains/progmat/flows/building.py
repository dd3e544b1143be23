"""PROPOSED -> BUILT: turn a request into a ledger transaction, reserve its inputs, verify it: one commit.

What a kind of flow is about is its builder: a function from a request and the vault's present content to a transaction.
The builder runs inside the group commit, so what it selects is reserved before any other flow looks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Protocol

from sqlalchemy import Connection

from chains.progmat.flows.any_request import AnyRequest
from chains.progmat.flows.clock import Clock
from chains.progmat.flows.coin_queue import Purse
from chains.progmat.flows.engine import Commit
from chains.progmat.flows.errors import PartyUnknown
from chains.progmat.flows.fresh_accounts import FreshAccounts
from chains.progmat.flows.members import MemberNeed, Members
from chains.progmat.flows.own_fresh_keys import fresh_signers
from chains.progmat.flows.own_signatures import OwnSignatures
from chains.progmat.flows.record import FlowKind, FlowRecord
from chains.progmat.flows.recovery import made_before
from chains.progmat.flows.request_codec import decode_request
from chains.progmat.flows.rule_states import RuleNeed, RuleStates
from chains.progmat.flows.salts import Salts
from chains.progmat.flows.seams import AccountKeyRing, Directory, NodeSelf
from chains.progmat.flows.signed_records import decoded, with_signed
from chains.progmat.flows.steps import FlowStep
from chains.progmat.flows.verification import LedgerVerifier
from chains.progmat.ibc_host.earmark import ChainReader
from chains.progmat.ibc_host.frame import TransactionFrame
from chains.progmat.transactions.builder import TransactionBuilder
from chains.progmat.transactions.fresh_keys import FreshKeyStatement
from chains.progmat.transactions.model import Party, StateAndRef, StateRef, TimeWindow
from chains.progmat.transactions.signed import SignedTransaction
from chains.progmat.transactions.wire import WireTransaction
from chains.progmat.vault.soft_locks import lock_states, release_soft_locks, renew_soft_locks
from primitives.public_key import PublicKey
from primitives.types import UnixSeconds

SHORT_WINDOW_S = 120
"""Length of every transaction's time window; where a light client judges, the contracts bound it at 600 s."""


@dataclass(frozen=True)
class Prepared:
    """What a builder needs of other nodes, gathered before the group commit."""

    members: Members
    offered: tuple[StateRef, ...] = ()
    """The buyer's coins of a native trade, whose transactions are recorded here."""
    notary: Party | None = None
    """Chosen among several; None: the journal's."""
    payee_key: FreshKeyStatement | None = None
    """The fresh key that the payee's node gave for this payment."""
    rules: RuleStates = field(default_factory=dict)
    """Rule states by contract, key and keeper: those needed, and those that these ask for in turn."""


class Preparation(Protocol):
    """Gathers what builders need."""

    def at_hand(self, request: AnyRequest) -> Prepared | None:
        """All that the request needs, if nobody has to be asked for it. May be called from any thread."""
        ...

    async def ask(self, record: FlowRecord, request: AnyRequest) -> Prepared:
        """May run any number of times for one flow. Raises named errors, as ``StepAction.prepare``."""
        ...


@dataclass(frozen=True)
class BuildContext:
    """What a builder may look at. ``connection`` is the writer's, inside the group commit."""

    connection: Connection
    flow_id: str
    me: NodeSelf
    directory: Directory
    keys: AccountKeyRing
    verifier: LedgerVerifier
    chain_readers: Mapping[str, ChainReader]
    now_s: int
    soft_lock_s: int
    prepared: Prepared
    salt: bytes
    fresh_accounts: FreshAccounts
    waiting_for: Callable[[Purse], int] = lambda _purse: 0
    """How many flows wait for coins or tokens of an account of this node."""

    @property
    def notary(self) -> Party:
        """Of all that the transaction uses and makes."""
        return self.prepared.notary or self.verifier.parameters.notary

    @property
    def frame(self) -> TransactionFrame:
        """The network parameters and the contract package in force, and the notary."""
        return TransactionFrame(self.verifier.parameters, self.verifier.package.hash, chosen=self.notary)

    def window(self, until_s: int | None = None) -> TimeWindow:
        """From now on for two minutes, at the latest until ``until_s``; raises ``ValueError`` if that is over."""
        end_s = self.now_s + SHORT_WINDOW_S if until_s is None else min(self.now_s + SHORT_WINDOW_S, until_s)
        return TimeWindow(UnixSeconds(self.now_s), UnixSeconds(end_s))

    def deadline(self) -> TimeWindow:
        """Two minutes to be notarised: after that no signature given away can bring a failed flow into effect."""
        return TimeWindow(None, UnixSeconds(self.now_s + SHORT_WINDOW_S))

    def deadline_s(self) -> int:
        """When that is, Unix seconds."""
        return self.now_s + SHORT_WINDOW_S

    def reserve(self, *refs: StateRef) -> None:
        """Soft-lock states that this flow will consume; raises ``StateConsumed``, ``StateSoftLocked``."""
        expires_s = self.now_s + self.soft_lock_s
        lock_states(self.connection, refs, lock_owner=self.flow_id, now_s=self.now_s, expires_s=expires_s)

    def party(self, name: str) -> Party:
        """A listed party as states name it, with its first key; raises ``PartyUnknown``."""
        found = self.directory.party(name)
        if found is None:
            raise PartyUnknown(name)
        return self.verifier.parameters.identity(found)

    def member(self, need: MemberNeed) -> StateAndRef:
        """A membership that was prepared; whether it is active is the contract's to say."""
        return self.prepared.members[need.network, need.party]

    def member_refs(self, needs: Iterable[MemberNeed]) -> tuple[StateRef, ...]:
        """What to reference for memberships that were prepared, each once."""
        return tuple(dict.fromkeys(self.member(need).ref for need in needs))

    def rule(self, need: RuleNeed) -> StateAndRef:
        """A rule state that was prepared; whether it stands as it should is the contract's to say."""
        return self.prepared.rules[need.name]

    def rule_refs(self, needs: Iterable[RuleNeed] | None = None) -> tuple[StateRef, ...]:
        """What to reference for rule states that were prepared, each once; None: for all of them."""
        states = self.prepared.rules.values() if needs is None else map(self.rule, needs)
        return tuple(dict.fromkeys(state.ref for state in states))


@dataclass(frozen=True)
class AlreadyOnLedger:
    """A builder's answer when what was asked for is there: by this transaction."""

    tx_id: bytes
    journal_position: int


Builder = Callable[[BuildContext, Any], TransactionBuilder | AlreadyOnLedger]
"""From a request of the builder's own kind. Pure apart from reading the vault and reserving states."""


class BuildStep:
    """See the module's docstring."""

    def __init__(
        self,
        *,
        builders: Mapping[FlowKind, Builder],
        me: NodeSelf,
        directory: Directory,
        keys: AccountKeyRing,
        own: OwnSignatures,
        verifier: LedgerVerifier,
        chain_readers: Mapping[str, ChainReader],
        preparation: Preparation,
        clock: Clock,
        soft_lock_s: int,
        salts: Salts,
        fresh_accounts: FreshAccounts,
        waiting_for: Callable[[Purse], int] = lambda _purse: 0,
    ) -> None:
        self._builders = builders
        self._me = me
        self._directory = directory
        self._keys = keys
        self._own = own
        self._verifier = verifier
        self._chain_readers = chain_readers
        self._preparation = preparation
        self._clock = clock
        self._soft_lock_s = soft_lock_s
        self._salts = salts
        self._fresh_accounts = fresh_accounts
        self._waiting_for = waiting_for

    def skip(self, _record: FlowRecord) -> FlowStep | None:
        """Never."""
        return None

    def waiting_on(self, _record: FlowRecord) -> str:
        """Nobody."""
        return ""

    def at_once(self, record: FlowRecord) -> Commit | None:
        """All of it, when nothing is needed of other nodes."""
        request = decode_request(record.kind, record.request)
        prepared = self._preparation.at_hand(request)
        return None if prepared is None else partial(self._build, record, request, prepared)

    async def prepare(self, record: FlowRecord) -> Commit:
        """Get what the builder needs of other nodes."""
        request = decode_request(record.kind, record.request)
        return partial(self._build, record, request, await self._preparation.ask(record, request))

    def _build(self, record: FlowRecord, request: AnyRequest, prepared: Prepared, connection: Connection) -> FlowRecord:
        now_ms = self._clock.now_ms()
        salt = self._salts.of_flow(record.flow_id)
        made = made_before(connection, salt)
        if made is not None:  # by this flow, before this node's records were restored
            known = with_signed(record, decoded(made.signed_bytes)).advanced(FlowStep.DONE, now_ms)
            return known.replaced(journal_position=made.journal_position)
        identity = self._verifier.parameters.identity(self._me.party)
        context = BuildContext(
            connection=connection,
            flow_id=record.flow_id,
            me=self._me if identity is self._me.party else replace(self._me, party=identity),
            directory=self._directory,
            keys=self._keys,
            verifier=self._verifier,
            chain_readers=self._chain_readers,
            now_s=now_ms // 1000,
            soft_lock_s=self._soft_lock_s,
            prepared=prepared,
            salt=salt,
            fresh_accounts=self._fresh_accounts,
            waiting_for=self._waiting_for,
        )
        built = self._builders[record.kind](context, request)
        if isinstance(built, AlreadyOnLedger):
            done = record.advanced(FlowStep.DONE, now_ms)
            return done.replaced(tx_id=built.tx_id, journal_position=built.journal_position)
        built = built.signed_by_heirs(self._verifier.parameters.key_heirs)
        wire = built.to_wire(salt)
        self._verifier.verify_contracts(connection, wire)
        return with_signed(record, self._signed(connection, wire)).advanced(FlowStep.BUILT, now_ms)

    def _signed(self, connection: Connection, wire: WireTransaction) -> SignedTransaction:
        """By fresh keys, which only the records tell; by this node's other keys where no notary is asked.

        Else those sign after the commit, together with other flows, before anybody is asked. Raises for a misuse now.
        """
        owed = self._own.signers(wire)
        own = {signer.public_key for signer in owed}
        strangers = [key for key in wire.signing_keys - own if self._directory.holder_of(key) is None]
        signers = fresh_signers(connection, self._keys, self._me.name, sorted(strangers, key=PublicKey.encoded))
        if not wire.needs_notarisation:
            signers += owed
        return SignedTransaction.of(wire, [self._own.sign_now(signer, wire) for signer in signers])


class SoftLockReservations:
    """Soft locks in the vault, under the flow's id; they expire by themselves when nobody renews them."""

    def __init__(self, clock: Clock, soft_lock_s: int) -> None:
        self._clock = clock
        self._soft_lock_s = soft_lock_s

    def release(self, connection: Connection, record: FlowRecord) -> None:
        """Give back what the flow reserved."""
        release_soft_locks(connection, lock_owner=record.flow_id)

    def renew(self, connection: Connection, record: FlowRecord) -> None:
        """Keep what the flow reserved from now on for its usual time, and for the wait that is announced."""
        from_ms = max(record.next_attempt_ms, self._clock.now_ms())
        renew_soft_locks(connection, lock_owner=record.flow_id, expires_s=from_ms // 1000 + self._soft_lock_s)
