"""Requests about securities: one frozen request per kind of flow. Continues ``requests``, under its rules.

``author`` and ``approver`` are staff ids, two different ones: who asked, and who agreed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from stdnum import isin

from chains.progmat.contracts.membership import BusinessNetwork
from chains.progmat.contracts.network_control import Opening
from chains.progmat.contracts.security import MAX_APPROVERS, SecurityStatus
from chains.progmat.contracts.security_terms import SecurityTerms
from chains.progmat.contracts.transfer_gate import TOKEN_NETWORKS
from chains.progmat.contracts.transfer_note import TransferKind, TransferNote, is_staff_id
from chains.progmat.flows.errors import InvalidRequest
from chains.progmat.flows.record import FlowKind
from chains.progmat.flows.request_base import FlowRequest, check_notary, check_quantity
from chains.progmat.transactions.model import check_name
from ibc.dvp import CashAccount
from primitives.errors import DecodeError

MAX_KEY_BYTES: Final = 256


@dataclass(frozen=True)
class RegisterSecurity(FlowRequest):
    """A security in this registrar's register, before its first tokens. ``approver_keys`` are encoded public keys."""

    kind = FlowKind.REGISTER_SECURITY

    network: BusinessNetwork
    security_id: str
    gate_id: str
    security: SecurityTerms
    status: SecurityStatus
    approver_keys: tuple[bytes, ...]
    author: str
    approver: str
    notary: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_security(self.network, self.security_id, self.notary)
        if self.gate_id:
            _check_id("gate_id", self.gate_id)
        _check_approvers(self.status, self.approver_keys)
        _check_isin(self.security)
        check_two_people(self.author, self.approver)


@dataclass(frozen=True)
class AmendSecurity(FlowRequest):
    """Other terms, status or approvers of a security."""

    kind = FlowKind.AMEND_SECURITY

    network: BusinessNetwork
    security_id: str
    security: SecurityTerms
    status: SecurityStatus
    approver_keys: tuple[bytes, ...]
    author: str
    approver: str
    notary: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_security(self.network, self.security_id, self.notary)
        _check_approvers(self.status, self.approver_keys)
        _check_isin(self.security)
        check_two_people(self.author, self.approver)


@dataclass(frozen=True)
class RetireSecurity(FlowRequest):
    """The end of a security."""

    kind = FlowKind.RETIRE_SECURITY

    network: BusinessNetwork
    security_id: str
    author: str
    approver: str
    notary: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_security(self.network, self.security_id, self.notary)
        check_two_people(self.author, self.approver)


@dataclass(frozen=True)
class SetGate(FlowRequest):
    """How this registrar's gate stands from now on."""

    kind = FlowKind.SET_GATE

    network: BusinessNetwork
    gate_id: str
    opening: Opening
    controlled: bool
    author: str
    notary: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_security(self.network, self.gate_id, self.notary)
        _check_person("author", self.author)


@dataclass(frozen=True)
class SetNetworkControl(FlowRequest):
    """How a business network stands from now on, by its operator."""

    kind = FlowKind.SET_NETWORK_CONTROL

    network: BusinessNetwork
    opening: Opening
    author: str
    notary: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_notary(self.notary)
        _check_person("author", self.author)


@dataclass(frozen=True)
class ForceToken(FlowRequest):
    """Tokens from any account to any other, without their owner."""

    kind = FlowKind.FORCE_TOKEN

    network: BusinessNetwork
    token_id: str
    quantity: int
    holder: CashAccount
    to: CashAccount
    note: TransferNote
    notary: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_quantity(self.quantity)
        _check_act(self.network, self.token_id, self.note, self.notary)


@dataclass(frozen=True)
class FreezeToken(FlowRequest):
    """Units of an account that move by the registrar's hand only from now on; ``quantity`` 0: all that is free."""

    kind = FlowKind.FREEZE_TOKEN

    network: BusinessNetwork
    token_id: str
    quantity: int
    holder: CashAccount
    note: TransferNote
    notary: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_quantity_or_all(self.quantity)
        _check_act(self.network, self.token_id, self.note, self.notary)


@dataclass(frozen=True)
class ThawToken(FlowRequest):
    """Frozen units of an account that are its owner's again; ``quantity`` 0: all that is frozen."""

    kind = FlowKind.THAW_TOKEN

    network: BusinessNetwork
    token_id: str
    quantity: int
    holder: CashAccount
    note: TransferNote
    notary: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_quantity_or_all(self.quantity)
        _check_act(self.network, self.token_id, self.note, self.notary)


@dataclass(frozen=True)
class CancelTransfer(FlowRequest):
    """What an earlier transfer, ``note.cancelled_tx_id``, moved of a token goes back."""

    kind = FlowKind.CANCEL_TRANSFER

    network: BusinessNetwork
    token_id: str
    note: TransferNote
    notary: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_act(self.network, self.token_id, self.note, self.notary)
        if not self.note.cancelled_tx_id:
            raise InvalidRequest("note.cancelled_tx_id", "the transaction to cancel is wanted, 32 bytes")


SecuritiesRequest = (
    RegisterSecurity
    | AmendSecurity
    | RetireSecurity
    | SetGate
    | SetNetworkControl
    | ForceToken
    | FreezeToken
    | ThawToken
    | CancelTransfer
)


def check_two_people(author: str, approver: str) -> None:
    """Two staff ids, different ones; raises ``InvalidRequest``."""
    _check_person("author", author)
    _check_person("approver", approver)
    if author == approver:
        raise InvalidRequest("approver", "somebody else than the author has to approve")


def _check_person(field: str, staff_id: str) -> None:
    if not is_staff_id(staff_id):
        raise InvalidRequest(field, "a staff id is wanted: 1 to 64 characters of A-Z a-z 0-9 . _ @ -")


def _check_id(field: str, value: str) -> None:
    try:
        check_name(field, value)
    except DecodeError as error:
        raise InvalidRequest(field, str(error)) from error


def _check_security(network: BusinessNetwork, of_id: str, notary: str) -> None:
    if network not in TOKEN_NETWORKS:
        raise InvalidRequest("network", f"securities and gates are of ST or UT, not of {network.name}")
    _check_id("id", of_id)
    check_notary(notary)


def _check_approvers(status: SecurityStatus, keys: tuple[bytes, ...]) -> None:
    if status is SecurityStatus.REDEEMED:
        raise InvalidRequest("status", "PLANNED or LISTED is wanted; a security is retired by its own request")
    if not 1 <= len(keys) <= MAX_APPROVERS or any(not 1 <= len(key) <= MAX_KEY_BYTES for key in keys):
        raise InvalidRequest("approver_keys", f"1 to {MAX_APPROVERS} public keys are wanted")


def _check_isin(terms: SecurityTerms) -> None:
    if terms.isin and not isin.is_valid(terms.isin):
        raise InvalidRequest("security.isin", f"{terms.isin} is no ISIN: its check digit is another")


def _check_quantity_or_all(quantity: int) -> None:
    if quantity:
        check_quantity(quantity)


def _check_act(network: BusinessNetwork, token_id: str, note: TransferNote, notary: str) -> None:
    _check_security(network, token_id, notary)
    check_two_people(note.author, note.approver)
    if not note.reason:
        raise InvalidRequest("note.reason", "a reason is wanted: a code of A-Z 0-9 _")
    if note.kind is not TransferKind.NONE:
        raise InvalidRequest("note.kind", "it follows from what is asked for: leave it out")
