"""Outputs of transactions that are recorded here: asked of the database once, then at hand.

A transaction once recorded stays so, and its outputs are named by its hash. But what an operation reads in its own
group commit may yet be undone. So remembered is only what is committed: what a read-only connection has found, and
what ``note`` is told after a commit.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Final

from sqlalchemy import Connection

from chains.progmat.flows.attested_history import attested_packages, attested_states
from chains.progmat.flows.signed_records import decoded
from chains.progmat.node.storage import stored_transactions
from chains.progmat.node.storage.engine import sees_only_commits
from chains.progmat.transactions.model import StateRef, TransactionState
from chains.progmat.transactions.signed import SignedTransaction
from primitives.types import Hash32

MAX_REMEMBERED: Final = 4096
MAX_REMEMBERED_BYTES: Final = 8 * 1024 * 1024

Outputs = tuple[TransactionState, ...]


class RecordedStates:
    """One database's; bounded in transactions and in bytes of their bodies. For any thread. ``most`` 0: no memory."""

    def __init__(self, most: int = MAX_REMEMBERED, most_bytes: int = MAX_REMEMBERED_BYTES) -> None:
        self._most = most
        self._most_bytes = most_bytes
        self._known: OrderedDict[bytes, tuple[Outputs, int]] = OrderedDict()
        self._bytes = 0
        self._lock = Lock()
        self._included: tuple[Connection | None, dict[bytes, Outputs]] = (None, {})

    def __contains__(self, tx_id: bytes) -> bool:
        """Whether a transaction is certainly recorded; if not, the database has to be asked."""
        return tx_id in self._known

    def note(self, signed: SignedTransaction) -> None:
        """A transaction is recorded; call it after the commit."""
        with self._lock:
            known = self._known.pop(signed.id, None)
            if known is not None:
                self._known[signed.id] = known
                return
            size_bytes = len(signed.wire_bytes)
            self._known[signed.id] = (signed.wire.outputs, size_bytes)
            self._bytes += size_bytes
            while len(self._known) > self._most or self._bytes > self._most_bytes:
                _, (_, freed_bytes) = self._known.popitem(last=False)
                self._bytes -= freed_bytes

    @contextmanager
    def including(self, connection: Connection, recorded: Iterable[SignedTransaction]) -> Iterator[None]:
        """For an operation that has recorded these on ``connection``: they are at hand for it, and for no other."""
        self._included = (connection, {bytes(signed.id): signed.wire.outputs for signed in recorded})
        try:
            yield
        finally:
            self._included = (None, {})

    def of(self, connection: Connection, refs: Iterable[StateRef]) -> dict[StateRef, TransactionState]:
        """Those of the states whose transactions are recorded here, or that are known by an attestation."""
        states: dict[StateRef, TransactionState] = {}
        unknown: list[StateRef] = []
        recording, included = self._included
        here = included if recording is connection else {}
        with self._lock:
            for ref in refs:
                outputs = here.get(ref.tx_id) or self._outputs(ref.tx_id)
                if outputs is None:
                    unknown.append(ref)
                elif ref.index < len(outputs):
                    states[ref] = outputs[ref.index]
        if unknown:
            states |= self._found(connection, unknown)
        return states

    def made_under(self, connection: Connection, refs: Iterable[StateRef]) -> dict[StateRef, Hash32]:
        """The contract packages that made those of the states of which it is recorded here; for upgrades."""
        wanted = list(refs)
        found = {
            tx_id: decoded(stored.signed_bytes).wire.contract_package
            for tx_id, stored in stored_transactions(connection, {ref.tx_id for ref in wanted}).items()
        }
        packages = {ref: package for ref in wanted if (package := found.get(ref.tx_id)) is not None}
        return packages | attested_packages(connection, [ref for ref in wanted if ref not in packages])

    def _outputs(self, tx_id: bytes) -> Outputs | None:
        """Under the lock."""
        known = self._known.get(tx_id)
        if known is None:
            return None
        self._known.move_to_end(tx_id)
        return known[0]

    def _found(self, connection: Connection, refs: list[StateRef]) -> dict[StateRef, TransactionState]:
        wanted = {ref.tx_id for ref in refs}
        found = {
            tx_id: decoded(stored.signed_bytes) for tx_id, stored in stored_transactions(connection, wanted).items()
        }
        states = {}
        for ref in refs:
            signed = found.get(ref.tx_id)
            if signed is not None and ref.index < len(signed.wire.outputs):
                states[ref] = signed.wire.outputs[ref.index]
        if len(found) < len(wanted):
            states |= attested_states(connection, [ref for ref in refs if ref.tx_id not in found])
        if sees_only_commits(connection):
            for signed in found.values():
                self.note(signed)
        return states
