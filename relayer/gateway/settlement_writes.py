"""Changes of settlements, many in one database transaction: what was asked, what came of it, the events that tell.

Each work is judged on its own, in the order in which it came, on what those before it left: a refused one changes
nothing and holds up nobody. What they come to is written at the end, each table in one statement.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import sqlalchemy as sa
from crossdvp.gateway.v1 import settlement_service_pb2 as pb

from relayer.gateway.audit_entries import AuditRecord
from relayer.gateway.audit_riding import RidingEntries
from relayer.gateway.errors import ReferenceTaken, RequestIdReused
from relayer.gateway.model import Settlement, Waiting
from relayer.gateway.requests import Request, RequestKey, differing_fields
from relayer.gateway.settlement_message import encode_settlement
from relayer.gateway.settlement_tables import (
    AUDIT_TABLE,
    REFERENCES,
    REQUESTS,
    Stored,
    nodes_of,
    reference_owner,
    request_rows,
    revisions,
    settlement_rows,
    stored_of,
    take_turn,
    write_events,
    write_settlements,
)
from relayer.many_rows import insert_of

MOST_REMEMBERED: Final = 4096

Change = Callable[[Settlement | None], Settlement | None]
"""From a settlement as stored (None = not yet) to what it becomes; None or an equal value = no change."""


@dataclass(frozen=True)
class Work:
    """One change that is asked for.

    ``fence``: raises, in the same transaction, unless the instance that asks may still write (its lease is held).
    ``guard``: raises unless the caller may know of the settlement, also before a repeat is answered.
    ``request``: the caller's request that asks, answered once; None for what the ledgers show. ``is_answer``: what it
    leads to is the request's answer; else the answer comes later, by a work with ``finishes``. ``claims``: the
    platform and its own reference that must be used for no other settlement. ``audit``: the entries of the call that
    asks, stored with what it comes to.
    """

    trade_id: bytes
    change: Change
    now_s: int
    fence: Callable[[sa.Connection], None] | None = None
    guard: Callable[[Settlement | None], None] | None = None
    request: Request | None = None
    is_answer: bool = True
    finishes: RequestKey | None = None
    claims: tuple[str, str] | None = None
    audit: RidingEntries | None = None


@dataclass(frozen=True)
class Outcome:
    """What became of a work: the settlement and its message as it is now, or ``answer``: as a request had it before."""

    settlement: Settlement | None
    message: bytes = b""
    answer: bytes | None = None

    @property
    def told(self) -> bytes:
        """The message that the caller is answered with."""
        return self.message if self.answer is None else self.answer


class Remembered:
    """Settlements as they are in their rows, by trade id: rows of the same revision need not be decoded again."""

    def __init__(self) -> None:
        self._known: OrderedDict[bytes, Stored] = OrderedDict()

    def of(self, row: Any) -> Stored:  # noqa: ANN401  # a result row
        """The row, whole, as a settlement."""
        known = self.at(row)
        if known is not None:
            return known
        found = stored_of(row)
        self.keep([found])
        return found

    def at(self, row: Any) -> Stored | None:  # noqa: ANN401  # as above
        """The settlement of a row's id, trade id and revision, if it is remembered."""
        known = self._known.get(row.trade_id)
        if known is None or known.settlement.revision != row.revision:
            return None
        return known if known.row_id == row.id else Stored(row.id, known.settlement, known.message)

    def keep(self, written: Iterable[Stored]) -> None:
        """What was committed; the oldest are forgotten."""
        for each in written:
            self._known[each.settlement.trade_id] = each
            self._known.move_to_end(each.settlement.trade_id)
        while len(self._known) > MOST_REMEMBERED:
            self._known.popitem(last=False)


