"""``ContractPackage``: the sealed set of contracts and light clients that a transaction is verified with."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, Protocol

from chains.progmat.contracts.errors import UnknownContract
from chains.progmat.transactions.ledger import LedgerTransaction
from chains.progmat.transactions.model import ProvableWrite, TransactionState
from chains.progmat.transactions.network_parameters import NetworkParameters
from chains.progmat.transactions.replacing import RESERVED_NAMES
from light_clients.registry import LightClientRegistry
from primitives.composite_key import Key
from primitives.errors import InvalidArgument
from primitives.hashing import sha256
from primitives.types import Hash32

_DOMAIN: Final = b"crossdvp/contract-package/1"


@dataclass(frozen=True, slots=True)
class Conversion:
    """How states of ``contract`` that were made under ``from_package`` become states of the package it is sealed in.

    ``convert`` is pure, changes ``data`` only, and raises a Refusal for what it cannot convert; ``unchanged`` where the
    layout stays. ``version`` grows with every change of it.
    """

    from_package: Hash32
    contract: str
    version: int
    convert: Callable[[TransactionState], TransactionState]


def unchanged(state: TransactionState) -> TransactionState:
    """The conversion of a contract whose layout stays: its states are renamed to the new package, so to say."""
    return state


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

    def participants(self, state: TransactionState, parameters: NetworkParameters) -> tuple[Key, ...]:
        """Who must agree when a state is replaced by its equal (``replacement``): whose it is first, and who vouches.

        The same keys that the contract asks to sign when the state moves. Empty for states that are never replaced.
        Raises DecodeError.
        """
        ...


@dataclass(frozen=True)
class ContractPackage:
    """Contracts by name and the sealed registry of light clients; identified by ``hash``. Make it with ``seal``."""

    hash: Hash32
    contracts: Mapping[str, Contract]
    light_clients: LightClientRegistry
    conversions: Mapping[tuple[Hash32, str], Conversion] = field(default_factory=dict)
    """By the package that states come from, and their contract."""

    @classmethod
    def seal(
        cls,
        contracts: Iterable[Contract],
        light_clients: LightClientRegistry,
        conversions: Iterable[Conversion] = (),
    ) -> ContractPackage:
        """The package of these contracts; its hash covers names, versions, types of light clients and conversions.

        Raises InvalidArgument for a name given twice, or reserved, and for a conversion of an unknown contract.
        """
        by_name: dict[str, Contract] = {}
        for contract in contracts:
            if contract.name in by_name:
                raise InvalidArgument(f"contract {contract.name} is given twice")
            if contract.name in RESERVED_NAMES:
                raise InvalidArgument(f"{contract.name} is reserved: no contract is called so")
            by_name[contract.name] = contract
        lines = [f"contract {name} {by_name[name].version}" for name in sorted(by_name)]
        lines += [f"light client {client_type}" for client_type in light_clients.client_types]
        by_source = _by_source(conversions, by_name)
        lines += [
            f"conversion {from_package.hex()} {contract} {by_source[from_package, contract].version}"
            for from_package, contract in sorted(by_source)
        ]
        digest = sha256(_DOMAIN + b"".join(len(line).to_bytes(2, "big") + line.encode() for line in lines))
        return cls(Hash32(digest), MappingProxyType(by_name), light_clients, MappingProxyType(by_source))

    def contract(self, name: str) -> Contract:
        """The contract of a name; raises UnknownContract."""
        found = self.contracts.get(name)
        if found is None:
            raise UnknownContract(
                "the package has the contract", expected=", ".join(sorted(self.contracts)), found=name
            )
        return found


def _by_source(
    conversions: Iterable[Conversion], contracts: Mapping[str, Contract]
) -> dict[tuple[Hash32, str], Conversion]:
    by_source: dict[tuple[Hash32, str], Conversion] = {}
    for conversion in conversions:
        source = (conversion.from_package, conversion.contract)
        if source in by_source:
            raise InvalidArgument(f"the conversion of {conversion.contract} is given twice for one package")
        if conversion.contract not in contracts:
            raise InvalidArgument(f"states of {conversion.contract} are converted, which the package does not have")
        by_source[source] = conversion
    return by_source
