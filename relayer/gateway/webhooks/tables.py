"""The gateway's tables of webhook endpoints, their sealed secrets, and the log of deliveries."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import sqlalchemy as sa

from relayer.database import Int64, RowId
from relayer.gateway.webhooks.model import (
    Delivery,
    DeliveryState,
    Endpoint,
    EndpointState,
    Message,
    MessageKind,
    Outcome,
    Scheme,
)

KEPT_DELIVERIES: Final = 1000
_PRUNE_EVERY: Final = 64


class EndpointTable:
    """Endpoints by id, and the request that made each."""

    def __init__(self, metadata: sa.MetaData) -> None:
        self._table = sa.Table(
            "webhook_endpoints",
            metadata,
            sa.Column("id", sa.String, primary_key=True),
            sa.Column("platform", sa.String, nullable=False),
            sa.Column("request_id", sa.String, nullable=False),
            sa.Column("request_fields", sa.JSON, nullable=False),
            sa.Column("url", sa.String, nullable=False),
            sa.Column("description", sa.String, nullable=False),
            sa.Column("state", sa.String, nullable=False),
            sa.Column("scheme", sa.String, nullable=False),
            sa.Column("public_key", sa.LargeBinary, nullable=False),
            sa.Column("cursor", Int64, nullable=False),
            sa.Column("failing_since_s", Int64, nullable=False),
            sa.Column("failed_attempts", Int64, nullable=False),
            sa.Column("next_attempt_s", Int64, nullable=False),
            sa.Column("last_error", sa.String, nullable=False),
            sa.Column("created_s", Int64, nullable=False),
            sa.Column("updated_s", Int64, nullable=False),
            sa.UniqueConstraint("platform", "request_id"),
        )

    def add(
        self, connection: sa.Connection, endpoint: Endpoint, request_id: str, request_fields: Mapping[str, str]
    ) -> None:
        """A new one."""
        values = _row_of(endpoint) | {"request_id": request_id, "request_fields": dict(request_fields)}
        connection.execute(sa.insert(self._table).values(**values))

    def requested(
        self, connection: sa.Connection, platform: str, request_id: str
    ) -> tuple[Endpoint, dict[str, str]] | None:
        """The endpoint that a request of a platform made, and that request's fields."""
        query = sa.select(self._table).where(self._table.c.platform == platform, self._table.c.request_id == request_id)
        row = connection.execute(query).first()
        return None if row is None else (_endpoint(row), dict(row.request_fields))

    def read(self, connection: sa.Connection, endpoint_id: str) -> Endpoint | None:
        """One by id."""
        row = connection.execute(sa.select(self._table).where(self._table.c.id == endpoint_id)).first()
        return None if row is None else _endpoint(row)

    def of_platform(self, connection: sa.Connection, platform: str) -> list[Endpoint]:
        """A platform's, oldest first."""
        query = sa.select(self._table).where(self._table.c.platform == platform)
        return [_endpoint(row) for row in connection.execute(query.order_by(self._table.c.created_s, self._table.c.id))]

    def due(self, connection: sa.Connection, now_s: int, limit: int) -> list[Endpoint]:
        """Active ones whose next attempt is not later, longest waiting first."""
        query = sa.select(self._table).where(
            self._table.c.state == EndpointState.ACTIVE.value, self._table.c.next_attempt_s <= now_s
        )
        query = query.order_by(self._table.c.next_attempt_s, self._table.c.id).limit(limit)
        return [_endpoint(row) for row in connection.execute(query)]

    def lagging(self, connection: sa.Connection) -> tuple[int | None, int]:
        """Of active ones: the place in the stream of the one that is furthest behind, and how many fail."""
        table = self._table.c
        failing = sa.func.sum(sa.case((table.failing_since_s > 0, 1), else_=0))
        query = sa.select(sa.func.min(table.cursor), failing).where(table.state == EndpointState.ACTIVE.value)
        furthest, count = connection.execute(query).one()
        return furthest, int(count or 0)

    def settle(self, connection: sa.Connection, before: Endpoint, **values: object) -> bool:
        """Set how deliveries of one stand; False, and nothing, if its place in the stream is another by now."""
        same = sa.and_(self._table.c.id == before.id, self._table.c.cursor == before.cursor)
        return connection.execute(sa.update(self._table).where(same).values(**values)).rowcount == 1

    def edit(self, connection: sa.Connection, endpoint_id: str, **values: object) -> None:
        """Set columns of one."""
        connection.execute(sa.update(self._table).where(self._table.c.id == endpoint_id).values(**values))

    def remove(self, connection: sa.Connection, endpoint_id: str) -> None:
        """Delete one."""
        connection.execute(sa.delete(self._table).where(self._table.c.id == endpoint_id))


