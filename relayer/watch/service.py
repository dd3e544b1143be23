"""The watch's loop: rounds of all watches for ever, each by itself: one that is blind does not blind the others."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial

import structlog

from primitives.errors import CrossDvpError, UnavailableError
from relayer.core.chain import ChainEndpoint
from relayer.watch.alarms import Alarm, AlarmBoard, AlarmKind, client_alarms

_log = structlog.get_logger(__name__)

Round = Callable[[], Awaitable[None]]


class WatchLoop:
    """``watches`` by name; ``endpoints`` are asked for their hosted clients, whose expiry and freezing are alarms."""

    def __init__(
        self,
        endpoints: Sequence[ChainEndpoint],
        watches: Mapping[str, Round],
        board: AlarmBoard,
        interval_s: float,
        now_s: Callable[[], float],
    ) -> None:
        self._endpoints = endpoints
        self._watches = dict(watches)
        self._interval_s = interval_s
        self._now_s = now_s
        self.board = board

    def add(self, name: str, watch: Round) -> None:
        """One more watch, before the loop runs."""
        self._watches[name] = watch

    async def run(self, stopping: asyncio.Event, is_ours: Callable[[], bool] = lambda: True) -> None:
        """Until ``stopping`` is set; a standby, for which ``is_ours`` is false, leaves it to whoever has the lease."""
        while not stopping.is_set():
            if is_ours():
                await self.round()
            try:
                await asyncio.wait_for(stopping.wait(), timeout=self._interval_s)
            except TimeoutError:
                continue

    async def round(self) -> None:
        """Everything once; raises nothing that is ours: a watch that fails is an alarm."""
        for endpoint in self._endpoints:
            await self._watched(f"client on {endpoint.chain_name}", partial(self._client, endpoint))
        for name, watch in self._watches.items():
            await self._watched(name, watch)

    async def _client(self, endpoint: ChainEndpoint) -> None:
        client = await endpoint.hosted_client()
        self.board.stand(
            f"client on {endpoint.chain_name} itself", client_alarms(endpoint.chain_name, client, self._now_s())
        )

    async def _watched(self, name: str, watch: Round) -> None:
        """A chain that is away for a round is no alarm yet: the relayer's own status shows it."""
        try:
            await watch()
        except UnavailableError as away:
            _log.warning("watch could not look", watch=name, reason=away.reason, error=str(away))
        except CrossDvpError as problem:
            self.board.stand(name, [Alarm(AlarmKind.WATCH_BLIND, name, f"{problem.reason}: {problem}")])
        else:
            self.board.stand(name, [])
