"""Contract ``security``: what a registrar registers before its tokens are issued (受益権の登録).

``Register`` makes one, by its registrar, an active member. ``Amend`` changes its terms, its status or its approvers;
the registrar signs and one of the approvers of before, two where approvers change, so that none is removed by one
other alone. ``Retire`` ends it: status REDEEMED, for ever; it stays, for what is left of it is still forced or
redeemed. Approvers are the second keys of the acts that no owner signs (``holdings``); none is the registrar's own.
That not more than ``units`` exist is the registrar's books' duty: no ledger transaction sees all of an issue.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from enum import IntEnum
from functools import lru_cache
from typing import Final

from chains.progmat.contracts.errors import SecurityViolation
from chains.progmat.contracts.membership import BusinessNetwork, MemberRole, ReferencedMembers
from chains.progmat.contracts.names import SECURITY
from chains.progmat.contracts.network_control import network_of
from chains.progmat.contracts.package import ContractPackage
from chains.progmat.contracts.rules import RuleBook
from chains.progmat.contracts.security_codec import encode_security, parse_security
from chains.progmat.contracts.security_terms import SecurityTerms, member_of, terms_from_message
from chains.progmat.contracts.transfer_gate import TOKEN_NETWORKS
from chains.progmat.transactions.errors import MalformedComponent
from chains.progmat.transactions.ledger import LedgerTransaction
from chains.progmat.transactions.model import Party, ProvableWrite, TransactionState, check_name, check_range
from chains.progmat.transactions.network_parameters import NetworkParameters
from primitives.composite_key import Key
from primitives.public_key import PublicKey

REGISTER: Final = "Register"
AMEND: Final = "Amend"
RETIRE: Final = "Retire"
MAX_APPROVERS: Final = 8
APPROVERS_TO_CHANGE_APPROVERS: Final = 2

_rules = RuleBook(SecurityViolation)


class SecurityStatus(IntEnum):
    """The life of a security."""

    PLANNED = 1
    LISTED = 2
    REDEEMED = 3


@dataclass(frozen=True, slots=True)
class SecurityState:
    """A security: its tokens have ``security_id`` as their id, and its gate (empty: none). Approvers ascend."""

    network: BusinessNetwork
    security_id: str
    registrar: Party
    gate_id: str
    terms: SecurityTerms
    status: SecurityStatus
    approvers: tuple[PublicKey, ...]

    def __post_init__(self) -> None:
        if self.network not in TOKEN_NETWORKS:
            raise MalformedComponent("SecurityState.network", expected="ST or UT", found=self.network.name)
        check_name("SecurityState.security_id", self.security_id)
        if self.gate_id:
            check_name("SecurityState.gate_id", self.gate_id)
        check_range("SecurityState.approvers count", len(self.approvers), 1, MAX_APPROVERS)
        encoded = [key.encoded() for key in self.approvers]
        if encoded != sorted(set(encoded)):
            raise MalformedComponent("SecurityState.approvers", expected="distinct, ascending", found="another order")
        if self.registrar.key in self.approvers:
            raise MalformedComponent(
                "SecurityState.approvers", expected="other keys than the registrar's", found=self.registrar.name
            )

    @property
    def is_issuable(self) -> bool:
        """Whether tokens of it may be issued."""
        return self.status is not SecurityStatus.REDEEMED

    def encode(self) -> bytes:
        """Canonical bytes."""
        return encode_security(self)

    def as_output(self, notary: Party) -> TransactionState:
        """This security as an output of a transaction."""
        return TransactionState(SECURITY, self.encode(), notary)

    @classmethod
    def of(cls, state: TransactionState) -> SecurityState:
        """The security in a state of this contract; raises SecurityViolation, DecodeError."""
        _rules.equal("the state is a security", expected=SECURITY, found=state.contract)
        return _decoded(state.data)


@lru_cache(maxsize=256)
def _decoded(data: bytes) -> SecurityState:
    message, registrar, approvers = parse_security(data)
    return SecurityState(
        network_of("SecurityState.network", int(message.network)),
        message.security_id,
        registrar,
        message.gate_id,
        terms_from_message(message.terms),
        member_of(SecurityStatus, int(message.status)),
        approvers,
    )


class SecurityContract:
    """See the module's docstring."""

    name = SECURITY
    version = 1

    def verify(
        self,
        ledger_tx: LedgerTransaction,
        package: ContractPackage,  # noqa: ARG002 # the protocol's signature; a security needs no light client
        parameters: NetworkParameters,  # noqa: ARG002 # as above
    ) -> tuple[ProvableWrite, ...]:
        """Nothing provable is written. Raises SecurityViolation, MembershipViolation, DecodeError."""
        command = _rules.one("a transaction changes one security", ledger_tx.commands_of(SECURITY))
        _rules.equal("a security's command carries no data", expected=b"", found=command.data)
        before = [SecurityState.of(state.state) for state in ledger_tx.inputs_of(SECURITY)]
        made = _rules.one("one security is made", [SecurityState.of(state) for state in ledger_tx.outputs_of(SECURITY)])
        _rules.signed_by("the registrar signs", signer=made.registrar.key, signers=ledger_tx.signers)
        match command.name:
            case "Register":
                _rules.none("a new security consumes none", before)
                if not made.is_issuable:
                    raise _rules.broken(
                        "a new security is to be issued", expected="PLANNED or LISTED", found="REDEEMED"
                    )
                ReferencedMembers(ledger_tx).active_party(made.registrar, made.network, MemberRole.REGISTRAR)
            case "Amend":
                _verify_change(_rules.one("one security is consumed", before), made, ledger_tx.signers)
                if not made.is_issuable:
                    raise _rules.broken("an amendment redeems nothing", expected=RETIRE, found=AMEND)
            case "Retire":
                old = _rules.one("one security is consumed", before)
                _verify_change(old, made, ledger_tx.signers)
                redeemed = replace(old, status=SecurityStatus.REDEEMED)
                _rules.equal("nothing but the status changes", expected=redeemed, found=made)
            case _:
                known = f"{REGISTER}, {AMEND}, {RETIRE}"
                raise _rules.broken("the security's command is known", expected=known, found=command.name)
        return ()

    def participants(
        self,
        state: TransactionState,
        parameters: NetworkParameters,  # noqa: ARG002 # the protocol's signature
    ) -> tuple[Key, ...]:
        """The registrar, who alone takes it elsewhere."""
        return (SecurityState.of(state).registrar.key,)


