"""What is posted: the body of an event, the same bytes at every attempt.

{"type": "settlement.changed", "timestamp": "2026-01-02T03:04:05Z",
"data": {"resumeToken": "17", "settlement": {…}}}
"""

from __future__ import annotations

import datetime as dt
import json

from crossdvp.gateway.v1 import settlement_service_pb2 as pb
from google.protobuf.json_format import MessageToDict

from relayer.gateway.store import StoredEvent
from relayer.gateway.webhooks.model import Message, MessageKind


def event_message(endpoint_id: str, event: StoredEvent) -> Message:
    """An event to an endpoint. The id follows from both, so that it is the same after a crash, and at a replay."""
    settlement = MessageToDict(pb.Settlement.FromString(event.settlement))
    data = {"resumeToken": str(event.number), "settlement": settlement}
    kind = MessageKind.SETTLEMENT_CHANGED
    return Message(f"msg_{endpoint_id}_{event.number}", kind, event.number, _body(kind, event.at_s, data))


def trial_message(webhook_id: str, endpoint_name: str, now_s: int) -> Message:
    """What shows that an endpoint works."""
    kind = MessageKind.TEST
    return Message(webhook_id, kind, 0, _body(kind, now_s, {"endpoint": endpoint_name}))


def _body(kind: MessageKind, at_s: int, data: object) -> bytes:
    at = dt.datetime.fromtimestamp(at_s, dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    document = {"type": kind.value, "timestamp": at, "data": data}
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()
