"""Contract ``membership``: what a party may do on a business network, as the network operator decides.

A transaction changes one membership: ``Issue`` (made, active), ``Amend`` (other roles), ``Suspend``, ``Activate`` (the
status changes, nothing else) or ``Revoke`` (consumed). All need the operator's key, which the network parameters name.
``SuspendValidator`` needs evidence in its place, that a Validator signed two checkpoints of one height, and any active
member who brings it: the Validator's approvals count no more, and memberships of its key are suspended with it.
Other contracts demand a reference to an active membership; a suspended one has been consumed, so the notary refuses the
stale reference. What each contract demands stands in its own module.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import IntEnum
from functools import lru_cache
from typing import Final, TypeVar

from chains.progmat.contracts.errors import MembershipViolation
from chains.progmat.contracts.membership_codec import decode_membership, encode_membership
from chains.progmat.contracts.names import MEMBERSHIP
from chains.progmat.contracts.package import ContractPackage
from chains.progmat.contracts.rules import RuleBook
from chains.progmat.contracts.validator_suspension import SUSPEND_VALIDATOR, proved_suspension
from chains.progmat.transactions.errors import MalformedComponent
from chains.progmat.transactions.ledger import LedgerTransaction
from chains.progmat.transactions.model import Command, Party, ProvableWrite, TransactionState, check_range
from chains.progmat.transactions.network_parameters import NetworkParameters
from primitives.composite_key import Key

ISSUE: Final = "Issue"
AMEND: Final = "Amend"
SUSPEND: Final = "Suspend"
ACTIVATE: Final = "Activate"
REVOKE: Final = "Revoke"

_rules = RuleBook(MembershipViolation)
EnumT = TypeVar("EnumT", bound=IntEnum)


class BusinessNetwork(IntEnum):
    """The business networks that share one network map: security tokens, stablecoins, utility tokens."""

    ST = 1
    SC = 2
    UT = 3


class MemberRole(IntEnum):
    """What a member does: issue coins, keep accounts, keep the register, run a venue."""

    SC_ISSUER = 1
    CUSTODIAN = 2
    REGISTRAR = 3
    EXCHANGE = 4


class MembershipStatus(IntEnum):
    """Only an active member acts."""

    ACTIVE = 1
    SUSPENDED = 2


@dataclass(frozen=True, slots=True)
class MembershipState:
    """``party``'s roles (ascending, at least one) on one business network."""

    network: BusinessNetwork
    party: Party
    roles: tuple[MemberRole, ...]
    status: MembershipStatus

    def __post_init__(self) -> None:
        check_range("MembershipState.roles count", len(self.roles), 1, len(MemberRole))
        if list(self.roles) != sorted(set(self.roles)):
            raise MalformedComponent("roles ascend", expected=str(sorted(set(self.roles))), found=str(self.roles))

    def encode(self) -> bytes:
        """Canonical bytes."""
        return encode_membership(self.network, self.party, self.roles, self.status)

    def as_output(self, notary: Party) -> TransactionState:
        """This membership as an output of a transaction."""
        return TransactionState(MEMBERSHIP, self.encode(), notary)

    @classmethod
    def of(cls, state: TransactionState) -> MembershipState:
        """The membership in a state of this contract; raises MembershipViolation, DecodeError."""
        if state.contract != MEMBERSHIP:
            raise _rules.broken("the state is a membership", expected=MEMBERSHIP, found=state.contract)
        return _decoded(state.data)


@lru_cache(maxsize=1024)
def _decoded(data: bytes) -> MembershipState:
    network, party, roles, status = decode_membership(data)
    return MembershipState(
        _member(BusinessNetwork, network),
        party,
        tuple(_member(MemberRole, role) for role in roles),
        _member(MembershipStatus, status),
    )


def _member(enumeration: type[EnumT], number: int) -> EnumT:
    try:
        return enumeration(number)
    except ValueError as error:
        known = str(sorted(map(int, enumeration)))
        raise MalformedComponent(f"{enumeration.__name__} is known", expected=known, found=number) from error


class MembershipContract:
    """See the module's docstring."""

    name = MEMBERSHIP
    version = 3

    def verify(
        self,
        ledger_tx: LedgerTransaction,
        package: ContractPackage,  # noqa: ARG002 # the protocol's signature; memberships need no light client
        parameters: NetworkParameters,
    ) -> tuple[ProvableWrite, ...]:
        """The write that suspends a Validator, of ``SuspendValidator``; other commands write nothing provable.

        Raises MembershipViolation, and what evidence that convicts nobody raises.
        """
        command = _rules.one("a transaction changes one membership", ledger_tx.commands_of(MEMBERSHIP))
        if command.name == SUSPEND_VALIDATOR:
            return _verify_validators_suspension(command, ledger_tx, parameters)
        _rules.equal("a membership command carries no data", expected=b"", found=command.data)
        _rules.signed_by("the network operator signs", signer=parameters.operator_key, signers=ledger_tx.signers)
        before = [MembershipState.of(state.state) for state in ledger_tx.inputs_of(MEMBERSHIP)]
        after = [MembershipState.of(state) for state in ledger_tx.outputs_of(MEMBERSHIP)]
        match command.name:
            case "Issue":
                _rules.none("a new membership consumes none", before)
                made = _rules.one("one membership is issued", after)
                _rules.equal("a new membership is active", expected=MembershipStatus.ACTIVE, found=made.status)
            case "Amend":
                _verify_amendment(before, after)
            case "Suspend":
                _verify_status_change(before, after, MembershipStatus.ACTIVE, MembershipStatus.SUSPENDED)
            case "Activate":
                _verify_status_change(before, after, MembershipStatus.SUSPENDED, MembershipStatus.ACTIVE)
            case "Revoke":
                _rules.one("one membership is revoked", before)
                _rules.none("a revoked membership leaves nothing", after)
            case _:
                known = f"{ISSUE}, {AMEND}, {SUSPEND}, {ACTIVATE}, {REVOKE}, {SUSPEND_VALIDATOR}"
                raise _rules.broken("the membership command is known", expected=known, found=command.name)
        return ()

    def participants(
        self,
        state: TransactionState,  # noqa: ARG002 # the protocol's signature
        parameters: NetworkParameters,
    ) -> tuple[Key, ...]:
        """The network operator, who alone changes a membership: a member does not take it elsewhere."""
        return (parameters.operator_key,)


