"""Erasing a person (忘れられる権利): every personal value goes, the id stays, and the ledger is not touched.

The row, all its versions, proposals about it and the audit log's notes about it lose what is personal; what is left
names the id, who acted and when. Keys stay assigned to the id, so the register still says which holdings are its.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum

from sqlalchemy import Connection, select

from chains.progmat.market.master_data import rows
from chains.progmat.market.master_data.errors import InvestorHolds, RecordRefused
from chains.progmat.market.master_data.fields import RecordKind
from chains.progmat.market.master_data.obstacles import LEDGER_OBSTACLES, Obstacles
from chains.progmat.market.master_data.tables import TABLES
from chains.progmat.market.people import approvals, audit
from chains.progmat.market.people.approvals import Approval, canonical
from primitives.errors import DecodeError

ERASE = "EraseRecord"
Eraser = Callable[[Connection, str], None]
"""Takes an investor's personal values out of tables of another part; given the investor's id."""


class Ground(Enum):
    """Why a person is erased."""

    REQUEST = "REQUEST"
    """The person asked for it: refused while there are obstacles."""
    LEGAL_ORDER = "LEGAL_ORDER"
    """An order that forces it, named by its reference, whatever is held."""


@dataclass(frozen=True, slots=True)
class Erasure:
    """What is proposed. ``reference``: a case number, never a name; required for an order."""

    kind: RecordKind
    record_id: str
    ground: Ground
    reference: str = ""

    def encoded(self) -> bytes:
        """As an approver reads it."""
        return canonical(
            {"kind": self.kind.value, "id": self.record_id, "ground": self.ground.value, "reference": self.reference}
        )

    @classmethod
    def decode(cls, request: bytes) -> Erasure:
        """As it was encoded, of no other bytes; raises ``DecodeError``."""
        try:
            told = json.loads(request)
            erasure = cls(RecordKind(told["kind"]), told["id"], Ground(told["ground"]), told["reference"])
            again = erasure.encoded()
        except (ValueError, TypeError, KeyError) as error:
            raise DecodeError("erasure", expected="kind, id, ground, reference", found=request[:64]) from error
        if again != request:
            raise DecodeError("erasure is canonical", expected=again[:64], found=request[:64])
        return erasure


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
