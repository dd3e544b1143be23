"""Which ledger_txs replace states one for one: by the reserved contract name of their command.

Sources: Corda's ``NotaryChangeWireTransaction`` and ``ContractUpgradeWireTransaction``, which are types of their own;
here they are ordinary ledger_txs, so that ids, signatures, tear-offs and back-chains need no second form.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from chains.progmat.transactions.model import Command
from chains.progmat.transactions.other_notaries import NOTARY_CHANGE

PACKAGE_UPGRADE: Final = "package_upgrade"
RESERVED_NAMES: Final = frozenset({NOTARY_CHANGE, PACKAGE_UPGRADE})
"""No contract of a package is called so: the platform verifies these commands, in the place of all contracts."""


def replaces_states(commands: Iterable[Command]) -> bool:
    """Whether any command is a replacement's; that it is then the only one is for verification to say."""
    return not RESERVED_NAMES.isdisjoint([command.contract for command in commands])


def is_package_upgrade(commands: Iterable[Command]) -> bool:
    """Whether a command converts states of another package."""
    return PACKAGE_UPGRADE in [command.contract for command in commands]
