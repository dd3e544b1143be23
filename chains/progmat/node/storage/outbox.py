"""Effects on peers, kept in the same database transaction as the facts that cause them, sent until answered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from sqlalchemy import Connection, bindparam, delete, func, literal_column, select, update

from chains.progmat.node.storage.prepared import Prepared, insert
from chains.progmat.node.storage.schema import outbox
from chains.progmat.node.storage.transaction_store import StoreOutcome
from chains.progmat.stored_text import storable

MAX_ERROR_CHARS = 500
FORGOTTEN_AT_ONCE: Final = 512


class EffectStatus(Enum):
    """An effect's life."""

    PENDING = "PENDING"
    DONE = "DONE"


_ENQUEUE = Prepared(
    insert(outbox).on_conflict_do_nothing(),
    columns=[column.name for column in outbox.c if column is not outbox.c.effect_id],
)
_PENDING = Prepared(
    select(outbox)
    .where(outbox.c.status == EffectStatus.PENDING.value, outbox.c.effect_id > bindparam("after_id"))
    .order_by(outbox.c.effect_id)
    .limit(bindparam("most"))
)
_IS_PENDING = outbox.c.status == literal_column("'PENDING'")  # no parameter: else SQLite passes over the partial index
_DUE = Prepared(
    select(outbox)
    .where(_IS_PENDING, outbox.c.peer == bindparam("to_peer"), outbox.c.next_attempt_s <= bindparam("now_s"))
    .order_by(outbox.c.next_attempt_s, outbox.c.effect_id)
    .limit(bindparam("most"))
)
_NEXT_DUE = Prepared(
    select(outbox.c.next_attempt_s)
    .where(_IS_PENDING, outbox.c.peer == bindparam("to_peer"), outbox.c.next_attempt_s > bindparam("now_s"))
    .order_by(outbox.c.next_attempt_s)
    .limit(1)
)
_PEERS_OWED = Prepared(select(outbox.c.peer, func.max(outbox.c.effect_id)).where(_IS_PENDING).group_by(outbox.c.peer))
_DONE = Prepared(
    update(outbox)
    .where(outbox.c.effect_id == bindparam("done_id"))
    .values(status=EffectStatus.DONE.value, body=b"", last_error="", attempts=outbox.c.attempts + 1)
)
_FAILED = Prepared(
    update(outbox)
    .where(outbox.c.effect_id == bindparam("failed_id"), outbox.c.status != EffectStatus.DONE.value)
    .values(attempts=outbox.c.attempts + 1, last_error=bindparam("error"), next_attempt_s=bindparam("at_s"))
)
_IS_DONE = outbox.c.status == literal_column("'DONE'")  # as above
_FORGET = Prepared(
    delete(outbox).where(
        outbox.c.effect_id.in_(
            select(outbox.c.effect_id)
            .where(
                _IS_DONE,
                outbox.c.created_at_s < bindparam("before_s"),
                outbox.c.effect_id < select(func.max(outbox.c.effect_id)).scalar_subquery(),
            )
            .order_by(outbox.c.created_at_s)
            .limit(FORGOTTEN_AT_ONCE)
        )
    )
)


@dataclass(frozen=True, slots=True)
class Effect:
    """A request owed to a peer."""

    effect_id: int
    effect_key: str
    peer: str
    method: str
    body: bytes
    status: EffectStatus
    attempts: int
    next_attempt_s: int
    last_error: str
    created_at_s: int


def enqueue_effect(
    connection: Connection, *, effect_key: str, peer: str, method: str, body: bytes, now_s: int
) -> StoreOutcome:
    """Owe ``peer`` a request, due at once; the same ``effect_key`` again changes nothing."""
    values = {
        "effect_key": effect_key,
        "peer": peer,
        "method": method,
        "body": body,
        "status": EffectStatus.PENDING.value,
        "attempts": 0,
        "next_attempt_s": now_s,
        "last_error": "",
        "created_at_s": now_s,
    }
    return StoreOutcome.STORED if _ENQUEUE.change(connection, values) else StoreOutcome.KNOWN


def pending_effects(connection: Connection, after_id: int, limit: int) -> list[Effect]:
    """Effects that are not done, due or not, in the order in which they were enqueued, after an ``effect_id``."""
    return [_effect(row) for row in _PENDING.rows(connection, {"after_id": after_id, "most": limit})]


def due_effects(connection: Connection, peer: str, now_s: int, limit: int) -> list[Effect]:
    """Effects owed to one peer whose time has come, those that have waited longest first."""
    return [_effect(row) for row in _DUE.rows(connection, {"to_peer": peer, "now_s": now_s, "most": limit})]


def next_due_s(connection: Connection, peer: str, now_s: int) -> int | None:
    """When the next effect owed to one peer becomes due, Unix seconds; None if all are due."""
    row = _NEXT_DUE.first(connection, {"to_peer": peer, "now_s": now_s})
    return None if row is None else row[0]


def peers_owed(connection: Connection) -> dict[str, int]:
    """Who is owed something, each with the newest ``effect_id`` of it."""
    return dict(_PEERS_OWED.rows(connection))


def effect_done(connection: Connection, effect_id: int) -> None:
    """The peer has answered."""
    _DONE.change(connection, {"done_id": effect_id})


def effect_failed(connection: Connection, effect_id: int, error: str, next_attempt_s: int) -> None:
    """The peer was unavailable: try again at ``next_attempt_s``."""
    later = {"failed_id": effect_id, "error": storable(error, MAX_ERROR_CHARS), "at_s": next_attempt_s}
    _FAILED.change(connection, later)


def forget_done_effects(connection: Connection, before_s: int) -> int:
    """Delete effects that are done and were owed before ``before_s`` (Unix seconds), the oldest first.

    At most ``FORGOTTEN_AT_ONCE`` a call; returns how many. Nobody asks for a done effect again but by its key, to owe
    the same once more, and those commits happen once: a flow is recorded, or gives its reservations back, by
    compare-and-set on its step, and what came back from a peer is recorded once. If a key does come again after its
    effect is forgotten, the peer gets one message more, which it answers as it answers a repeated one: by what it has
    recorded, never by what it remembers of messages. What peers ask this node for in recovery is listed from the
    transactions, and a flow is found by its own row: neither looks here. What is not done is never forgotten.

    The newest effect always stays: SQLite gives the number after the highest present one to the next, and whoever
    sends effects goes on after the highest number it has seen.
    """
    return _FORGET.change(connection, {"before_s": before_s})


def _effect(row: Sequence[Any]) -> Effect:
    """A row of the table; its columns are the fields of ``Effect``, in the same order."""
    effect_id, effect_key, peer, method, body, status, *rest = row
    return Effect(effect_id, effect_key, peer, method, body, EffectStatus(status), *rest)
