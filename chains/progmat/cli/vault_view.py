"""How what a vault holds looks: lines for people, documents and CSV rows for programs."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Final

from chains.progmat.vault.entry_lines import Entry, PastBalance, Watched
from chains.progmat.vault.indexing import SC, AccountAsset
from chains.progmat.vault.lines import AccountLine, Coin, HoldLine, SoftLock
from ibc.dvp import CashAccount

CSV_COLUMNS: Final = (
    "sequence",
    "time",
    "kind",
    "tx_id",
    "journal_position",
    "counterparty_node",
    "counterparty_key",
    "in",
    "out",
    "locked_change",
    "balance",
    "locked",
    "counter_asset",
    "counter_change",
)


def time_of(recorded_ms: int) -> str:
    """UTC, RFC 3339, milliseconds; a dash for no time."""
    if not recorded_ms:
        return "-"
    return datetime.fromtimestamp(recorded_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def account_document(account: CashAccount) -> dict[str, str]:
    """An account."""
    return {"node": account.node, "key": account.key.hex()}


def line_document(line: AccountLine) -> dict[str, Any]:
    """A balance."""
    return {
        **line.asset._asdict(),
        "account": account_document(line.account),
        "free": line.balance.free,
        "reserved": line.balance.soft_locked,
        "locked": line.balance.encumbered,
        "coins": line.coins,
    }


def line_text(line: AccountLine) -> str:
    """A balance in a line."""
    held, kind = line.balance, "coin" if line.asset.network == SC else "state"
    coins = kind if line.coins == 1 else f"{kind}s"
    return (
        f"{line.account.node}  {line.asset.asset_id} of {line.asset.issuer}  free {held.free:,}  reserved "
        f"{held.soft_locked:,}  locked {held.encumbered:,}  in {line.coins} {coins}\n"
        f"  [dim]account {line.account.key.hex()}[/dim]"
    )


def coin_document(coin: Coin) -> dict[str, Any]:
    """A coin."""
    return {
        "ref": str(coin.ref),
        **coin.asset._asdict(),
        "account": account_document(coin.account),
        "amount": coin.amount,
        "status": coin.status.value,
        "reserved_by": coin.reserved_by,
        "reserved_until_s": coin.reserved_until_s,
        "trade_id": coin.trade_id.hex(),
    }


def coin_text(coin: Coin) -> str:
    """A coin in a line."""
    why = ""
    if coin.reserved_by:
        why = f" by {coin.reserved_by} until {time_of(coin.reserved_until_s * 1000)}"
    elif coin.trade_id:
        why = f" for trade {coin.trade_id.hex()}"
    return (
        f"{coin.ref}  {coin.amount:>15,} {coin.asset.unit} of {coin.asset.asset_id}  {coin.status.value.lower()}{why}"
    )


def hold_document(hold: HoldLine) -> dict[str, Any]:
    """A hold."""
    return {
        "trade_id": hold.trade_id.hex(),
        "lock": str(hold.lock),
        "client_id": hold.client_id,
        "packet_sequence": hold.packet_sequence,
        "timeout_s": hold.timeout_s,
        "issuer": hold.issuer,
        "buyer_node": hold.buyer_node,
        "seller_node": hold.seller_node,
        "amount": hold.amount,
        "coins": [coin_document(coin) for coin in hold.coins],
    }


def hold_text(hold: HoldLine) -> str:
    """A hold in a few lines."""
    return (
        f"trade {hold.trade_id.hex()}  {hold.amount:,} yen held here, until the packet's outcome is proved; "
        f"time-out {time_of(hold.timeout_s * 1000)}\n"
        f"  [dim]packet {hold.packet_sequence} of {hold.client_id}, buyer at {hold.buyer_node}, seller at "
        f"{hold.seller_node}, lock {hold.lock}[/dim]"
    )


def soft_lock_document(lock: SoftLock) -> dict[str, Any]:
    """A reservation."""
    return {
        "flow_id": lock.flow_id,
        "expires_s": lock.expires_s,
        "ref": str(lock.ref),
        "state_kind": lock.state_kind,
        "coin": None if lock.coin is None else coin_document(lock.coin),
    }


def soft_lock_text(lock: SoftLock) -> str:
    """A reservation in a line."""
    what = lock.state_kind if lock.coin is None else _amount_text(lock.coin)
    return f"{lock.flow_id}  until {time_of(lock.expires_s * 1000)}  {what}  {lock.ref}"


def entry_document(entry: Entry) -> dict[str, Any]:
    """A change; the keys are those of the CSV, the account besides."""
    other, leg = entry.counterparty, entry.counter_leg
    return {
        "sequence": entry.sequence,
        "time": time_of(entry.recorded_ms),
        "kind": entry.kind.value,
        "tx_id": entry.tx_id.hex(),
        "journal_position": entry.journal_position,
        "counterparty_node": "" if other is None else other[0],
        "counterparty_key": "" if other is None else other[1].hex(),
        "in": entry.in_amount,
        "out": entry.out_amount,
        "locked_change": entry.locked_change_amount,
        "balance": entry.balance_amount,
        "locked": entry.locked_amount,
        "counter_asset": "" if leg is None else leg.account.asset_id,
        "counter_change": 0 if leg is None else leg.change_amount,
    }


def entry_text(entry: Entry) -> str:
    """A change in a line."""
    amount = f"{entry.change_amount:+,}" if entry.change_amount else "0"
    other = "" if entry.counterparty is None else f"  {'to' if entry.out_amount else 'from'} {entry.counterparty[0]}"
    locked = f"  locked {entry.locked_amount:,}" if entry.locked_amount or entry.locked_change_amount else ""
    return (
        f"{time_of(entry.recorded_ms)}  {entry.kind.value.lower():<7} {amount:>16}  balance "
        f"{entry.balance_amount:>16,}{locked}{other}{_leg_text(entry)}  [dim]{entry.tx_id.hex()[:16]}…[/dim]"
    )


def edge_row(kind: str, past: PastBalance) -> dict[str, Any]:
    """The opening or closing line of a CSV statement."""
    return dict.fromkeys(CSV_COLUMNS, "") | {
        "kind": kind,
        "sequence": past.sequence,
        "time": time_of(past.recorded_ms),
        "balance": past.balance_amount,
        "locked": past.locked_amount,
    }


def past_document(past: PastBalance) -> dict[str, Any]:
    """A balance in the past."""
    return {
        "balance": past.balance_amount,
        "locked": past.locked_amount,
        "sequence": past.sequence,
        "time": time_of(past.recorded_ms),
    }


def watched_document(watched: Watched) -> dict[str, Any]:
    """A message of the update stream."""
    if watched.update is None:
        return {"sequence": watched.sequence, "records_id": watched.records_id, "update": None}
    seen = watched.update
    return {
        "sequence": watched.sequence,
        "records_id": watched.records_id,
        "update": {
            "tx_id": seen.update.tx_id.hex(),
            "kind": seen.update.kind.value,
            "time": time_of(seen.update.recorded_ms),
            "journal_position": seen.update.journal_position,
            "entries": [entry_document(entry) | {"account": _asset(entry.account)} for entry in seen.entries],
            "made": [coin_document(coin) for coin in seen.made],
            "consumed": [str(ref) for ref in seen.consumed],
        },
    }


def watched_texts(watched: Watched) -> Iterable[str]:
    """A message of the update stream, a line for the update and one for each account; nothing for a heartbeat."""
    if watched.update is not None:
        update = watched.update.update
        yield f"{watched.sequence}  {update.kind.value.lower()}  {update.tx_id.hex()}"
        for entry in watched.update.entries:
            yield f"  {entry_text(entry)}  {entry.account.node}"


def _asset(account: AccountAsset) -> dict[str, str]:
    return {
        **account.asset._asdict(),
        "node": account.node,
        "key": account.owner_key.hex(),
    }


def _amount_text(coin: Coin) -> str:
    return f"{coin.amount:,} {coin.asset.unit} of {coin.asset.asset_id}"


def _leg_text(entry: Entry) -> str:
    leg = entry.counter_leg
    return "" if leg is None else f"  against {leg.change_amount:+,} {leg.account.asset.unit} of {leg.account.asset_id}"
