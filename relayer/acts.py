"""What people did to a relayer: who, when, why, and what it changed. Written in the transaction of the act itself."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any

import sqlalchemy as sa

from primitives.errors import CallerError
from relayer.database import RowId


class ActKind(Enum):
    """What a person can do."""

    RETRY = "retry"
    PARK = "park"
    UNPARK = "unpark"
    SUBMIT_EVIDENCE = "submit_evidence"


class RequestIdReused(CallerError):
    """The request id belongs to another act: nothing was done; use a new id for a new act."""

    reason = "REQUEST_ID_REUSED"

    def __init__(self, request_id: str, earlier: Act) -> None:
        self.request_id = request_id
        super().__init__(
            f"request id {request_id} was used for {earlier.kind.value} {earlier.subject} by {earlier.who}: "
            "use a new request id for a new act"
        )


@dataclass(frozen=True)
class Act:
    """``subject``: the packet, or the evidence; ``before`` and ``after``: in words, as it was and became."""

    request_id: str
    kind: ActKind
    subject: str
    who: str
    why: str
    at_s: float
    before: str
    after: str


class ActTable:
    """Acts in their order; rows are added and never changed."""

    def __init__(self, metadata: sa.MetaData) -> None:
        self._table = sa.Table(
            "acts",
            metadata,
            sa.Column("id", RowId, primary_key=True),
            sa.Column("request_id", sa.String, nullable=False, unique=True),
            sa.Column("kind", sa.String, nullable=False),
            sa.Column("subject", sa.String, nullable=False, index=True),
            sa.Column("who", sa.String, nullable=False),
            sa.Column("why", sa.String, nullable=False),
            sa.Column("at_s", sa.Double, nullable=False),
            sa.Column("before", sa.String, nullable=False),
            sa.Column("after", sa.String, nullable=False),
        )

    def add(self, connection: sa.Connection, act: Act) -> None:
        """Write an act down."""
        connection.execute(sa.insert(self._table).values(**vars(act) | {"kind": act.kind.value}))

    def repeated(self, connection: sa.Connection, wanted: Act) -> Act | None:
        """The act that this request did before; None if it is new. Raises ``RequestIdReused`` for another act's id."""
        row = connection.execute(
            sa.select(self._table).where(self._table.c.request_id == wanted.request_id)
        ).one_or_none()
        if row is None:
            return None
        earlier = _act(row)
        if (earlier.kind, earlier.subject, earlier.who, earlier.why) != (
            *(wanted.kind, wanted.subject, wanted.who, wanted.why),
        ):
            raise RequestIdReused(wanted.request_id, earlier)
        return earlier

    def page(self, connection: sa.Connection, subject: str, before_id: int, limit: int) -> list[tuple[int, Act]]:
        """Acts below row id ``before_id`` with their row ids, newest first; of one subject unless it is empty."""
        query = sa.select(self._table).where(self._table.c.id < before_id).order_by(self._table.c.id.desc())
        if subject:
            query = query.where(self._table.c.subject == subject)
        return [(int(row.id), _act(row)) for row in connection.execute(query.limit(limit))]


def _act(row: Any) -> Act:  # noqa: ANN401  # a result row
    return Act(row.request_id, ActKind(row.kind), row.subject, row.who, row.why, row.at_s, row.before, row.after)
