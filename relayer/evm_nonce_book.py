"""One account's nonces: every method is one database transaction, written under the caller's fence."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import sqlalchemy as sa

from chains.evm.client.abi import EvmCall
from chains.evm.client.fees import Fee
from chains.evm.client.signing import SignedEvmTx
from chains.evm.errors import SpendingLimitReached
from primitives.errors import UnavailableError
from relayer.database import Database
from relayer.evm_nonce_plan import NonceRow, NonceState, Reconciled, reconcile
from relayer.evm_nonces import AccountKey, NonceTable, Submission

T = TypeVar("T")
Fence = Callable[[sa.Connection], None]
"""Raises, in the transaction that it is called in, if another instance may use the account by now."""


class NoncesUnread(UnavailableError):
    """The chain has not been asked yet how many transactions the account has: nothing can be signed."""

    reason = "EVM_NONCES_UNREAD"


@dataclass(frozen=True)
class NonceCounts:
    """``in_flight`` transactions are in no block yet; ``freed`` nonces wait for one; ``next_nonce`` None: unread."""

    next_nonce: int | None
    in_flight: int
    freed: int
    spent_today_wei: int


def unfenced(_connection: sa.Connection) -> None:
    """The fence of an account that one process alone can use."""


class NonceBook:
    """``sign`` gives the signed transaction for a nonce. Raises ``StoreUnavailable``, and what the fence raises."""

    def __init__(self, database: Database, table: NonceTable, key: AccountKey, fence: Fence = unfenced) -> None:
        self._database = database
        self._table = table
        self._key = key
        self._fence = fence

    def _run(self, work: Callable[[sa.Connection], T]) -> T:
        with self._database.transaction() as connection:
            self._fence(connection)
            return work(connection)

    def take(
        self, call: EvmCall, gas: int, fee: Fee, sign: Callable[[int], SignedEvmTx], at_s: float, max_wei_a_day: int
    ) -> Submission:
        """Sign with the lowest free nonce and store, to be sent. Raises ``SpendingLimitReached``, ``NoncesUnread``."""
        most_wei = fee.most_wei(gas)

        def work(connection: sa.Connection) -> Submission:
            nonce = self._table.next_nonce(connection, self._key)
            if nonce is None:
                raise NoncesUnread(f"account 0x{self._key.address.hex()}: its nonce was not read yet; reading it first")
            if max_wei_a_day:
                spent_wei = self._table.spent_wei(connection, self._key, at_s)
                if spent_wei + most_wei > max_wei_a_day:
                    raise SpendingLimitReached(spent_wei, most_wei, max_wei_a_day)
            signed = sign(nonce)
            submission = Submission(nonce, signed.evm_tx_hash, signed.raw, fee, gas, at_s)
            self._table.take(connection, self._key, call, submission, most_wei)
            return submission

        return self._run(work)

    def outbid(
        self, last: Submission, fee: Fee, sign: Callable[[EvmCall], SignedEvmTx], at_s: float, max_wei_a_day: int
    ) -> Submission | None:
        """Store a dearer transaction with the same nonce, to be sent; None if there is nothing to outbid any more.

        Raises ``SpendingLimitReached``.
        """

        def work(connection: sa.Connection) -> Submission | None:
            call = self._table.call_of(connection, self._key, last.nonce)
            signed_before = self._table.submissions(connection, self._key, last.nonce)
            if call is None or not signed_before or signed_before[-1].evm_tx_hash != last.evm_tx_hash:
                return None
            more_wei = fee.most_wei(last.gas) - last.fee.most_wei(last.gas)
            spent_wei = self._table.spent_wei(connection, self._key, at_s)
            if max_wei_a_day and spent_wei + more_wei > max_wei_a_day:
                raise SpendingLimitReached(spent_wei, more_wei, max_wei_a_day)
            signed = sign(call)
            submission = Submission(last.nonce, signed.evm_tx_hash, signed.raw, fee, last.gas, at_s)
            self._table.add_submission(connection, self._key, submission)
            self._table.reserve(connection, self._key, last.nonce, fee.most_wei(last.gas))
            return submission

        return self._run(work)

    def submissions(self, nonce: int) -> list[Submission]:
        """Everything that was signed with a nonce, oldest first."""
        return self._run(lambda connection: self._table.submissions(connection, self._key, nonce))

    def rows(self) -> list[NonceRow]:
        """All nonces that have a row, in order."""
        return self._run(lambda connection: self._table.rows(connection, self._key))

    def commit(self, nonce: int, paid_wei: int) -> None:
        """A block has a transaction with this nonce, for which we paid so much: nothing if it is not ours."""
        self._run(lambda connection: self._table.commit(connection, self._key, nonce, paid_wei))

    def free(self, nonce: int) -> None:
        """Nothing was, and nothing will be, sent with this nonce: the next transaction takes it."""
        self._run(lambda connection: self._table.free(connection, self._key, nonce))

    def skip(self, nonce: int, pending_nonce: int) -> None:
        """Leave a nonce, and those freed below the pool's own count, to another program's transactions in the pool.

        If they never come these nonces are gaps, which are filled.
        """

        def work(connection: sa.Connection) -> None:
            self._table.free(connection, self._key, nonce)  # what was set apart for it is not spent
            rows = self._table.rows(connection, self._key)
            left = [r.nonce for r in rows if r.state is NonceState.FREED and r.nonce < pending_nonce]
            self._table.forget(connection, self._key, sorted({nonce, *left}))
            highest = max((row.nonce for row in rows), default=nonce)
            self._table.set_next(connection, self._key, max(highest + 1, pending_nonce))

        self._run(work)

    def reconcile(self, rows: list[NonceRow], chain_nonce: int, paid_wei: Mapping[int, int]) -> Reconciled:
        """Bring the table to the chain's count; ``paid_wei`` for those of our transactions that are in a block.

        ``rows`` are those read before the chain was asked.
        """
        changes = reconcile(rows, chain_nonce)

        def work(connection: sa.Connection) -> None:
            for nonce in changes.commit:
                self._table.commit(connection, self._key, nonce, paid_wei.get(nonce, 0))
            self._table.apply(connection, self._key, changes)

        self._run(work)
        return changes

    def counts(self, at_s: float) -> NonceCounts:
        """What a person asks about the account."""

        def work(connection: sa.Connection) -> NonceCounts:
            states = [row.state for row in self._table.rows(connection, self._key)]
            return NonceCounts(
                self._table.next_nonce(connection, self._key),
                states.count(NonceState.TAKEN),
                states.count(NonceState.FREED),
                self._table.spent_wei(connection, self._key, at_s),
            )

        return self._run(work)
