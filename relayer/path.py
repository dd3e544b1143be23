"""A path: two endpoints, each the other's counterparty. Observe both, then bring each what the other one proved.

Work for one target chain, from both directions, shares one client update and one submission: everything it needs is
proved by the other chain. Packets it receives and acknowledgements or time-outs of packets it sent look alike here.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from typing import Final

import structlog

from ibc.light_client import LightClientStatus
from primitives.errors import CrossDvpError, UnavailableError
from relayer.core.chain import ChainEndpoint, ClientUpdate, Head, HostedClient, MessageKind, Outcome, PacketMessage
from relayer.core.crash_points import CrashPoint
from relayer.core.plan import (
    Action,
    Capacity,
    DirectionView,
    Target,
    UpdateNeed,
    chosen,
    needs_refresh,
    plan,
    update_need,
)
from relayer.core.retry import RETRY_RULES, Loudness, class_of
from relayer.path_store import Fenced
from relayer.store import RelayerStore, unfenced
from relayer.submission import Prepared, Suspicion, nothing_provable, prepare, submitted

_log = structlog.get_logger(__name__)
_LEVELS: Final = {loudness: logging.getLevelNamesMapping()[loudness.name] for loudness in Loudness}

MOST_STUMBLES = 2
"""So many submissions in a row that a chain was away for, while it answered all else, make their messages suspect."""

LOOKED_AGAIN_S = 0.01
IDLE_LOOKED_AGAIN_S = 0.1
"""Pauses before an end is served again beside one that is busy: after it took something, and nothing."""
MOST_TURNS = 16
"""So often an end is served in one round: what follows rounds has its turn, too."""

BATCHES_READ = 2
"""So many submissions' worth of packets of each lane are planned for in one round."""
ATTENTIVE_S = 2.0
"""After news every round looks for what can be done: Validators and light clients follow without an event of theirs."""
MOST_SUSPECTS = 200
"""Packets of a direction that are looked at in one round although an answer spoke against them."""


class Reading(Enum):
    """How much of a chain's events one look reads. A chain that we are writing to need not stop to have new ones."""

    TO_THE_HEAD = "to the head"
    A_PAGE = "a page"


@dataclass(frozen=True)
class PathSettings:
    """``batch`` messages at most in one submission; ``page`` events at most in one read; margins as in planning.

    ``inclusion_s``: by end, how long a submission takes until it is included, a block period or so.
    ``look_every_s``: where neither chain tells anything new, heads and clients are asked for so seldom; 0: each round.
    """

    receive_margin_s: int
    batch: int = 20
    page: int = 500
    inclusion_s: tuple[float, float] = (0.0, 0.0)
    look_every_s: float = 0.0


@dataclass(frozen=True)
class PathView:
    """Both ends as read at the start of a round: index 0 and 1 as in ``Path.endpoints``."""

    heads: tuple[Head, Head]
    clients: tuple[HostedClient, HostedClient]


