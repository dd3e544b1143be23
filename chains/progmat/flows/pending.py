"""What becomes of transactions that this node signed for others, should whoever began them never say.

Source of the idea: Corda's two-phase finality, whose counterparties keep the transaction before the notary is asked.
The node that asks the notary may lose its disk between the notary's commit and its first delivery: then inputs are
spent, and nobody knows the outputs but those that countersigned. So a countersigner remembers what it signed until that
is recorded here. What is not within ``WRITE_AFTER_MS`` is written down; from ``ASK_AFTER_MS`` on the notary is asked
whether it is final. If so, the missing signatures are collected, and it is verified, recorded and owed to all
participants in one commit. If not, it is forgotten as soon as it cannot become final any more.

Not closed: that the one that began it and all countersigners die before this is written, which is within
``WRITE_AFTER_MS + LOOK_EVERY_MS`` of the signature.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence
from functools import partial
from typing import Final

import structlog
from sqlalchemy import Connection

from chains.progmat.flows import pending_rows
from chains.progmat.flows.back_chain import BackChain, Confirmation
from chains.progmat.flows.clock import Clock
from chains.progmat.flows.countersignatures import Countersignatures
from chains.progmat.flows.delivery import owe_finality
from chains.progmat.flows.notary_inquiry import FinalWord, Findings, NotaryInquiry
from chains.progmat.flows.pending_book import Countersigned, PendingBook
from chains.progmat.flows.pending_rows import PendingRow
from chains.progmat.flows.recovery_errors import StillOpen
from chains.progmat.flows.retry import RetrySchedule
from chains.progmat.flows.seams import Recording
from chains.progmat.flows.signed_records import decoded
from chains.progmat.flows.verification import LedgerVerifier
from chains.progmat.node.storage import NodeDatabase, stored_transaction, unknown_transactions
from chains.progmat.node.storage.errors import StorageClosed
from chains.progmat.notary.find_codec import MAX_FOUND_IDS
from chains.progmat.transactions.signature import TransactionSignature
from chains.progmat.transactions.signed import SignedTransaction
from chains.progmat.transactions.wire import WireTransaction
from chains.progmat.vault.queries import consumed_by
from primitives.errors import CrossDvpError

LOOK_EVERY_MS: Final = 5_000
WRITE_AFTER_MS: Final = 5_000
ASK_AFTER_MS: Final = 30_000
ASK_AGAIN: Final = RetrySchedule(first_ms=30_000, ceiling_ms=600_000)
FRESH_MS: Final = 1_000
"""A listing does not ask the notary again about what it was asked less than this ago."""
_WRITTEN_TOGETHER: Final = 256
_WHENEVER_MS: Final = 2**62
_NOTHING: Final = pending_rows.Kept((), ())

_log = structlog.get_logger(__name__)


class PendingWatch:
    """One node's. ``start`` reads what an earlier process wrote down; ``stop`` writes down what is in memory."""

    def __init__(
        self,
        book: PendingBook,
        database: NodeDatabase,
        inquiry: NotaryInquiry,
        countersignatures: Countersignatures,
        back_chain: BackChain,
        confirmed: Confirmation,
        verifier: LedgerVerifier,
        recorder: Recording,
        clock: Clock,
        on_recorded: Callable[[Collection[str], SignedTransaction], None],
        on_owed: Callable[[], None],
    ) -> None:
        self.book = book
        self._database = database
        self._inquiry = inquiry
        self._countersignatures = countersignatures
        self._back_chain = back_chain
        self._confirmed = confirmed
        self._verifier = verifier
        self._recorder = recorder
        self._clock = clock
        self._on_recorded = on_recorded
        self._on_owed = on_owed
        self._asking = asyncio.Lock()
        self._asked_ms: dict[bytes, int] = {}
        self._may_become_final: set[bytes] = set()
        """Of which the notary said, when asked last, that it has not committed it, and could still."""
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to watch."""
        self.book.reread(await self._database.read(pending_rows.askers))
        self._task = asyncio.create_task(self._watch(), name="pending")

    async def stop(self) -> None:
        """Stop watching."""
        if self._task is None:
            return
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        try:
            await self._write_down(self.book.older_than(self._clock.now_ms() + 1))
        except CrossDvpError as error:  # as if the process had been killed
            _log.warning("what was countersigned is not written down", held=len(self.book), reason=error.reason)

    async def settle_all_of(self, asker: str) -> CrossDvpError | None:
        """Have everything recorded that ``asker`` may have made final: it asks because it may not know any more.

        Returns why not everything is known, if so: the notary cannot be asked, or may yet make something final, which
        its time window ends. What is final and cannot be completed now does not count: a countersigner that refuses
        must not keep back for ever what else there is.
        """
        await self._write_down(self.book.of(asker))
        stale_ms = self._clock.now_ms() - FRESH_MS
        tx_ids = [tx_id for tx_id in self.book.written_of(asker) if self._asked_ms.get(tx_id, 0) <= stale_ms]
        for start in range(0, len(tx_ids), MAX_FOUND_IDS):
            failure = await self._settle(tx_ids[start : start + MAX_FOUND_IDS])
            if failure is not None:
                return failure
        still_open = await self._still_open(list(self._may_become_final.intersection(self.book.written_of(asker))))
        return StillOpen(asker, len(still_open)) if still_open else None

    async def signatures_of(self, tx_id: bytes) -> tuple[TransactionSignature, ...]:
        """This node's over a transaction that is pending or recorded, perhaps with others'; none of an unknown one."""
        held = self.book.held(tx_id)
        if held is not None:
            return held.ours
        row = await self._database.look_up(partial(pending_rows.found, tx_id=tx_id))
        if row is not None:
            return decoded(row.signed_tx).signatures
        stored = await self._database.look_up(partial(stored_transaction, tx_id=tx_id))
        return () if stored is None else decoded(stored.signed_bytes).signatures

    # ---- the watch ----

    async def _watch(self) -> None:
        while True:
            await self.book.until_anything_is_pending()
            await self._clock.sleep_ms(LOOK_EVERY_MS)
            try:
                await self.look()
            except StorageClosed:
                return
            except CrossDvpError as error:
                _log.warning("pending transactions cannot be looked at", reason=error.reason, detail=str(error))

    async def look(self) -> None:
        """Write down what has been in memory for too long, and ask the notary about what is due."""
        now_ms = self._clock.now_ms()
        await self._write_down(self.book.older_than(now_ms - WRITE_AFTER_MS))
        while self.book.is_anything_written:
            due = await self._database.read(partial(pending_rows.due, now_ms=now_ms, limit=MAX_FOUND_IDS))
            if not due or await self._settle([row.tx_id for row in due], due_by_ms=now_ms) is not None:
                return

    async def _write_down(self, entries: Sequence[Countersigned]) -> None:
        for start in range(0, len(entries), _WRITTEN_TOGETHER):
            lot = entries[start : start + _WRITTEN_TOGETHER]
            rows = [entry.row(entry.since_ms + ASK_AFTER_MS) for entry in lot if not self._is_recorded(entry)]
            kept = await self._database.submit(partial(pending_rows.keep, rows=rows)) if rows else _NOTHING
            for entry in lot:
                self.book.settled(bytes(entry.signed.id))
            for row in kept.rows:
                self.book.written(row.tx_id, row.asker)
            self._erased(kept.dropped)

    def _is_recorded(self, entry: Countersigned) -> bool:
        return bytes(entry.signed.id) in self._verifier.recorded

    # ---- one question to the notary ----

    async def _settle(self, tx_ids: Sequence[bytes], due_by_ms: int = _WHENEVER_MS) -> CrossDvpError | None:
        """Do what can be done about at most 64 of them; returns why the notary could not be asked."""
        async with self._asking:
            rows = [row for row in await self._still_open(tx_ids) if row.next_attempt_ms <= due_by_ms]
            if not rows:
                return None
            failure: CrossDvpError | None = None
            for notary, lot in self._by_notary(rows).items():
                failure = await self._settle_at(notary, lot) or failure
            return failure

    def _by_notary(self, rows: Sequence[PendingRow]) -> dict[str, list[PendingRow]]:
        lots: dict[str, list[PendingRow]] = {}
        for row in rows:
            lots.setdefault(self._verifier.notary_name(decoded(row.signed_tx).wire), []).append(row)
        return lots

    async def _settle_at(self, notary: str, rows: Sequence[PendingRow]) -> CrossDvpError | None:
        wires = {row.tx_id: decoded(row.signed_tx).wire for row in rows}
        try:
            findings = await self._inquiry.find(notary, list(wires.values()))
        except CrossDvpError as error:
            await self._put_off(dict.fromkeys(rows, error))
            return error
        failed: dict[PendingRow, CrossDvpError | None] = {}
        for row in rows:
            self._asked_ms[row.tx_id] = self._clock.now_ms()
            self._may_become_final.discard(row.tx_id)
            word = findings.final.get(row.tx_id)
            try:
                if word is not None:
                    await self._complete(row, word)
                elif not await self._is_out(wires[row.tx_id], findings):
                    failed[row] = None
                    self._may_become_final.add(row.tx_id)
                else:
                    await self._forget([row.tx_id])
            except StorageClosed:
                raise
            except CrossDvpError as error:
                _log.warning("not recorded what is final", tx_id=row.tx_id.hex(), reason=error.reason)
                failed[row] = error
        await self._put_off(failed)
        return None

    async def _still_open(self, tx_ids: Sequence[bytes]) -> tuple[PendingRow, ...]:
        """As they stand now. Those recorded meanwhile leave the table."""
        unknown = await self._database.read(partial(unknown_transactions, tx_ids=tx_ids))
        known = [tx_id for tx_id in tx_ids if tx_id not in unknown]
        await self._forget(known)
        if known:
            self._on_owed()  # perhaps by this node's own doing, and nobody heard that it was stored
        return await self._database.read(partial(pending_rows.all_of, tx_ids=unknown))

    async def _complete(self, row: PendingRow, word: FinalWord) -> None:
        """As a delivery is taken: nothing but the notary's word is believed, and that is verified."""
        signed = decoded(row.signed_tx).with_signatures(*word.signatures)
        signed = await self._countersignatures.collect(signed)
        self._verifier.verify_signatures(signed)
        signed = await self._confirmed(signed)
        await self._back_chain.resolve(row.asker, signed.wire)
        record = partial(self._record, signed=signed, position=word.position)
        await self._database.submit(record, heard=partial(self._completed, row, signed))

    def _completed(self, row: PendingRow, signed: SignedTransaction, ended: asyncio.Future[tuple[str, ...]]) -> None:
        """Also where the peer that asked has gone: the others are owed it."""
        if ended.exception() is not None:
            self._on_owed()  # a commit of unknown fate may have put deliveries into the outbox
            return
        self._erased([row.tx_id])
        self._verifier.recorded.note(signed)
        _log.warning("a transaction that only the notary knew is recorded", tx_id=row.tx_id.hex(), asker=row.asker)
        self._on_recorded(ended.result(), signed)

    def _record(self, connection: Connection, *, signed: SignedTransaction, position: int) -> tuple[str, ...]:
        self._verifier.verify_contracts(connection, signed.wire)
        now_ms = self._clock.now_ms()
        others = self._recorder.record(connection, signed, position, now_ms)
        owe_finality(connection, f"recovered {signed.id.hex()}", signed, others, now_ms // 1000)
        pending_rows.forget(connection, [signed.id])
        return others

    async def _is_out(self, wire: WireTransaction, findings: Findings) -> bool:
        """Whether it can never become final: too late by the notary's clock, or an input of it is spent otherwise."""
        for window in (wire.time_window, self._verifier.admission(wire)):
            if window is not None and window.until_s is not None and findings.time_s >= window.until_s:
                return True
        return await self._database.read(partial(_is_spent_otherwise, wire=wire))

    async def _put_off(self, errors: dict[PendingRow, CrossDvpError | None]) -> None:
        if errors:
            await self._database.submit(partial(_put_off, errors=errors, now_ms=self._clock.now_ms()))

    async def _forget(self, tx_ids: Sequence[bytes]) -> None:
        if tx_ids:
            await self._database.submit(partial(pending_rows.forget, tx_ids=tx_ids))
            self._erased(tx_ids)

    def _erased(self, tx_ids: Sequence[bytes]) -> None:
        for tx_id in tx_ids:
            self.book.erased(tx_id)
            self._asked_ms.pop(tx_id, None)
            self._may_become_final.discard(tx_id)


def _put_off(connection: Connection, *, errors: dict[PendingRow, CrossDvpError | None], now_ms: int) -> None:
    for row, error in errors.items():
        pending_rows.put_off(connection, row, now_ms + ASK_AGAIN.wait_ms(row.attempts + 1), error)


def _is_spent_otherwise(connection: Connection, wire: WireTransaction) -> bool:
    return any(consumed_by(connection, ref) not in {None, bytes(wire.id)} for ref in wire.inputs)
