"""A path: two endpoints, each the other's counterparty. Observe both, then bring each what the other one proved.

Work for one target chain, from both directions, shares one client update and one submission: everything it needs is
proved by the other chain. Packets it receives and acknowledgements or time-outs of packets it sent look alike here.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import structlog

from ibc.light_client import LightClientStatus
from primitives.errors import CallerError, PeerError
from relayer.core.chain import (
    ChainEndpoint,
    ClientUpdate,
    Head,
    HostedClient,
    MessageKind,
    Outcome,
    PacketMessage,
    Verdict,
)
from relayer.core.crash_points import CrashPoint
from relayer.core.plan import Action, DirectionView, Target, needs_refresh, plan
from relayer.path_store import Fenced
from relayer.store import RelayerStore, unfenced

_log = structlog.get_logger(__name__)

_LEVELS = {Verdict.REFUSED: logging.WARNING, Verdict.BLOCKED: logging.ERROR}
"""How loudly an answer is told of: a blocked packet is an alarm."""
BATCHES_READ = 2
"""So many submissions' worth of packets of one direction are planned for in one round."""


@dataclass(frozen=True)
class PathSettings:
    """``batch`` messages at most in one submission; ``page`` events at most in one read; margins as in planning."""

    receive_margin_s: int
    batch: int = 20
    page: int = 500


@dataclass(frozen=True)
class PathView:
    """Both ends as read at the start of a round: index 0 and 1 as in ``Path.endpoints``."""

    heads: tuple[Head, Head]
    clients: tuple[HostedClient, HostedClient]


class Path:
    """Relays between two endpoints; every method is safe to repeat and to abandon anywhere.

    ``name`` is the path's in the store, and for people; ``fence`` refuses its writes once its lease is another's.
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
    ) -> None:
        self.name = name
        self.endpoints = endpoints
        self._store = store.of_path(name, fence)
        self._settings = settings
        self._now_s = now_s
        self._crash = crash
        self.view: PathView | None = None

    async def round(self) -> int:
        """Observe both chains, submit what is due to each; returns how many messages were submitted.

        Raises what the endpoints raise; nothing that was observed or answered is lost by it.
        """
        await _both(self._observe(0), self._observe(1))
        self._crash(CrashPoint.AFTER_OBSERVE)
        first, second = self.endpoints
        heads = await asyncio.gather(first.head(), second.head())
        clients = await asyncio.gather(first.hosted_client(), second.hosted_client())
        self.view = PathView((heads[0], heads[1]), (clients[0], clients[1]))
        return sum(await _both(self._serve(0, self.view), self._serve(1, self.view)))

    async def _observe(self, index: int) -> int:
        """Read one chain's events from its cursor to its head; returns how many were new."""
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
            if page.next_cursor == cursor:
                return total

    def _due(self, target_index: int, view: PathView) -> list[Action]:
        """Everything that can be submitted to one end now, from both directions."""
        if view.clients[target_index].status is not LightClientStatus.ACTIVE:
            return []  # it takes nothing: a backlog need not be read to find that out
        now_s, batch = self._now_s(), self._settings.batch
        due: list[Action] = []
        for source_index in (0, 1):
            direction = DirectionView(
                source=view.heads[source_index],
                destination=view.heads[1 - source_index],
                source_client=view.clients[source_index],
                destination_client=view.clients[1 - source_index],
                now_s=now_s,
                receive_margin_s=self._settings.receive_margin_s,
            )
            wanted = Target.SOURCE if source_index == target_index else Target.DESTINATION
            chain = self.endpoints[source_index].chain_name
            packets = self._store.open_packets(chain, wanted, direction, batch * BATCHES_READ)
            due += [action for action in plan(packets, direction) if action.target is wanted]
        return sorted(due, key=lambda action: action.tracked.packet.timeout_s)[:batch]

    def archive(self, ended_before_s: float, limit: int) -> int:
        """Move at most ``limit`` packets that ended before a time out of the way; returns how many."""
        return self._store.archive(ended_before_s, self._now_s(), limit)

    async def _serve(self, target_index: int, view: PathView) -> int:
        """Prepare and submit what one end is due; refresh its hosted client if only that is due."""
        target, prover = self.endpoints[target_index], self.endpoints[1 - target_index]
        client, counterparty_head = view.clients[target_index], view.heads[1 - target_index]
        actions = await asyncio.to_thread(self._due, target_index, view)
        if not actions:
            if needs_refresh(client, counterparty_head):
                refresh = await prover.update_for_counterparty(client.latest_height, counterparty_head.height)
                await target.submit(refresh, ())
                _log.info("light client refreshed", chain=target.chain_name, height=refresh.height)
            return 0
        update, height = await self._update_for(prover, client, actions)
        prepared = await asyncio.gather(*(_prepare(prover, action, height) for action in actions))
        provable = [message for message, refused in prepared if refused is None]
        self._reach(actions, before=True)
        answers = iter(await target.submit(update, provable) if provable else ())
        self._reach(actions, before=False)
        outcomes = [refused or next(answers) for _, refused in prepared]
        await self._record(target_index, actions, [message for message, _ in prepared], outcomes)
        return len(provable)

    @staticmethod
    async def _update_for(
        prover: ChainEndpoint, client: HostedClient, actions: Sequence[Action]
    ) -> tuple[ClientUpdate | None, int]:
        """The client update that makes all actions provable, and the height to prove them at."""
        needed = max(action.provable_from for action in actions)
        if client.latest_height >= needed and not client.needs_update_first:
            return None, client.latest_height
        update = await prover.update_for_counterparty(client.latest_height, needed)
        return update, update.height

    async def _record(
        self,
        target_index: int,
        actions: Sequence[Action],
        messages: Sequence[PacketMessage],
        outcomes: Sequence[Outcome],
    ) -> None:
        target, other = self.endpoints[target_index].chain_name, self.endpoints[1 - target_index].chain_name
        for target_kind, source in ((Target.SOURCE, target), (Target.DESTINATION, other)):
            answered = [
                (message, outcome)
                for action, message, outcome in zip(actions, messages, outcomes, strict=True)
                if action.target is target_kind
            ]
            if answered:
                await asyncio.to_thread(self._store.record_outcomes, source, target, answered, self._now_s())
        for message, outcome in zip(messages, outcomes, strict=True):
            _log.log(
                _LEVELS.get(outcome.verdict, logging.INFO),
                message.kind.value,
                chain=target,
                sequence=message.packet.sequence,
                verdict=outcome.verdict.value,
                evidence=outcome.refusal or outcome.tx_id,
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


async def _prepare(prover: ChainEndpoint, action: Action, height: int) -> tuple[PacketMessage, Outcome | None]:
    """The message for an action; with a refusal if it cannot be proved, so that it does not hold up the others."""
    tracked = action.tracked
    ack = tracked.ack if action.message_kind is MessageKind.ACKNOWLEDGE else None
    try:
        proof = await prover.prove(action.proof_kind, tracked.packet, height)
    except (CallerError, PeerError) as unprovable:
        refused = Outcome(Verdict.REFUSED, refusal=f"{unprovable.reason}: {unprovable}")
        return PacketMessage(action.message_kind, tracked.packet, b"", height, ack), refused
    return PacketMessage(action.message_kind, tracked.packet, proof, height, ack), None