def approvers_needed(old: SecurityState, new: SecurityState) -> int:
    """How many approvers of before sign a change."""
    if new.approvers == old.approvers:
        return 1
    return min(APPROVERS_TO_CHANGE_APPROVERS, len(old.approvers))


def _verify_change(old: SecurityState, new: SecurityState, signers: Collection[Key]) -> None:
    if not old.is_issuable:
        raise _rules.broken("a redeemed security does not change", expected="PLANNED or LISTED", found=old.status.name)
    if old == new:
        raise _rules.broken("an amendment changes something", expected="other terms", found="the same")
    kept = (old.network, old.security_id, old.registrar, old.gate_id)
    found = (new.network, new.security_id, new.registrar, new.gate_id)
    _rules.equal("network, id, registrar and gate stay", expected=kept, found=found)
    signed = [key for key in old.approvers if key in signers]
    needed = approvers_needed(old, new)
    if len(signed) < needed:
        rule = "an approver signs, two where approvers change"
        raise _rules.broken(rule, expected=f"{needed} of {len(old.approvers)}", found=len(signed))


class ReferencedSecurities:
    """The securities that a transaction references, for the contract of tokens to ask."""

    def __init__(self, ledger_tx: LedgerTransaction) -> None:
        self._found = [SecurityState.of(state.state) for state in ledger_tx.references_of(SECURITY)]

    def the(self, network: BusinessNetwork, security_id: str, registrar: Party) -> SecurityState:
        """The one of that id and registrar; raises SecurityViolation, also when two are referenced."""
        named = (network, security_id, registrar)
        found = [each for each in self._found if (each.network, each.security_id, each.registrar) == named]
        return _rules.one(f"the security {security_id} of {registrar.name} is referenced", found)
