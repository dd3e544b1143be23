"""Whether each part of a node can do its work now: told to gRPC's health service, in the log, and to operators."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple

import structlog
from grpc_health.v1 import health, health_pb2

from primitives.errors import CrossDvpError

_log = structlog.get_logger(__name__)


class NodePart(NamedTuple):
    """Something that a node does, by its name in ``client.part_names``, and how to see whether it can."""

    name: str
    require_able: Callable[[], None]
    """Raises what keeps the part from its work."""
    watch: Callable[[Callable[[], None]], None]
    """Has something called in the event loop whenever the part may have become able, or unable."""
    about: Callable[[], str]
    """What an operator would ask next: how far it has come, which of two it is."""
    apis: tuple[str, ...] = ()
    """Full names of the services that are of no use without it."""


@dataclass(frozen=True, slots=True)
class PartStanding:
    """How a part stands: able if there is no error, since ``since_ms`` (Unix milliseconds)."""

    name: str
    about: str
    since_ms: int
    error: CrossDvpError | None = None


class NodeStanding:
    """All parts of one node. ``servicer`` is what the health service answers from; the process itself always serves."""

    def __init__(self, node: str, now_ms: Callable[[], int]) -> None:
        self.node = node
        self._now_ms = now_ms
        self._parts: list[NodePart] = []
        self._found: dict[str, tuple[int, CrossDvpError | None]] = {}
        """Of each part: since when it is able or not, and why not."""
        self._looking = asyncio.Lock()  # what was seen later is told later
        self._looks: set[asyncio.Task[None]] = set()
        self.servicer = health.aio.HealthServicer()  # type: ignore[attr-defined] # missing in the stubs

    @property
    def standings(self) -> tuple[PartStanding, ...]:
        """Of each part that was looked at."""
        return tuple(
            PartStanding(part.name, part.about(), *self._found[part.name])
            for part in self._parts
            if part.name in self._found
        )

    async def begin(self, parts: Iterable[NodePart], always: Iterable[str]) -> None:
        """Look at these parts, now and whenever they change; the services of ``always`` need none of them."""
        self._parts = list(parts)
        for api in ("", *always):
            await self.servicer.set(api, health_pb2.HealthCheckResponse.SERVING)
        await self._look()
        for part in self._parts:
            part.watch(self._changed)

    async def end(self) -> None:
        """Nothing serves any more."""
        await self.servicer.enter_graceful_shutdown()

    def _changed(self) -> None:
        look = asyncio.create_task(self._look(), name="standing")
        self._looks.add(look)
        look.add_done_callback(self._looks.discard)

    async def _look(self) -> None:
        async with self._looking:
            for part in self._parts:
                await self._look_at(part)

    async def _look_at(self, part: NodePart) -> None:
        error = self._error_of(part)
        if part.name in self._found and _reason(self._found[part.name][1]) == _reason(error):
            return
        self._found[part.name] = (self._now_ms(), error)
        self._say(part.name, error)
        status = health_pb2.HealthCheckResponse.SERVING if error is None else health_pb2.HealthCheckResponse.NOT_SERVING
        for name in (part.name, *part.apis):
            await self.servicer.set(name, status)

    @staticmethod
    def _error_of(part: NodePart) -> CrossDvpError | None:
        try:
            part.require_able()
        except CrossDvpError as error:
            return error
        return None

    def _say(self, part: str, error: CrossDvpError | None) -> None:
        if error is None:
            _log.info("node serves", node=self.node, part=part)
        else:
            _log.error("node does not serve", node=self.node, part=part, reason=error.reason, detail=str(error))


def _reason(error: CrossDvpError | None) -> str:
    return "" if error is None else error.reason
