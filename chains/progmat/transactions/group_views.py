"""Typed views of component groups, decoded when first asked for; shared by whole and torn-off transactions."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import TypeVar

from chains.progmat.transactions.component_codec import (
    command_contract,
    decode_command,
    decode_contract_package_hash,
    decode_network_parameters_hash,
    decode_party,
    decode_provable_write,
    decode_signers,
    decode_state,
    decode_state_ref,
    decode_time_window,
)
from chains.progmat.transactions.errors import MalformedComponent
from chains.progmat.transactions.model import (
    Command,
    Group,
    Party,
    ProvableWrite,
    StateRef,
    TimeWindow,
    TransactionState,
)
from primitives.lazily import lazily
from primitives.types import Hash32

T = TypeVar("T")


class GroupViews(ABC):
    """What the visible component groups say. Each view raises MalformedComponent when its components do not decode.

    A view of a group that is absent, or hidden by a tear-off, is empty or None: a holder of a tear-off must ask
    ``FilteredTransaction`` first whether the group is hidden.
    """

    @property
    @abstractmethod
    def components(self) -> Mapping[int, tuple[bytes, ...]]:
        """Visible component bytes by group ordinal."""

    @lazily
    def inputs(self) -> tuple[StateRef, ...]:
        """States that the transaction consumes."""
        return self._all(Group.INPUTS, decode_state_ref)

    @lazily
    def outputs(self) -> tuple[TransactionState, ...]:
        """States that the transaction makes."""
        return self._all(Group.OUTPUTS, decode_state)

    @lazily
    def commands(self) -> tuple[Command, ...]:
        """Commands with their signers; groups COMMANDS and SIGNERS have one component each per command."""
        signers = self._all(Group.SIGNERS, decode_signers)
        raw = self.components.get(Group.COMMANDS, ())
        if len(raw) != len(signers):
            raise MalformedComponent("one signer component per command", expected=len(raw), found=len(signers))
        return tuple(map(decode_command, raw, signers))

    @lazily
    def command_contracts(self) -> tuple[str, ...]:
        """The contracts that the commands are of, also where the signers are hidden."""
        return self._all(Group.COMMANDS, command_contract)

    @lazily
    def notary(self) -> Party | None:
        """The notary that the transaction is meant for."""
        return self._at_most_one(Group.NOTARY, decode_party)

    @lazily
    def time_window(self) -> TimeWindow | None:
        """When the notary may accept the transaction."""
        return self._at_most_one(Group.TIME_WINDOW, decode_time_window)

    @lazily
    def references(self) -> tuple[StateRef, ...]:
        """States that must be unspent but are not consumed."""
        return self._all(Group.REFERENCES, decode_state_ref)

    @lazily
    def network_parameters_hash(self) -> Hash32 | None:
        """Hash of the network parameters that the transaction was built under."""
        return self._at_most_one(Group.NETWORK_PARAMETERS, decode_network_parameters_hash)

    @lazily
    def provable_writes(self) -> tuple[ProvableWrite, ...]:
        """Writes to the ledger's provable store."""
        return self._all(Group.PROVABLE_WRITES, decode_provable_write)

    @lazily
    def contract_package(self) -> Hash32 | None:
        """Hash of the contract package that the transaction was built for."""
        return self._at_most_one(Group.CONTRACT_PACKAGE, decode_contract_package_hash)

    def _all(self, group: Group, decode: Callable[[bytes], T]) -> tuple[T, ...]:
        return tuple(map(decode, self.components.get(group, ())))

    def _at_most_one(self, group: Group, decode: Callable[[bytes], T]) -> T | None:
        components = self.components.get(group, ())
        if len(components) > 1:
            raise MalformedComponent(f"group {group.name} has one component", expected=1, found=len(components))
        return decode(components[0]) if components else None
