"""Delivery: each endpoint's own walk through the one ordered stream, an event at a time, side by side with the others.

What was sent is recorded after the answer. A process that is killed between sends the event again, with the id it had;
one whose lease was taken meanwhile records nothing, and the next holder sends it again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Final, Protocol

import structlog

from primitives.errors import CrossDvpError, UnavailableError
from relayer.gateway.crash_points import Crash, GatewayCrashPoint, unharmed
from relayer.gateway.store import EventPage
from relayer.gateway.webhooks.bodies import event_message
from relayer.gateway.webhooks.endpoints import Attempt, Lease, WebhookStore
from relayer.gateway.webhooks.model import Endpoint, Message, Outcome
from relayer.gateway.webhooks.signing import signed_headers

_log = structlog.get_logger(__name__)

EVENTS_AT_A_TIME: Final = 16
"""Read ahead for one endpoint; after so many another one may have its turn."""
IDLE_S: Final = 0.5
"""Between two looks where no endpoint was due: pauses after failures, and what people ask for, are of whole seconds."""
STOP_GRACE_S: Final = 1.0
_MOST_DOUBLINGS: Final = 20


class Events(Protocol):
    """The stream."""

    def events(self, nodes: Collection[str], after: int, trade_id: bytes | None, limit: int) -> EventPage:
        """What concerns custodian nodes after a number, oldest first."""


class Poster(Protocol):
    """Makes attempts."""

    async def post(self, url: str, headers: dict[str, str], body: bytes) -> Outcome:
        """One attempt; a failure is an outcome."""


@dataclass(frozen=True)
class Pauses:
    """Between attempts at an event: doubled from ``first_s`` to ``most_s``, varied by a fifth either way."""

    first_s: int = 2
    most_s: int = 3600

    def after(self, failed_attempts: int, chance: float, asked_s: int = 0) -> int:
        """Seconds until the next attempt, at least what the target asked for; ``chance`` in 0..1."""
        doubled = self.first_s * 2 ** min(max(failed_attempts - 1, 0), _MOST_DOUBLINGS)
        varied = round(min(doubled, self.most_s) * (0.8 + 0.4 * chance))
        pause_s: int = max(1, min(varied, self.most_s), min(asked_s, self.most_s))
        return pause_s


@dataclass(frozen=True)
class DeliverySettings:
    """``at_a_time``: endpoints that are posted to side by side; ``crash``: for kill tests."""

    poll_interval_s: float = 0.2
    at_a_time: int = 16
    pauses: Pauses = Pauses()
    crash: Crash = unharmed


@dataclass(frozen=True)
class Chance:
    """The clock, Unix seconds, and a number in 0..1."""

    now_s: Callable[[], int]
    random: Callable[[], float]


class Deliverer:
    """Runs under a lease; ``nodes_of`` says for which custodian nodes a platform speaks now."""

    def __init__(
        self,
        events: Events,
        store: WebhookStore,
        nodes_of: Callable[[str], frozenset[str]],
        poster: Poster,
        lease: Lease,
        settings: DeliverySettings,
        chance: Chance,
    ) -> None:
        self._events = events
        self._store = store
        self._nodes_of = nodes_of
        self._poster = poster
        self._lease = lease
        self._settings = settings
        self._chance = chance
        self._busy: dict[str, asyncio.Task[None]] = {}
        self._turns: dict[str, int] = {}
        self._looked: dict[str, tuple[int, int]] = {}
        self._known: set[str] = set()
        self._turn = 0
        self._more = asyncio.Event()
        self._stopping = asyncio.Event()

    async def run(self, stopping: asyncio.Event) -> None:
        """Until ``stopping``; attempts that are not answered soon then are made again by whoever comes next."""
        self._stopping = stopping
        try:
            while not stopping.is_set():
                try:
                    await self._begin()
                except UnavailableError as away:
                    _log.warning("webhooks wait", reason=away.reason, error=str(away))
                await self._pause(stopping)
        finally:
            if self._busy:
                await asyncio.wait(self._busy.values(), timeout=STOP_GRACE_S)
            for task in self._busy.values():
                task.cancel()
            await asyncio.gather(*self._busy.values(), return_exceptions=True)

    async def _pause(self, stopping: asyncio.Event) -> None:
        """Until it is time to look again, or an endpoint has had a whole page and there may be more."""
        self._more.clear()
        awaited = [asyncio.ensure_future(each.wait()) for each in (stopping, self._more)]
        pause_s = self._settings.poll_interval_s if self._known else IDLE_S
        await asyncio.wait(awaited, timeout=pause_s, return_when=asyncio.FIRST_COMPLETED)
        for each in awaited:
            each.cancel()

    def _reap(self) -> None:
        for endpoint_id in [each for each, task in self._busy.items() if task.done()]:
            _tell(self._busy.pop(endpoint_id))

    async def _begin(self) -> None:
        """Start on as many endpoints as may run, whoever has waited longest first."""
        self._reap()
        if not self._lease.is_held or len(self._busy) >= self._settings.at_a_time:
            return
        due = await asyncio.to_thread(self._store.due, self._chance.now_s())
        self._known = known = {endpoint.id for endpoint in due} | self._busy.keys()
        self._turns = {each: turn for each, turn in self._turns.items() if each in known}
        self._looked = {each: looked for each, looked in self._looked.items() if each in known}
        for endpoint in sorted(due, key=lambda each: self._turns.get(each.id, 0)):
            if len(self._busy) >= self._settings.at_a_time:
                return
            if endpoint.id not in self._busy:
                self._turn += 1
                self._turns[endpoint.id] = self._turn
                self._busy[endpoint.id] = asyncio.create_task(self._work(endpoint), name=endpoint.name)

    async def _work(self, endpoint: Endpoint) -> None:
        """Post a page of events to one endpoint, in order, up to the first that is not delivered."""
        place, looked = self._looked.get(endpoint.id, (-1, 0))
        after = looked if place == endpoint.cursor else endpoint.cursor
        nodes = self._nodes_of(endpoint.platform)
        page = await asyncio.to_thread(self._events.events, nodes, after, None, EVENTS_AT_A_TIME)
        if not page.events:
            self._looked[endpoint.id] = (endpoint.cursor, page.reached)
            return
        current: Endpoint | None = endpoint
        for event in page.events:
            if current is None or self._stopping.is_set():
                return
            current = await self._attempt(current, event_message(current.id, event))
        if current is not None and len(page.events) == EVENTS_AT_A_TIME:
            self._more.set()

    async def _attempt(self, endpoint: Endpoint, message: Message) -> Endpoint | None:
        """One attempt, and its record; None if the endpoint's next event is not to be tried now."""
        began_s = self._chance.now_s()
        secrets = await asyncio.to_thread(self._store.secrets, endpoint.id, began_s)
        keys = [secret.key for secret in secrets]
        headers = signed_headers(endpoint.scheme, keys, message.webhook_id, began_s, message.body)
        self._settings.crash(GatewayCrashPoint.BEFORE_WEBHOOK)
        outcome = await self._poster.post(endpoint.url, headers, message.body)
        self._settings.crash(GatewayCrashPoint.AFTER_WEBHOOK)
        now_s = self._chance.now_s()
        pause_s = self._settings.pauses.after(
            endpoint.failed_attempts + 1, self._chance.random(), outcome.retry_after_s
        )
        attempt = Attempt(endpoint, message, outcome, now_s, next_s=now_s + pause_s)
        after = await asyncio.to_thread(self._store.record, self._lease, attempt)
        self._settings.crash(GatewayCrashPoint.AFTER_WEBHOOK_RECORDED)
        if outcome.is_delivered:
            return after
        if endpoint.failed_attempts == 0:
            _log.warning(
                "webhook target fails", endpoint=endpoint.name, webhook_id=message.webhook_id, error=outcome.error
            )
        return None


def _tell(task: asyncio.Task[None]) -> None:
    """An endpoint's failure is its own; the others go on."""
    failure = None if task.cancelled() else task.exception()
    if isinstance(failure, CrossDvpError):
        _log.warning("webhook delivery waits", endpoint=task.get_name(), reason=failure.reason, error=str(failure))
    elif failure is not None:
        _log.error("webhook delivery failed", endpoint=task.get_name(), exc_info=failure)
