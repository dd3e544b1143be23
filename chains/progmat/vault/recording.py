"""Recording a notarised ledger transaction: its inputs are consumed, its relevant outputs kept. Idempotent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from enum import Enum
from operator import attrgetter
from typing import Any, Final, Protocol, get_args

from sqlalchemy import (
    Connection,
    Table,
    and_,
    bindparam,
    delete,
    false,
    select,
    true,
    union_all,
    update,
)

from chains.progmat.node.storage import Prepared, insert
from chains.progmat.transactions.model import Group, StateRef, TransactionState
from chains.progmat.vault.books import UNMARKED, Amount, RecordMark, amount_of, enter
from chains.progmat.vault.by_refs import ByRefs, Key
from chains.progmat.vault.errors import ConflictingConsumption
from chains.progmat.vault.fresh_keys import attributed
from chains.progmat.vault.indexing import (
    AccountAsset,
    Indexed,
    IndexedHolding,
    IndexedLock,
    VaultRules,
    holding_of,
)
from chains.progmat.vault.schema import TABLE_OF, TABLE_OF_KIND, consumptions, holdings, soft_locks, states
from chains.progmat.vault.shards import shard_of
from primitives.types import Hash32

_CONSUMPTIONS_OF = ByRefs(
    lambda these: select(consumptions.c.tx_id, consumptions.c.output_index, consumptions.c.consumed_by).where(
        these(consumptions)
    )
)
_CONSUME = Prepared(insert(consumptions), columns=consumptions.c.keys())
_KEPT = ByRefs(
    lambda these: (
        select(
            states.c.tx_id,
            states.c.output_index,
            states.c.kind,
            holdings.c.encumbered,
            holdings.c.amount,
            *(holdings.c[name] for name in AccountAsset._fields),
        )
        .select_from(states)
        .outerjoin(
            holdings,
            and_(holdings.c.tx_id == states.c.tx_id, holdings.c.output_index == states.c.output_index),
        )
        .where(these(states))
    )
)
"""Those kept here, each with its table, and of amounts what they are: read before they are marked as consumed, for that
takes less time than RETURNING does (see ``books``)."""


def _mark_consumed(table: Table) -> ByRefs:
    return ByRefs(lambda these: update(table).where(these(table)).values(consumed=true()))


_MARK_CONSUMED = {kind: _mark_consumed(table) for kind, table in TABLE_OF_KIND.items()}
_HOLDINGS: Final = str(holdings.name)
_DROP_SOFT_LOCKS = ByRefs(lambda these: delete(soft_locks).where(these(soft_locks)))
_MET_BEFORE = union_all(
    select(states.c.output_index, false().label("spent")).where(states.c.tx_id == bindparam("of")),
    select(consumptions.c.output_index, true()).where(consumptions.c.tx_id == bindparam("of")),
).subquery()
_OUTPUTS_MET = Prepared(select(_MET_BEFORE.c.output_index, _MET_BEFORE.c.spent))
_KEEP = Prepared(insert(states), columns=states.c.keys())
_INDEX = {kind: Prepared(insert(table), columns=table.c.keys()) for kind, table in TABLE_OF.items()}
_NAME_OF = {kind: str(table.name) for kind, table in TABLE_OF.items()}
"""Plain text: SQLite takes long over SQLAlchemy's own kind of it."""
_FIELDS_OF = {kind: tuple(field.name for field in fields(kind)) for kind in get_args(Indexed)}
_VALUES_OF = {kind: attrgetter(*names) for kind, names in _FIELDS_OF.items()}


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

    @property
    def components(self) -> Mapping[int, tuple[bytes, ...]]:
        """Component bytes by group ordinal: of ``OUTPUTS`` those of ``outputs``, in order."""
        ...


class RecordOutcome(Enum):
    """Whether recording changed the vault; both are success."""

    RECORDED = "RECORDED"
    KNOWN = "KNOWN"


@dataclass(slots=True)
class _Effect:
    """What recording one ledger_tx changed: consumptions entered, states of this vault touched, amounts moved."""

    entered: int = 0
    kept: int = 0
    taken: list[Amount] = field(default_factory=list)
    put: list[Amount] = field(default_factory=list)
    own_inputs: set[StateRef] = field(default_factory=set)
    own_outputs: set[int] = field(default_factory=set)


def record_transaction(
    connection: Connection, ledger_tx: RecordedTx, rules: VaultRules, mark: RecordMark = UNMARKED
) -> RecordOutcome:
    """Enter a verified and notarised ledger_tx; call it in the database transaction that stores the ledger_tx itself.

    What it does to accounts kept here is entered in their books under ``mark``. Order of arrival does not matter: an
    output that a recorded ledger_tx consumes already is entered as consumed, and changes no balance. Soft locks on
    consumed states go. Raises ``ConflictingConsumption`` with nothing changed.
    """
    effect = _Effect()
    _consume(connection, ledger_tx, effect)
    indexed = attributed(connection, _indexed_outputs(ledger_tx.outputs, rules))
    _produce(connection, ledger_tx, rules, indexed, effect)
    if effect.kept:
        strangers = _strangers(connection, indexed, rules, mark, effect)
        enter(connection, ledger_tx.id, mark, effect.taken, effect.put, strangers)
    return RecordOutcome.RECORDED if effect.entered or effect.kept else RecordOutcome.KNOWN


