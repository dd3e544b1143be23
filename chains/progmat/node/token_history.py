"""The books of tokens in a vault that had none: entries made afterwards, from what is recorded, for the migration.

What comes out is what recording makes today: the same accounts, changes, balances, kinds and counterparties, numbered
as the updates are. Of an update that is forgotten the number follows from the order in which ledger_txs were recorded,
and the time is that at which the ledger_tx was stored. Written against the tables of revision 0007, by their names.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from sqlalchemy import Connection, text

from chains.progmat.contracts.names import TOKENS
from chains.progmat.flows.entry_kinds import entry_kind
from chains.progmat.flows.recorded import RecordedStates
from chains.progmat.flows.signed_records import decoded
from chains.progmat.node.vault_reading import INDEXERS
from chains.progmat.transactions.model import StateRef, TransactionState
from chains.progmat.vault.books import Amount, changes_of, counterparties
from chains.progmat.vault.entry_lines import EntryKind
from chains.progmat.vault.fresh_keys import account_keys_of
from chains.progmat.vault.indexing import AccountAsset, holding_of
from chains.progmat.vault.shards import shard_of

AT_ONCE: Final = 1000

_HELD: Final = text(
    """SELECT h.tx_id, h.output_index, h.network, h.asset_id, h.issuer, h.amount, h.node, h.owner_key,
              made.sequence AS made_at, spent.sequence AS spent_at
       FROM vault_holdings h JOIN transactions made ON made.tx_id = h.tx_id
       LEFT JOIN vault_consumptions c ON c.tx_id = h.tx_id AND c.output_index = h.output_index
       LEFT JOIN transactions spent ON spent.tx_id = c.consumed_by
       WHERE h.network <> 'SC'"""
)
_TOUCHING: Final = text(
    """SELECT t.sequence FROM transactions t
       WHERE EXISTS (SELECT 1 FROM vault_states s WHERE s.tx_id = t.tx_id)
          OR EXISTS (SELECT 1 FROM vault_consumptions c
                     JOIN vault_states s ON s.tx_id = c.tx_id AND s.output_index = c.output_index
                     WHERE c.consumed_by = t.tx_id)
       ORDER BY t.sequence"""
)
_UPDATES: Final = text(
    """SELECT t.sequence AS recorded, u.sequence, u.recorded_ms FROM vault_updates u
       JOIN transactions t ON t.tx_id = u.tx_id"""
)
_TRANSACTION: Final = text(
    "SELECT tx_id, signed_bytes, journal_position, stored_at_s FROM transactions WHERE sequence = :sequence"
)
_ENTER: Final = text(
    """INSERT INTO vault_entries (network, asset_id, issuer, node, owner_key, sequence, tx_id, kind, recorded_ms,
           journal_position, change_amount, locked_change_amount, balance_amount, locked_amount, counterparty_node,
           counterparty_key)
       VALUES (:network, :asset_id, :issuer, :node, :owner_key, :sequence, :tx_id, :kind, :recorded_ms,
           :journal_position, :change_amount, 0, :balance_amount, 0, :counterparty_node, :counterparty_key)"""
)
_NAME_UPDATE: Final = text("UPDATE vault_updates SET kind = :kind WHERE tx_id = :tx_id")
_MOVE_TOKENS: Final = text(
    """INSERT INTO vault_holdings (tx_id, output_index, consumed, network, asset_id, issuer, amount, node, owner_key,
           encumbered, trade_id, shard, notary, fresh_key)
       VALUES (:tx_id, :output_index, :consumed, :network, :token_id, :registrar, :quantity, :node, :owner_key,
           :encumbered, NULL, :shard, :notary, NULL)"""
)


@dataclass(slots=True)
class _Moved:
    """What one ledger_tx did to tokens of this vault."""

    taken: dict[StateRef, Amount]
    put: dict[StateRef, Amount]
    own: set[StateRef]
    """Outputs kept here, those that were spent when they came included."""


@dataclass(frozen=True, slots=True)
class _Number:
    sequence: int
    recorded_ms: int


def move_tokens(connection: Connection) -> None:
    """``vault_tokens`` into ``vault_holdings``."""
    rows = connection.execute(text("SELECT * FROM vault_tokens")).mappings()
    for some in rows.partitions(AT_ONCE):
        shards = (shard_of(row["tx_id"], row["output_index"]) for row in some)
        wanted = [
            {**row, "consumed": bool(row["consumed"]), "encumbered": False, "shard": shard}
            for row, shard in zip(some, shards, strict=True)
        ]
        connection.execute(_MOVE_TOKENS, wanted)


def enter_tokens(connection: Connection) -> None:
    """Entries for every ledger_tx that changed tokens of this vault, in the order in which they were recorded."""
    moved = _moved(connection)
    numbers = _numbers(connection, moved)
    balances: dict[AccountAsset, int] = defaultdict(int)
    recorded = RecordedStates()
    order = sorted(moved)
    for first in range(0, len(order), AT_ONCE):
        rows, kinds = [], []
        for at in order[first : first + AT_ONCE]:
            tx = connection.execute(_TRANSACTION, {"sequence": at}).one()
            signed = decoded(tx.signed_bytes)
            inputs = recorded.of(connection, signed.wire.inputs)
            common = {
                "tx_id": tx.tx_id,
                "kind": entry_kind(signed.wire, inputs, partial(account_keys_of, connection)).value,
                "journal_position": tx.journal_position,
                "sequence": numbers[at].sequence,
                "recorded_ms": numbers[at].recorded_ms,
            }
            made = {StateRef(signed.id, index): state for index, state in enumerate(signed.wire.outputs)}
            rows += [row | common for row in _entries(moved[at], made, inputs, balances)]
            kinds.append({"tx_id": tx.tx_id, "kind": common["kind"]})
        if rows:
            connection.execute(_ENTER, rows)
        connection.execute(_NAME_UPDATE, kinds)


def name_native_trades(connection: Connection) -> None:
    """Updates and entries of cash that was paid for tokens are called so."""
    for table in ("vault_entries", "vault_updates"):
        connection.execute(
            text(f"UPDATE {table} SET kind = :kind WHERE tx_id IN (SELECT tx_id FROM dvps)"),  # noqa: S608 # two names
            {"kind": EntryKind.DVP.value},
        )


def _moved(connection: Connection) -> dict[int, _Moved]:
    """By the place of the ledger_tx in the records. What was spent when it came has changed no balance."""
    moved: dict[int, _Moved] = defaultdict(lambda: _Moved({}, {}, set()))
    for row in connection.execute(_HELD):
        ref = StateRef(row.tx_id, row.output_index)
        account = AccountAsset(row.network, row.asset_id, row.issuer, row.node, row.owner_key)
        moved[row.made_at].own.add(ref)
        if row.spent_at is not None and row.spent_at < row.made_at:
            continue
        amount = Amount(account, row.amount, 0)
        moved[row.made_at].put[ref] = amount
        if row.spent_at is not None:
            moved[row.spent_at].taken[ref] = amount
    return dict(moved)


def _numbers(connection: Connection, wanted: Iterable[int]) -> Mapping[int, _Number]:
    """The update of each ledger_tx, by the place of it in the records."""
    known = {row.recorded: _Number(row.sequence, row.recorded_ms) for row in connection.execute(_UPDATES)}
    forgotten = sorted(set(wanted) - set(known))
    if not forgotten:
        return known
    oldest = min(known.values(), key=lambda number: number.sequence, default=None)
    sequence_of = {row.sequence: number for number, row in enumerate(connection.execute(_TOUCHING), 1)}
    latest_ms = 0
    for at in forgotten:
        stored_ms = connection.execute(_TRANSACTION, {"sequence": at}).one().stored_at_s * 1000
        latest_ms = max(latest_ms, stored_ms if oldest is None else min(stored_ms, oldest.recorded_ms))
        known[at] = _Number(sequence_of[at], latest_ms)
    return known


def _entries(
    moved: _Moved,
    made: Mapping[StateRef, TransactionState],
    inputs: Mapping[StateRef, TransactionState],
    balances: dict[AccountAsset, int],
) -> Iterator[dict[str, Any]]:
    changes = changes_of(list(moved.taken.values()), list(moved.put.values()))
    strangers = [
        *_amounts({ref: state for ref, state in made.items() if ref not in moved.own}, 1),
        *_amounts({ref: state for ref, state in inputs.items() if ref not in moved.taken}, -1),
    ]
    counterparty = counterparties(changes, strangers)
    for account in sorted(changes):
        balances[account] += changes[account].amount
        other = counterparty(account)
        yield account._asdict() | {
            "change_amount": changes[account].amount,
            "balance_amount": balances[account],
            "counterparty_node": None if other is None else other.node,
            "counterparty_key": None if other is None else other.owner_key,
        }


def _amounts(states: Mapping[StateRef, TransactionState], sign: int) -> Sequence[tuple[AccountAsset, int]]:
    read = (holding_of(INDEXERS[state.contract](state)) for state in states.values() if state.contract in TOKENS)
    return [(account, sign * amount) for account, amount in filter(None, read)]
