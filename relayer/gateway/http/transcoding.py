"""Requests and answers between JSON and protobuf, by protobuf's own mapping (ProtoJSON), strictly.

Unknown fields, a key that comes twice, numbers that are none: refused. Bytes are base64, as everywhere; with the media
type's parameter ``bytes=hex`` they are 0x-prefixed hexadecimal instead, in the body as in the answer. The two are never
guessed: some text is both.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from typing import Any, Final, cast

from google.protobuf import json_format
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from relayer.gateway.http.routes import BODY_ALL, Route
from relayer.rpc_server import MalformedRequest

MAX_DEPTH: Final = 32
MAX_QUERY_FIELDS: Final = 64
_BASE64: Final = re.compile(r"[0-9A-Za-z+/_-]*={0,2}")
_STANDARD_ALPHABET: Final = str.maketrans("-_", "+/")
_HEX: Final = re.compile(r"0x([0-9a-fA-F]{2})*")


class _Problem(ValueError):
    """What is wrong with a request, continuing "the request"."""


class BytesForm(Enum):
    """How bytes are written in JSON."""

    BASE64 = "base64"
    HEX = "hex"


def request_bytes(
    route: Route, path: Iterable[str], query: Iterable[tuple[str, str]], body: bytes, form: BytesForm
) -> bytes:
    """The rpc's request as bytes. ``path``: what stands at the variables. Raises ``MalformedRequest``."""
    try:
        fields = _fields(route, path, query, body)
        fields = _walk(route.request, fields, _base64_of_hex if form is BytesForm.HEX else _strict_base64)
        message = GetMessageClass(route.request)()
        json_format.ParseDict(fields, message, max_recursion_depth=MAX_DEPTH)
        return message.SerializeToString()
    except (json_format.ParseError, ValueError, TypeError, RecursionError, AttributeError) as broken:
        problem = str(broken)[:300] if isinstance(broken, _Problem) else f"is malformed: {str(broken)[:300]}"
        raise MalformedRequest(route.full_method, problem, body) from None


def _fields(route: Route, path: Iterable[str], query: Iterable[tuple[str, str]], body: bytes) -> dict[str, Any]:
    """Body, query and path together, as JSON."""
    fields: dict[str, Any] = {}
    if route.body:
        told = _object(body)
        fields = told if route.body == BODY_ALL else {route.body: told}
    elif body:
        raise _Problem(f"has a body, which {route.http_method} does not take: put fields into the query")
    _put_query(fields, route, query)
    for variable, text in zip(route.variables, path, strict=True):
        _put_path(fields, route.request, variable.field, text)
    return fields


def _put_path(fields: dict[str, Any], kind: Descriptor, dotted: str, text: str) -> None:
    """What the path says into its field; where query or body say it, too, they must say the same."""
    first, _, rest = dotted.partition(".")
    field = kind.fields_by_name[first]
    given = [fields.pop(spelling) for spelling in _spellings(field) if spelling in fields]
    if rest and field.message_type is not None:
        inner = given[0] if given else {}
        if not isinstance(inner, dict):
            raise _Problem(f"has a {first} that is no JSON object")
        _put_path(inner, field.message_type, rest, text)
        fields[first] = inner
    elif any(each != text for each in given):
        raise _Problem(f"says another {first} than its path: leave it out of query and body")
    else:
        fields[first] = text


def answer_json(kind: Descriptor, answer: bytes, form: BytesForm) -> str:
    """An rpc's answer, given as bytes."""
    return message_json(GetMessageClass(kind).FromString(answer), form)


def message_json(message: Message, form: BytesForm) -> str:
    """A message in one line."""
    return json.dumps(message_object(message, form), ensure_ascii=False)


def message_object(message: Message, form: BytesForm = BytesForm.BASE64) -> dict[str, Any]:
    """A message as JSON's objects and lists."""
    told: dict[str, Any] = json_format.MessageToDict(message)
    return _walk(cast("Descriptor", message.DESCRIPTOR), told, _hex_of_base64) if form is BytesForm.HEX else told


def _object(body: bytes) -> dict[str, Any]:
    """The body's object; an empty body is an empty one."""
    if not body:
        return {}
    try:
        found = json.loads(body.decode(), object_pairs_hook=_no_twins, parse_constant=_no_constant)
    except (UnicodeDecodeError, ValueError, RecursionError) as broken:
        raise _Problem(f"has a body that is not JSON: {str(broken)[:200]}") from None
    if not isinstance(found, dict):
        raise _Problem(f"has a body that is no JSON object, but {type(found).__name__}")
    return found


def _no_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("a key comes twice in one object")
    return made


def _no_constant(text: str) -> None:
    raise ValueError(f"{text} is not JSON")


