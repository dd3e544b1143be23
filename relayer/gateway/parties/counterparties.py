"""Whom a platform settles with: the rule of its list of counterparties. Pure."""

from __future__ import annotations

from collections.abc import Collection

from ibc.dvp import SettlementTerms
from relayer.gateway.matching import Side
from relayer.gateway.service_errors import CounterpartyNotListed
from relayer.gateway.service_tables import NamedAccount


def require_listed(listed: Collection[NamedAccount], side: Side, terms: SettlementTerms) -> None:
    """Hold an instruction of ``side``'s platform against that platform's list; an empty list lets everybody pass.

    The counterparty is who takes part on both ledgers, so both of its accounts must be listed: a listed name on one
    ledger says nothing about who stands on the other. Raises ``CounterpartyNotListed``.
    """
    if not listed:
        return
    other = side.other
    address = terms.security.seller if other is Side.SELLER else terms.security.buyer
    if all(entry.evm_address != address for entry in listed if entry.is_evm):
        raise CounterpartyNotListed(f"terms.{other.value}_address", "0x" + address.hex())
    account = other.account_in(terms)
    if all(entry.cash_account != account for entry in listed if not entry.is_evm):
        raise CounterpartyNotListed(f"terms.{other.value}_account", f"0x{account.key.hex()} at {account.node}")
