"""Traces: every settlement has one, whose id follows from its trade id.

No call connects a gateway, a relayer and two ledgers: the relayer sees packets, the ledgers see transactions. What all
of them know is the trade id. Trace id and root span follow from it, so that spans made by processes that never spoke
to each other join, and whoever has a trade id has the trace.

``Tracing`` is what the code is given; ``NoTracing`` is the default, ``relayer.telemetry.otel`` the real thing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final, Protocol

from ibc.dvp import DVP_PORT, DvpPayload
from ibc.packet import Packet
from primitives.errors import CrossDvpError

_DOMAIN: Final = b"crossdvp/trace/1"
Value = str | int | float | bool
Attributes = Mapping[str, Value]


def trace_id_of(trade_id: bytes) -> int:
    """The W3C trace id, 128 bits, of a trade's settlement; never 0 but by a broken hash."""
    return int.from_bytes(sha256(_DOMAIN + trade_id).digest()[:16], "big")


def root_span_of(trade_id: bytes) -> int:
    """The id, 64 bits, of the span that all others of a settlement are under."""
    return int.from_bytes(sha256(_DOMAIN + trade_id).digest()[16:24], "big")


def fact_span_of(trade_id: bytes, ledger: str, what: str) -> int:
    """The id of a fact's span: told twice, by two instances or after a restart, it stays one span."""
    return int.from_bytes(sha256(_DOMAIN + trade_id + ledger.encode() + b"/" + what.encode()).digest()[:8], "big")


def shown_trace(trade_id: bytes) -> str:
    """A trace id as logs and tools write it."""
    return f"{trace_id_of(trade_id):032x}"


def trade_of(packet: Packet) -> bytes | None:
    """The trade that a packet is about; None of packets that are not ours, or nonsense."""
    if DVP_PORT not in {packet.payloads[0].source_port, packet.payloads[0].destination_port}:
        return None
    try:
        return DvpPayload.decode(packet.payloads[0].value).trade_id
    except CrossDvpError:
        return None


@dataclass(frozen=True)
class Past:
    """Something that is over: when it was, in Unix seconds, and what is known of it.

    ``span_id`` 0: any; ``is_root``: what all spans of the trade are under; ``error``: why it failed, empty if not.
    """

    name: str
    start_s: float
    end_s: float
    attributes: Attributes = field(default_factory=dict)
    span_id: int = 0
    is_root: bool = False
    error: str = ""


class Tracing(Protocol):
    """Makes spans. Nothing here raises: a trace is never a reason to fail."""

    def during(self, name: str, trades: Sequence[bytes], attributes: Attributes) -> AbstractContextManager[None]:
        """A current span as long as the context: in the trade's trace if there is one trade, else linked to all."""

    def call(
        self, name: str, traceparent: str, trade_id: bytes | None, attributes: Attributes
    ) -> AbstractContextManager[None]:
        """A span of a call that is answered: in the caller's trace if it sent one, and in the trade's, linked."""

    def tell(self, trade_id: bytes, past: Past) -> None:
        """A span of what is over, in the trade's trace."""

    def current_traceparent(self) -> str:
        """The current span as W3C's header; empty where there is none."""

    def close(self) -> None:
        """Hand over what is still held."""


class NoTracing:
    """Traces nothing."""

    @contextmanager
    def during(self, _name: str, _trades: Sequence[bytes], _attributes: Attributes) -> Iterator[None]:
        """See Tracing."""
        yield

    @contextmanager
    def call(self, _name: str, _traceparent: str, _trade_id: bytes | None, _attributes: Attributes) -> Iterator[None]:
        """See Tracing."""
        yield

    def tell(self, _trade_id: bytes, _past: Past) -> None:
        """See Tracing."""

    def current_traceparent(self) -> str:
        """See Tracing."""
        return ""

    def close(self) -> None:
        """See Tracing."""
