"""The gateway's endpoints: what platforms ask for, and what deliveries leave behind. One method, one transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Protocol

import sqlalchemy as sa

from relayer.database import Database
from relayer.gateway.errors import RequestIdReused
from relayer.gateway.webhooks.errors import EndpointUnknown, TooManyEndpoints
from relayer.gateway.webhooks.model import (
    Delivery,
    DeliveryState,
    Endpoint,
    EndpointState,
    Message,
    Outcome,
    Secret,
)
from relayer.gateway.webhooks.secret_box import SecretBox
from relayer.gateway.webhooks.tables import WebhookTables

MOST_ENDPOINTS: Final = 16
"""A platform's."""
MOST_DUE: Final = 4096


_EVENTS: Final = sa.table("events", sa.column("id"), sa.column("at_s"))
"""The stream's own table, of which only this is asked here."""


class Lease(Protocol):
    """The right to post now; one instance has it."""

    @property
    def is_held(self) -> bool:
        """Whether this instance has it, as far as it knows without asking."""

    def require(self, connection: sa.Connection) -> None:
        """In the transaction of a write: raises ``LeaseLost`` unless it is still held."""


@dataclass(frozen=True)
class Attempt:
    """One attempt, made for an endpoint as it was read before; ``next_s``: when the next one is due, if it failed."""

    endpoint: Endpoint
    message: Message
    outcome: Outcome
    now_s: int
    next_s: int = 0


