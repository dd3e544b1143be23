"""Entries of a register with what their ledger_txs say of themselves."""

from __future__ import annotations

from dataclasses import dataclass

from chains.progmat.market.register.details import TransferDetails
from chains.progmat.vault.entry_lines import Entry


@dataclass(frozen=True, slots=True)
class RegisterEntry:
    """What one ledger_tx did to one account, and what it says of itself."""

    entry: Entry
    details: TransferDetails