def _consume(connection: Connection, ledger_tx: RecordedTx, effect: _Effect) -> None:
    refs = ledger_tx.inputs
    if not refs:
        return
    known = {
        StateRef(tx_id, index): consumed_by
        for tx_id, index, consumed_by in _CONSUMPTIONS_OF.rows(connection, _keys(refs))
    }
    for ref, consumed_by in known.items():
        if consumed_by != ledger_tx.id:
            raise ConflictingConsumption(ref, consumed_by, ledger_tx.id)
    fresh = [ref for ref in refs if ref not in known]
    if not fresh:
        return
    _CONSUME.change_all(connection, [_row(ref) | {"consumed_by": ledger_tx.id} for ref in fresh])
    effect.entered = len(fresh)
    by_kind: dict[str, list[Key]] = {}
    for tx_id, index, kind, encumbered, amount, *account in _KEPT.rows(connection, _keys(fresh)):
        by_kind.setdefault(kind, []).append((tx_id, index))
        if kind == _HOLDINGS:
            effect.taken.append(Amount(AccountAsset(*account), amount, amount if encumbered else 0))
            effect.own_inputs.add(StateRef(tx_id, index))
    for kind, keys in by_kind.items():
        effect.kept += len(keys)
        _MARK_CONSUMED[kind].change(connection, keys)
    if by_kind:
        _DROP_SOFT_LOCKS.change(connection, _keys(fresh))


def _produce(
    connection: Connection, ledger_tx: RecordedTx, rules: VaultRules, indexed: dict[int, Indexed], effect: _Effect
) -> None:
    relevant = {index: entry for index, entry in indexed.items() if rules.is_relevant(entry)}
    if not relevant:
        return
    effect.own_outputs.update(relevant)
    met = _OUTPUTS_MET.rows(connection, {"of": ledger_tx.id})
    known = {index for index, is_spent in met if not is_spent}
    spent = {index for index, is_spent in met if is_spent}
    rows: dict[type[Indexed], list[dict[str, Any]]] = {}
    state_rows = []
    tx_id, components = ledger_tx.id, ledger_tx.components[Group.OUTPUTS]
    for index, entry in relevant.items():
        if index in known:
            continue
        state, kind = ledger_tx.outputs[index], type(entry)
        key = {"tx_id": tx_id, "output_index": index}
        state_rows.append({**key, "kind": _NAME_OF[kind], "component": components[index]})
        columns = {**key, **_indexed_columns(entry), "consumed": index in spent}
        if kind is IndexedHolding:
            columns |= _of_holding(tx_id, index, state, indexed)
        rows.setdefault(kind, []).append(columns)
        amount = amount_of(entry, state.encumbrance)
        if amount is not None and index not in spent:
            effect.put.append(amount)
    if state_rows:
        _KEEP.change_all(connection, state_rows)
        effect.kept += len(state_rows)
    for entry_type, columns_of_kind in rows.items():
        _INDEX[entry_type].change_all(connection, columns_of_kind)


def _strangers(
    connection: Connection, indexed: dict[int, Indexed], rules: VaultRules, mark: RecordMark, effect: _Effect
) -> Iterator[tuple[AccountAsset, int]]:
    """What the ledger_tx did to accounts that are not kept here, as far as this node was shown it."""
    for index, entry in indexed.items():
        if index not in effect.own_outputs and (holding := holding_of(entry)) is not None:
            yield holding
    others = {
        ref: rules.indexers[state.contract](state)
        for ref, state in mark.inputs.items()
        if ref not in effect.own_inputs and state.contract in rules.indexers
    }
    for entry in attributed(connection, others).values():
        holding = holding_of(entry)
        if holding is not None:
            yield holding[0], -holding[1]


def _indexed_outputs(outputs: Sequence[TransactionState], rules: VaultRules) -> dict[int, Indexed]:
    return {
        index: rules.indexers[state.contract](state)
        for index, state in enumerate(outputs)
        if state.contract in rules.indexers
    }


def _of_holding(tx_id: bytes, index: int, state: TransactionState, indexed: dict[int, Indexed]) -> dict[str, Any]:
    lock = indexed.get(state.encumbrance) if state.encumbrance is not None else None
    return {
        "encumbered": state.encumbrance is not None or _is_frozen(indexed[index]),
        "trade_id": lock.trade_id if isinstance(lock, IndexedLock) else None,
        "shard": shard_of(tx_id, index),
        "notary": state.notary.name,
    }


def _is_frozen(entry: Indexed) -> bool:
    return isinstance(entry, IndexedHolding) and entry.frozen


def _keys(refs: Sequence[StateRef]) -> list[Key]:
    return [(ref.tx_id, ref.index) for ref in refs]


def _row(ref: StateRef) -> dict[str, Any]:
    return {"tx_id": ref.tx_id, "output_index": ref.index}


def _indexed_columns(entry: Indexed) -> dict[str, Any]:
    kind = type(entry)
    return dict(zip(_FIELDS_OF[kind], _VALUES_OF[kind](entry), strict=True))
