"""Command ``Upgrade`` of ``package_upgrade``: states of an older contract package become states of this one.

The command's data are the hash of the package that the inputs' ledger_txs name; this package says, in its own hash, by
which function each contract's states of that package are converted (``Conversion``). So the members who voted for the
package have voted for its conversions, and whoever asks for one can only choose which states. Source: Corda's
``UpgradedContract.upgrade`` and ``ContractUpgradeWireTransaction``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from chains.progmat.contracts.errors import PackageUpgradeViolation
from chains.progmat.contracts.package import ContractPackage
from chains.progmat.contracts.rules import RuleBook
from chains.progmat.transactions.model import Command, StateAndRef, StateRef, TransactionState
from chains.progmat.transactions.network_parameters import NetworkParameters
from chains.progmat.transactions.replacing import PACKAGE_UPGRADE
from primitives.composite_key import Key
from primitives.types import Hash32

UPGRADE: Final = "Upgrade"

_rules = RuleBook(PackageUpgradeViolation)


def upgrade_command(from_package: Hash32, *signers: Key) -> Command:
    """The command that converts states of ``from_package`` to the package that the ledger_tx names."""
    return Command(PACKAGE_UPGRADE, UPGRADE, bytes(from_package), signers)


def converted_by(
    command: Command,
    package: ContractPackage,
    parameters: NetworkParameters,
    made_under: Mapping[StateRef, Hash32],
) -> Callable[[StateAndRef], TransactionState]:
    """From a state of the command's package to what ``package`` makes of it; ``made_under`` as of the ledger_tx.

    Raises PackageUpgradeViolation for a state of another package, one without a conversion, or a conversion that
    changes more than data; also what the conversion raises.
    """
    _rules.equal("the command is known", expected=UPGRADE, found=command.name)
    _rules.equal("the command names a package by its hash", expected=32, found=len(command.data))
    from_package = Hash32(command.data)
    if from_package == package.hash:
        raise _rules.broken("states come from another package", expected="another hash", found=from_package)

    def successor(state: StateAndRef) -> TransactionState:
        found = made_under.get(state.ref)
        _rules.equal(f"{state.ref} was made under the package named", expected=from_package, found=found)
        made = converted(package, from_package, state.state)
        return replace(made, notary=parameters.current(made.notary))

    return successor


def converted(package: ContractPackage, from_package: Hash32, state: TransactionState) -> TransactionState:
    """What ``package`` makes of a state of ``from_package``; raises as ``converted_by``."""
    conversion = package.conversions.get((from_package, state.contract))
    if conversion is None:
        known = sorted(contract for package_hash, contract in package.conversions if package_hash == from_package)
        raise _rules.broken(
            "the package converts states of the contract", expected=", ".join(known) or "none", found=state.contract
        )
    made = conversion.convert(state)
    _rules.equal("a conversion changes data only", expected=replace(state, data=made.data), found=made)
    return made
