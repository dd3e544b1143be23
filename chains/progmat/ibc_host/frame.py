"""What every transaction of one node has in common: the network it is for and the contracts it is built for."""

from __future__ import annotations

from dataclasses import dataclass, field

from chains.progmat.transactions.builder import TransactionBuilder
from chains.progmat.transactions.model import Command, Party
from chains.progmat.transactions.network_parameters import NetworkParameters
from primitives.composite_key import Key
from primitives.types import Hash32


@dataclass(frozen=True)
class TransactionFrame:
    """Network parameters in force, the hash of the contract package at hand, and a notary chosen among several."""

    parameters: NetworkParameters
    contract_package: Hash32
    chosen: Party | None = field(default=None, kw_only=True)

    @property
    def notary(self) -> Party:
        """The one chosen, else the journal's."""
        return self.chosen or self.parameters.notary

    def start(self) -> TransactionBuilder:
        """An empty transaction for this network."""
        return TransactionBuilder(
            notary=self.notary,
            network_parameters_hash=self.parameters.hash,
            contract_package=self.contract_package,
        )

    def validated_command(self, contract: str, name: str, data: bytes, *signers: Key) -> Command:
        """A command of a transaction with provable writes: the Validators sign besides ``signers``."""
        return Command(contract, name, data, tuple(dict.fromkeys((*signers, self.parameters.validator_key))))