def _verify_validators_suspension(
    command: Command, ledger_tx: LedgerTransaction, parameters: NetworkParameters
) -> tuple[ProvableWrite, ...]:
    _rules.equal("nothing else happens", expected={MEMBERSHIP}, found=set(ledger_tx.contract_names))
    proved = proved_suspension(command.data, parameters)
    referenced = [MembershipState.of(state.state) for state in ledger_tx.references_of(MEMBERSHIP)]
    bringer = _rules.one("one membership says who brings the evidence", referenced)
    _rules.equal("an active member brings the evidence", expected=MembershipStatus.ACTIVE, found=bringer.status)
    _rules.signed_by("the member that brings the evidence signs", signer=bringer.party.key, signers=ledger_tx.signers)
    before = [MembershipState.of(state.state) for state in ledger_tx.inputs_of(MEMBERSHIP)]
    after = [MembershipState.of(state) for state in ledger_tx.outputs_of(MEMBERSHIP)]
    for old in before:
        _rules.equal(
            "a suspended membership is of the key that signed twice", expected=proved.validator, found=old.party.key
        )
        _rules.equal("a suspended membership was active", expected=MembershipStatus.ACTIVE, found=old.status)
    suspended = [replace(old, status=MembershipStatus.SUSPENDED) for old in before]
    _rules.equal("nothing but the status of what is consumed changes", expected=suspended, found=after)
    return (proved.write,)


def _verify_amendment(before: list[MembershipState], after: list[MembershipState]) -> None:
    old = _rules.one("one membership is consumed", before)
    new = _rules.one("one membership is made", after)
    _rules.equal("nothing but the roles changes", expected=replace(old, roles=new.roles), found=new)
    if new == old:
        raise _rules.broken("an amendment changes something", expected="other roles", found="the same")


def _verify_status_change(
    before: list[MembershipState], after: list[MembershipState], source: MembershipStatus, target: MembershipStatus
) -> None:
    old = _rules.one("one membership is consumed", before)
    new = _rules.one("one membership is made", after)
    _rules.equal(f"a membership becomes {target.name} from {source.name}", expected=source, found=old.status)
    _rules.equal("nothing but the status changes", expected=replace(old, status=target), found=new)


class ReferencedMembers:
    """The memberships that a transaction references, for contracts to ask; made once a verification."""

    def __init__(self, ledger_tx: LedgerTransaction) -> None:
        self._found: dict[tuple[BusinessNetwork, str], list[MembershipState]] = {}
        for reference in ledger_tx.references_of(MEMBERSHIP):
            member = MembershipState.of(reference.state)
            self._found.setdefault((member.network, member.party.name), []).append(member)

    def active(self, name: str, network: BusinessNetwork, role: MemberRole) -> MembershipState:
        """The one referenced membership of a party of that name, active and with ``role``.

        Raises MembershipViolation; also when two are referenced, so that a good one cannot hide a bad one.
        """
        found = self._found.get((network, name), [])
        if len(found) != 1:
            raise _rules.broken(
                f"the {network.name} membership of {name} is referenced", expected="exactly one", found=len(found)
            )
        member = found[0]
        if member.status is not MembershipStatus.ACTIVE:
            rule = f"{name} is an active member"
            raise _rules.broken(rule, expected=MembershipStatus.ACTIVE, found=member.status)
        if role not in member.roles:
            raise _rules.broken(f"{name} has the role", expected=role.name, found=member.roles)
        return member

    def active_party(self, party: Party, network: BusinessNetwork, role: MemberRole) -> None:
        """As ``active``, of a party whose key is known: a namesake with another key is somebody else."""
        member = self.active(party.name, network, role)
        _rules.equal(f"the membership is of {party.name}'s key", expected=party.key, found=member.party.key)

    def active_in_any_role(self, party: Party, network: BusinessNetwork) -> None:
        """As ``active_party``, whatever the member's roles are."""
        found = self._found.get((network, party.name), [])
        member = _rules.one(f"the {network.name} membership of {party.name} is referenced", found)
        _rules.equal(f"{party.name} is an active member", expected=MembershipStatus.ACTIVE, found=member.status)
        _rules.equal(f"the membership is of {party.name}'s key", expected=party.key, found=member.party.key)

    def active_custodians(self, names: Iterable[str], network: BusinessNetwork) -> None:
        """Each of these nodes is an active custodian of the network; raises MembershipViolation."""
        for name in sorted(set(names)):
            self.active(name, network, MemberRole.CUSTODIAN)
