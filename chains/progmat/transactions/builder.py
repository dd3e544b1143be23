"""``TransactionBuilder``: a ledger transaction being put together, not yet fixed to bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from chains.progmat.transactions import component_codec as codec
from chains.progmat.transactions.model import (
    Command,
    ComponentGroup,
    Group,
    Party,
    ProvableWrite,
    StateRef,
    TimeWindow,
    TransactionState,
)
from chains.progmat.transactions.wire import WireTransaction
from primitives.composite_key import Key
from primitives.types import Hash32

T = TypeVar("T")


@dataclass(frozen=True)
class TransactionBuilder:
    """What the transaction shall say. ``to_wire`` fixes it; nothing is verified before that but single values."""

    notary: Party | None
    network_parameters_hash: Hash32
    contract_package: Hash32
    inputs: tuple[StateRef, ...] = ()
    outputs: tuple[TransactionState, ...] = ()
    commands: tuple[Command, ...] = ()
    time_window: TimeWindow | None = None
    references: tuple[StateRef, ...] = ()
    provable_writes: tuple[ProvableWrite, ...] = ()

    def with_signer(self, command_index: int, *keys: Key) -> TransactionBuilder:
        """The same transaction with more required signers on one command."""
        command = self.commands[command_index]
        extended = replace(command, signers=tuple(dict.fromkeys((*command.signers, *keys))))
        commands = (*self.commands[:command_index], extended, *self.commands[command_index + 1 :])
        return replace(self, commands=commands)

    def signed_by_heirs(self, key_heirs: Mapping[Key, Key]) -> TransactionBuilder:
        """The same transaction with every replaced key among the required signers replaced by its heir."""
        if not key_heirs:
            return self
        commands = (
            replace(item, signers=tuple(dict.fromkeys(key_heirs.get(key, key) for key in item.signers)))
            for item in self.commands
        )
        return replace(self, commands=tuple(commands))

    def to_wire(self, salt: bytes) -> WireTransaction:
        """Fix the components to bytes under ``salt``: 32 fresh random bytes. Raises MalformedComponent."""
        groups = (
            _group(Group.INPUTS, codec.encode_state_ref, self.inputs),
            _group(Group.OUTPUTS, codec.encode_state, self.outputs),
            _group(Group.COMMANDS, codec.encode_command, self.commands),
            _group(Group.NOTARY, codec.encode_party, _present(self.notary)),
            _group(Group.TIME_WINDOW, codec.encode_time_window, _present(self.time_window)),
            _group(Group.SIGNERS, codec.encode_signers, self.commands),
            _group(Group.REFERENCES, codec.encode_state_ref, self.references),
            _group(
                Group.NETWORK_PARAMETERS, codec.encode_network_parameters_hash, _present(self.network_parameters_hash)
            ),
            _group(Group.PROVABLE_WRITES, codec.encode_provable_write, self.provable_writes),
            _group(Group.CONTRACT_PACKAGE, codec.encode_contract_package_hash, _present(self.contract_package)),
        )
        return WireTransaction(salt, tuple([group for group in groups if group.components]))


def _present(value: T | None) -> tuple[T, ...]:
    return () if value is None else (value,)


def _group(group: Group, encode: Callable[[T], bytes], values: Iterable[T]) -> ComponentGroup:
    return ComponentGroup(int(group), tuple(map(encode, values)))
