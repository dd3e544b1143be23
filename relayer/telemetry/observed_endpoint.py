"""One end of a path, observed: what it is asked, how it answers and how fast, and what becomes of packets."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from ibc.packet import Packet
from primitives.errors import CallerError, CrossDvpError, UnavailableError
from relayer.core.chain import (
    ChainEndpoint,
    ClientUpdate,
    EventPage,
    Head,
    HostedClient,
    Outcome,
    PacketMessage,
    ProofKind,
)
from relayer.core.retry import class_of, refusal_by
from relayer.telemetry import names
from relayer.telemetry.metrics import Metrics
from relayer.telemetry.packet_ends import PacketEnds
from relayer.telemetry.tracing import Past, Tracing, Value, trade_of


@dataclass
class LastSeen:
    """What an end said last, and when, by a clock that never goes back; None and 0 before."""

    head: Head | None = None
    client: HostedClient | None = None
    read_s: float = 0.0


@dataclass(frozen=True)
class Observing:
    """What observes ends: ``now_s`` is the wall clock, ``timer_s`` never goes back; ``submitted`` is told ids."""

    metrics: Metrics
    tracing: Tracing
    ends: PacketEnds
    now_s: Callable[[], float]
    timer_s: Callable[[], float]
    submitted: Callable[[str, str], None] = lambda _chain, _tx_id: None


class ObservedEndpoint:
    """Implements ``ChainEndpoint`` over another: passes everything on unchanged, errors too."""

    def __init__(self, inner: ChainEndpoint, observing: Observing) -> None:
        self._inner = inner
        self._observing = observing
        self._metrics = observing.metrics
        self.last = LastSeen()

    @property
    def chain_name(self) -> str:
        """See ChainEndpoint."""
        return self._inner.chain_name

    @property
    def client_id(self) -> str:
        """See ChainEndpoint."""
        return self._inner.client_id

    async def head(self) -> Head:
        """See ChainEndpoint."""
        with self._asked("head"):
            self.last.head = await self._inner.head()
        self.last.read_s = self._observing.timer_s()
        return self.last.head

    async def events(self, cursor: int, limit: int) -> EventPage:
        """See ChainEndpoint."""
        with self._asked("events"):
            page = await self._inner.events(cursor, limit)
        for event in page.events:
            self._observing.ends.saw(self.chain_name, event)
        return page

    async def hosted_client(self) -> HostedClient:
        """See ChainEndpoint."""
        with self._asked("hosted_client"):
            self.last.client = await self._inner.hosted_client()
        return self.last.client

    async def update_for_counterparty(self, trusted_height: int, at_least: int) -> ClientUpdate:
        """See ChainEndpoint."""
        with self._asked("update"):
            return await self._inner.update_for_counterparty(trusted_height, at_least)

    async def prove(self, kind: ProofKind, packet: Packet, height: int) -> bytes:
        """See ChainEndpoint."""
        with self._asked("prove"):
            return await self._inner.prove(kind, packet, height)

    async def submit(self, update: ClientUpdate | None, messages: Sequence[PacketMessage]) -> tuple[Outcome, ...]:
        """See ChainEndpoint."""
        trades = [trade_of(message.packet) for message in messages]
        begun_s = self._observing.now_s()
        told: dict[str, Value] = {"chain": self.chain_name, "messages": len(messages)}
        if update is not None:
            told["client_height"] = update.height
        ours = [trade_id for trade_id in trades if trade_id is not None]
        try:
            with self._asked("submit"), self._observing.tracing.during("relayer submit", ours, told):
                outcomes = await self._inner.submit(update, messages)
        except CrossDvpError as failure:
            refused = refusal_by(failure)
            for message in messages:
                self._count(message, "unknown", class_of(refused).value)
            raise
        for message, trade_id, outcome in zip(messages, trades, outcomes, strict=True):
            self._answered(message, trade_id, outcome, begun_s)
        for tx_id in dict.fromkeys(outcome.tx_id for outcome in outcomes if outcome.tx_id):
            self._observing.submitted(self.chain_name, tx_id)
        return outcomes

    def _answered(self, message: PacketMessage, trade_id: bytes | None, outcome: Outcome, begun_s: float) -> None:
        self._count(message, outcome.verdict.value, class_of(outcome).value)
        if trade_id is None:
            return
        packet = message.packet
        told = {
            "chain": self.chain_name,
            "packet": f"{packet.source_client}/{packet.sequence}",
            "verdict": outcome.verdict.value,
            "tx_id": outcome.tx_id,
            "height": outcome.height,
            "proof_height": message.proof_height,
            "proof_bytes": len(message.proof),
        }
        past = Past(f"relayer {message.kind.value}", begun_s, self._observing.now_s(), told, error=outcome.refusal)
        self._observing.tracing.tell(trade_id, past)

    def _count(self, message: PacketMessage, verdict: str, refusal_class: str) -> None:
        self._metrics.count(names.ATTEMPTS, self.chain_name, message.kind.value, verdict, refusal_class)

    async def close(self) -> None:
        """See ChainEndpoint."""
        await self._inner.close()

    @contextmanager
    def _asked(self, call: str) -> Iterator[None]:
        begun_s, result = self._observing.timer_s(), "cancelled"
        try:
            yield
            result = "ok"
        except UnavailableError:
            result = "unavailable"
            raise
        except CallerError:
            result = "refused"
            raise
        except CrossDvpError:
            result = "nonsense"
            raise
        finally:
            self._metrics.count(names.CHAIN_CALLS, self.chain_name, call, result)
            self._metrics.observe(
                names.CHAIN_SECONDS, self.chain_name, call, seconds=self._observing.timer_s() - begun_s
            )
