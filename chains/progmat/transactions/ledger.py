"""``LedgerTransaction``: a transaction with its inputs and references resolved, as the contracts see it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from chains.progmat.transactions.errors import InputsBroken, StateUnresolved
from chains.progmat.transactions.model import (
    Command,
    Party,
    ProvableWrite,
    StateAndRef,
    StateRef,
    TimeWindow,
    TransactionState,
)
from chains.progmat.transactions.wire import WireTransaction
from primitives.composite_key import Key
from primitives.lazily import lazily
from primitives.types import Hash32


@dataclass(frozen=True)
class LedgerTransaction:
    """``inputs`` and ``references`` are the states behind the wire transaction's references, in the same order.

    Whoever resolves them vouches that the states are outputs of verified transactions. Raises InputsBroken when they
    belong to other references, MalformedComponent when any component does not decode. ``made_under`` are the contract
    packages of the ledger_txs that made the inputs, as far as they are known; only an upgrade asks.
    """

    wire: WireTransaction
    inputs: tuple[StateAndRef, ...]
    references: tuple[StateAndRef, ...]
    key_heirs: Mapping[Key, Key] = field(default_factory=dict)
    made_under: Mapping[StateRef, Hash32] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.wire.decode_all()
        for kind, resolved, refs in (
            ("inputs", self.inputs, self.wire.inputs),
            ("references", self.references, self.wire.references),
        ):
            if tuple([state.ref for state in resolved]) != refs:
                raise InputsBroken(
                    f"resolved {kind} are the transaction's",
                    expected=_listed(refs),
                    found=_listed(s.ref for s in resolved),
                )

    @classmethod
    def resolve(
        cls,
        wire: WireTransaction,
        states: Mapping[StateRef, TransactionState],
        made_under: Mapping[StateRef, Hash32] = MappingProxyType({}),
    ) -> LedgerTransaction:
        """Resolve from known states; raises StateUnresolved for the first that is not among them."""
        inputs, references = _resolved(wire.inputs, states), _resolved(wire.references, states)
        return cls(wire, inputs, references, made_under=made_under)

    @lazily
    def id(self) -> Hash32:
        """The transaction id."""
        return self.wire.id

    @lazily
    def outputs(self) -> tuple[TransactionState, ...]:
        """States that the transaction makes."""
        return self.wire.outputs

    @lazily
    def commands(self) -> tuple[Command, ...]:
        """Commands with their signers."""
        return self.wire.commands

    @lazily
    def notary(self) -> Party | None:
        """The notary that the transaction is meant for."""
        return self.wire.notary

    @lazily
    def time_window(self) -> TimeWindow | None:
        """When the notary may accept the transaction."""
        return self.wire.time_window

    @lazily
    def provable_writes(self) -> tuple[ProvableWrite, ...]:
        """Writes to the ledger's provable store."""
        return self.wire.provable_writes

    @lazily
    def signers(self) -> frozenset[Key]:
        """Every key that some command needs; signatures by all of them are checked apart from the contracts.

        A replaced key signs for nothing; the key that took its place signs for both.
        """
        asked = {key for command in self.commands for key in command.signers}
        if self.key_heirs:
            asked = (asked - self.key_heirs.keys()) | {old for old, heir in self.key_heirs.items() if heir in asked}
        return frozenset(asked)

    def under(self, key_heirs: Mapping[Key, Key]) -> LedgerTransaction:
        """The same transaction, judged where these keys have been replaced (``NetworkParameters.key_heirs``)."""
        return replace(self, key_heirs=key_heirs) if key_heirs else self

    @lazily
    def contract_names(self) -> frozenset[str]:
        """Contracts that have a say: those of inputs, outputs and commands (a reference binds nobody)."""
        return frozenset(
            [state.state.contract for state in self.inputs]
            + [state.contract for state in self.outputs]
            + [command.contract for command in self.commands]
        )

    def commands_of(self, contract: str) -> tuple[Command, ...]:
        """Commands of one contract."""
        return tuple([command for command in self.commands if command.contract == contract])

    def inputs_of(self, contract: str) -> tuple[StateAndRef, ...]:
        """Consumed states of one contract."""
        return tuple([state for state in self.inputs if state.state.contract == contract])

    def outputs_of(self, contract: str) -> tuple[TransactionState, ...]:
        """New states of one contract."""
        return tuple([state for state in self.outputs if state.contract == contract])

    def references_of(self, contract: str) -> tuple[StateAndRef, ...]:
        """Referenced states of one contract."""
        return tuple([state for state in self.references if state.state.contract == contract])

    def output_refs(self) -> tuple[StateAndRef, ...]:
        """New states with the references that later transactions will use."""
        return tuple(StateAndRef(StateRef(self.id, index), state) for index, state in enumerate(self.outputs))


def _resolved(refs: tuple[StateRef, ...], states: Mapping[StateRef, TransactionState]) -> tuple[StateAndRef, ...]:
    for ref in refs:
        if ref not in states:
            raise StateUnresolved(ref)
    return tuple([StateAndRef(ref, states[ref]) for ref in refs])


def _listed(refs: Iterable[StateRef]) -> str:
    return ", ".join(str(ref) for ref in refs)
