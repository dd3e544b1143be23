"""What the watches need of the two chains. Implementations hold connections, never decisions.

All methods raise ``UnavailableError`` when a chain cannot be reached (the watch tries again), and ``PeerError`` or
``CallerError`` when it refuses or answers nonsense.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from chains.progmat.client.checkpoints import Statements


@dataclass(frozen=True, slots=True)
class HostedHeaders:
    """A light client of the EVM chain as the ledger stores it now; ``heights`` newest first."""

    client_type: str
    client_state: bytes
    heights: tuple[int, ...]
    frozen: bool


class HeaderHost(Protocol):
    """The ledger, which hosts the light client of the EVM chain."""

    @property
    def client_id(self) -> str:
        """Of that light client."""

    async def hosted_headers(self) -> HostedHeaders | None:
        """The client, None if there is none of that id."""

    async def consensus_state(self, height: int) -> bytes | None:
        """What it keeps of a height."""

    async def report_header(self, client_message: bytes) -> str:
        """Submit a header that contradicts a stored one; the id of the ledger transaction that froze the client."""


class CanonicalChain(Protocol):
    """The EVM chain as a node of the relayer's own tells it."""

    async def head_height(self) -> int:
        """The newest block."""

    async def header_message(self, height: int, trusted_height: int) -> bytes:
        """The chain's own header of a height, as a client message that builds on ``trusted_height``."""


class HostedCheckpoints(Protocol):
    """What a watch reads of a client state of the ledger's light client, whatever its kind."""

    @property
    def latest_height(self) -> int: ...  # noqa: D102 # the protocol's docstring says it
    @property
    def frozen(self) -> bool: ...  # noqa: D102 # the protocol's docstring says it


class CheckpointHost(Protocol):
    """The EVM chain, which hosts the light client of the ledger."""

    @property
    def client_id(self) -> str:
        """Of that light client."""

    async def client_state(self) -> HostedCheckpoints:
        """As its contract has it now."""

    async def slots(self, heights: Sequence[int]) -> Sequence[bytes | None]:
        """What is kept of each height, in the form that the watch is told to compare it with."""

    async def header_at(self, height: int) -> bytes | None:
        """The header by which a kept height came in, if it can be found in the chain's transactions."""

    async def report_header(self, header: bytes) -> str:
        """Submit a header that contradicts a kept one; the id of the EVM transaction."""

    async def report_misbehaviour(self, evidence: bytes) -> str:
        """Submit two headers that contradict each other; the id of the EVM transaction."""


class StatementSource(Protocol):
    """The Validators."""

    async def head(self, min_height: int = 0, wait_ms: int = 0) -> int:
        """The height that k of them have verified."""

    async def statements(self, height: int) -> Statements:
        """What each says of a height."""


class Tribunal(Protocol):
    """Where evidence against one Validator goes."""

    async def convict(self, equivocation: bytes) -> str:
        """Keep the evidence for third parties, and have the Validator suspended on the ledger; says what was done."""
