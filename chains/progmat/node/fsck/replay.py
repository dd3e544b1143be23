"""Stored ledger_txs, verified and recorded once more into a scratch database by the code that recorded them first.

What the scratch database then holds is what the ledger_txs imply; whatever differs in the node's own is a defect.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from typing import Any, Final

from sqlalchemy import Connection, Table, insert, select
from sqlalchemy.exc import DBAPIError

from chains.progmat.flows.executions import execution_ends, execution_notices
from chains.progmat.flows.schema import dvps, ibc_events, receipts, trades
from chains.progmat.flows.seams import Recording
from chains.progmat.flows.verification import LedgerVerifier
from chains.progmat.node.fsck.finding import Defect, Progress, shown
from chains.progmat.node.storage.schema import transactions
from chains.progmat.transactions.signed import SignedTransaction
from chains.progmat.validators.schema import spent
from chains.progmat.vault.schema import TABLE_OF_KIND, consumptions, entries, fresh_keys, states
from primitives.errors import CrossDvpError

COUNTED_HERE: Final = frozenset({"cursor", "sequence", "recorded_ms"})
"""Columns whose values come from the order and moment of recording, not from the ledger_txs."""
IMPLIED: Final = (
    states,
    consumptions,
    *TABLE_OF_KIND.values(),
    entries,
    trades,
    dvps,
    ibc_events,
    receipts,
    execution_notices,
    execution_ends,
)
TELL_EVERY: Final = 500

Row = tuple[Any, ...]
Participants = Callable[[Connection, SignedTransaction], frozenset[str]]
"""Who takes part in a ledger_tx by its states alone, whoever the network map lists."""


def replay(
    source: Connection,
    scratch: Connection,
    verifier: LedgerVerifier,
    recorder: Recording,
    named_by_states: Participants,
    told: Progress,
) -> Iterator[Defect]:
    """Verify every stored ledger_tx and record it in ``scratch``: id, signatures, notary, contracts, uniqueness.

    Contracts of another package than the verifier's are not verified: this program does not have them.
    """
    rows = [dict(row._mapping) for row in source.execute(select(fresh_keys))]  # noqa: SLF001 - SQLAlchemy's public name
    if rows:
        scratch.execute(insert(fresh_keys), rows)
    positions: dict[int, bytes] = {}
    of_other_packages = 0
    query = select(transactions).order_by(transactions.c.sequence)
    for done, row in enumerate(source.execute(query), 1):
        try:
            of_other_packages += yield from _one(scratch, row, verifier, recorder, named_by_states)
        except CrossDvpError as error:
            expected = "id, signatures, notary and contracts hold"
            yield Defect(transactions.name, shown(row.tx_id), expected, f"{error.reason}: {error}")
        first = positions.setdefault(row.journal_position, row.tx_id) if row.journal_position else row.tx_id
        if first != row.tx_id:
            found = f"position {row.journal_position}, which is that of {shown(first)}"
            yield Defect(transactions.name, shown(row.tx_id), "a journal position of its own", found)
        if done % TELL_EVERY == 0:
            told("ledger_txs verified", done)
    if of_other_packages:
        told("ledger_txs of other contract packages: all verified but their contracts", of_other_packages)


def _one(
    scratch: Connection,
    row: Any,  # noqa: ANN401  # a row
    verifier: LedgerVerifier,
    recorder: Recording,
    named_by_states: Participants,
) -> Generator[Defect, None, int]:
    """Returns 1 for a ledger_tx of another package: its contracts were verified by the program of that package."""
    signed = SignedTransaction.decode(row.signed_bytes)
    if bytes(signed.id) != row.tx_id:
        yield Defect(transactions.name, shown(row.tx_id), shown(row.tx_id), f"bytes of {shown(bytes(signed.id))}")
    if row.journal_position and not signed.wire.provable_writes:
        position = f"position {row.journal_position}"
        yield Defect(transactions.name, shown(row.tx_id), "position 0: it makes no provable write", position)
    verifier.verify_signatures(signed)
    found = signed.wire.contract_package
    is_of_this_package = found == verifier.package.hash
    if is_of_this_package:
        verifier.verify_contracts(scratch, signed.wire)
    elif found not in verifier.pinned(signed.wire).contract_packages:
        yield Defect(transactions.name, shown(row.tx_id), "a contract package of its epoch", shown(bytes(found or b"")))
    with scratch.begin_nested():
        recorder.record(scratch, signed, row.journal_position, row.stored_at_s * 1000)
    missing = named_by_states(scratch, signed) - set(row.participants.split(","))
    if missing:
        expected = f"participants with {', '.join(sorted(missing))}"
        yield Defect(transactions.name, shown(row.tx_id), expected, row.participants)
    return 0 if is_of_this_package else 1


def differences(source: Connection, scratch: Connection, told: Progress) -> Iterator[Defect]:
    """Rows of the vault, the books, trades and events that are not what the ledger_txs imply."""
    for table in IMPLIED:
        told(f"rows of {table.name} compared", 0)
        yield from _of_table(table, source, scratch)
    implied, found = _rows(spent, scratch), _rows(spent, source)
    for key in implied.keys() - found.keys():  # more may be there: of ledger_txs that were only attested
        yield Defect(spent.name, _name(key), shown(implied[key]), "no such row")


def _of_table(table: Table, source: Connection, scratch: Connection) -> Iterator[Defect]:
    implied = _rows(table, scratch)
    try:
        found = _rows(table, source)
    except (DBAPIError, ValueError) as error:
        yield Defect(table.name, "some", "rows that can be read", str(getattr(error, "orig", error)))
        return
    for key in sorted(implied.keys() | found.keys(), key=repr):
        if implied.get(key) != found.get(key):
            yield Defect(table.name, _name(key), _values(implied.get(key)), _values(found.get(key)))


def _rows(table: Table, connection: Connection) -> dict[Row, dict[str, Any]]:
    """By what names a row in both databases."""
    keys = [column.name for column in table.primary_key if column.name not in COUNTED_HERE] or ["tx_id"]
    if table is entries:
        keys.append("tx_id")
    rows = {}
    for row in connection.execute(select(table)):
        values = {name: value for name, value in row._mapping.items() if name not in COUNTED_HERE}  # noqa: SLF001 - SQLAlchemy's public name
        rows[tuple(values[name] for name in keys)] = values
    return rows


def _name(key: Row) -> str:
    return ", ".join(shown(part) for part in key)


def _values(values: dict[str, Any] | None) -> str:
    if values is None:
        return "no such row"
    return shown(", ".join(f"{name} {shown(value)}" for name, value in values.items()))
