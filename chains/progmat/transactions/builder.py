"""``TransactionBuilder``: a ledger transaction being put together, not yet fixed to bytes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar

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
        said: tuple[tuple[Group, Callable[[Any], bytes], tuple[Any, ...]], ...] = (
            (Group.INPUTS, codec.encode_state_ref, self.inputs),
            (Group.OUTPUTS, codec.encode_state, self.outputs),
            (Group.COMMANDS, codec.encode_command, self.commands),
            (Group.NOTARY, codec.encode_party, _present(self.notary)),
            (Group.TIME_WINDOW, codec.encode_time_window, _present(self.time_window)),
            (Group.SIGNERS, codec.encode_signers, self.commands),
            (Group.REFERENCES, codec.encode_state_ref, self.references),
            (Group.NETWORK_PARAMETERS, codec.encode_network_parameters_hash, _present(self.network_parameters_hash)),
            (Group.PROVABLE_WRITES, codec.encode_provable_write, self.provable_writes),
            (Group.CONTRACT_PACKAGE, codec.encode_contract_package_hash, _present(self.contract_package)),
        )
        groups = [ComponentGroup(int(group), tuple(map(encode, values))) for group, encode, values in said if values]
        return WireTransaction(salt, tuple(groups))


def _present(value: T | None) -> tuple[T, ...]:
    return () if value is None else (value,)
