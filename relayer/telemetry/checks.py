"""The checks of dependencies: a head that moves, a peer that serves, a database that writes, a clock that agrees."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

import grpc
import grpc.aio
from grpc_health.v1 import health_pb2, health_pb2_grpc

from chains.progmat.client.channel import ApiEndpoint, ApiTls, open_channel
from chains.rpc_status import error_from_rpc
from primitives.errors import CrossDvpError, UnavailableError
from relayer.core.chain import Head
from relayer.telemetry import names
from relayer.telemetry.metrics import Metrics


class HeadStandsStill(UnavailableError):
    """The chain's node answers, and its head does not move: the chain has halted, or the node has lost its peers."""

    reason = "HEAD_STANDS_STILL"

    def __init__(self, chain: str, height: int, still_s: float, most_s: float) -> None:
        self.chain, self.height, self.still_s = chain, height, still_s
        super().__init__(
            f"{chain} stands at {height} for {still_s:.0f} s, expected a new height within {most_s:g} s: "
            "compare with another node; if all stand, its validators are not reaching agreement"
        )


class HeadWentBack(UnavailableError):
    """The chain's node shows a lower height than before: it was restored, or another node answers that lags behind."""

    reason = "HEAD_WENT_BACK"

    def __init__(self, chain: str, before: int, now: int) -> None:
        self.chain, self.before, self.now = chain, before, now
        super().__init__(f"{chain} was at {before} and shows {now}: ask another node, or wait until this one caught up")


class PeerNotServing(UnavailableError):
    """The peer answers, and says itself that it is not well."""

    reason = "PEER_NOT_SERVING"

    def __init__(self, peer: str, part: str, told: str) -> None:
        self.peer, self.part, self.told = peer, part, told
        of_part = f" of its part {part}" if part else ""
        super().__init__(f"{peer} says {told}{of_part}: there, `crossdvp ledger node health` says why")


class TooFewPeers(UnavailableError):
    """Fewer peers answer than are needed together."""

    reason = "TOO_FEW_PEERS"

    def __init__(self, needed: int, answering: int, why: str) -> None:
        self.needed, self.answering = needed, answering
        super().__init__(f"expected {needed} to answer, {answering} do: {why}")


class ClockDisagrees(UnavailableError):
    """This machine's clock and those of all chains differ: deadlines would be judged wrongly. Check NTP here first."""

    reason = "CLOCK_DISAGREES"

    def __init__(self, skew_s: float, most_s: float) -> None:
        self.skew_s = skew_s
        where = "ahead of" if skew_s > 0 else "behind"
        super().__init__(
            f"this machine is {abs(skew_s):.0f} s {where} every chain, at most {most_s:g} s are allowed: check NTP"
        )


class NotWell(UnavailableError):
    """A part of this process says that it is not well."""

    reason = "NOT_WELL"


@dataclass
class HeadMoves:
    """A chain's head is asked for, and has to move within ``most_still_s``.

    ``timer_s`` never goes back, ``now_s`` is the wall clock. ``head``: what was found last, None before.
    """

    chain: str
    ask: Callable[[], Awaitable[Head]]
    most_still_s: float
    metrics: Metrics
    now_s: Callable[[], float]
    timer_s: Callable[[], float]
    head: Head | None = None
    _moved_s: float = field(default=0.0)

    async def __call__(self) -> None:
        """Raises what asking raises, ``HeadStandsStill`` and ``HeadWentBack``."""
        if self.head is None and not self._moved_s:
            self._moved_s = self.timer_s()
        try:
            found = await self.ask()
        finally:
            self.metrics.show(names.CHAIN_STILL, self.chain, value=self.timer_s() - self._moved_s)
        if self.head is not None and found.height < self.head.height:
            raise HeadWentBack(self.chain, self.head.height, found.height)
        if self.head is None or found.height > self.head.height:
            self.head, self._moved_s = found, self.timer_s()
        still_s = self.timer_s() - self._moved_s
        self.metrics.show(names.CHAIN_HEIGHT, self.chain, value=found.height)
        self.metrics.show(names.CHAIN_STILL, self.chain, value=still_s)
        if still_s > self.most_still_s:
            raise HeadStandsStill(self.chain, found.height, still_s, self.most_still_s)
        self.metrics.show(names.CLOCK_SKEW, self.chain, value=self.skew_s or 0.0)

    @property
    def skew_s(self) -> float | None:
        """This machine's clock minus the head's time when it was seen to move; None before that, or where it stands."""
        if self.head is None or self.timer_s() - self._moved_s > self.most_still_s:
            return None
        return self.now_s() - self.head.timestamp_s - (self.timer_s() - self._moved_s)