class SecretTable:
    """Sealed secrets of endpoints, in the order in which they were made."""

    def __init__(self, metadata: sa.MetaData) -> None:
        self._table = sa.Table(
            "webhook_secrets",
            metadata,
            sa.Column("id", RowId, primary_key=True),
            sa.Column("endpoint_id", sa.String, nullable=False, index=True),
            sa.Column("sealed", sa.LargeBinary, nullable=False),
            sa.Column("expires_s", Int64, nullable=False),  # 0 = the newest
        )

    def add(self, connection: sa.Connection, endpoint_id: str, sealed: bytes) -> None:
        """The newest secret of an endpoint."""
        connection.execute(sa.insert(self._table).values(endpoint_id=endpoint_id, sealed=sealed, expires_s=0))

    def read(self, connection: sa.Connection, endpoint_id: str, now_s: int) -> list[tuple[bytes, int]]:
        """Those that sign now, newest first, with when each expires."""
        query = sa.select(self._table).where(
            self._table.c.endpoint_id == endpoint_id,
            sa.or_(self._table.c.expires_s == 0, self._table.c.expires_s > now_s),
        )
        rows = connection.execute(query.order_by(self._table.c.id.desc()))
        return [(row.sealed, row.expires_s) for row in rows]

    def rotate(self, connection: sa.Connection, endpoint_id: str, sealed: bytes, old_until_s: int) -> None:
        """Another newest; the one before ends at ``old_until_s``, all older ones are gone."""
        mine = self._table.c.endpoint_id == endpoint_id
        connection.execute(sa.delete(self._table).where(mine, self._table.c.expires_s != 0))
        connection.execute(sa.update(self._table).where(mine).values(expires_s=old_until_s))
        self.add(connection, endpoint_id, sealed)

    def remove(self, connection: sa.Connection, endpoint_id: str) -> None:
        """Delete an endpoint's."""
        connection.execute(sa.delete(self._table).where(self._table.c.endpoint_id == endpoint_id))


