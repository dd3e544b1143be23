"""Keys of second approvers: they sign the acts that owners do not sign, and nothing else.

Forced transfers, freezes and the like need the keeper of the register and somebody else (four eyes). A node that keeps
such a key lends it to a transaction only when every command that names the key is one of those acts.
"""

from __future__ import annotations

from typing import Final, Protocol

from chains.progmat.keys.errors import ApproverKeyMisused
from chains.progmat.transactions.signature import TransactionSignature, sign_transaction
from chains.progmat.transactions.wire import WireTransaction
from primitives.composite_key import leaf_keys
from primitives.public_key import PublicKey
from primitives.signatures import Signer

ACTS: Final = ("Force", "Freeze", "Thaw", "Cancel", "Amend")
"""Names of the commands that an approver's key may stand under."""


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
    names = tuple(command.name for command in wire.commands if any(key in leaf_keys(each) for each in command.signers))
    if not names or any(name not in ACTS for name in names):
        raise ApproverKeyMisused(ACTS, names)
    return approver


def sign_as(keys: ApproverKeys, key: PublicKey, wire: WireTransaction) -> TransactionSignature | None:
    """The signature of ``key`` under ``wire``, or None; raises ``ApproverKeyMisused`` and what the signer raises."""
    signer = transaction_signer(keys, key, wire)
    return None if signer is None else sign_transaction(signer, wire.id)
