"""Read off recorded transactions: how far each part of a distribution is paid that this node takes part in.

The first part of an id counts. A registrar that opened the same part twice has signed for two chains of payments; all
nodes that have both go on with the one they recorded first, and the other one is never paid from here.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import ColumnElement, Connection, Row, bindparam, select, update

from chains.progmat.contracts.distribution import CANCEL, OPEN, PAY, DistributionState
from chains.progmat.contracts.distribution_lines import Lines, decode_lines
from chains.progmat.contracts.names import DISTRIBUTION
from chains.progmat.flows.distribution_errors import DistributionUnknown
from chains.progmat.flows.distribution_schema import distribution_parts
from chains.progmat.flows.signed_records import decoded
from chains.progmat.node.storage import insert, stored_transaction
from chains.progmat.transactions.model import StateRef
from chains.progmat.transactions.wire import WireTransaction
from primitives.types import Hash32

_parts = distribution_parts.c
_IN_ORDER = select(distribution_parts).order_by(_parts.distribution_id, _parts.part)


class PartStatus(StrEnum):
    """Where a part stands; the value is what the database holds."""

    OPEN = "OPEN"
    PAID = "PAID"
    CANCELLED = "CANCELLED"


_OPEN_PAID_BY = _IN_ORDER.where(_parts.status == PartStatus.OPEN.value, _parts.payer_node == bindparam("of_node"))


@dataclass(frozen=True, slots=True)
class KnownPart:
    """A part as last recorded here: its newest state, where that is, and the transaction that opened it."""

    state: DistributionState
    status: PartStatus
    ref: StateRef
    open_tx: bytes


def note_distributions(connection: Connection, wire: WireTransaction, own_name: str) -> None:
    """Enter what a freshly recorded transaction does to a part of which ``own_name`` is registrar, payer or custodian.

    Others' parts come here in the histories of coins, in pieces; nothing is said of those.
    """
    for command in wire.commands:
        if command.contract != DISTRIBUTION:
            continue
        if command.name == CANCEL:
            _update(connection, wire, {"status": PartStatus.CANCELLED.value})
            continue
        for index, output in enumerate(wire.outputs):
            if output.contract == DISTRIBUTION and command.name in {OPEN, PAY}:
                state = DistributionState.of(output)
                if own_name in {state.subject.registrar.name, state.subject.payer.node, state.node}:
                    _note(connection, wire, command.name, index, state)


def find_part(connection: Connection, distribution_id: bytes, part: int) -> KnownPart | None:
    """One part, or None."""
    found = _select(connection, _parts.distribution_id == distribution_id, _parts.part == part)
    return found[0] if found else None


def known_part(connection: Connection, distribution_id: bytes, part: int) -> KnownPart:
    """One part; raises ``DistributionUnknown``."""
    found = find_part(connection, distribution_id, part)
    if found is None:
        raise DistributionUnknown(distribution_id)
    return found


def parts_of(connection: Connection, distribution_id: bytes) -> list[KnownPart]:
    """All parts of a distribution that are known here, in order."""
    return _select(connection, _parts.distribution_id == distribution_id)


def open_parts_paid_by(connection: Connection, payer_node: str) -> list[KnownPart]:
    """The parts that this payer's node has still to pay."""
    return [_known(row) for row in connection.execute(_OPEN_PAID_BY, {"of_node": payer_node})]


def known_distributions(connection: Connection, security_id: str, limit: int) -> list[KnownPart]:
    """The parts of all distributions, or of one security's."""
    return _select(connection, *([_parts.security_id == security_id] if security_id else []), limit=limit)


def lines_of_part(connection: Connection, part: KnownPart) -> Lines:
    """The lines that a part was opened with. Raises ``DistributionUnknown`` where its opening is not recorded."""
    stored = stored_transaction(connection, part.open_tx)
    if stored is not None:
        for command in decoded(stored.signed_bytes).wire.commands:
            if (command.contract, command.name) == (DISTRIBUTION, OPEN):
                return decode_lines(command.data)
    raise DistributionUnknown(part.state.subject.distribution_id)


def _note(connection: Connection, wire: WireTransaction, name: str, index: int, state: DistributionState) -> None:
    status = PartStatus.PAID if state.is_paid else PartStatus.OPEN
    newest: dict[str, object] = {
        "status": status.value,
        "next_batch": state.next_batch,
        "state": state.encode(),
        "state_tx": bytes(wire.id),
        "state_index": index,
    }
    if name == PAY:
        _update(connection, wire, newest)
        return
    values = newest | {
        "distribution_id": state.subject.distribution_id,
        "part": state.part,
        "security_id": state.subject.security_id,
        "payer_node": state.subject.payer.node,
        "open_tx": bytes(wire.id),
    }
    connection.execute(insert(distribution_parts).values(**values).on_conflict_do_nothing())


def _update(connection: Connection, wire: WireTransaction, values: dict[str, object]) -> None:
    """Of the part whose newest state the transaction consumes, if it is one that counts."""
    for ref in wire.inputs:
        of_ref = (_parts.state_tx == bytes(ref.tx_id), _parts.state_index == ref.index)
        connection.execute(update(distribution_parts).where(*of_ref).values(**values))


def _select(connection: Connection, *conditions: ColumnElement[bool], limit: int | None = None) -> list[KnownPart]:
    return [_known(row) for row in connection.execute(_IN_ORDER.where(*conditions).limit(limit))]


def _known(row: Row[tuple[object, ...]]) -> KnownPart:
    columns = row._mapping  # noqa: SLF001 - SQLAlchemy's public name
    state = DistributionState.decode(columns["state"])
    ref = StateRef(Hash32(columns["state_tx"]), columns["state_index"])
    return KnownPart(state, PartStatus(columns["status"]), ref, columns["open_tx"])
