"""The accounts' books: what each recorded ledger_tx did to each account, entered in the commit that records it.

An entry is written once and never changed; it carries the account's balance after it, so that a statement, and a
balance at any time in the past, is read and not computed. One ledger_tx makes at most one entry in an account: what it
put in less what it took out. Entries of one node are ordered by ``sequence``, the number of the vault's update
(consecutive).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    BigInteger,
    Connection,
    and_,
    bindparam,
    cast,
    func,
    literal_column,
    select,
)

from chains.progmat.node.storage import Prepared, insert
from chains.progmat.transactions.model import StateRef, TransactionState
from chains.progmat.vault.entry_lines import EntryKind
from chains.progmat.vault.indexing import AccountAsset, Indexed, IndexedHolding, holding_of
from chains.progmat.vault.schema import entries, updates


@dataclass(frozen=True, slots=True)
class RecordMark:
    """What the recorder knows of a ledger_tx besides its states: this node's time, place in the journal, kind.

    ``inputs`` are the states it consumes as far as they are known, also those of other nodes' accounts; they tell the
    counterparty. ``journal_position`` is 0 for a ledger_tx without provable writes.
    """

    recorded_ms: int
    journal_position: int
    kind: EntryKind
    inputs: Mapping[StateRef, TransactionState] = field(default_factory=dict)


UNMARKED: Final = RecordMark(0, 0, EntryKind.OTHER)
"""For a replay that only compares states."""


class Amount(NamedTuple):
    """One state's amount in an account."""

    account: AccountAsset
    amount: int
    locked_amount: int


@dataclass(slots=True)
class Change:
    """What one ledger_tx did to one account."""

    amount: int = 0
    locked_amount: int = 0


def amount_of(indexed: Indexed, encumbrance: int | None) -> Amount | None:
    """A state's amount; None for a state that is no amount in an account. What is frozen counts as locked."""
    holding = holding_of(indexed)
    if holding is None:
        return None
    account, amount = holding
    is_frozen = isinstance(indexed, IndexedHolding) and indexed.frozen
    return Amount(account, amount, amount if is_frozen or encumbrance is not None else 0)


_ZERO: Final = literal_column("0", BigInteger)
"""Numbers in the text, not beside it: a statement whose parameters are all the caller's is bound by one call."""
_ONE: Final = literal_column("1", BigInteger)


# Two statements for one with RETURNING: what is returned SQLite collects in a table in memory, made for each row and
# thrown away, which takes longer than to look for the newest number. The writer is alone, so nobody comes in between.
_NEWEST_UPDATE = Prepared(
    select(updates.c.sequence, updates.c.recorded_ms).order_by(updates.c.sequence.desc()).limit(_ONE)
)
_NUMBER_UPDATE = Prepared(insert(updates), columns=updates.c.keys())

_OF_ACCOUNT = and_(
    *(entries.c[name] == bindparam(f"of_{name}") for name in ("network", "asset_id", "issuer", "node", "owner_key"))
)


def _after(name: str) -> Any:  # noqa: ANN401 # a column expression
    newest = entries.c.recorded_ms.desc(), entries.c.sequence.desc()
    before = select(entries.c[name]).where(_OF_ACCOUNT).order_by(*newest).limit(_ONE).scalar_subquery()
    return func.coalesce(before, _ZERO)


_FIELDS: Final = (
    *("network", "asset_id", "issuer", "node", "owner_key", "sequence", "tx_id", "kind", "recorded_ms"),
    *("journal_position", "change_amount", "locked_change_amount", "counterparty_node", "counterparty_key"),
)
_ENTER = Prepared(
    insert(entries).values(  # no INSERT ... SELECT: of the very table it writes into, SQLite copies what is selected
        **{name: bindparam(f"of_{name}") for name in _FIELDS},
        balance_amount=_after("balance_amount") + cast(bindparam("of_change_amount"), BigInteger),
        locked_amount=_after("locked_amount") + cast(bindparam("of_locked_change_amount"), BigInteger),
    )
)


def enter(
    connection: Connection,
    tx_id: bytes,
    mark: RecordMark,
    taken: Sequence[Amount],
    put: Sequence[Amount],
    strangers: Iterable[tuple[AccountAsset, int]] = (),
) -> int:
    """Number the update and enter it in the books of each account; returns its sequence.

    ``taken`` and ``put`` are amounts consumed and produced in accounts of this vault; ``strangers`` the changes of
    accounts that are not kept here, by which a counterparty is told. The time entered is ``mark.recorded_ms``, or that
    of the update before if the clock has gone back since.
    """
    kind = mark.kind.value
    last, last_ms = _NEWEST_UPDATE.first(connection) or (0, 0)
    sequence, recorded_ms = last + 1, max(last_ms, mark.recorded_ms)
    number = {
        "sequence": sequence,
        "tx_id": bytes(tx_id),
        "kind": kind,
        "recorded_ms": recorded_ms,
        "journal_position": mark.journal_position,
    }
    _NUMBER_UPDATE.change(connection, number)
    changes = changes_of(taken, put)
    if changes:
        common = {
            "of_sequence": sequence,
            "of_tx_id": bytes(tx_id),
            "of_kind": kind,
            "of_recorded_ms": recorded_ms,
            "of_journal_position": mark.journal_position,
        }
        other_side = counterparties(changes, strangers)
        _ENTER.change_all(
            connection, [_row(account, changes[account], other_side) | common for account in sorted(changes)]
        )
    return int(sequence)


def changes_of(taken: Sequence[Amount], put: Sequence[Amount]) -> dict[AccountAsset, Change]:
    """What one ledger_tx did to each account: what it put in less what it took out."""
    changes: dict[AccountAsset, Change] = defaultdict(Change)
    for sign, amounts in ((-1, taken), (1, put)):
        for each in amounts:
            change = changes[each.account]
            change.amount += sign * each.amount
            change.locked_amount += sign * each.locked_amount
    return changes


def counterparties(
    changes: Mapping[AccountAsset, Change], strangers: Iterable[tuple[AccountAsset, int]]
) -> Callable[[AccountAsset], AccountAsset | None]:
    """The one account on the other side of an account's change; None if there is none, or more than one."""
    nets: dict[AccountAsset, int] = defaultdict(int)
    for account, change in changes.items():
        nets[account] += change.amount
    for account, amount in strangers:
        nets[account] += amount

    gaining: dict[tuple[str, ...], list[AccountAsset]] = defaultdict(list)
    losing: dict[tuple[str, ...], list[AccountAsset]] = defaultdict(list)
    for account, net in nets.items():
        if net:
            (gaining if net > 0 else losing)[_asset_of(account)].append(account)

    def counterparty(of: AccountAsset) -> AccountAsset | None:
        net = nets[of]
        opposite = (losing if net > 0 else gaining)[_asset_of(of)] if net else []
        return opposite[0] if len(opposite) == 1 else None

    return counterparty


def _asset_of(account: AccountAsset) -> tuple[str, ...]:
    """As ``account.asset``, at a fraction of its price."""
    return account[:3]


def _row(
    account: AccountAsset, change: Change, counterparty: Callable[[AccountAsset], AccountAsset | None]
) -> dict[str, Any]:
    other = counterparty(account)
    return {
        "of_network": account.network,
        "of_asset_id": account.asset_id,
        "of_issuer": account.issuer,
        "of_node": account.node,
        "of_owner_key": account.owner_key,
        "of_change_amount": change.amount,
        "of_locked_change_amount": change.locked_amount,
        "of_counterparty_node": None if other is None else other.node,
        "of_counterparty_key": None if other is None else other.owner_key,
    }
