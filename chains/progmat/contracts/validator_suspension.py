"""What a Validator's equivocation proves to the ledger: the evidence is the authority, whoever brings it.

Part of contract ``membership``. The evidence are two checkpoints of one height, signed by one key
(`light_clients.progmat.equivocation`): of this ledger, and of a Validator of the epoch that the transaction pins.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from chains.progmat.contracts.errors import MembershipViolation
from chains.progmat.contracts.rules import RuleBook
from chains.progmat.transactions.model import ProvableWrite, create_write
from chains.progmat.transactions.network_parameters import NetworkParameters
from chains.progmat.transactions.validator_suspension import suspension_path, validator_address
from light_clients.progmat import decode_equivocation, prove_equivocation
from primitives.composite_key import leaf_keys
from primitives.hashing import sha256
from primitives.public_key import PublicKey
from primitives.types import Hash32

SUSPEND_VALIDATOR: Final = "SuspendValidator"

_rules = RuleBook(MembershipViolation)


@dataclass(frozen=True, slots=True)
class ProvedSuspension:
    """The Validator's key, and the write that suspends it."""

    validator: PublicKey
    write: ProvableWrite


def proved_suspension(evidence: bytes, parameters: NetworkParameters) -> ProvedSuspension:
    """What the evidence proves under an epoch.

    Raises MalformedCheckpoint, NoMisbehaviour or ForeignSignature for evidence that convicts nobody, and
    MembershipViolation for another ledger's, or a key that is no Validator's of the epoch.
    """
    equivocation = decode_equivocation(evidence)
    _rules.equal(
        "the evidence is of this ledger's checkpoints", expected=parameters.ledger_id, found=equivocation.ledger_id
    )
    address = prove_equivocation(equivocation)
    keys = [key for key in leaf_keys(parameters.validator_key) if validator_address(key) == address]
    if len(keys) != 1:
        expected = ", ".join("0x" + known.hex() for known in parameters.validators.addresses)
        raise _rules.broken(
            "the key that signed twice is a Validator's of this epoch", expected=expected, found=address
        )
    return ProvedSuspension(keys[0], create_write(suspension_path(address), Hash32(sha256(evidence))))
