"""Erasing a person (忘れられる権利): every personal value goes, the id stays, and the ledger is not touched.

The row, all its versions, proposals about it and the audit log's notes about it lose what is personal; what is left
names the id, who acted and when. Keys stay assigned to the id, so the register still says which holdings are its.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select

from chains.progmat.market.master_data import rows
from chains.progmat.market.master_data.erasure import Erasure, Ground
from chains.progmat.market.master_data.errors import InvestorHolds, RecordRefused
from chains.progmat.market.master_data.fields import RecordKind
from chains.progmat.market.master_data.obstacles import LEDGER_OBSTACLES, Obstacles
from chains.progmat.market.master_data.tables import TABLES
from chains.progmat.market.people import approvals, audit
from chains.progmat.market.people.approvals import Approval

ERASE = "EraseRecord"
Eraser = Callable[[Connection, str], None]
"""Takes an investor's personal values out of tables of another part; given the investor's id."""


@dataclass(frozen=True)
class Erasing:
    """How a node erases: what forbids it, and who else has something to erase."""

    obstacles: Sequence[Obstacles] = LEDGER_OBSTACLES
    erasers: Sequence[Eraser] = ()

    def require_possible(self, connection: Connection, erasure: Erasure, now_s: int) -> None:
        """Raises ``RecordUnknown``, ``RecordErased``, ``RecordRefused``, ``InvestorHolds``."""
        rows.get_live(connection, erasure.kind, erasure.record_id)
        if not len(erasure.reference) <= 100 or not erasure.reference.isprintable():
            raise RecordRefused(erasure.kind.value, ("reference: expected at most 100 printable characters",))
        if erasure.ground is Ground.LEGAL_ORDER:
            if not erasure.reference:
                raise RecordRefused(erasure.kind.value, ("reference: expected the case number of the order",))
            return
        if erasure.kind is not RecordKind.INVESTOR:
            return
        keys = keys_of(connection, erasure.record_id)
        found = [
            line for obstacles in self.obstacles for line in obstacles.of(connection, erasure.record_id, keys, now_s)
        ]
        if found:
            raise InvestorHolds(erasure.record_id, tuple(found[:20]))

    def carry_out(self, connection: Connection, approval: Approval, now_s: int) -> None:
        """Erase, in the transaction of the approval. Raises as ``require_possible``: things may have changed."""
        erasure = Erasure.decode(approval.request)
        self.require_possible(connection, erasure, now_s)
        stored = rows.get_live(connection, erasure.kind, erasure.record_id)
        rows.erase_personal(connection, stored, approval.by, now_s)
        approvals.erase_requests(connection, stored.resource, but=approval.approval_id)
        audit.erase_notes(connection, stored.resource)
        if erasure.kind is RecordKind.INVESTOR:
            for eraser in self.erasers:
                eraser(connection, erasure.record_id)


def keys_of(connection: Connection, investor_id: str) -> list[bytes]:
    """The encoded public keys of an investor's accounts."""
    table = TABLES[RecordKind.INVESTOR_KEY]
    found = connection.execute(select(table.c.id).where(table.c.investor_id == investor_id).order_by(table.c.id))
    return [bytes.fromhex(key) for (key,) in found]


def investor_of(connection: Connection, key: bytes) -> str:
    """The investor id behind an account key, also of an erased investor; empty if nobody knows."""
    table = TABLES[RecordKind.INVESTOR_KEY]
    found = connection.execute(select(table.c.investor_id).where(table.c.id == key.hex())).scalar_one_or_none()
    return found or ""
