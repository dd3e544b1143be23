"""Webhook endpoints and deliveries as the gateway keeps them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Scheme(Enum):
    """How an endpoint's deliveries are signed, by the specification's names."""

    HMAC_SHA256 = "v1"
    ED25519 = "v1a"


class EndpointState(Enum):
    """Whether anything is posted."""

    ACTIVE = "active"
    PAUSED = "paused"


class DeliveryState(Enum):
    """What became of a message so far."""

    TRYING = "trying"
    DELIVERED = "delivered"
    FAILED = "failed"


class MessageKind(Enum):
    """``type`` in a message's body."""

    SETTLEMENT_CHANGED = "settlement.changed"
    TEST = "webhook.test"


@dataclass(frozen=True)
class Secret:
    """A signing secret: the bytes of a key, or of an Ed25519 private key. ``expires_s`` 0: the newest, for ever."""

    key: bytes
    expires_s: int = 0


@dataclass(frozen=True)
class Endpoint:
    """Where a platform's events are posted, and how that stands.

    ``cursor``: the last event that was delivered; it moves in the stream's order and never over what was not.
    ``failing_since_s``, ``next_attempt_s``: Unix seconds, 0 = not failing, event-driven.
    """

    id: str
    platform: str
    url: str
    description: str
    state: EndpointState
    scheme: Scheme
    public_key: bytes
    cursor: int
    created_s: int
    updated_s: int
    failing_since_s: int = 0
    failed_attempts: int = 0
    next_attempt_s: int = 0
    last_error: str = ""

    @property
    def name(self) -> str:
        """The resource name."""
        return f"webhookEndpoints/{self.id}"


@dataclass(frozen=True)
class Outcome:
    """What came of one attempt. ``status``: HTTP's, 0 if there was no answer; ``error`` empty: delivered.

    ``retry_after_s``: what the target asked for, 0 = nothing.
    """

    status: int
    latency_ms: int
    error: str = ""
    retry_after_s: int = 0

    @property
    def is_delivered(self) -> bool:
        """Whether the target has it."""
        return not self.error


@dataclass(frozen=True)
class Message:
    """One body with its id. ``event_number`` 0: a test, which is not in the stream."""

    webhook_id: str
    kind: MessageKind
    event_number: int
    body: bytes


@dataclass(frozen=True)
class Delivery:
    """A message's attempts; times in Unix seconds, ``next_s`` 0 = none is due."""

    row_id: int
    webhook_id: str
    kind: MessageKind
    event_number: int
    state: DeliveryState
    attempts: int
    last_status: int
    last_latency_ms: int
    last_error: str
    first_s: int
    last_s: int
    next_s: int
