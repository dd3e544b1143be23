"""Requests that replace states one for one. Continues ``requests``, under its rules."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from chains.progmat.contracts.names import CASH, DVP_LOCK, IBC_CLIENT, MEMBERSHIP, SECURITY_TOKEN, UTILITY_TOKEN
from chains.progmat.flows.errors import InvalidRequest
from chains.progmat.flows.record import FlowKind
from chains.progmat.flows.request_base import FlowRequest
from chains.progmat.transactions.model import StateRef

MAX_REPLACED: Final = 64
"""States that one ledger_tx replaces: each may bring a signer, and a command has at most 64."""

REPLACEABLE: Final = (CASH, SECURITY_TOKEN, UTILITY_TOKEN, DVP_LOCK, MEMBERSHIP, IBC_CLIENT)
"""Contracts whose states are found in a vault and can be replaced, in the order in which they are looked for."""

IN_ACCOUNTS: Final = frozenset({CASH, SECURITY_TOKEN, UTILITY_TOKEN})


@dataclass(frozen=True)
class StateChoice:
    """Exactly ``refs`` and what they encumber; or, if empty, all of a node's own that the other fields leave.

    ``contract``, ``account_key`` and ``asset_id`` (of a coin or token) are empty for "any".
    """

    refs: tuple[StateRef, ...] = ()
    contract: str = ""
    account_key: bytes = b""
    asset_id: str = ""

    def __post_init__(self) -> None:
        if self.refs and (self.contract or self.account_key or self.asset_id):
            raise InvalidRequest("states", "either references are wanted, or contract, account and asset")
        if len(self.refs) > MAX_REPLACED or len(set(self.refs)) != len(self.refs):
            raise InvalidRequest("states.refs", f"at most {MAX_REPLACED} are wanted, each once")
        if self.contract and self.contract not in REPLACEABLE:
            raise InvalidRequest("states.contract", f"one of {', '.join(REPLACEABLE)} is wanted, or none")
        if (self.account_key or self.asset_id) and self.contract and self.contract not in IN_ACCOUNTS:
            raise InvalidRequest("states.contract", f"states of {self.contract} are in no account")

    @property
    def contracts(self) -> tuple[str, ...]:
        """Contracts whose states are looked for."""
        if self.contract:
            return (self.contract,)
        in_accounts_only = bool(self.account_key or self.asset_id)
        return tuple(name for name in REPLACEABLE if name in IN_ACCOUNTS or not in_accounts_only)


@dataclass(frozen=True)
class ChangeNotary(FlowRequest):
    """States of this node to ``new_notary``, from ``from_notary`` or, if that is empty, from wherever else they are."""

    kind = FlowKind.CHANGE_NOTARY

    new_notary: str
    from_notary: str
    states: StateChoice

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.new_notary or self.new_notary == self.from_notary:
            raise InvalidRequest("new_notary", "the name of another notary is wanted")


@dataclass(frozen=True)
class UpgradeStates(FlowRequest):
    """States of this node that were made under ``from_package`` to the package it runs."""

    kind = FlowKind.UPGRADE_STATES

    from_package: bytes
    states: StateChoice

    def __post_init__(self) -> None:
        super().__post_init__()
        if len(self.from_package) != 32:
            raise InvalidRequest("from_package", f"32 bytes are wanted, not {len(self.from_package)}")
