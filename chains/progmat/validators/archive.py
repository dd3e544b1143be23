"""What a Validator keeps of final ledger transactions: their bytes, and who spent what.

A Validator holds no vault. It records the ancestors of what it approves, and what it attests; a state that two of them
consume was signed twice by its notary.
"""

from __future__ import annotations

from sqlalchemy import Connection, bindparam, select

from chains.progmat.node.storage import Prepared, insert, store_recorded
from chains.progmat.notary.model import state_key
from chains.progmat.transactions.signed import SignedTransaction
from chains.progmat.transactions.wire import WireTransaction
from chains.progmat.validators.errors import DoubleSpendSigned
from chains.progmat.validators.schema import spent

_SPEND = Prepared(insert(spent).on_conflict_do_nothing(), columns=spent.c.keys())
_SPENT_OTHERWISE = Prepared(
    select(spent.c.state, spent.c.tx_id).where(
        spent.c.state.in_(bindparam("states", expanding=True)), spent.c.tx_id != bindparam("tx_id")
    )
)


class ArchiveRecorder:
    """`flows.seams.Recording` of a Validator."""

    def record(
        self, connection: Connection, signed: SignedTransaction, journal_position: int, now_ms: int
    ) -> tuple[str, ...]:
        """Keep a verified, notarised transaction; nobody else takes part here.

        Raises ``DoubleSpendSigned``.
        """
        _spend(connection, signed)
        store_recorded(connection, signed.id, signed.encode(), journal_position, now_ms // 1000)
        return ()

    def participants(self, _connection: Connection, _wire: WireTransaction) -> frozenset[str]:
        """Nobody: a Validator hands transactions out to no one."""
        return frozenset()


def _spend(connection: Connection, signed: SignedTransaction) -> None:
    """Note what a final transaction consumes; raises ``DoubleSpendSigned`` if another one did."""
    tx_id, by_key = signed.id, {state_key(ref): ref for ref in signed.wire.inputs}
    if not by_key:
        return
    _SPEND.change_all(connection, [{"state": key, "tx_id": tx_id} for key in by_key])
    earlier = _SPENT_OTHERWISE.first(connection, {"states": list(by_key), "tx_id": tx_id})
    if earlier is not None:
        raise DoubleSpendSigned(by_key[earlier[0]], earlier[1], signed)