class DeliveryTable:
    """The log: a line a message, with all its attempts; the newest ``KEPT_DELIVERIES`` of each endpoint."""

    def __init__(self, metadata: sa.MetaData) -> None:
        self._table = sa.Table(
            "webhook_deliveries",
            metadata,
            sa.Column("id", RowId, primary_key=True),
            sa.Column("endpoint_id", sa.String, nullable=False),
            sa.Column("webhook_id", sa.String, nullable=False),
            sa.Column("kind", sa.String, nullable=False),
            sa.Column("event_number", Int64, nullable=False),
            sa.Column("state", sa.String, nullable=False),
            sa.Column("attempts", Int64, nullable=False),
            sa.Column("last_status", sa.Integer, nullable=False),
            sa.Column("last_latency_ms", Int64, nullable=False),
            sa.Column("last_error", sa.String, nullable=False),
            sa.Column("first_s", Int64, nullable=False),
            sa.Column("last_s", Int64, nullable=False),
            sa.Column("next_s", Int64, nullable=False),
            sa.Index("webhook_deliveries_of", "endpoint_id", "id"),
            sa.Index("webhook_deliveries_tried", "endpoint_id", "state"),
            sqlite_autoincrement=True,
        )

    def record(
        self,
        connection: sa.Connection,
        endpoint_id: str,
        message: Message,
        outcome: Outcome,
        state: DeliveryState,
        now_s: int,
        next_s: int = 0,
    ) -> Delivery:
        """Another attempt of a message; one that was through before (a replay) begins a new line."""
        said = {
            "state": state.value,
            "last_status": outcome.status,
            "last_latency_ms": outcome.latency_ms,
            "last_error": outcome.error[:300],
            "last_s": now_s,
            "next_s": next_s,
        }
        trying = self._tried(connection, endpoint_id, message.webhook_id)
        if trying is not None:
            said["attempts"] = trying.attempts + 1
            connection.execute(sa.update(self._table).where(self._table.c.id == trying.row_id).values(**said))
            return self._read(connection, trying.row_id)
        told = {"webhook_id": message.webhook_id, "kind": message.kind.value, "event_number": message.event_number}
        made = {"endpoint_id": endpoint_id, "attempts": 1, "first_s": now_s, **told, **said}
        row_id = int(connection.execute(sa.insert(self._table).values(**made).returning(self._table.c.id)).scalar_one())
        if row_id % _PRUNE_EVERY == 0:
            self._prune(connection, endpoint_id)
        return self._read(connection, row_id)

    def leave(self, connection: sa.Connection, endpoint_id: str) -> None:
        """What is being tried is not any more: the endpoint goes on from another place."""
        trying = sa.and_(self._table.c.endpoint_id == endpoint_id, self._table.c.state == DeliveryState.TRYING.value)
        connection.execute(sa.update(self._table).where(trying).values(state=DeliveryState.FAILED.value, next_s=0))

    def page(self, connection: sa.Connection, endpoint_id: str, before_id: int, limit: int) -> list[Delivery]:
        """Newest first, row ids below ``before_id`` (0 = from the newest)."""
        query = sa.select(self._table).where(self._table.c.endpoint_id == endpoint_id)
        if before_id:
            query = query.where(self._table.c.id < before_id)
        return [_delivery(row) for row in connection.execute(query.order_by(self._table.c.id.desc()).limit(limit))]

    def remove(self, connection: sa.Connection, endpoint_id: str) -> None:
        """Delete an endpoint's."""
        connection.execute(sa.delete(self._table).where(self._table.c.endpoint_id == endpoint_id))

    def _tried(self, connection: sa.Connection, endpoint_id: str, webhook_id: str) -> Delivery | None:
        """The line of a message that is being tried."""
        mine = sa.and_(self._table.c.endpoint_id == endpoint_id, self._table.c.webhook_id == webhook_id)
        query = sa.select(self._table).where(mine, self._table.c.state == DeliveryState.TRYING.value)
        row = connection.execute(query).first()
        return None if row is None else _delivery(row)

    def _read(self, connection: sa.Connection, row_id: int) -> Delivery:
        return _delivery(connection.execute(sa.select(self._table).where(self._table.c.id == row_id)).one())

    def _prune(self, connection: sa.Connection, endpoint_id: str) -> None:
        mine = self._table.c.endpoint_id == endpoint_id
        oldest = sa.select(self._table.c.id).where(mine).order_by(self._table.c.id.desc()).offset(KEPT_DELIVERIES)
        found = connection.execute(oldest.limit(1)).scalar()
        if found is not None:
            connection.execute(sa.delete(self._table).where(mine, self._table.c.id <= found))


class WebhookTables:
    """The three tables, in a store's metadata."""

    def __init__(self, metadata: sa.MetaData) -> None:
        self.endpoints = EndpointTable(metadata)
        self.secrets = SecretTable(metadata)
        self.deliveries = DeliveryTable(metadata)


def _row_of(endpoint: Endpoint) -> dict[str, Any]:
    return vars(endpoint) | {"state": endpoint.state.value, "scheme": endpoint.scheme.value}


def _endpoint(row: Any) -> Endpoint:  # noqa: ANN401  # a result row
    return Endpoint(
        id=row.id,
        platform=row.platform,
        url=row.url,
        description=row.description,
        state=EndpointState(row.state),
        scheme=Scheme(row.scheme),
        public_key=row.public_key,
        cursor=row.cursor,
        created_s=row.created_s,
        updated_s=row.updated_s,
        failing_since_s=row.failing_since_s,
        failed_attempts=row.failed_attempts,
        next_attempt_s=row.next_attempt_s,
        last_error=row.last_error,
    )


def _delivery(row: Any) -> Delivery:  # noqa: ANN401  # a result row
    return Delivery(
        row_id=row.id,
        webhook_id=row.webhook_id,
        kind=MessageKind(row.kind),
        event_number=row.event_number,
        state=DeliveryState(row.state),
        attempts=row.attempts,
        last_status=row.last_status,
        last_latency_ms=row.last_latency_ms,
        last_error=row.last_error,
        first_s=row.first_s,
        last_s=row.last_s,
        next_s=row.next_s,
    )