@dataclass
class Writing:
    """One transaction's works."""

    connection: sa.Connection
    remembered: Remembered
    _stored: dict[bytes, Stored | None] = field(default_factory=dict)
    _changed: dict[bytes, Stored] = field(default_factory=dict)
    _requests: dict[RequestKey, tuple[Request, bytes | None]] = field(default_factory=dict)
    _new_requests: dict[RequestKey, dict[str, object]] = field(default_factory=dict)
    _finished: list[dict[str, object]] = field(default_factory=list)
    _claims: dict[tuple[str, str], bytes] = field(default_factory=dict)
    _events: list[dict[str, object]] = field(default_factory=list)
    _newest: int = 0

    def run(self, works: Sequence[Work]) -> list[Outcome | Exception]:
        """Judge all, write what they come to; an outcome or the named refusal for each, in order."""
        self._newest = take_turn(self.connection)
        self._read(works)
        outcomes = [self._judged(work) for work in works]
        self._write()
        self._write_audit(works, outcomes)
        return outcomes

    @property
    def events(self) -> Sequence[Mapping[str, Any]]:
        """The rows that tell of it, in order."""
        return self._events

    @property
    def written(self) -> tuple[Stored, ...]:
        """What to remember once it is committed."""
        return tuple(self._changed.values())

    def _read(self, works: Sequence[Work]) -> None:
        trade_ids = {work.trade_id for work in works}
        self._stored = dict.fromkeys(trade_ids)
        unknown = []
        for row in revisions(self.connection, trade_ids):
            known = self.remembered.at(row)
            if known is None:
                unknown.append(row.id)
            else:
                self._stored[row.trade_id] = known
        for row in settlement_rows(self.connection, unknown):
            self._stored[row.trade_id] = self.remembered.of(row)
        asked = {work.request.key for work in works if work.request is not None}
        for row in request_rows(self.connection, {key.request_id for key in asked}):
            key = RequestKey(row.caller, row.request_id)
            if key in asked:
                self._requests[key] = (Request(key, row.method, row.body), row.answer)

    def _judged(self, work: Work) -> Outcome | Exception:
        try:
            return self._outcome(work)
        except sa.exc.SQLAlchemyError:
            raise  # the transaction is over for all
        except Exception as refusal:  # noqa: BLE001  # a defect that one work meets must not fail everybody else's
            return refusal

    def _outcome(self, work: Work) -> Outcome:
        if work.fence is not None:
            work.fence(self.connection)
        request, before = work.request, self._stored[work.trade_id]
        if work.guard is not None:
            work.guard(before.settlement if before else None)
        known = self._requests.get(request.key) if request is not None else None
        if request is not None and known is not None:
            differing = differing_fields(known[0], request)
            if differing:
                raise RequestIdReused(request.key.request_id, differing)
            return Outcome(before.settlement if before else None, before.message if before else b"", known[1])
        claimed = self._claimed(work)
        after = changed(before.settlement if before else None, work.change, work.now_s)
        if after is not None and (before is None or after is not before.settlement):
            before = self._note(after, before.row_id if before else 0, work.now_s)
        if claimed is not None:
            self._claims[claimed] = work.trade_id
        if request is not None:
            answer = before.message if work.is_answer and before is not None else None
            self._requests[request.key] = (request, answer)
            self._new_requests[request.key] = {
                "request_id": request.key.request_id,
                "caller": request.key.caller,
                "method": request.method,
                "body": request.body,
                "trade_id": work.trade_id,
                "answer": answer,
            }
        if work.finishes is not None and before is not None:
            key = work.finishes
            self._finished.append({"of_id": key.request_id, "of_caller": key.caller, "answered": before.message})
        return Outcome(before.settlement if before else None, before.message if before else b"")

    def _claimed(self, work: Work) -> tuple[str, str] | None:
        """The reference to be claimed, if it is not claimed for this settlement yet. Raises ``ReferenceTaken``."""
        if work.claims is None:
            return None
        owner = self._claims.get(work.claims) or reference_owner(self.connection, *work.claims)
        if owner is not None and owner != work.trade_id:
            raise ReferenceTaken(work.claims[1], f"settlements/{owner.hex()}")
        return work.claims if owner is None else None

    def _note(self, after: Settlement, row_id: int, now_s: int) -> Stored:
        message = encode_settlement(after).SerializeToString(deterministic=True)
        stored = Stored(row_id, after, message)
        self._stored[after.trade_id] = self._changed[after.trade_id] = stored
        self._newest += 1
        event = {"id": self._newest, "trade_id": after.trade_id, "settlement": message, "at_s": now_s}
        self._events.append(event | nodes_of(after))
        return stored

    def _write(self) -> None:
        if self._changed:
            write_settlements(self.connection, list(self._changed.values()))
            write_events(self.connection, self._events, self._newest)
        _ADD_REQUESTS.write(self.connection, list(self._new_requests.values()))
        if self._finished:
            self.connection.execute(_FINISH, self._finished)
        if self._claims:
            rows = [{"platform": p, "reference": r, "trade_id": trade} for (p, r), trade in self._claims.items()]
            self.connection.execute(sa.insert(REFERENCES), rows)

    def _write_audit(self, works: Sequence[Work], outcomes: Sequence[Outcome | Exception]) -> None:
        """Last: the chain's head is other writers' too, and is held no longer than it must."""
        records: list[AuditRecord] = []
        for work, outcome in zip(works, outcomes, strict=True):
            if work.audit is None:
                continue
            if isinstance(outcome, Exception):
                records += work.audit.records(outcome, "", work.now_s)
            else:
                records += work.audit.records(None, f"settlements/{work.trade_id.hex()}", work.now_s)
        if records:
            AUDIT_TABLE.append(self.connection, records)


_ADD_REQUESTS: Final = insert_of(REQUESTS)
_FINISH: Final = (
    sa.update(REQUESTS)
    .where(REQUESTS.c.request_id == sa.bindparam("of_id"), REQUESTS.c.caller == sa.bindparam("of_caller"))
    .where(REQUESTS.c.answer.is_(None))
    .values(answer=sa.bindparam("answered"))
)


def changed(before: Settlement | None, change: Change, now_s: int) -> Settlement | None:
    """The settlement after a change: a new state waits from now on; ``before`` itself when nothing changed."""
    after = change(before)
    if after is None or after == before:
        return before
    after = replace(after, waiting=_waiting(before, after, now_s))
    return replace(after, updated_s=now_s, revision=(before.revision if before else 0) + 1)


def _waiting(before: Settlement | None, after: Settlement, now_s: int) -> Waiting | None:
    """What it waits for. Another state, or another thing to wait for in it, is waited for from now on.

    Of an error that a change tells as it moves the state, the words are kept.
    """
    found = after.waits_for()
    if found is None:
        return None
    told = after.waiting
    if before is None or after.state is not before.state:
        news = told is not None and before is not None and told != before.waiting
        return Waiting(*found, since_s=now_s, last_error=told.last_error if told is not None and news else "")
    if told is None or (told.on, told.what) != found:
        return Waiting(*found, since_s=now_s)
    return told


def as_message(told: bytes) -> pb.Settlement:
    """The message of an outcome."""
    return pb.Settlement.FromString(told)
