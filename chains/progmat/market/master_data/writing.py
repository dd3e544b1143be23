"""Entering and changing records: validated, then applied; an account that is paid waits for a second person."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from chains.progmat.market.master_data import rows
from chains.progmat.market.master_data.errors import KeyTaken, RecordChanged, RecordRefused
from chains.progmat.market.master_data.fields import RecordKind
from chains.progmat.market.master_data.rows import Stored, Values
from chains.progmat.market.master_data.shape import BANK, checked_id, leaves_of, record_of, values_of
from chains.progmat.market.people.acts import Act, require_one
from chains.progmat.market.people.approvals import Approval, propose
from chains.progmat.market.people.canonical_request import canonical
from chains.progmat.market.people.errors import ApprovalRefused

PUT = "PutRecord"
CHANGE_BANK = "ChangeBankAccount"
_MOST_VALUES = 100


@dataclass(frozen=True, slots=True)
class Entered:
    """A record after a change, and the proposal of its account's change, if there was one."""

    stored: Stored
    bank_approval: Approval | None


def put(
    connection: Connection,
    kind: RecordKind,
    changed: Values,
    by: Act,
    now_s: int,
    *,
    expected_version: int,
    fresh: bytes,
) -> Entered:
    """Enter a record (``expected_version`` 0) or change the fields given; what is not given stays.

    Changed ``bank.`` fields become a proposal and the account in force stays. ``fresh``: 32 random bytes, half of them
    the proposal's id, half mixed into it, so that its hash tells nothing once it is erased. Raises ``RecordRefused``,
    ``RecordUnknown`` (a reference), ``RecordChanged``, ``RecordErased``, ``KeyTaken``, leaves of ``ActRefused``.
    """
    require_one(connection, PUT, by.staff_id, by.reason)
    if len(changed) > _MOST_VALUES:
        raise RecordRefused(kind.value, (f"expected at most {_MOST_VALUES} fields",))
    record_id = checked_id(kind, changed.get("id", ""))
    changed = {**changed, "id": record_id}
    before = rows.find(connection, kind, record_id)
    if before is not None and before.erased_s:
        before = rows.get_live(connection, kind, record_id)
    wanted = values_of(record_of(kind, {**(before.values if before else {}), **changed}))
    _require_version(kind, before, record_id, expected_version)
    _require_allowed(connection, kind, before, wanted)
    in_force = {path: before.values[path] if before else "" for path in wanted if path.startswith(BANK)}
    at_once = {**wanted, **in_force}
    if before is None:
        stored = rows.create(connection, kind, at_once, by, now_s)
    elif at_once != before.values:
        stored = rows.change(connection, before, at_once, by, now_s, bank_version=before.bank_version)
    else:
        stored = before
    bank = {path: wanted[path] for path in in_force}
    if bank == in_force:
        return Entered(stored, None)
    return Entered(stored, _propose_bank(connection, stored, bank, by, now_s, fresh))


def change_bank(connection: Connection, approval: Approval, now_s: int) -> None:
    """Put an approved account in force. Raises ``ApprovalRefused`` if another one came first, ``RecordErased``."""
    request = json.loads(approval.request)
    before = rows.get_live(connection, RecordKind(request["kind"]), request["id"])
    if before.bank_version != request["replaces"]:
        raise ApprovalRefused(approval.approval_id, "another change of this account came into force first")
    values = values_of(record_of(before.kind, {**before.values, **request["bank"]}))
    rows.change(connection, before, values, approval.by, now_s, bank_version=before.version + 1)


def _propose_bank(connection: Connection, stored: Stored, bank: Values, by: Act, now_s: int, fresh: bytes) -> Approval:
    request = canonical(
        {
            "kind": stored.kind.value,
            "id": stored.record_id,
            "bank": dict(bank),
            "replaces": stored.bank_version,
            "nonce": fresh[16:].hex(),
        }
    )
    return propose(connection, fresh[:16].hex(), CHANGE_BANK, stored.resource, request, by, now_s)


def _require_version(kind: RecordKind, before: Stored | None, record_id: str, expected: int) -> None:
    found = before.version if before else 0
    if found != expected:
        raise RecordChanged(kind.value, record_id, expected, found)


def _require_allowed(
    connection: Connection, kind: RecordKind, before: Stored | None, wanted: Mapping[str, str | int]
) -> None:
    """Rules that need other records. Raises ``RecordUnknown``, ``RecordErased``, ``KeyTaken``, ``RecordRefused``."""
    if wanted.get("status") == "ERASED":
        raise RecordRefused(kind.value, ("status: ERASED is reached by EraseRecord only",))
    if kind is RecordKind.INVESTOR_KEY and before and before.values["investor_id"] != wanted["investor_id"]:
        raise KeyTaken(before.record_id, str(before.values["investor_id"]))
    for leaf in leaves_of(kind):
        if leaf.refers_to and wanted[leaf.path] and (not before or before.values[leaf.path] != wanted[leaf.path]):
            rows.get_live(connection, leaf.refers_to, str(wanted[leaf.path]))