def _put_query(fields: dict[str, Any], route: Route, query: Iterable[tuple[str, str]]) -> None:
    """Query parameters into fields: dotted names for fields of fields, repeated ones for lists."""
    given = list(query)
    if given and route.body == BODY_ALL:
        raise _Problem(f"has {given[0][0][:80]} in its query: put fields into the body")
    if len(given) > MAX_QUERY_FIELDS:
        raise _Problem(f"has {len(given)} query parameters, at most {MAX_QUERY_FIELDS}")
    for name, text in given:
        _put_one(fields, route.request, name, text)


def _put_one(fields: dict[str, Any], kind: Descriptor, name: str, text: str) -> None:
    *outer, last = name.split(".")
    at = fields
    for part in outer:
        field = _field(kind, part, name)
        if field.message_type is None or field.is_repeated or _is_leaf(field):
            raise _Problem(f"has {name[:80]} in its query: {part[:80]} has no fields of its own")
        kind, at = field.message_type, at.setdefault(field.name, {})
    field = _field(kind, last, name)
    value: object = text
    if field.type == FieldDescriptor.TYPE_BOOL:
        if text not in {"true", "false"}:
            raise _Problem(f"has {name}={text[:40]!r} in its query: expected true or false")
        value = text == "true"
    elif field.message_type is not None and not _is_leaf(field):
        raise _Problem(f"has {name} in its query: name one of its fields, as {name}.…")
    if field.is_repeated:
        at.setdefault(field.name, []).append(value)
    elif field.name in at:
        raise _Problem(f"has {name} twice in its query")
    else:
        at[field.name] = value


def _field(kind: Descriptor, name: str, shown: str) -> FieldDescriptor:
    for field in kind.fields:
        if name in {field.name, field.json_name}:
            return field
    raise _Problem(f"has the unknown query parameter {shown[:80]!r}: leave it out")


def _is_leaf(field: FieldDescriptor) -> bool:
    """Messages that JSON writes as one text: times, durations, masks."""
    return field.message_type is not None and field.message_type.full_name in {
        "google.protobuf.Timestamp",
        "google.protobuf.Duration",
        "google.protobuf.FieldMask",
    }


def _spellings(field: FieldDescriptor) -> set[str]:
    return {field.name, field.json_name}


def _walk(kind: Descriptor, told: dict[str, Any], change: Callable[[str, Any], object]) -> dict[str, Any]:
    """The JSON of a message with every bytes value changed; what does not fit the type is left for the parser."""
    by_name: Mapping[str, FieldDescriptor] = {name: field for field in kind.fields for name in _spellings(field)}
    made = {}
    for name, value in told.items():
        field = by_name.get(name)
        made[name] = value if field is None or value is None else _walk_field(field, name, value, change)
    return made


def _walk_field(field: FieldDescriptor, name: str, value: Any, change: Callable[[str, Any], object]) -> object:  # noqa: ANN401  # any JSON
    if field.message_type is not None and field.message_type.GetOptions().map_entry:
        inner = field.message_type.fields_by_name["value"]
        if not isinstance(value, dict):
            return value
        return {key: _walk_field(inner, f"{name}.{key}", each, change) for key, each in value.items()}
    if isinstance(value, list):
        return [_walk_one(field, f"{name}[{at}]", each, change) for at, each in enumerate(value)]
    return _walk_one(field, name, value, change)


def _walk_one(field: FieldDescriptor, name: str, value: Any, change: Callable[[str, Any], object]) -> object:  # noqa: ANN401  # any JSON
    if field.type == FieldDescriptor.TYPE_BYTES:
        return change(name, value)
    if field.message_type is not None and isinstance(value, dict):
        return _walk(field.message_type, value, change)
    return value


def _base64_of_hex(name: str, value: Any) -> str:  # noqa: ANN401  # any JSON
    if not isinstance(value, str) or not _HEX.fullmatch(value):
        raise ValueError(f"{name}: expected 0x and pairs of hexadecimal digits (bytes=hex), found {str(value)[:80]!r}")
    return base64.b64encode(bytes.fromhex(value[2:])).decode()


def _strict_base64(name: str, value: Any) -> str:  # noqa: ANN401  # any JSON
    """Either alphabet, with or without padding, as ProtoJSON has it; protobuf's own parser skips what is in neither."""
    if not isinstance(value, str) or not _BASE64.fullmatch(value):
        raise ValueError(f"{name}: expected base64, found {str(value)[:80]!r}")
    text = value.rstrip("=").translate(_STANDARD_ALPHABET)
    padded = text + "=" * (-len(text) % 4)
    if base64.b64encode(base64.b64decode(padded, validate=True)).decode() != padded:
        raise ValueError(f"{name}: expected base64 without bits left over, found {value[:80]!r}")
    return padded


def _hex_of_base64(name: str, value: Any) -> str:  # noqa: ANN401  # any JSON
    try:
        return "0x" + base64.b64decode(value, validate=True).hex()
    except binascii.Error as broken:  # pragma: no cover - protobuf itself wrote it
        raise ValueError(f"{name}: {broken}") from None
