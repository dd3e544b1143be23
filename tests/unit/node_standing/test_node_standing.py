"""What a node says of its parts: to the health service, in the log, to operators."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from grpc_health.v1 import health_pb2
from structlog.testing import capture_logs

from chains.progmat.node.standing import NodePart, NodeStanding
from primitives.errors import CrossDvpError, UnavailableError

SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING


class DiskFull(UnavailableError):
    reason = "STORAGE_FAILED"


class Doubtful(UnavailableError):
    reason = "RECORDS_IN_DOUBT"


class Part:
    """Able until ``error`` is set; tells who watches when it is told to."""

    def __init__(self, name: str, *apis: str) -> None:
        self.error: CrossDvpError | None = None
        self.watchers: list[Callable[[], None]] = []
        self.part = NodePart(name, self._require_able, self.watchers.append, lambda: f"{name} 7", apis)

    def _require_able(self) -> None:
        if self.error is not None:
            raise self.error

    def turn(self, error: CrossDvpError | None) -> None:
        self.error = error
        for changed in self.watchers:
            changed()


class Node:
    def __init__(self) -> None:
        self.records, self.notary = Part("records", "api.A", "api.B"), Part("notary")
        self.now_ms = 1_000
        self.standing = NodeStanding("sn", lambda: self.now_ms)

    async def begin(self) -> Node:
        await self.standing.begin([self.records.part, self.notary.part], ["api.Network"])
        return self

    async def statuses(self) -> dict[str, int]:
        for _ in range(20):
            await asyncio.sleep(0)
        statuses: dict[str, int] = dict(self.standing.servicer._server_status)
        return statuses


async def test_a_part_and_its_services_stop_serving_and_nothing_else_does() -> None:
    node = await Node().begin()
    names = ("", "api.Network", "records", "api.A", "api.B", "notary")
    assert await node.statuses() == dict.fromkeys(names, SERVING)
    node.records.turn(DiskFull("no space left"))
    changed = dict.fromkeys(("records", "api.A", "api.B"), NOT_SERVING)
    assert await node.statuses() == dict.fromkeys(names, SERVING) | changed
    node.records.turn(None)
    assert await node.statuses() == dict.fromkeys(names, SERVING)


async def test_what_begins_unable_says_so_at_once() -> None:
    node = Node()
    node.notary.error = DiskFull("no space left")
    await node.begin()
    assert (await node.statuses())["notary"] == NOT_SERVING


async def test_operators_see_why_since_when_and_how_far() -> None:
    node = await Node().begin()
    node.now_ms = 5_000
    node.records.turn(DiskFull("no space left"))
    await node.statuses()
    records, notary = node.standing.standings
    assert (records.name, records.about, records.since_ms, str(records.error)) == (
        "records",
        "records 7",
        5_000,
        "no space left",
    )
    assert (notary.name, notary.since_ms, notary.error) == ("notary", 1_000, None)


async def test_each_turn_is_logged_once_and_another_reason_is_a_turn() -> None:
    node = await Node().begin()
    with capture_logs() as logs:
        for error in (DiskFull("full"), DiskFull("still full"), Doubtful("an old copy"), None, None):
            node.records.turn(error)
            await node.statuses()
    assert [(line["event"], line["log_level"], line.get("reason")) for line in logs] == [
        ("node does not serve", "error", "STORAGE_FAILED"),
        ("node does not serve", "error", "RECORDS_IN_DOUBT"),
        ("node serves", "info", None),
    ]


async def test_of_turns_in_quick_succession_the_last_counts() -> None:
    node = await Node().begin()
    for number in range(20):
        node.records.turn(DiskFull("full") if number % 2 else None)
        if number % 3:
            await asyncio.sleep(0)
    node.records.turn(None)
    assert set((await node.statuses()).values()) == {SERVING}
