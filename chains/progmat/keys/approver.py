"""Keys of second approvers: they sign the acts that owners do not sign, and nothing else.

Forced transfers, freezes and the like need the keeper of the register and somebody else (four eyes). A node that keeps
such a key lends it to a transaction only when every command that names the key is one of those acts.
"""

from __future__ import annotations

from typing import Final, Protocol

from chains.progmat.contracts import coin, security
from chains.progmat.contracts.keeper_acts import KEEPERS
from chains.progmat.contracts.names import CASH, COIN, SECURITY, TOKENS
from chains.progmat.keys.errors import ApproverKeyMisused
from chains.progmat.transactions.wire import WireTransaction
from primitives.composite_key import leaf_keys
from primitives.public_key import PublicKey
from primitives.signatures import Signer

ACTS: Final = frozenset(
    {(contract, act) for contract in (CASH, *TOKENS) for act in KEEPERS}
    | {(SECURITY, security.AMEND), (SECURITY, security.RETIRE), (COIN, coin.AMEND)}
)
"""Contract and name of the commands that an approver's key may stand under."""


class ApproverKeys(Protocol):
    """Where approvers' keys are kept, beside others."""

    def signer(self, key: PublicKey) -> Signer | None:
        """The signer of any other key."""
        ...

    def approver_signer(self, key: PublicKey) -> Signer | None:
        """The signer of an approver's key, or None."""
        ...


def transaction_signer(keys: ApproverKeys, key: PublicKey, wire: WireTransaction) -> Signer | None:
    """Who signs ``wire`` for ``key``; None if it is not kept here. Raises ``ApproverKeyMisused``."""
    approver = keys.approver_signer(key)
    if approver is None:
        return keys.signer(key)
    named = [command for command in wire.commands if any(key in leaf_keys(each) for each in command.signers)]
    if not named or any((command.contract, command.name) not in ACTS for command in named):
        raise ApproverKeyMisused(tuple(f"{command.contract}.{command.name}" for command in named))
    return approver


def can_sign(keys: ApproverKeys, key: PublicKey) -> bool:
    """Whether a key is kept here, an approver's or another."""
    return (keys.approver_signer(key) or keys.signer(key)) is not None
