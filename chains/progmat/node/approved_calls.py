"""A call as it is proposed and approved: its method and request, in one form that can be read and compared."""

from __future__ import annotations

import json
from typing import Any, Final

from google.protobuf import descriptor_pool, json_format, message_factory
from google.protobuf.message import DecodeError, Message
from google.protobuf.unknown_fields import UnknownFieldSet

from chains.progmat.flows.errors import InvalidRequest
from chains.progmat.market.people.canonical_request import canonical
from chains.progmat.market.people.staff_roles import ACTS

PACKAGE: Final = "crossdvp.ledger.v1."
_SECRET_FIELDS: Final = ("password_hash", "nonce")
_NOT_APPROVED: Final = ("approver", "wait_s")
"""Fields that do not count: who approves is known afterwards, and how long a caller waits changes nothing."""


def names_people(act: str, request: Message) -> bool:
    """Whether a request says who acts. A note for the ledger inside of it does not, unless the act is a known one."""
    return "author" in request.DESCRIPTOR.fields_by_name or (act in ACTS and _nested(request) is not None)


def people_named(request: Message) -> Message:
    """The part of a request that says who acts: itself, or the one message in it that does."""
    nested = None if "author" in request.DESCRIPTOR.fields_by_name else _nested(request)
    found: Message = request if nested is None else getattr(request, nested)
    return found


def _nested(request: Message) -> str | None:
    for field in request.DESCRIPTOR.fields:
        inner = field.message_type
        if inner is not None and not field.is_repeated and "author" in inner.fields_by_name:
            return str(field.name)
    return None


def approved_form(method: str, request: Message) -> bytes:
    """The canonical bytes that an approval of this call is about. ``method``: ``/package.Service/Method``."""
    counted = type(request)()
    counted.CopyFrom(request)
    for part in (counted, people_named(counted)):
        for name in _NOT_APPROVED:
            if name in part.DESCRIPTOR.fields_by_name:
                part.ClearField(name)
    return canonical({"method": method, "request": counted.SerializeToString(deterministic=True).hex()})


def proposed_call(method: str, encoded: bytes) -> tuple[str, str, Message]:
    """Act, path and request of a call that is proposed; ``method`` with dots. Raises ``InvalidRequest``."""
    service, _, act = method.rpartition(".")
    if not service.startswith(PACKAGE) or act not in ACTS or not ACTS[act].approvers:
        raise InvalidRequest("method", f"{method[:100]!r} is no method of a node that needs a second person")
    path = f"/{service}/{act}"
    request = _request_of(path)
    try:
        request.ParseFromString(encoded)
    except DecodeError as error:
        raise InvalidRequest("request", f"it is no {request.DESCRIPTOR.name}") from error
    if len(UnknownFieldSet(request)):
        raise InvalidRequest("request", "it has fields that nobody could read before approving it")
    if "approver" not in people_named(request).DESCRIPTOR.fields_by_name:
        raise InvalidRequest("method", f"{act} itself proposes: call it")
    return act, path, request


def readable(request: bytes) -> str:
    """What people read before they approve: a call with its fields by name, other requests as they are; no secrets."""
    if not request:
        return ""
    document: dict[str, Any] = json.loads(request)
    if set(document) == {"method", "request"}:
        message = _request_of(document["method"])
        message.ParseFromString(bytes.fromhex(document["request"]))
        document["request"] = json_format.MessageToDict(message, preserving_proto_field_name=True)
    shown = {name: "(set)" if name in _SECRET_FIELDS else value for name, value in document.items()}
    return json.dumps(shown, ensure_ascii=False, sort_keys=True)


def _request_of(path: str) -> Message:
    _, service, act = path.split("/")
    try:
        found = descriptor_pool.Default().FindMethodByName(f"{service}.{act}")
    except KeyError:
        raise InvalidRequest("method", f"{path[:100]!r} is no method of this node") from None
    request: Message = message_factory.GetMessageClass(found.input_type)()
    return request
