"""The bounds of the peer protocol; every queue and every message has one."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PeerLimits:
    """Bounds, the same on both sides of a stream."""

    max_envelopes_per_frame: int = 32
    max_body_bytes: int = 4 * 1024 * 1024
    max_frame_bytes: int = 5 * 1024 * 1024  # one largest body and its envelope always fit
    max_method_bytes: int = 64
    max_reason_bytes: int = 64
    max_message_bytes: int = 1024
    max_outstanding: int = 256  # requests a peer works on for us at once; further callers wait for their turn
    max_outstanding_bytes: int = 64 * 1024 * 1024  # bodies of one peer's requests, and of answers it has not read yet
    max_abandoned: int = 256  # answers we no longer wait for; more means the peer is stuck and the stream is renewed
    connect_timeout_s: float = 5.0
    backoff_first_s: float = 0.05
    backoff_max_s: float = 2.0
    drain_s: float = 5.0  # how long a stopping server lets requests under way finish
    keepalive_s: float = 30.0
    keepalive_answer_s: float = 10.0

    @property
    def max_message_size(self) -> int:
        """What gRPC may receive: a frame."""
        return self.max_frame_bytes


DEFAULT_LIMITS = PeerLimits()
