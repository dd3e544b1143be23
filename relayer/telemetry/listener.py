"""The operator's HTTP listener: /metrics, /healthz (does the process live?), /readyz (can it work? if not, why?).

Plain HTTP, reads only, no names: it is for the operator's network.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

import structlog
from aiohttp import web

from primitives.errors import CallerError
from relayer.telemetry.dependencies import DependencyBoard
from relayer.telemetry.metrics import Metrics

_log = structlog.get_logger(__name__)

MOST_REQUEST_BYTES: Final = 8192
STOP_GRACE_S: Final = 1.0


class CannotListenForMetrics(CallerError):
    """``telemetry.metrics_listen`` cannot be bound: it is taken, or not an address of this machine."""

    reason = "CANNOT_LISTEN_FOR_METRICS"

    def __init__(self, listen: str, why: str) -> None:
        self.listen = listen
        super().__init__(f"cannot listen on {listen}: {why}; choose another telemetry.metrics_listen")


class Listener:
    """Use as: ``port = await open()``, ``await close()``. ``timer_s`` never goes back."""

    def __init__(self, listen: str, metrics: Metrics, board: DependencyBoard, timer_s: Callable[[], float]) -> None:
        self._listen = listen
        self._metrics = metrics
        self._board = board
        self._timer_s = timer_s
        self._begun_s = timer_s()
        app = web.Application(client_max_size=MOST_REQUEST_BYTES)
        app.add_routes(
            [web.get("/metrics", self._show_metrics), web.get("/healthz", self._alive), web.get("/readyz", self._ready)]
        )
        self._runner = web.AppRunner(app, access_log=None, keepalive_timeout=30.0, shutdown_timeout=STOP_GRACE_S)

    async def open(self) -> int:
        """Bind and serve; returns the port. Raises ``CannotListenForMetrics``."""
        host, _, port = self._listen.rpartition(":")
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, host.strip("[]"), int(port)).start()
        except (OSError, OverflowError) as failure:
            await self._runner.cleanup()
            raise CannotListenForMetrics(self._listen, str(failure)) from None
        bound_port = int(self._runner.addresses[0][1])
        _log.info("metrics served", listen=self._listen, port=bound_port)
        return bound_port

    async def close(self) -> None:
        """Refuse new requests, end running ones."""
        await self._runner.cleanup()

    async def _show_metrics(self, request: web.Request) -> web.Response:
        body, content_type = await self._metrics.render(request.headers.get("Accept", "")[:256])
        return web.Response(body=body, headers={"Content-Type": content_type, "Cache-Control": "no-store"})

    async def _alive(self, _request: web.Request) -> web.Response:
        """The loop turns: a process that is killed and started again would be no better."""
        await asyncio.sleep(0)
        return web.json_response({"alive": True, "up_s": round(self._timer_s() - self._begun_s, 3)})

    async def _ready(self, _request: web.Request) -> web.Response:
        dependencies = [
            {
                "name": each.name,
                "kind": each.kind.value,
                "up": each.is_up,
                "detail": each.detail,
                "since_s": round(each.since_s, 3),
            }
            for each in self._board.statuses
        ]
        ready = self._board.is_ready
        return web.json_response({"ready": ready, "dependencies": dependencies}, status=200 if ready else 503)
