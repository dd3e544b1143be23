"""How ``crossdvp register`` shows registers, their holders and entries: to people, and to programs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from chains.console import facts, out
from chains.progmat.cli.vault_view import time_of
from chains.progmat.client.register_client import NamedRegister
from chains.progmat.market.register.entries import RegisterEntry
from chains.progmat.market.register.model import RecordDateSnapshot, Register, RegisterLine
from ibc.dvp import CashAccount

HEX_OF_TX = 16
HISTORY_COLUMNS = (
    "sequence",
    "recorded",
    "kind",
    "change",
    "balance",
    "node",
    "account_key",
    "investor_id",
    "counterparty_node",
    "counterparty_key",
    "trade_id",
    "cancelled_tx_id",
    "settlement_date",
    "reason",
    "reference",
    "author",
    "approver",
    "tx_id",
)


def summary(register: Register, only_node: str) -> dict[str, object]:
    """A register's facts."""
    moment = register.moment
    return {
        "security": register.security.asset_id,
        "network": register.security.network,
        "registrar": register.security.issuer,
        "as of": f"{time_of(moment.recorded_ms)}, sequence {moment.sequence}, position {moment.journal_position}",
        "accounts": f"{len(register.lines):,}" + (f", those of {only_node} only" if only_node else ""),
        "units": f"{register.units:,}",
        "frozen": f"{register.frozen:,}",
        "hash": register.hash.hex(),
    }


def register_document(found: NamedRegister) -> dict[str, Any]:
    """For programs."""
    register = found.register
    return {
        "security_id": register.security.asset_id,
        "network": register.security.network,
        "registrar": register.security.issuer,
        "sequence": register.moment.sequence,
        "recorded_ms": register.moment.recorded_ms,
        "journal_position": register.moment.journal_position,
        "only_node": found.only_node,
        "units": register.units,
        "frozen": register.frozen,
        "hash": register.hash.hex(),
        "holders": holder_documents(register, found.investor_ids),
    }


def holder_documents(register: Register, investor_ids: Mapping[CashAccount, str]) -> list[dict[str, Any]]:
    """Every holder's account."""
    return [
        {
            "node": line.node,
            "account_key": line.key.hex(),
            "investor_id": investor_ids.get(line.account, ""),
            "units": line.units,
            "frozen": line.frozen,
        }
        for line in register.lines
    ]


def show_holders(lines: tuple[RegisterLine, ...], investor_ids: Mapping[CashAccount, str]) -> None:
    """A line each."""
    for line in lines:
        frozen = f"  [yellow]{line.frozen:,} frozen[/yellow]" if line.frozen else ""
        name = investor_ids.get(line.account, "-")
        out.print(f"  {line.units:>15,}  {name:<12} {line.node}:{line.key.hex()}{frozen}", soft_wrap=True)
    if not lines:
        facts({"holders": "none"})


def entry_document(found: RegisterEntry, investor_id: str) -> dict[str, Any]:
    """For programs and CSV: the fields of ``HISTORY_COLUMNS``."""
    entry, details = found.entry, found.details
    node, key = entry.counterparty or ("", b"")
    return {
        "sequence": entry.sequence,
        "recorded": time_of(entry.recorded_ms),
        "kind": details.kind.value,
        "change": entry.change_amount,
        "balance": entry.balance_amount,
        "node": entry.account.node,
        "account_key": entry.account.owner_key.hex(),
        "investor_id": investor_id,
        "counterparty_node": node,
        "counterparty_key": key.hex(),
        "trade_id": details.trade_id.hex(),
        "cancelled_tx_id": details.cancelled_tx_id.hex(),
        "settlement_date": details.settlement_date,
        "reason": details.reason,
        "reference": details.reference,
        "author": details.author,
        "approver": details.approver,
        "tx_id": entry.tx_id.hex(),
    }


def entry_text(found: RegisterEntry, investor_id: str) -> str:
    """For people: what, whose, and of a registrar's own act why and by whom."""
    entry, details = found.entry, found.details
    account = investor_id or f"{entry.account.node}:{entry.account.owner_key.hex()}"
    acted = ""
    if details.reason:
        case = f" {details.reference}" if details.reference else ""
        acted = f"  {details.reason}{case} by {details.author}, approved by {details.approver}"
    if details.cancelled_tx_id:
        acted += f"  of {details.cancelled_tx_id.hex()[:HEX_OF_TX]}"
    what = f"{details.kind.value.lower():<12} {entry.change_amount:>+15,} = {entry.balance_amount:>15,}"
    return f"  {time_of(entry.recorded_ms)}  {what}  {account}{acted}"


def snapshot_document(found: RecordDateSnapshot) -> dict[str, Any]:
    """For programs."""
    register = Register(found.security, found.moment, found.lines)
    return {
        "security_id": found.security.asset_id,
        "record_date": found.record_date.isoformat(),
        "cut_off_ms": found.cut_off_ms,
        "sequence": found.moment.sequence,
        "taken_ms": found.taken_ms,
        "taken_by": found.taken_by,
        "units": found.units,
        "hash": found.hash.hex(),
        "holders": holder_documents(register, {}),
    }


def days(found: tuple[date, ...]) -> list[str]:
    """For programs."""
    return [day.isoformat() for day in found]
