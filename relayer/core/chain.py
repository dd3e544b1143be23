"""What the relayer needs of a chain, cut along ICS numbers.

Events and submission are ICS-4, the hosted light client ICS-2, proofs ICS-23.

A path joins two endpoints. Each endpoint hosts a light client of the other. The same code serves both directions: the
relayer never asks which world an endpoint belongs to.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from ibc.light_client import LightClientStatus
from ibc.packet import Packet


class EventKind(Enum):
    """What happened to a packet on the chain that reports it.

    ``OUTCOME_REFUSED`` is in no log: the source chain says it when it is asked to process an acknowledgement or a
    time-out, and its application, not its light client, refuses.
    """

    SENT = "sent"
    ACK_WRITTEN = "ack_written"
    ACK_PROCESSED = "ack_processed"
    TIMEOUT_PROCESSED = "timeout_processed"
    OUTCOME_REFUSED = "outcome_refused"


@dataclass(frozen=True)
class PacketEvent:
    """One fact of a finalised block or journal entry.

    ``height`` is the lowest height of the reporting chain at which the fact can be proved; ``ack`` is present exactly
    for ``ACK_WRITTEN``.
    """

    kind: EventKind
    packet: Packet
    height: int
    tx_id: str
    ack: bytes | None = None


@dataclass(frozen=True)
class Head:
    """The newest finalised height of a chain and that height's own clock, in Unix seconds."""

    height: int
    timestamp_s: int


@dataclass(frozen=True)
class EventPage:
    """Events after a cursor, oldest first, and the cursor to continue from (opaque here, never decreasing)."""

    events: tuple[PacketEvent, ...]
    next_cursor: int


@dataclass(frozen=True)
class HostedClient:
    """The light client that an endpoint hosts of its counterparty, as its chain stores it now.

    ``needs_update_first``: what is proved at the latest height would be refused, as those who sign proofs now are not
    known there: an update comes before the next proof. ``identity`` is another one after governance put another client
    in its place under the same id (empty where the chain does not tell them apart).
    """

    client_id: str
    latest_height: int
    latest_timestamp_s: int
    trusting_period_s: int
    status: LightClientStatus
    needs_update_first: bool = False
    identity: str = ""

    @property
    def mark(self) -> str:
        """Changes when what waits for this client may go on: it is active again, or is another one."""
        return f"{self.client_id}/{self.identity}/{self.status.value}"


@dataclass(frozen=True)
class ClientUpdate:
    """A client message that brings the counterparty's hosted client to ``height``.

    ``earlier`` are client messages that it has to be shown before, in this order: hand-overs from one set of signers to
    the next. None of them may be left out.
    """

    height: int
    timestamp_s: int
    client_message: bytes
    earlier: tuple[bytes, ...] = ()


class ProofKind(Enum):
    """What is proved about a packet at a height of the proving chain."""

    COMMITMENT = "commitment"
    ACKNOWLEDGEMENT = "acknowledgement"
    RECEIPT_ABSENCE = "receipt_absence"


class MessageKind(Enum):
    """What is submitted about a packet."""

    RECEIVE = "receive"
    ACKNOWLEDGE = "acknowledge"
    TIME_OUT = "time_out"


@dataclass(frozen=True)
class PacketMessage:
    """A packet handler's call: the proof holds at ``proof_height`` of the counterparty; ``ack`` only to acknowledge."""

    kind: MessageKind
    packet: Packet
    proof: bytes
    proof_height: int
    ack: bytes | None = None


class Verdict(Enum):
    """How the target chain answered one message."""

    DONE = "done"
    ALREADY_DONE = "already_done"  # somebody else was faster: information, not an error
    REFUSED = "refused"
    PENDING = "pending"  # taken, and not final yet: ask again
    BLOCKED = "blocked"  # what is proved holds, and the application behind it refuses: only time or its issuer cures it


class RefusalClass(Enum):
    """What an answer means for the next attempt; ``relayer.core.retry`` has the table."""

    TOOK_EFFECT = "took_effect"
    RACE_LOST = "race_lost"
    UNDER_WAY = "under_way"
    NOT_YET = "not_yet"
    CHAIN_UNAVAILABLE = "chain_unavailable"
    CLIENT_NOT_ACTIVE = "client_not_active"
    PROOF_REFUSED = "proof_refused"
    APPLICATION_REFUSES = "application_refuses"
    NONSENSE = "nonsense"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Outcome:
    """The answer to one message: where it landed, or why it did not (``refusal``, as ``reason: text``).

    ``refusal_class``: where whoever answers knows better than the words of the refusal tell.
    """

    verdict: Verdict
    tx_id: str = ""
    height: int = 0
    refusal: str = ""
    refusal_class: RefusalClass | None = None


class ChainEndpoint(Protocol):
    """One end of a path. Implementations hold connections, never decisions.

    All methods raise ``UnavailableError`` when the chain or its nodes cannot be reached or do not answer in time (the
    relayer retries), and ``PeerError`` when an answer makes no sense (the relayer stops and says so).
    """

    @property
    def chain_name(self) -> str:
        """Name for people and for the store; unique on a path."""

    @property
    def client_id(self) -> str:
        """Identifier of the light client of the counterparty that this chain hosts."""

    async def head(self) -> Head:
        """The newest finalised height; never goes back between two calls that succeed."""

    async def events(self, cursor: int, limit: int) -> EventPage:
        """Events of this path's packets after ``cursor``: complete and ordered; may repeat, never skips."""

    async def hosted_client(self) -> HostedClient:
        """The hosted light client as stored at the newest height."""

    async def update_for_counterparty(self, trusted_height: int, at_least: int) -> ClientUpdate:
        """A client message from ``trusted_height`` to some provable height >= ``at_least`` of this chain."""

    async def prove(self, kind: ProofKind, packet: Packet, height: int) -> bytes:
        """The proof that the counterparty's light client verifies at exactly ``height`` of this chain."""

    async def submit(self, update: ClientUpdate | None, messages: Sequence[PacketMessage]) -> tuple[Outcome, ...]:
        """Bring the hosted client up to date, then handle the messages; one outcome a message, in order.

        One that is refused, blocked or pending does not hold back the others. Idempotent: a message that already took
        effect is ``ALREADY_DONE``. When an error is raised nothing is known; submitting again is safe.
        """

    async def close(self) -> None:
        """Release connections; safe to call twice."""
