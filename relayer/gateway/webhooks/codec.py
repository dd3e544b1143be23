"""Endpoints and deliveries as messages."""

from __future__ import annotations

from typing import Final, cast

from crossdvp.gateway.v1 import webhook_service_pb2 as pb
from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from relayer.gateway.errors import BadRequest
from relayer.gateway.webhooks.model import Delivery, Endpoint, EndpointState, Scheme
from relayer.gateway.webhooks.signing import shown_public_key

_LAST_SECOND: Final = 253_402_300_799
_SCHEMES: Final = {
    pb.SIGNATURE_SCHEME_UNSPECIFIED: Scheme.HMAC_SHA256,
    pb.SIGNATURE_SCHEME_HMAC_SHA256: Scheme.HMAC_SHA256,
    pb.SIGNATURE_SCHEME_ED25519: Scheme.ED25519,
}
_STATES: Final = {pb.ENDPOINT_STATE_ACTIVE: EndpointState.ACTIVE, pb.ENDPOINT_STATE_PAUSED: EndpointState.PAUSED}


def scheme_of(number: int) -> Scheme:
    """A scheme by its number. Raises ``BadRequest``."""
    found = {int(each): scheme for each, scheme in _SCHEMES.items()}.get(number)
    if found is None:
        raise BadRequest("signature_scheme", "a SignatureScheme", number)
    return found


def state_of(number: int) -> EndpointState:
    """A state by its number. Raises ``BadRequest``."""
    found = {int(each): state for each, state in _STATES.items()}.get(number)
    if found is None:
        raise BadRequest("state", "ENDPOINT_STATE_ACTIVE or ENDPOINT_STATE_PAUSED", number)
    return found


def whole_seconds(field: str, stamp: Timestamp) -> int:
    """A time of ours. Raises ``BadRequest``."""
    if stamp.nanos or not 0 < stamp.seconds <= _LAST_SECOND:
        raise BadRequest(
            field, "a time in whole seconds, after 1970 and before 10000", f"{stamp.seconds}.{stamp.nanos:09}"
        )
    return stamp.seconds


def encode_endpoint(endpoint: Endpoint, old_secret_expires_s: int = 0) -> pb.Endpoint:
    """An endpoint as its platform sees it."""
    return pb.Endpoint(
        name=endpoint.name,
        url=endpoint.url,
        description=endpoint.description,
        state=cast("pb.EndpointState", pb.EndpointState.Value(f"ENDPOINT_STATE_{endpoint.state.name}")),
        signature_scheme=cast(
            "pb.SignatureScheme", pb.SignatureScheme.Value(f"SIGNATURE_SCHEME_{endpoint.scheme.name}")
        ),
        public_key=shown_public_key(endpoint.public_key),
        resume_token=str(endpoint.cursor) if endpoint.cursor else "",
        failing_since=_stamp(endpoint.failing_since_s),
        failed_attempts=min(endpoint.failed_attempts, 2**32 - 1),
        next_attempt=_stamp(endpoint.next_attempt_s),
        last_error=endpoint.last_error,
        create_time=_stamp(endpoint.created_s),
        update_time=_stamp(endpoint.updated_s),
        old_secret_expire_time=_stamp(old_secret_expires_s),
    )


def encode_delivery(delivery: Delivery) -> pb.Delivery:
    """A line of the log."""
    return pb.Delivery(
        webhook_id=delivery.webhook_id,
        type=delivery.kind.value,
        resume_token=str(delivery.event_number) if delivery.event_number else "",
        state=cast("pb.DeliveryState", pb.DeliveryState.Value(f"DELIVERY_STATE_{delivery.state.name}")),
        attempts=min(delivery.attempts, 2**32 - 1),
        last_status=delivery.last_status,
        last_latency=Duration(
            seconds=delivery.last_latency_ms // 1000, nanos=delivery.last_latency_ms % 1000 * 1_000_000
        ),
        last_error=delivery.last_error,
        first_attempt=_stamp(delivery.first_s),
        last_attempt=_stamp(delivery.last_s),
        next_attempt=_stamp(delivery.next_s),
    )


def _stamp(at_s: int) -> Timestamp | None:
    return Timestamp(seconds=at_s) if at_s else None
