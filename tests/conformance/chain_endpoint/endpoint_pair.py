"""What a suite over two connected ChainEndpoints needs beside them: ways to make their chains move."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Protocol

from ibc.packet import Packet
from relayer.core.chain import ChainEndpoint
from tests.fakes.instant_chain import InstantChain, instant_pair

T0_S = 1_700_000_000


class EndpointPair(Protocol):
    """Two endpoints of one path under a test's control; a packet is always sent from the first to the second."""

    @property
    def source(self) -> ChainEndpoint:
        """The end that sends."""

    @property
    def destination(self) -> ChainEndpoint:
        """The end that receives."""

    async def send(self, timeout_s: int) -> Packet:
        """An application sends a packet that the other application accepts."""

    async def refuse_outcome_of(self, packet: Packet) -> None:
        """The source's application refuses from now on to process what became of a packet of its own."""

    async def take_outcomes(self) -> None:
        """It refuses no longer."""

    async def pass_time(self, seconds: int) -> None:
        """Both chains' clocks go on."""

    def clock_s(self) -> int:
        """Both chains' clock."""


@dataclass
class InstantPair:
    """Two chains in memory."""

    now_s: int = T0_S

    def __post_init__(self) -> None:
        self._source, self._destination = instant_pair(lambda: self.now_s)

    @property
    def source(self) -> InstantChain:
        """See EndpointPair."""
        return self._source

    @property
    def destination(self) -> InstantChain:
        """See EndpointPair."""
        return self._destination

    async def send(self, timeout_s: int) -> Packet:
        """See EndpointPair."""
        return self._source.send(b"conformance", timeout_s)

    async def refuse_outcome_of(self, packet: Packet) -> None:
        """See EndpointPair."""
        self._source.blocked.add(packet.sequence)

    async def take_outcomes(self) -> None:
        """See EndpointPair."""
        self._source.blocked.clear()

    async def pass_time(self, seconds: int) -> None:
        """See EndpointPair."""
        self.now_s += seconds

    def clock_s(self) -> int:
        """See EndpointPair."""
        return self.now_s


@asynccontextmanager
async def in_memory() -> AsyncIterator[EndpointPair]:
    """Two chains in memory."""
    yield InstantPair()