@dataclass(frozen=True)
class ClockAgrees:
    """With at least one of the chains that move; a single chain's clock may be the one that is wrong."""

    heads: Sequence[HeadMoves]
    most_skew_s: float

    async def __call__(self) -> None:
        """Raises ``ClockDisagrees``; says nothing where no chain moves, which is told by others."""
        skews_s = [skew_s for each in self.heads if (skew_s := each.skew_s) is not None]
        if skews_s and all(abs(skew_s) > self.most_skew_s for skew_s in skews_s):
            raise ClockDisagrees(min(skews_s, key=abs), self.most_skew_s)


class PeerServes:
    """A ledger node's own health check, over mTLS: the process, and the parts of it that are needed."""

    def __init__(self, endpoint: ApiEndpoint, tls: ApiTls, timeout_s: float, parts: Sequence[str]) -> None:
        self.name = endpoint.name
        self._timeout_s = timeout_s
        self._parts = parts
        self._channel = open_channel(endpoint, tls)
        self._stub = health_pb2_grpc.HealthStub(self._channel)

    async def __call__(self) -> None:
        """Raises ``PeerNotServing``, or the errors of a failed call."""
        for part in ("", *self._parts):
            request = health_pb2.HealthCheckRequest(service=part)
            try:
                answer = await self._stub.Check(request, timeout=self._timeout_s)
            except grpc.aio.AioRpcError as failure:
                if part and failure.code() is grpc.StatusCode.NOT_FOUND:  # of an earlier version, which has no parts
                    continue
                raise error_from_rpc(failure, self.name) from failure
            if answer.status != health_pb2.HealthCheckResponse.SERVING:
                status = health_pb2.HealthCheckResponse.ServingStatus.Name(answer.status)
                raise PeerNotServing(self.name, part, status)

    async def close(self) -> None:
        """Close the connection."""
        await self._channel.close(grace=None)


@dataclass(frozen=True)
class EnoughServe:
    """At least ``needed`` of several peers are well, as of Validators."""

    peers: Sequence[Callable[[], Awaitable[None]]]
    needed: int

    async def __call__(self) -> None:
        """Raises ``TooFewPeers`` with the first failure's words."""
        found = await asyncio.gather(*(_failure_of(peer()) for peer in self.peers))
        failures = [failure for failure in found if failure]
        answering = len(self.peers) - len(failures)
        if answering < self.needed:
            raise TooFewPeers(self.needed, answering, failures[0])


async def _failure_of(check: Awaitable[None]) -> str:
    try:
        await check
    except CrossDvpError as failure:
        return f"{failure.reason}: {failure}"
    return ""


@dataclass(frozen=True)
class DatabaseWrites:
    """One durable write; ``prove_writable`` is a store's and takes Unix seconds."""

    prove_writable: Callable[[int], None]
    now_s: Callable[[], float]

    async def __call__(self) -> None:
        """Raises ``StoreUnavailable``."""
        await asyncio.to_thread(self.prove_writable, int(self.now_s()))


@dataclass(frozen=True)
class SaysWell:
    """A part of this process that knows by itself whether it is well; empty when it is, else why not."""

    complaint: Callable[[], str]

    async def __call__(self) -> None:
        """Raises ``NotWell``."""
        found = self.complaint()
        if found:
            raise NotWell(found)


def still_bound_s(period_s: float, most_periods: int) -> float:
    """For how long a head may stand: block periods, and never less than what a slow node needs to answer twice."""
    return max(5.0, period_s * most_periods)