class WebhookStore:
    """Synchronous. Raises ``StoreUnavailable``; methods on one endpoint raise ``EndpointUnknown``."""

    def __init__(self, database: Database, tables: WebhookTables, box: SecretBox) -> None:
        self._database = database
        self._tables = tables
        self._box = box

    def create(
        self, endpoint: Endpoint, key: bytes, request_id: str, fields: Mapping[str, str]
    ) -> tuple[Endpoint, bool]:
        """Store an endpoint with its first secret; a repeated request finds the one it made, and False.

        Raises ``RequestIdReused``, ``TooManyEndpoints``.
        """
        with self._database.transaction() as connection:
            known = self._tables.endpoints.requested(connection, endpoint.platform, request_id)
            if known is not None:
                made, before = known
                differing = sorted(k for k in fields.keys() | before.keys() if fields.get(k) != before.get(k))
                if differing:
                    raise RequestIdReused(request_id, differing)
                return made, False
            if len(self._tables.endpoints.of_platform(connection, endpoint.platform)) >= MOST_ENDPOINTS:
                raise TooManyEndpoints(MOST_ENDPOINTS)
            self._tables.endpoints.add(connection, endpoint, request_id, fields)
            self._tables.secrets.add(connection, endpoint.id, self._box.seal(endpoint.id, key))
            return endpoint, True

    def get(self, platform: str, endpoint_id: str) -> Endpoint:
        """One of a platform's."""
        with self._database.transaction() as connection:
            return self._of(connection, platform, endpoint_id)

    def of_platform(self, platform: str) -> list[Endpoint]:
        """A platform's, oldest first."""
        with self._database.transaction() as connection:
            return self._tables.endpoints.of_platform(connection, platform)

    def edit(self, platform: str, endpoint_id: str, now_s: int, **values: object) -> Endpoint:
        """Set columns; whatever was changed, the next attempt is made at once."""
        with self._database.transaction() as connection:
            self._of(connection, platform, endpoint_id)
            self._tables.endpoints.edit(connection, endpoint_id, updated_s=now_s, next_attempt_s=0, **values)
            return self._of(connection, platform, endpoint_id)

    def delete(self, platform: str, endpoint_id: str) -> None:
        """Remove one with all that belongs to it."""
        with self._database.transaction() as connection:
            self._of(connection, platform, endpoint_id)
            for table in (self._tables.endpoints, self._tables.secrets, self._tables.deliveries):
                table.remove(connection, endpoint_id)

    def rotate(
        self, platform: str, endpoint_id: str, key: bytes, public_key: bytes, now_s: int, overlap_s: int
    ) -> Endpoint:
        """Another newest secret; the one before signs until ``overlap_s`` from now."""
        with self._database.transaction() as connection:
            self._of(connection, platform, endpoint_id)
            sealed = self._box.seal(endpoint_id, key)
            self._tables.secrets.rotate(connection, endpoint_id, sealed, now_s + overlap_s)
            self._tables.endpoints.edit(connection, endpoint_id, public_key=public_key, updated_s=now_s)
            return self._of(connection, platform, endpoint_id)

    def rewind(self, platform: str, endpoint_id: str, place: Callable[[Endpoint], int], now_s: int) -> Endpoint:
        """Put an endpoint where ``place`` says, which raises if that is ahead of it."""
        with self._database.transaction() as connection:
            before = self._of(connection, platform, endpoint_id)
            changed = {"cursor": place(before), "failing_since_s": 0, "failed_attempts": 0, "last_error": ""}
            self._tables.endpoints.edit(connection, endpoint_id, updated_s=now_s, next_attempt_s=0, **changed)
            self._tables.deliveries.leave(connection, endpoint_id)
            return self._of(connection, platform, endpoint_id)

    def deliveries(self, platform: str, endpoint_id: str, before_id: int, limit: int) -> list[Delivery]:
        """The log, newest first."""
        with self._database.transaction() as connection:
            self._of(connection, platform, endpoint_id)
            return self._tables.deliveries.page(connection, endpoint_id, before_id, limit)

    def secrets(self, endpoint_id: str, now_s: int) -> list[Secret]:
        """What signs now, newest first. Raises ``SecretsUnreadable``."""
        with self._database.transaction() as connection:
            sealed = self._tables.secrets.read(connection, endpoint_id, now_s)
        return [Secret(self._box.open(endpoint_id, each), expires_s) for each, expires_s in sealed]

    def old_secret_expires_s(self, endpoint_id: str, now_s: int) -> int:
        """Until when the secret before the newest signs, too; 0 if it does not."""
        with self._database.transaction() as connection:
            return max((ends for _, ends in self._tables.secrets.read(connection, endpoint_id, now_s)), default=0)

    def newest_event_before(self, at_s: int) -> int:
        """The number of the stream's last event that was stored before a time; 0 when there was none."""
        query = sa.select(sa.func.max(_EVENTS.c.id)).where(_EVENTS.c.at_s < at_s)
        with self._database.transaction() as connection:
            return int(connection.execute(query).scalar() or 0)

    def due(self, now_s: int) -> list[Endpoint]:
        """Endpoints of all platforms for which something may be tried."""
        with self._database.transaction() as connection:
            return self._tables.endpoints.due(connection, now_s, MOST_DUE)

    def record(self, lease: Lease, attempt: Attempt) -> Endpoint | None:
        """Keep what came of an attempt, and move the place in the stream if it was delivered; one transaction.

        None: the endpoint is gone, paused or at another place by now; whoever was posting stops. Raises ``LeaseLost``.
        """
        endpoint, outcome, now_s = attempt.endpoint, attempt.outcome, attempt.now_s
        delivered = outcome.is_delivered
        with self._database.transaction() as connection:
            lease.require(connection)
            if delivered:
                stands = {"cursor": attempt.message.event_number, "failing_since_s": 0, "failed_attempts": 0}
                stands |= {"next_attempt_s": 0}
            else:
                stands = {"failing_since_s": endpoint.failing_since_s or now_s, "next_attempt_s": attempt.next_s}
                stands |= {"failed_attempts": endpoint.failed_attempts + 1}
            if not self._tables.endpoints.settle(connection, endpoint, last_error=outcome.error[:300], **stands):
                return None
            state = DeliveryState.DELIVERED if delivered else DeliveryState.TRYING
            next_s = 0 if delivered else attempt.next_s
            self._tables.deliveries.record(connection, endpoint.id, attempt.message, outcome, state, now_s, next_s)
            after = self._tables.endpoints.read(connection, endpoint.id)
        return after if after is not None and after.state is EndpointState.ACTIVE else None

    def record_test(self, endpoint: Endpoint, message: Message, outcome: Outcome, now_s: int) -> Delivery:
        """Keep what came of a test; the stream's place is not touched."""
        state = DeliveryState.DELIVERED if outcome.is_delivered else DeliveryState.FAILED
        with self._database.transaction() as connection:
            self._of(connection, endpoint.platform, endpoint.id)
            return self._tables.deliveries.record(connection, endpoint.id, message, outcome, state, now_s)

    def _of(self, connection: sa.Connection, platform: str, endpoint_id: str) -> Endpoint:
        found = self._tables.endpoints.read(connection, endpoint_id)
        if found is None or found.platform != platform:
            raise EndpointUnknown(f"webhookEndpoints/{endpoint_id}"[:100])
        return found
