"""A whole ledger in memory: real contracts and signatures, and the notary's uniqueness of states and write paths."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property

from chains.progmat.contracts.membership import MembershipState
from chains.progmat.contracts.names import MEMBERSHIP
from chains.progmat.contracts.package import ContractPackage
from chains.progmat.contracts.verification import verify_ledger_tx
from chains.progmat.transactions.builder import TransactionBuilder
from chains.progmat.transactions.ledger import LedgerTransaction
from chains.progmat.transactions.model import ProvableWrite, StateAndRef, StateRef, TransactionState, WriteKind
from chains.progmat.transactions.network_parameters import NetworkParameters
from chains.progmat.transactions.signed import SignedTransaction
from chains.progmat.transactions.validator_suspension import Approval
from primitives.composite_key import leaf_keys
from primitives.types import Hash32
from tests.fakes.ledger_parties import LedgerParty, MemberFrame, network_parameters, salt_of, signed


class NotaryRefusedError(Exception):
    """What the notary alone can see is wrong: time, a spent state, a path that is taken or gone."""


@dataclass
class LedgerModel:
    """Accepts what a network of honest nodes, Validators and a notary accepts, at ``now_s``."""

    package: ContractPackage
    now_s: int
    states: dict[StateRef, TransactionState] = field(default_factory=dict)
    made_under: dict[StateRef, Hash32] = field(default_factory=dict)
    consumed: set[StateRef] = field(default_factory=set)
    paths: dict[bytes, bytes] = field(default_factory=dict)
    ever_written: set[bytes] = field(default_factory=set)
    count: int = 0

    def copy(self) -> LedgerModel:
        """A ledger that goes its own way from here."""
        return replace(
            self,
            states=dict(self.states),
            made_under=dict(self.made_under),
            consumed=set(self.consumed),
            paths=dict(self.paths),
            ever_written=set(self.ever_written),
        )

    @cached_property
    def parameters(self) -> NetworkParameters:
        return network_parameters(self.package)

    @property
    def frame(self) -> MemberFrame:
        """With the memberships as they are now."""
        found = ((MembershipState.of(state.state), state) for state in self.unspent(MEMBERSHIP))
        members = {(member.network, member.party.name): state for member, state in found}
        return MemberFrame(self.parameters, self.package.hash, members)

    def resolve(self, builder: TransactionBuilder) -> LedgerTransaction:
        """The transaction with its states, spent or not."""
        self.count += 1
        wire = builder.to_wire(salt_of(f"transaction {self.count}"))
        return LedgerTransaction.resolve(wire, self.states, self.made_under)

    def verify(self, builder: TransactionBuilder) -> None:
        """Contracts and platform rules only."""
        verify_ledger_tx(self.resolve(builder), self.parameters, self.package)

    def commit(self, builder: TransactionBuilder, *, without: Iterable[LedgerParty] = ()) -> tuple[StateAndRef, ...]:
        """Sign by all required parties, verify, notarise; returns the new states."""
        ledger_tx = self.resolve(builder)
        return self.submit(signed(ledger_tx.wire, without=without))

    def submit(self, transaction: SignedTransaction) -> tuple[StateAndRef, ...]:
        """What the network does with a transaction: signatures, contracts, then the notary."""
        transaction.verify_signatures_except({notary.key for notary in self.parameters.notaries})
        ledger_tx = LedgerTransaction.resolve(transaction.wire, self.states, self.made_under)
        verify_ledger_tx(ledger_tx, self.parameters, self.package)
        self._count_approvals(transaction)
        self._notarise(ledger_tx)
        for new in ledger_tx.output_refs():
            self.states[new.ref] = new.state
            self.made_under[new.ref] = self.package.hash
        return ledger_tx.output_refs()

    def unspent(self, contract: str) -> list[StateAndRef]:
        """Unspent states of a contract, in the order they were made."""
        return [
            StateAndRef(ref, state)
            for ref, state in self.states.items()
            if ref not in self.consumed and state.contract == contract
        ]

    def _count_approvals(self, transaction: SignedTransaction) -> None:
        """Of Validators whom no recorded suspension names."""
        if transaction.wire.provable_writes:
            approvers = transaction.signed_by & leaf_keys(self.parameters.validator_key)
            if not Approval(self.parameters.validator_key, frozenset(approvers)).holds_without(self.paths):
                raise NotaryRefusedError("too few approved whose approval counts")

    def _notarise(self, ledger_tx: LedgerTransaction) -> None:
        if ledger_tx.time_window is not None and not ledger_tx.time_window.contains(self.now_s):
            raise NotaryRefusedError(f"{self.now_s} is outside {ledger_tx.time_window}")
        for state in (*ledger_tx.inputs, *ledger_tx.references):
            if state.ref in self.consumed:
                raise NotaryRefusedError(f"{state.ref} is spent")
        for write in ledger_tx.provable_writes:
            self._check_write(write)
        self.consumed.update(state.ref for state in ledger_tx.inputs)
        for write in ledger_tx.provable_writes:
            self.ever_written.add(write.path)
            if write.kind is WriteKind.CREATE:
                self.paths[write.path] = write.value
            else:
                del self.paths[write.path]

    def _check_write(self, write: ProvableWrite) -> None:
        if write.kind is WriteKind.CREATE and write.path in self.ever_written:
            raise NotaryRefusedError(f"{write.path!r} was written before")
        if write.kind is WriteKind.DELETE and write.path not in self.paths:
            raise NotaryRefusedError(f"{write.path!r} does not exist")
