"""Entering final transactions into the node's records, and who takes part in one (need to know)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Final

from sqlalchemy import Connection

from chains.progmat.contracts.cash import CashState
from chains.progmat.contracts.distribution import DistributionState
from chains.progmat.contracts.dvp_lock import DvpLockState
from chains.progmat.contracts.dvp_receipt import REFUSE
from chains.progmat.contracts.dvp_receipt_codec import decode_refuse_evidence
from chains.progmat.contracts.execution import notice_of
from chains.progmat.contracts.membership import BusinessNetwork, MembershipState
from chains.progmat.contracts.names import (
    CASH,
    DISTRIBUTION,
    DVP_LOCK,
    DVP_RECEIPT,
    EXECUTION,
    MEMBERSHIP,
    PROPOSAL,
    RULE_STATES,
    TOKENS,
    TRADE,
)
from chains.progmat.contracts.proposal_codec import record_of
from chains.progmat.contracts.terms_codec import decode_terms
from chains.progmat.contracts.token import TokenState
from chains.progmat.flows.distribution_parts import note_distributions
from chains.progmat.flows.entry_kinds import entry_kind
from chains.progmat.flows.executions import note_executions
from chains.progmat.flows.recorded import RecordedStates
from chains.progmat.flows.seams import Directory, Role
from chains.progmat.flows.signed_records import encoded
from chains.progmat.flows.trades import note_trades
from chains.progmat.identity import VAULT_ROLES
from chains.progmat.node.storage import StoreOutcome, store_recorded
from chains.progmat.transactions.model import StateRef, TransactionState
from chains.progmat.transactions.signed import SignedTransaction
from chains.progmat.transactions.wire import WireTransaction
from chains.progmat.vault.books import RecordMark
from chains.progmat.vault.fresh_keys import account_keys_of
from chains.progmat.vault.indexing import VaultRules
from chains.progmat.vault.queries import parties_of
from chains.progmat.vault.recording import record_transaction
from ibc.dvp import SettlementTerms

REFERENCED: Final = RULE_STATES | {MEMBERSHIP}
"""Contracts whose states flows reference."""
MAX_MEMBERS: Final = 4096
"""Members of one business network that are told of each other's memberships: as many as a network map lists."""


def names_with_vault(directory: Directory) -> frozenset[str]:
    """Nodes that can be sent transactions: a notary may be a member, and keeps none."""
    return frozenset(name for role in VAULT_ROLES for name in directory.names_with(role))


Learning = Callable[[Connection, WireTransaction, Mapping[StateRef, TransactionState]], None]


def _nothing_to_learn(
    _connection: Connection, _wire: WireTransaction, _inputs: Mapping[StateRef, TransactionState]
) -> None:
    """All there is to know is in the tables."""


