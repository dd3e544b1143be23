"""``ContractPackage``: the sealed set of contracts and light clients that a transaction is verified with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Protocol

from chains.progmat.contracts.errors import UnknownContract
from chains.progmat.transactions.ledger import LedgerTransaction
from chains.progmat.transactions.model import ProvableWrite
from chains.progmat.transactions.network_parameters import NetworkParameters
from light_clients.registry import LightClientRegistry
from primitives.errors import InvalidArgument
from primitives.hashing import sha256
from primitives.types import Hash32

_DOMAIN: Final = b"crossdvp/contract-package/1"


class Contract(Protocol):
    """The rules for states and commands of one name. Pure: no clock, no dice, no I/O."""

    @property
    def name(self) -> str:
        """What states and commands call it."""
        ...

    @property
    def version(self) -> int:
        """Grows with every change of a rule; part of the package's hash."""
        ...

    def verify(
        self, ledger_tx: LedgerTransaction, package: ContractPackage, parameters: NetworkParameters
    ) -> tuple[ProvableWrite, ...]:
        """Return the provable writes that this contract vouches for; raises ContractViolation or an error of ibc.

        Called when an input, an output or a command names the contract. It must refuse states of its own that none of
        its commands accounts for.
        """
        ...


@dataclass(frozen=True)
class ContractPackage:
    """Contracts by name and the sealed registry of light clients; identified by ``hash``. Make it with ``seal``."""

    hash: Hash32
    contracts: Mapping[str, Contract]
    light_clients: LightClientRegistry

    @classmethod
    def seal(cls, contracts: Iterable[Contract], light_clients: LightClientRegistry) -> ContractPackage:
        """The package of these contracts; its hash covers names, versions and types of light clients."""
        by_name: dict[str, Contract] = {}
        for contract in contracts:
            if contract.name in by_name:
                raise InvalidArgument(f"contract {contract.name} is given twice")
            by_name[contract.name] = contract
        lines = [f"contract {name} {by_name[name].version}" for name in sorted(by_name)]
        lines += [f"light client {client_type}" for client_type in light_clients.client_types]
        digest = sha256(_DOMAIN + b"".join(len(line).to_bytes(2, "big") + line.encode() for line in lines))
        return cls(Hash32(digest), MappingProxyType(by_name), light_clients)

    def contract(self, name: str) -> Contract:
        """The contract of a name; raises UnknownContract."""
        found = self.contracts.get(name)
        if found is None:
            raise UnknownContract(
                "the package has the contract", expected=", ".join(sorted(self.contracts)), found=name
            )
        return found