class Path:
    """Relays between two endpoints; every method is safe to repeat and to abandon anywhere.

    ``name`` is the path's in the store, and for people; ``fence`` refuses its writes once its lease is another's.
    ``dice`` gives numbers in [0, 1) for the jitter of retries; by default there is none.
    """

    def __init__(
        self,
        endpoints: tuple[ChainEndpoint, ChainEndpoint],
        store: RelayerStore,
        settings: PathSettings,
        now_s: Callable[[], float],
        crash: Callable[[CrashPoint], None],
        *,
        name: str = "path",
        fence: Fenced = unfenced,
        dice: Callable[[], float] = lambda: 0.5,
    ) -> None:
        self.name = name
        self.endpoints = endpoints
        self._dice = dice
        self._turn = 0
        self._looking = asyncio.Lock()
        self._looked_s = self._attentive_until_s = -float("inf")
        self._stumbles = [0, 0]
        self._store = store.of_path(name, fence)
        self._settings = settings
        self._now_s = now_s
        self._crash = crash
        self.view: PathView | None = None

    async def round(self) -> int:
        """Observe both chains, submit what is due to each; returns how many messages were submitted.

        Raises what the endpoints raise; nothing that was observed or answered is lost by it.
        """
        await self._observe_both(Reading.TO_THE_HEAD)
        if not self._is_time_to_look():
            return 0
        view, idle = await self._look(), (asyncio.Event(), asyncio.Event())
        return sum(await _both(self._side(0, view, idle), self._side(1, view, idle)))

    async def _observe_both(self, reading: Reading) -> None:
        news = sum(await _both(self._observe(0, reading), self._observe(1, reading)))
        self._crash(CrashPoint.AFTER_OBSERVE)
        self._heed(news)

    def _heed(self, news: int) -> None:
        if news:
            self._attentive_until_s = self._now_s() + ATTENTIVE_S

    def _is_time_to_look(self) -> bool:
        now_s = self._now_s()
        has_just_looked = abs(now_s - self._looked_s) < self._settings.look_every_s  # whichever way the clock is set
        return not has_just_looked or now_s < self._attentive_until_s

    async def _look(self) -> PathView:
        """Where both ends stand."""
        first, second = self.endpoints
        heads = await asyncio.gather(first.head(), second.head())
        clients = await asyncio.gather(first.hosted_client(), second.hosted_client())
        self.view = PathView((heads[0], heads[1]), (clients[0], clients[1]))
        self._turn += 1
        return self.view

    async def _side(self, index: int, view: PathView, idle: tuple[asyncio.Event, asyncio.Event]) -> int:
        """Serve one end; again, and with what was seen meanwhile, for as long as the other one is busy.

        An end that takes its time, a chain until its next block say, does not keep the other one waiting.
        """
        total = 0
        for _ in range(MOST_TURNS):
            begun_s = self._now_s()
            idle[index].clear()
            try:
                done = await self._serve(index, view)
            finally:
                idle[index].set()
            total += done
            self._looked_s = begun_s
            self._heed(done)
            seen = await self._seen_beside(idle[1 - index], done)
            if seen is None:
                break
            view = seen
        return total

    async def _seen_beside(self, other: asyncio.Event, done: int) -> PathView | None:
        """How both ends stand after a while in which the other one is busy; None once it is not: a round ends then."""
        while not await _set_within(other, LOOKED_AGAIN_S if done else IDLE_LOOKED_AGAIN_S):
            async with self._looking:
                await self._observe_both(Reading.A_PAGE)
                view = await self._look() if self._is_time_to_look() else None
            if view is not None:
                return None if other.is_set() else view
            done = 0
        return None

    async def _observe(self, index: int, reading: Reading = Reading.TO_THE_HEAD) -> int:
        """Read one chain's events from its cursor on; returns how many were new."""
        total = 0
        chain, counterparty = self.endpoints[index], self.endpoints[1 - index]
        while True:
            cursor = await asyncio.to_thread(self._store.cursor, chain.chain_name)
            page = await chain.events(cursor, self._settings.page)
            if page.next_cursor == cursor and not page.events:
                return total
            news = await asyncio.to_thread(
                self._store.record_page, chain.chain_name, counterparty.chain_name, page, self._now_s()
            )
            if news:
                _log.info("events", chain=chain.chain_name, new=news, cursor=page.next_cursor)
            total += news
            if page.next_cursor == cursor or reading is Reading.A_PAGE:
                return total

    def _due(self, target_index: int, view: PathView) -> list[Action]:
        """What is submitted to one end now, from both directions: no more than one submission takes."""
        if view.clients[target_index].status is not LightClientStatus.ACTIVE:
            return []  # it takes nothing: a backlog need not be read to find that out
        now_s, due = self._now_s(), list[Action]()
        capacity = Capacity(self._settings.batch, self._settings.inclusion_s[target_index])
        for source_index in (0, 1):
            direction = self.direction(source_index, view, now_s)
            wanted = Target.SOURCE if source_index == target_index else Target.DESTINATION
            source = self.endpoints[source_index].chain_name
            packets = self._store.open_packets(source, wanted, direction, BATCHES_READ * capacity.batch)
            packets += self._store.suspects(source, now_s, MOST_SUSPECTS)
            due += [action for action in plan(packets, direction) if action.target is wanted]
        return chosen(due, view.heads[target_index], self._settings.receive_margin_s, capacity, self._turn)

    def direction(self, source_index: int, view: PathView, now_s: float) -> DirectionView:
        """One direction as planning looks at it."""
        return DirectionView(
            source=view.heads[source_index],
            destination=view.heads[1 - source_index],
            source_client=view.clients[source_index],
            destination_client=view.clients[1 - source_index],
            now_s=now_s,
            receive_margin_s=self._settings.receive_margin_s,
        )

    def archive(self, ended_before_s: float, limit: int) -> int:
        """Move at most ``limit`` packets that ended before a time out of the way; returns how many."""
        return self._store.archive(ended_before_s, self._now_s(), limit)

    async def _serve(self, target_index: int, view: PathView) -> int:
        """Prepare and submit what one end is due; refresh its hosted client if that is due, too."""
        target, client = self.endpoints[target_index], view.clients[target_index]
        counterparty_head = view.heads[1 - target_index]
        taken_up = await asyncio.to_thread(self._store.client_seen, target.chain_name, client.mark)
        if taken_up:
            _log.info("light client changed: parked packets are taken up", chain=target.chain_name, packets=taken_up)
        actions = await asyncio.to_thread(self._due, target_index, view)
        need = update_need(client, counterparty_head, actions)
        done = await self._work(target_index, client, actions, need) if actions else 0
        if need is UpdateNeed.REFRESH_DUE or (not done and needs_refresh(client, counterparty_head)):
            refresh = await self._refresh(target_index, client)
            await asyncio.to_thread(self._store.require_lease)
            self._crash(CrashPoint.BEFORE_REFRESH)
            await target.submit(refresh, ())
            self._crash(CrashPoint.AFTER_REFRESH)
            _log.info("light client refreshed", chain=target.chain_name, height=refresh.height)
        return done

    async def _refresh(self, target_index: int, client: HostedClient, at_least: int = 0) -> ClientUpdate:
        """An update to a height of the other end that is new to the hosted client."""
        prover = self.endpoints[1 - target_index]
        wanted = max(at_least, client.latest_height + 1)
        return await prover.update_for_counterparty(client.latest_height, wanted)

    async def _work(self, target_index: int, client: HostedClient, actions: Sequence[Action], need: UpdateNeed) -> int:
        """Prove and submit; returns how many messages were submitted.

        Raises ``UnavailableError`` when nothing could be proved, or the target takes nothing: every answer is kept.
        """
        prover = self.endpoints[1 - target_index]
        update = None
        if need is UpdateNeed.NEEDED:
            needed = max(action.provable_from for action in actions)
            update = await self._refresh(target_index, client, needed)
        height = client.latest_height if update is None else update.height
        prepared = await asyncio.gather(*(prepare(prover, action, height) for action in actions))
        provable = [each.message for each in prepared if each.refused is None]
        self._reach(actions, before=True)
        await asyncio.to_thread(self._store.require_lease)
        answers = iter(await self._submitted(target_index, client, update, provable) if provable else ())
        self._reach(actions, before=False)
        outcomes = [each.refused or next(answers) for each in prepared]
        await self._record(target_index, client, prepared, outcomes)
        self._crash(CrashPoint.AFTER_ANSWERS_STORED)
        away = nothing_provable(prepared)
        if away is not None:
            raise away
        return len(provable)

    async def _submitted(
        self, target_index: int, client: HostedClient, update: ClientUpdate | None, messages: Sequence[PacketMessage]
    ) -> tuple[Outcome, ...]:
        """The target's answers; counts how often in a row it was away for nothing but a submission."""
        is_suspect = self._stumbles[target_index] >= MOST_STUMBLES
        suspicion = Suspicion.MESSAGES if is_suspect else Suspicion.NONE
        try:
            answers = await submitted(
                *(self.endpoints[target_index], update, messages),
                *(lambda: self._refresh(target_index, client), suspicion),
            )
        except CrossDvpError as failure:
            self._stumbles[target_index] += isinstance(failure, UnavailableError)
            raise
        self._stumbles[target_index] = 0
        return answers

    async def _record(
        self, target_index: int, client: HostedClient, prepared: Sequence[Prepared], outcomes: Sequence[Outcome]
    ) -> None:
        """Keep the answers, direction by direction, and say each of them once, as loud as its class is."""
        target, other = self.endpoints[target_index].chain_name, self.endpoints[1 - target_index].chain_name
        for target_kind, source in ((Target.SOURCE, target), (Target.DESTINATION, other)):
            answered = [
                (each.message, outcome)
                for each, outcome in zip(prepared, outcomes, strict=True)
                if each.action.target is target_kind
            ]
            if answered:
                await asyncio.to_thread(self._keep, source, target, answered, client.mark)
        log = _log.bind(path=self.name, chain=target)
        for each, outcome in zip(prepared, outcomes, strict=True):
            refusal_class = class_of(outcome)
            log.log(
                _LEVELS[RETRY_RULES[refusal_class].loudness],
                each.message.kind.value,
                sequence=each.message.packet.sequence,
                verdict=outcome.verdict.value,
                answer=refusal_class.value,
                evidence=outcome.refusal or outcome.tx_id,
            )

    def _keep(
        self, source: str, target: str, answered: Sequence[tuple[PacketMessage, Outcome]], client_mark: str
    ) -> None:
        self._store.record_outcomes(
            *(source, target, answered, self._now_s()), dice=self._dice(), client_mark=client_mark
        )

    def _reach(self, actions: Sequence[Action], *, before: bool) -> None:
        points = {
            MessageKind.RECEIVE: (CrashPoint.BEFORE_RECEIVE, CrashPoint.AFTER_RECEIVE),
            MessageKind.ACKNOWLEDGE: (CrashPoint.BEFORE_ACKNOWLEDGE, CrashPoint.AFTER_ACKNOWLEDGE),
            MessageKind.TIME_OUT: (CrashPoint.BEFORE_TIME_OUT, CrashPoint.AFTER_TIME_OUT),
        }
        for kind in {action.message_kind for action in actions}:
            self._crash(points[kind][0 if before else 1])


async def _both(one: Awaitable[int], other: Awaitable[int]) -> tuple[int, int]:
    """Both results. Each runs to its end, whatever becomes of the other: the next round must not overlap this one."""
    results = await asyncio.gather(one, other, return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result
    first, second = (int(result) for result in results if not isinstance(result, BaseException))
    return first, second


async def _set_within(event: asyncio.Event, seconds: float) -> bool:
    with suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), seconds)
    return event.is_set()
