"""Entering final transactions into the node's records, and who takes part in one (need to know)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from sqlalchemy import Connection

from chains.progmat.contracts.cash import CashState
from chains.progmat.contracts.dvp_lock import DvpLockState
from chains.progmat.contracts.names import CASH, DVP_LOCK, TRADE
from chains.progmat.contracts.terms_codec import decode_terms
from chains.progmat.flows.entry_kinds import entry_kind
from chains.progmat.flows.seams import Directory, Role
from chains.progmat.flows.signed_records import encoded
from chains.progmat.flows.trades import note_trades
from chains.progmat.flows.verification import recorded_states
from chains.progmat.node.storage import StoreOutcome, store_recorded
from chains.progmat.transactions.model import StateRef, TransactionState
from chains.progmat.transactions.signed import SignedTransaction
from chains.progmat.transactions.wire import WireTransaction
from chains.progmat.vault import RecordMark, VaultRules, record_transaction
from ibc.dvp import SettlementTerms


class Recorder:
    """Records for a node with a vault: transaction store, vault, trades and IBC events in one commit."""

    def __init__(self, own_name: str, directory: Directory, rules: VaultRules) -> None:
        self._own_name = own_name
        self._directory = directory
        self._rules = rules
        self._newest: tuple[WireTransaction | None, Mapping[StateRef, TransactionState]] = (None, {})

    def record(
        self, connection: Connection, signed: SignedTransaction, journal_position: int, now_ms: int
    ) -> tuple[str, ...]:
        """Record a transaction that is verified and final; returns the other participants' names, ascending.

        A recorded transaction changes nothing. Raises ``ConflictingConsumption`` when the notary signed a double spend.
        """
        wire = signed.wire
        inputs = self._inputs(connection, wire)
        taking_part = self._participants(wire, inputs.values())
        stored = store_recorded(connection, wire.id, encoded(signed), journal_position, now_ms // 1000, taking_part)
        if stored is StoreOutcome.STORED:
            mark = RecordMark(now_ms, journal_position, entry_kind(wire, inputs), inputs)
            record_transaction(connection, wire, self._rules, mark)
            note_trades(connection, wire, inputs, journal_position)
        return tuple(sorted(taking_part - {self._own_name}))

    def participants(self, connection: Connection, wire: WireTransaction) -> frozenset[str]:
        """Issuers, custodians of all owners; for what everybody relies on (light clients, memberships) every node."""
        return self._participants(wire, self._inputs(connection, wire).values())

    def _inputs(self, connection: Connection, wire: WireTransaction) -> Mapping[StateRef, TransactionState]:
        """The states a transaction consumes; those of the one last asked about are at hand: they never change."""
        newest, inputs = self._newest
        if newest is not wire:
            inputs = recorded_states(connection, wire.inputs)
            if len(inputs) == len(wire.inputs):
                self._newest = (wire, inputs)
        return inputs

    def _participants(self, wire: WireTransaction, inputs: Iterable[TransactionState]) -> frozenset[str]:
        names: set[str] = set()
        for state in (*inputs, *wire.outputs):
            names.update(self._concerned_by(state))
        for command in wire.commands:
            if command.contract == TRADE:
                names.update(_sides(decode_terms(command.data)))
        return frozenset(names)

    def _concerned_by(self, state: TransactionState) -> Iterator[str]:
        if state.contract == CASH:
            cash = CashState.of(state)
            yield from (cash.issuer.name, cash.node)
        elif state.contract == DVP_LOCK:
            yield from _sides(DvpLockState.of(state).terms)
        else:
            yield from self._directory.names_with(Role.ISSUER)
            yield from self._directory.names_with(Role.CUSTODIAN)


def _sides(terms: SettlementTerms) -> tuple[str, str, str]:
    return terms.cash.issuer, terms.cash.buyer.node, terms.cash.seller.node
