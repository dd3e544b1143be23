"""Requests of callers, each answered once: an id with the body that it was used for first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from crossdvp.gateway.v1 import message_service_pb2, settlement_service_pb2
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message


@dataclass(frozen=True)
class RequestKey:
    """A request as its caller named it."""

    caller: str
    request_id: str


@dataclass(frozen=True)
class Request:
    """``method``: the call's name. ``body``: the request without its id, encoded deterministically."""

    key: RequestKey
    method: str
    body: bytes


def request_of(caller: str, request_id: str, message: Any) -> Request:  # noqa: ANN401  # any request with an id
    """A request as it is compared and stored; takes the id out of ``message``."""
    message.request_id = ""
    method = message.DESCRIPTOR.name.removesuffix("Request")
    return Request(RequestKey(caller, request_id), method, message.SerializeToString(deterministic=True))


def differing_fields(known: Request, asked: Request) -> list[str]:
    """Dotted names of the fields in which two requests differ, sorted; empty if they are the same request."""
    if known.method == asked.method and known.body == asked.body:
        return []
    fields, others = _fields(known), _fields(asked)
    if known.method != asked.method:
        fields["method"], others["method"] = known.method, asked.method
    return sorted(name for name in fields.keys() | others.keys() if fields.get(name) != others.get(name))


def _fields(request: Request) -> dict[str, str]:
    name = f"{request.method}Request"
    module = message_service_pb2 if hasattr(message_service_pb2, name) else settlement_service_pb2
    message: Message = getattr(module, name).FromString(request.body)
    fields: dict[str, str] = {}

    def flatten(value: object, name: str) -> None:
        if isinstance(value, dict):
            for key, inner in value.items():
                flatten(inner, f"{name}.{key}" if name else str(key))
        else:
            fields[name] = str(value)

    flatten(MessageToDict(message, preserving_proto_field_name=True), "")
    return fields
