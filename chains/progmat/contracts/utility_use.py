"""Contract ``utility_use``: a holder uses utility tokens (ユーティリティトークンの利用) for something with a reference.

``Use`` goes with one ``Redeem`` of the utility token, which burns what is used; the token's contract checks owner,
registrar, and that it has not expired.
"""

from __future__ import annotations

import re
from typing import Final

from crossdvp.ledger.v1 import distribution_states_pb2 as pb

from chains.progmat.contracts.errors import UtilityUseViolation
from chains.progmat.contracts.holdings import REDEEM
from chains.progmat.contracts.names import UTILITY_TOKEN, UTILITY_USE
from chains.progmat.contracts.package import ContractPackage
from chains.progmat.contracts.rules import RuleBook
from chains.progmat.contracts.token import TokenState
from chains.progmat.transactions.ledger import LedgerTransaction
from chains.progmat.transactions.model import ProvableWrite, TransactionState, check_pattern
from chains.progmat.transactions.network_parameters import NetworkParameters
from primitives.codec import deterministic_bytes, strict_parse
from primitives.composite_key import Key

USE: Final = "Use"
MAX_USE_BYTES: Final = 256
_REFERENCE: Final = re.compile(r"[A-Za-z0-9._:/-]{1,64}")

_rules = RuleBook(UtilityUseViolation)


class UtilityUseContract:
    """See the module's docstring."""

    name = UTILITY_USE
    version = 1

    def verify(
        self,
        ledger_tx: LedgerTransaction,
        package: ContractPackage,  # noqa: ARG002 # the protocol's signature; nothing of another chain is proved
        parameters: NetworkParameters,  # noqa: ARG002 # as above
    ) -> tuple[ProvableWrite, ...]:
        """Nothing provable is written: always the empty tuple. Raises UtilityUseViolation, DecodeError."""
        command = _rules.one("one use is made", ledger_tx.commands_of(UTILITY_USE))
        _rules.equal("the command is known", expected=USE, found=command.name)
        use_reference(command.data)
        token_command = _rules.one("tokens are used by one command", ledger_tx.commands_of(UTILITY_TOKEN))
        _rules.equal("nothing else happens", expected=2, found=len(ledger_tx.commands))
        used = [TokenState.of(state.state) for state in ledger_tx.inputs_of(UTILITY_TOKEN)]
        _rules.some("tokens are used", used)
        holder = _rules.one("one holder uses them", list({token.owner for token in used}))
        _rules.signed_by("the holder signs", signer=holder, signers=ledger_tx.signers)
        _rules.equal("what is used is burned", expected=REDEEM, found=token_command.name)
        return ()

    def participants(
        self,
        state: TransactionState,  # noqa: ARG002 # the protocol's signature
        parameters: NetworkParameters,  # noqa: ARG002 # as above
    ) -> tuple[Key, ...]:
        """Nobody: a use leaves no state of its own."""
        return ()


def encode_use(reference: str) -> bytes:
    """The data of a use. Raises MalformedComponent for a reference that is none."""
    check_pattern("UtilityUse.reference", reference, _REFERENCE)
    return deterministic_bytes(pb.UtilityUse(reference=reference))


def use_reference(data: bytes) -> str:
    """The reference in the data of a use; raises DecodeError."""
    message = strict_parse(pb.UtilityUse, data, max_bytes=MAX_USE_BYTES)
    check_pattern("UtilityUse.reference", message.reference, _REFERENCE)
    reference: str = message.reference
    return reference
