"""A registrar's books, filled by small ledger transactions of a few accounts."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Connection, select

from chains.progmat.market.emergency.schema import emergency_metadata
from chains.progmat.market.register.schema import register_metadata
from chains.progmat.node.database_location import DatabaseLocation
from chains.progmat.node.storage.engine import Access, engine_for
from chains.progmat.node.storage.schema import prepare_schema
from chains.progmat.transactions.model import StateRef, TransactionState
from chains.progmat.vault.books import RecordMark
from chains.progmat.vault.entry_lines import EntryKind
from chains.progmat.vault.indexing import IndexedHolding
from chains.progmat.vault.recording import record_transaction
from chains.progmat.vault.schema import holdings, vault_metadata
from ibc.dvp import CashAccount
from tests.fakes.vault_world import BOND, RULES, Tx, key_of, state, tx

CAROL = CashAccount("CN-A", key_of("carol"))


@contextlib.contextmanager
def books_at(at: DatabaseLocation | Path) -> Iterator[Connection]:
    with engine_for(at, Access.WRITE).connect() as connection, connection.begin():
        prepare_schema(connection, str(at), "CN-A", [vault_metadata, register_metadata, emergency_metadata])
        yield connection


@contextlib.contextmanager
def undone(connection: Connection) -> Iterator[None]:
    """What is written inside is undone at its end, so that many examples share one database."""
    inside = connection.begin_nested()
    try:
        yield
    finally:
        inside.rollback()


@dataclass
class Books:
    """What is unspent, by account, and a way to change it: each step is one recorded ledger_tx."""

    connection: Connection
    now_ms: int = 1_000
    unspent: dict[StateRef, TransactionState] = field(default_factory=dict)
    count: int = 0

    def issue(self, account: CashAccount, units: int) -> Tx:
        return self._record(EntryKind.ISSUE, (), {account: units})

    def move(self, source: CashAccount, to: CashAccount, units: int) -> Tx:
        return self.transfer(source, to, units, EntryKind.MOVE)

    def transfer(self, source: CashAccount, to: CashAccount, units: int, kind: EntryKind) -> Tx:
        spent = self._of(source)
        rest = self._sum(spent) - units
        assert rest >= 0
        made = {to: units}
        made[source] = made.get(source, 0) + rest
        return self._record(kind, spent, made)

    def redeem(self, source: CashAccount, units: int) -> Tx:
        spent = self._of(source)
        return self._record(EntryKind.REDEEM, spent, {source: self._sum(spent) - units})

    def freeze(self, account: CashAccount, units: int) -> Tx:
        spent = self._of(account)
        return self._record(EntryKind.OTHER, spent, {account: self._sum(spent) - units}, {account: units})

    def held(self) -> dict[tuple[str, bytes], tuple[int, int]]:
        """Units and frozen units of each account: the sums of the vault's unspent states themselves."""
        sums: dict[tuple[str, bytes], tuple[int, int]] = {}
        for row in self.connection.execute(select(holdings).where(holdings.c.consumed.is_(False))):
            units, frozen = sums.get((row.node, row.owner_key), (0, 0))
            sums[row.node, row.owner_key] = (units + row.amount, frozen + (row.amount if row.encumbered else 0))
        return sums

    def free(self, account: CashAccount) -> int:
        return self._sum(self._of(account))

    def _of(self, account: CashAccount) -> tuple[StateRef, ...]:
        return tuple(
            ref
            for ref, made in self.unspent.items()
            if (held := _held(made)).frozen is False and CashAccount(held.node, held.owner_key) == account
        )

    def _sum(self, refs: tuple[StateRef, ...]) -> int:
        return sum(_held(self.unspent[ref]).amount for ref in refs)

    def _record(
        self,
        kind: EntryKind,
        spent: tuple[StateRef, ...],
        made: Mapping[CashAccount, int],
        frozen: Mapping[CashAccount, int] = {},
    ) -> Tx:
        self.count += 1
        self.now_ms += 10
        outputs = [_holding(account, units) for account, units in made.items() if units]
        outputs += [_holding(account, units, frozen=True) for account, units in frozen.items()]
        done = tx(f"step {self.count}", *outputs, inputs=spent)
        inputs = {ref: self.unspent.pop(ref) for ref in spent}
        record_transaction(self.connection, done, RULES, RecordMark(self.now_ms, self.count // 3, kind, inputs))
        self.unspent |= {done.ref(index): output for index, output in enumerate(done.outputs)}
        return done


def _holding(account: CashAccount, units: int, *, frozen: bool = False) -> TransactionState:
    return state(IndexedHolding(*BOND, units, account.node, account.key, frozen=frozen))


def _held(made: TransactionState) -> IndexedHolding:
    indexed = RULES.indexers[made.contract](made)
    assert isinstance(indexed, IndexedHolding)
    return indexed