class Recorder:
    """Records for a node with a vault: transaction store, vault, trades and IBC events in one commit.

    ``on_referenced`` is called, on the writer's thread, when a membership or a rule state changed; ``learn``
    before a new transaction is entered, with its known inputs, so that the vault knows whose its coins are.
    ``executions_noted`` counts what was recorded about executions, committed or not.
    """

    def __init__(
        self,
        own_name: str,
        directory: Directory,
        rules: VaultRules,
        recorded: RecordedStates,
        on_referenced: Callable[[], None] = lambda: None,
        learn: Learning = _nothing_to_learn,
    ) -> None:
        self._own_name = own_name
        self._directory = directory
        self._rules = rules
        self._recorded = recorded
        self._on_referenced = on_referenced
        self._learn = learn
        self.executions_noted = 0
        self._newest: tuple[WireTransaction | None, Mapping[StateRef, TransactionState]] = (None, {})

    def record(
        self, connection: Connection, signed: SignedTransaction, journal_position: int, now_ms: int
    ) -> tuple[str, ...]:
        """Record a transaction that is verified and final; returns the other participants' names, ascending.

        A recorded transaction changes nothing. Raises ``ConflictingConsumption`` when the notary signed a double spend.
        """
        wire = signed.wire
        inputs = self._inputs(connection, wire)
        taking_part = self._participants(connection, wire, inputs.values())
        stored = store_recorded(connection, wire.id, encoded(signed), journal_position, now_ms // 1000, taking_part)
        if stored is StoreOutcome.STORED:
            if any(command.contract in REFERENCED for command in wire.commands):
                self._on_referenced()
            self._learn(connection, wire, inputs)
            kind = entry_kind(wire, inputs, partial(account_keys_of, connection))
            mark = RecordMark(now_ms, journal_position, kind, inputs)
            record_transaction(connection, wire, self._rules, mark)
            note_trades(connection, wire, inputs, journal_position)
            note_distributions(connection, wire, self._own_name)
            if any(command.contract == EXECUTION for command in wire.commands):
                note_executions(connection, wire, inputs)
                self.executions_noted += 1
        return tuple(sorted(taking_part - {self._own_name}))

    def participants(self, connection: Connection, wire: WireTransaction) -> frozenset[str]:
        """Issuers, registrars, custodians of all owners; of a membership or a proposal the members of its network.

        Light clients are everybody's who may lock cash or issue it.
        """
        return self._participants(connection, wire, self._inputs(connection, wire).values())

    def _inputs(self, connection: Connection, wire: WireTransaction) -> Mapping[StateRef, TransactionState]:
        """The states a transaction consumes; those of the one last asked about are at hand: they never change."""
        newest, inputs = self._newest
        if newest is not wire:
            inputs = self._recorded.of(connection, wire.inputs)
            if len(inputs) == len(wire.inputs):
                self._newest = (wire, inputs)
        return inputs

    def _participants(
        self, connection: Connection, wire: WireTransaction, inputs: Iterable[TransactionState]
    ) -> frozenset[str]:
        names: set[str] = set()
        for state in (*inputs, *wire.outputs):
            names.update(self._concerned_by(connection, state))
        for command in wire.commands:
            if command.contract == TRADE:
                names.update(_sides(decode_terms(command.data)))
            elif (command.contract, command.name) == (DVP_RECEIPT, REFUSE):
                names.update(self._concerned_by_refusal(decode_refuse_evidence(command.data).declined))
        return frozenset(names)

    def _concerned_by(self, connection: Connection, state: TransactionState) -> Iterator[str]:
        if state.contract == CASH:
            cash = CashState.of(state)
            yield from (cash.issuer.name, cash.node)
        elif state.contract in TOKENS:
            token = TokenState.of(state)
            yield from (token.registrar.name, token.node)
        elif state.contract == MEMBERSHIP:
            member = MembershipState.of(state)
            yield self._own_name  # whoever is sent one may keep it: the operator signed it
            yield from self._directory.names_with(Role.OPERATOR)
            yield from self._members_of(connection, member.network, member.party.name)
        elif state.contract == PROPOSAL:
            yield self._own_name  # a member that was sent it
            yield from self._directory.names_with(Role.OPERATOR)
            yield from self._members_of(connection, record_of(state).network)
        elif state.contract == DISTRIBUTION:
            part = DistributionState.of(state)
            yield from (part.subject.registrar.name, part.subject.payer.node, part.node)
        elif state.contract in RULE_STATES:
            yield self._own_name  # its keeper, or who asked the keeper for it
        elif state.contract == EXECUTION:
            notice = notice_of(state)
            yield from (notice.venue.name, notice.seller.name, notice.buyer.name)
        elif state.contract == DVP_LOCK:
            yield from _sides(DvpLockState.of(state).terms)
        else:
            yield from self._directory.names_with(Role.ISSUER)
            yield from self._directory.names_with(Role.CUSTODIAN)

    def _concerned_by_refusal(self, declined: SettlementTerms | None) -> Iterable[str]:
        """A late packet says not whose it is: all may know of it, and any may tell the issuer that lost its records."""
        if declined is not None:
            return _sides(declined)
        return *self._directory.names_with(Role.ISSUER), *self._directory.names_with(Role.CUSTODIAN)

    def _members_of(self, connection: Connection, network: BusinessNetwork, *more: str) -> frozenset[str]:
        told = parties_of(connection, network.name, MAX_MEMBERS)
        return told.union(more) & names_with_vault(self._directory)


def _sides(terms: SettlementTerms) -> tuple[str, str, str]:
    return terms.cash.issuer, terms.cash.buyer.node, terms.cash.seller.node
