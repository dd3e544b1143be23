"""What a node tells of flows, trades and packets: the same values inside the node and in its client."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from chains.progmat.flows.record import FlowKind
from chains.progmat.flows.steps import ENDS, FINAL_ON_LEDGER, FlowStep
from ibc.packet import Packet, decode_packet


class TradeStatus(Enum):
    """A trade on this ledger; the value is what the database holds."""

    LOCKED = "LOCKED"
    PAID = "PAID"
    RETURNED = "RETURNED"
    CANCELLED = "CANCELLED"


class IbcEventKind(Enum):
    """What happened to a packet here; the value is what the database holds."""

    SEND_PACKET = "SEND_PACKET"
    ACK_PROCESSED = "ACK_PROCESSED"
    TIMEOUT_PROCESSED = "TIMEOUT_PROCESSED"
    ACK_WRITTEN = "ACK_WRITTEN"


@dataclass(frozen=True)
class TradeRecord:
    """A trade. ``packet`` is ABI-encoded, empty if cancelled; closing fields are empty and 0 while it is open."""

    trade_id: bytes
    status: TradeStatus
    terms_hash: bytes
    packet: bytes
    opening_tx_id: bytes
    opening_position: int
    closing_tx_id: bytes
    closing_position: int


@dataclass(frozen=True)
class DvpRecord:
    """A native trade that is settled, and by which ledger transaction."""

    trade_id: bytes
    terms_hash: bytes
    tx_id: bytes


@dataclass(frozen=True)
class ReceiptRecord:
    """How a packet of another chain was answered, and by which ledger transaction."""

    acknowledgement: bytes
    tx_id: bytes
    journal_position: int


@dataclass(frozen=True)
class IbcEvent:
    """One event; ``cursor`` rises strictly, ``journal_position`` is the checkpoint height from which it is provable."""

    cursor: int
    kind: IbcEventKind
    packet: bytes
    acknowledgement: bytes
    tx_id: bytes
    journal_position: int

    @property
    def decoded_packet(self) -> Packet:
        """The packet; raises ``DecodeError``."""
        return decode_packet(self.packet)


@dataclass(frozen=True)
class FlowView:
    """A flow without its content. Times in Unix ms, 0 = none; ``packet`` (ABI-encoded) of a built lock only."""

    flow_id: str
    kind: FlowKind
    step: FlowStep
    tx_id: bytes
    journal_position: int
    attempts: int
    last_error_reason: str
    last_error: str
    waiting_on: str
    since_ms: int
    next_attempt_ms: int
    created_ms: int
    updated_ms: int
    packet: bytes = b""

    @property
    def is_final_on_ledger(self) -> bool:
        """Whether the transaction can no longer be undone."""
        return self.step in FINAL_ON_LEDGER

    @property
    def is_failed(self) -> bool:
        """Whether nothing happened and nothing will; ``last_error_reason`` says why."""
        return self.step is FlowStep.FAILED

    @property
    def is_ended(self) -> bool:
        """Whether nothing more will happen."""
        return self.step in ENDS
