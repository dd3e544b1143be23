"""Nonces of an account, the transactions that were signed with them, and what they cost: tables.

A transaction is stored before it is sent (an outbox), so that a process killed between the two finds it and sends it
again. Several transactions may have one nonce: each outbids the one before it, and a block has one of them at most.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from chains.evm.client.abi import EvmCall
from chains.evm.client.fees import Fee
from chains.evm.client.signing import SignedEvmTx
from relayer.database import Int64, RowId, upsert
from relayer.evm_nonce_plan import NonceRow, NonceState, NonceStep, Reconciled, after

DAY_S = 86_400


@dataclass(frozen=True)
class AccountKey:
    """One key on one chain."""

    chain_id: int
    address: bytes


@dataclass(frozen=True)
class Submission:
    """A signed transaction as stored; ``gas`` is its limit, ``at_s`` when it was signed, Unix seconds."""

    nonce: int
    evm_tx_hash: bytes
    raw: bytes
    fee: Fee
    gas: int
    at_s: float

    @property
    def signed(self) -> SignedEvmTx:
        """As it is sent."""
        return SignedEvmTx(self.evm_tx_hash, self.raw, self.nonce)


class NonceTable:
    """All methods take the connection of the caller's database transaction. Days are UTC, counted from 1970."""

    def __init__(self, metadata: sa.MetaData) -> None:
        def key() -> tuple[sa.Column[Any], sa.Column[Any]]:
            return (
                sa.Column("chain_id", Int64, primary_key=True),
                sa.Column("address", sa.LargeBinary, primary_key=True),
            )

        self._accounts = sa.Table("evm_accounts", metadata, *key(), sa.Column("next_nonce", Int64, nullable=False))
        self._nonces = sa.Table(
            "evm_nonces",
            metadata,
            *key(),
            sa.Column("nonce", Int64, primary_key=True),
            sa.Column("state", sa.String, nullable=False),
            sa.Column("to", sa.LargeBinary, nullable=False),
            sa.Column("data", sa.LargeBinary, nullable=False),
            sa.Column("value_wei", sa.String, nullable=False),  # wei does not fit 64 bits
            sa.Column("reserved_wei", sa.String, nullable=False),
            sa.Column("day", Int64, nullable=False),
        )
        self._submissions = sa.Table(
            "evm_submissions",
            metadata,
            sa.Column("id", RowId, primary_key=True),
            sa.Column("chain_id", Int64, nullable=False),
            sa.Column("address", sa.LargeBinary, nullable=False),
            sa.Column("nonce", Int64, nullable=False),
            sa.Column("evm_tx_hash", sa.LargeBinary, nullable=False),
            sa.Column("raw", sa.LargeBinary, nullable=False),
            sa.Column("gas", Int64, nullable=False),
            sa.Column("max_fee_wei", sa.String, nullable=False),
            sa.Column("priority_fee_wei", sa.String),
            sa.Column("at_s", sa.Float, nullable=False),
            sa.Index("evm_submissions_by_nonce", "chain_id", "address", "nonce"),
        )
        self._spending = sa.Table(
            "evm_spending",
            metadata,
            *key(),
            sa.Column("day", Int64, primary_key=True),
            sa.Column("wei", sa.String, nullable=False),
        )
        self._prepare()

    def _prepare(self) -> None:
        """What every transaction asks for is made once: making a statement costs more than running it."""
        accounts, nonces = self._accounts.c, self._nonces.c
        is_freed = nonces.state == NonceState.FREED.value
        lowest = sa.select(sa.func.min(nonces.nonce)).where(_is_of(self._nonces), is_freed).scalar_subquery()
        first = sa.select(accounts.next_nonce).where(_is_of(self._accounts)).scalar_subquery()
        self._next = sa.select(lowest, first)
        this = nonces.nonce == sa.bindparam("of_nonce")
        self._state_of = sa.select(nonces.state).where(_is_of(self._nonces), this)
        self._cost_of = sa.select(nonces.state, nonces.day, nonces.reserved_wei).where(_is_of(self._nonces), this)
        least: sa.BindParameter[int] = sa.bindparam("least")
        behind = accounts.next_nonce < least
        self._raise = sa.update(self._accounts).where(_is_of(self._accounts), behind).values(next_nonce=least)

    def rows(self, connection: sa.Connection, key: AccountKey) -> list[NonceRow]:
        """All nonces that have a row, in order."""
        columns = (self._nonces.c.nonce, self._nonces.c.state)
        query = sa.select(*columns).where(self._of(self._nonces, key)).order_by(self._nonces.c.nonce)
        return [NonceRow(row.nonce, NonceState(row.state)) for row in connection.execute(query)]

    def next_nonce(self, connection: sa.Connection, key: AccountKey) -> int | None:
        """The lowest freed nonce, else the first that nobody has; None before the chain was asked."""
        lowest, first = connection.execute(self._next, _of_key(key)).one()
        found = first if lowest is None else lowest
        return None if found is None else int(found)

    def take(
        self, connection: sa.Connection, key: AccountKey, call: EvmCall, submission: Submission, reserved_wei: int
    ) -> None:
        """Give a nonce to a transaction that is about to be sent; what it may cost counts as spent today."""
        nonce = submission.nonce
        state = self._state(connection, key, nonce)
        taken = NonceState.TAKEN if state is None else after(state, NonceStep.TAKE)
        day = _day(submission.at_s)
        values = {
            "state": taken.value,
            "to": call.to,
            "data": call.data,
            "value_wei": str(call.value_wei),
            "reserved_wei": str(reserved_wei),
            "day": day,
        }
        if state is None:
            connection.execute(sa.insert(self._nonces), self._key_values(key) | values | {"nonce": nonce})
        else:
            self._change(connection, key, nonce, **values)
        self._count_on(connection, key, nonce + 1)
        self.add_submission(connection, key, submission)
        self._spend(connection, key, day, reserved_wei)

    def _count_on(self, connection: sa.Connection, key: AccountKey, least: int) -> None:
        """The first nonce that nobody has is not below ``least``."""
        connection.execute(self._raise, _of_key(key) | {"least": least})

    def add_submission(self, connection: sa.Connection, key: AccountKey, submission: Submission) -> None:
        """Store a transaction that is about to be sent: the first with its nonce, or one that outbids it."""
        tip = submission.fee.priority_fee_wei
        values = {
            "nonce": submission.nonce,
            "evm_tx_hash": submission.evm_tx_hash,
            "raw": submission.raw,
            "gas": submission.gas,
            "max_fee_wei": str(submission.fee.max_fee_wei),
            "priority_fee_wei": None if tip is None else str(tip),
            "at_s": submission.at_s,
        }
        connection.execute(sa.insert(self._submissions), self._key_values(key) | values)

    def reserve(self, connection: sa.Connection, key: AccountKey, nonce: int, reserved_wei: int) -> None:
        """Raise what a nonce's transaction may cost, as one that outbids it may cost more."""
        row = self._row(connection, key, nonce)
        if row is not None:
            self._spend(connection, key, row.day, reserved_wei - int(row.reserved_wei))
            self._change(connection, key, nonce, reserved_wei=str(reserved_wei))

    def submissions(self, connection: sa.Connection, key: AccountKey, nonce: int) -> list[Submission]:
        """Everything that was signed with a nonce, oldest first."""
        table = self._submissions
        query = sa.select(table).where(self._of(table, key), table.c.nonce == nonce).order_by(table.c.id)
        return [_submission(row) for row in connection.execute(query)]

    def call_of(self, connection: sa.Connection, key: AccountKey, nonce: int) -> EvmCall | None:
        """What a nonce was taken for; None if it has no row."""
        row = self._row(connection, key, nonce)
        return None if row is None else EvmCall(bytes(row.to), bytes(row.data), int(row.value_wei))

    def commit(self, connection: sa.Connection, key: AccountKey, nonce: int, paid_wei: int) -> None:
        """A block has a transaction with this nonce, for which we paid so much: nothing if it is another program's."""
        row = connection.execute(self._cost_of, _of_key(key) | {"of_nonce": nonce}).one_or_none()
        if row is None:
            return
        state = after(NonceState(row.state), NonceStep.COMMIT)
        if state.value != row.state:
            self._spend(connection, key, row.day, paid_wei - int(row.reserved_wei))
            self._change(connection, key, nonce, state=state.value, reserved_wei=str(paid_wei))

    def free(self, connection: sa.Connection, key: AccountKey, nonce: int) -> None:
        """The node refused what was to be sent with a nonce: the next transaction takes it."""
        row = self._row(connection, key, nonce)
        if row is None:
            return
        state = after(NonceState(row.state), NonceStep.FREE)
        self._spend(connection, key, row.day, -int(row.reserved_wei))
        self._change(connection, key, nonce, state=state.value, reserved_wei="0")
        table = self._submissions
        connection.execute(sa.delete(table).where(self._of(table, key), table.c.nonce == nonce))

    def forget(self, connection: sa.Connection, key: AccountKey, nonces: Sequence[int]) -> None:
        """Drop nonces that need no row any longer, with what was signed with them."""
        for table in (self._nonces, self._submissions):
            for start in range(0, len(nonces), 500):
                some = table.c.nonce.in_(nonces[start : start + 500])
                connection.execute(sa.delete(table).where(self._of(table, key), some))

    def apply(self, connection: sa.Connection, key: AccountKey, changes: Reconciled) -> None:
        """Bring the table to what `reconcile` found; what is committed was committed one by one before, with its cost.

        A gap without a row gets one, so that the next transaction takes it.
        """
        for nonce in changes.reopen:
            self._change(connection, key, nonce, state=after(NonceState.COMMITTED, NonceStep.REOPEN).value)
        empty = {"to": b"", "data": b"", "value_wei": "0", "reserved_wei": "0", "day": 0}
        for nonce in changes.gaps:
            values = self._key_values(key) | empty | {"nonce": nonce, "state": NonceState.FREED.value}
            upsert(connection, self._nonces, values, ["chain_id", "address", "nonce"], replace=False)
        self.forget(connection, key, changes.forget)
        self.set_next(connection, key, changes.next_nonce)

    def set_next(self, connection: sa.Connection, key: AccountKey, next_nonce: int) -> None:
        """The first nonce that nobody has."""
        values = self._key_values(key) | {"next_nonce": next_nonce}
        upsert(connection, self._accounts, values, ["chain_id", "address"])

    def spent_wei(self, connection: sa.Connection, key: AccountKey, at_s: float) -> int:
        """What was paid, or may have to be paid, on a time's day."""
        table = self._spending
        query = sa.select(table.c.wei).where(self._of(table, key), table.c.day == _day(at_s))
        return int(connection.execute(query).scalar() or 0)

    def _spend(self, connection: sa.Connection, key: AccountKey, day: int, wei: int) -> None:
        if wei == 0:
            return
        spent = max(self.spent_wei(connection, key, day * DAY_S) + wei, 0)
        values = self._key_values(key) | {"day": day, "wei": str(spent)}
        upsert(connection, self._spending, values, ["chain_id", "address", "day"])

    def _row(self, connection: sa.Connection, key: AccountKey, nonce: int) -> Any:  # noqa: ANN401  # a row of the table
        return connection.execute(sa.select(self._nonces).where(self._at(key, nonce))).one_or_none()

    def _state(self, connection: sa.Connection, key: AccountKey, nonce: int) -> NonceState | None:
        state = connection.execute(self._state_of, _of_key(key) | {"of_nonce": nonce}).scalar()
        return None if state is None else NonceState(state)

    def _change(self, connection: sa.Connection, key: AccountKey, nonce: int, **values: str | int | bytes) -> None:
        connection.execute(sa.update(self._nonces).where(self._at(key, nonce)).values(**values))

    def _at(self, key: AccountKey, nonce: int) -> sa.ColumnElement[bool]:
        return sa.and_(self._of(self._nonces, key), self._nonces.c.nonce == nonce)

    @staticmethod
    def _of(table: sa.Table, key: AccountKey) -> sa.ColumnElement[bool]:
        return sa.and_(table.c.chain_id == key.chain_id, table.c.address == key.address)

    @staticmethod
    def _key_values(key: AccountKey) -> dict[str, Any]:
        return {"chain_id": key.chain_id, "address": key.address}


def _is_of(table: sa.Table) -> sa.ColumnElement[bool]:
    """Of the account that `_of_key` names."""
    return sa.and_(table.c.chain_id == sa.bindparam("of_chain"), table.c.address == sa.bindparam("of_address"))


def _of_key(key: AccountKey) -> dict[str, Any]:
    return {"of_chain": key.chain_id, "of_address": key.address}


def _day(at_s: float) -> int:
    return int(at_s // DAY_S)


def _submission(row: Any) -> Submission:  # noqa: ANN401  # a row of the table
    tip = None if row.priority_fee_wei is None else int(row.priority_fee_wei)
    fee = Fee(int(row.max_fee_wei), tip)
    return Submission(int(row.nonce), bytes(row.evm_tx_hash), bytes(row.raw), fee, int(row.gas), float(row.at_s))
