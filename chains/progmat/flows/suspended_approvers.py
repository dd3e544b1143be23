"""The Validators whose approvals this node does not collect, as the notary said of earlier ones: from the journal.

In memory: a node that was restarted is told again by the next refusal. A notary that names one falsely only makes this
node ask the others.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from typing import Final

from chains.progmat.notary.model import PathConflict, PathProblem
from chains.progmat.transactions.validator_suspension import suspended_by, validator_address
from primitives.public_key import PublicKey
from primitives.types import Address

MAX_SUSPENDED: Final = 1024


class SuspendedApprovers:
    """Filled by the notary's refusals, asked when approvals are collected."""

    def __init__(self) -> None:
        self._addresses: OrderedDict[Address, None] = OrderedDict()

    def note(self, conflicts: Iterable[PathConflict]) -> bool:
        """Take note of suspended approvers; whether they are all that these conflicts are about."""
        addresses = [
            suspended_by(conflict.path) if conflict.problem is PathProblem.APPROVER_SUSPENDED else None
            for conflict in conflicts
        ]
        for address in addresses:
            if address is not None:
                self._addresses[address] = None
        while len(self._addresses) > MAX_SUSPENDED:
            self._addresses.popitem(last=False)
        return bool(addresses) and None not in addresses

    def __contains__(self, key: PublicKey) -> bool:
        return validator_address(key) in self._addresses
