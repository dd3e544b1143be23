"""Recording a notarised ledger transaction: its inputs are consumed, its relevant outputs kept. Idempotent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from enum import Enum
from typing import Any, Protocol, get_args

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Table,
    bindparam,
    delete,
    select,
    tuple_,
    update,
)

from chains.progmat.node.storage import Prepared, insert
from chains.progmat.transactions.component_codec import encode_state
from chains.progmat.transactions.model import StateRef, TransactionState
from chains.progmat.vault.errors import ConflictingConsumption
from chains.progmat.vault.indexing import Indexed, IndexedCash, IndexedLock, VaultRules
from chains.progmat.vault.schema import TABLE_OF, TABLE_OF_KIND, consumptions, soft_locks, states
from primitives.types import Hash32

_KEYS: BindParameter[Any] = bindparam("keys", expanding=True)


def _among_keys(table: Table) -> ColumnElement[bool]:
    return tuple_(table.c.tx_id, table.c.output_index).in_(_KEYS)


_CONSUMPTIONS_OF = Prepared(
    select(consumptions.c.tx_id, consumptions.c.output_index, consumptions.c.consumed_by).where(
        _among_keys(consumptions)
    )
)
_CONSUME = Prepared(insert(consumptions), columns=consumptions.c.keys())
_KINDS_OF = Prepared(select(states.c.tx_id, states.c.output_index, states.c.kind).where(_among_keys(states)))
_MARK_CONSUMED = {
    kind: Prepared(update(table).where(_among_keys(table)).values(consumed=True))
    for kind, table in TABLE_OF_KIND.items()
}
_DROP_SOFT_LOCKS = Prepared(delete(soft_locks).where(_among_keys(soft_locks)))
_KEPT_OUTPUTS = Prepared(select(states.c.output_index).where(states.c.tx_id == bindparam("of")))
_SPENT_OUTPUTS = Prepared(select(consumptions.c.output_index).where(consumptions.c.tx_id == bindparam("of")))
_KEEP = Prepared(insert(states), columns=states.c.keys())
_INDEX = {kind: Prepared(insert(table), columns=table.c.keys()) for kind, table in TABLE_OF.items()}
_FIELDS_OF = {kind: tuple(field.name for field in fields(kind)) for kind in get_args(Indexed)}


class RecordedTx(Protocol):
    """What is recorded of a ledger_tx: ``WireTransaction`` is one."""

    @property
    def id(self) -> Hash32:
        """The transaction id."""
        ...

    @property
    def inputs(self) -> tuple[StateRef, ...]:
        """States consumed."""
        ...

    @property
    def outputs(self) -> tuple[TransactionState, ...]:
        """States made."""
        ...


class RecordOutcome(Enum):
    """Whether recording changed the vault; both are success."""

    RECORDED = "RECORDED"
    KNOWN = "KNOWN"


def record_transaction(connection: Connection, ledger_tx: RecordedTx, rules: VaultRules) -> RecordOutcome:
    """Enter a verified and notarised ledger_tx; call it in the database transaction that stores the ledger_tx itself.

    Order of arrival does not matter: an output that a recorded ledger_tx consumes already is entered as consumed.
    Soft locks on consumed states go. Raises ``ConflictingConsumption`` with nothing changed.
    """
    consumed = _consume(connection, ledger_tx)
    produced = _produce(connection, ledger_tx, rules)
    return RecordOutcome.RECORDED if consumed or produced else RecordOutcome.KNOWN


def _consume(connection: Connection, ledger_tx: RecordedTx) -> int:
    refs = ledger_tx.inputs
    if not refs:
        return 0
    known = {
        StateRef(tx_id, index): consumed_by
        for tx_id, index, consumed_by in _CONSUMPTIONS_OF.rows(connection, {"keys": _keys(refs)})
    }
    for ref, consumed_by in known.items():
        if consumed_by != ledger_tx.id:
            raise ConflictingConsumption(ref, consumed_by, ledger_tx.id)
    fresh = [ref for ref in refs if ref not in known]
    if not fresh:
        return 0
    _CONSUME.change_all(connection, [_row(ref) | {"consumed_by": ledger_tx.id} for ref in fresh])
    by_kind: dict[str, list[tuple[bytes, int]]] = {}
    for tx_id, index, kind in _KINDS_OF.rows(connection, {"keys": _keys(fresh)}):
        by_kind.setdefault(kind, []).append((tx_id, index))
    for kind, keys in by_kind.items():
        _MARK_CONSUMED[kind].change(connection, {"keys": keys})
    if by_kind:
        _DROP_SOFT_LOCKS.change(connection, {"keys": _keys(fresh)})
    return len(fresh)


def _produce(connection: Connection, ledger_tx: RecordedTx, rules: VaultRules) -> int:
    indexed = _indexed_outputs(ledger_tx.outputs, rules)
    relevant = {index: entry for index, entry in indexed.items() if rules.is_relevant(entry)}
    if not relevant:
        return 0
    known = {index for (index,) in _KEPT_OUTPUTS.rows(connection, {"of": ledger_tx.id})}
    spent = {index for (index,) in _SPENT_OUTPUTS.rows(connection, {"of": ledger_tx.id})}
    rows: dict[type[Indexed], list[dict[str, Any]]] = {}
    state_rows = []
    for index, entry in relevant.items():
        if index in known:
            continue
        ref = StateRef(ledger_tx.id, index)
        state = ledger_tx.outputs[index]
        kind = TABLE_OF[type(entry)].name
        state_rows.append(_row(ref) | {"kind": kind, "component": encode_state(state)})
        columns = _row(ref) | _indexed_columns(entry) | {"consumed": index in spent}
        if isinstance(entry, IndexedCash):
            columns |= _encumbrance(state, indexed)
        rows.setdefault(type(entry), []).append(columns)
    if state_rows:
        _KEEP.change_all(connection, state_rows)
    for entry_type, columns_of_kind in rows.items():
        _INDEX[entry_type].change_all(connection, columns_of_kind)
    return len(state_rows)


def _indexed_outputs(outputs: Sequence[TransactionState], rules: VaultRules) -> dict[int, Indexed]:
    return {
        index: rules.indexers[state.contract](state)
        for index, state in enumerate(outputs)
        if state.contract in rules.indexers
    }


def _indexed_columns(entry: Indexed) -> dict[str, Any]:
    return {name: getattr(entry, name) for name in _FIELDS_OF[type(entry)]}


def _encumbrance(state: TransactionState, indexed: dict[int, Indexed]) -> dict[str, Any]:
    lock = indexed.get(state.encumbrance) if state.encumbrance is not None else None
    trade_id = lock.trade_id if isinstance(lock, IndexedLock) else None
    return {"encumbered": state.encumbrance is not None, "trade_id": trade_id}


def _keys(refs: Sequence[StateRef]) -> list[tuple[bytes, int]]:
    return [(ref.tx_id, ref.index) for ref in refs]


def _row(ref: StateRef) -> dict[str, Any]:
    return {"tx_id": ref.tx_id, "output_index": ref.index}
