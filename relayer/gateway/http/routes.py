"""Which HTTP method and path stands for which rpc: made from the services' descriptors, so a new rpc has its route.

An rpc's ``google.api.http`` option says it. Without one the names do, as AIP-131 to AIP-136 have it:

    CreateThing POST /v1/things            GetThing GET /v1/{name=things/*}     ListThings GET /v1/things
    UpdateThing PATCH /v1/{name=things/*}  DeleteThing DELETE the same          WatchThings GET /v1/things:watch
    BatchCreateThings POST /v1/things:batchCreate                CancelThing POST /v1/{name=things/*}:cancel

and whatever has another form is ``POST /v1/{Service}/{Method}``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from google.api import annotations_pb2, http_pb2  # type: ignore[import-untyped] # generated, without stubs
from google.protobuf.descriptor import Descriptor, FieldDescriptor, MethodDescriptor, ServiceDescriptor

from primitives.errors import CallerError

_STANDARD: Final = re.compile(r"(Create|Get|List|Update|Delete|Watch|BatchCreate)([A-Z][A-Za-z0-9]*)")
_CUSTOM: Final = re.compile(r"([A-Z][a-z0-9]+)([A-Z][A-Za-z0-9]*)")
_SEGMENT: Final = re.compile(r"[A-Za-z0-9_.~-]+|\*")
_PATTERNS: Final = ("get", "put", "post", "delete", "patch")
BODY_ALL: Final = "*"


class BadRoute(CallerError):
    """An annotation of a .proto that this face cannot serve, or two rpcs with one route: correct the .proto."""

    reason = "BAD_ROUTE"


@dataclass(frozen=True)
class Variable:
    """A part of the path that goes into a field of the request: ``{field=things/*}``, ``{thing.name=things/*}``."""

    field: str
    segments: tuple[str, ...]


@dataclass(frozen=True)
class Route:
    """One HTTP method and path of one rpc.

    ``parts``: the path's segments, in order, literal text or a variable; ``verb``: what follows the last colon, or "".
    ``body``: "*" the whole request is the body, "" there is none, else the field that is.
    """

    http_method: str
    parts: tuple[str | Variable, ...]
    verb: str
    body: str
    rpc: MethodDescriptor

    @property
    def full_method(self) -> str:
        """As gRPC calls it."""
        return f"/{self.rpc.containing_service.full_name}/{self.rpc.name}"

    @property
    def request(self) -> Descriptor:
        """The request's type."""
        return self.rpc.input_type

    @property
    def streams(self) -> bool:
        """Whether answers come as server-sent events."""
        return bool(self.rpc.server_streaming)

    @property
    def variables(self) -> tuple[Variable, ...]:
        """Those of the path."""
        return tuple(part for part in self.parts if isinstance(part, Variable))

    @property
    def pattern(self) -> str:
        """The path as aiohttp matches it; a variable's group is called by its place."""
        shown, at = [], 0
        for part in self.parts:
            if isinstance(part, Variable):
                inner = "/".join("[^/:{}]+" if each == "*" else re.escape(each) for each in part.segments)
                shown.append(f"{{v{at}:{inner}}}")
                at += 1
            else:
                shown.append(part)
        return "/" + "/".join(shown) + (f":{self.verb}" if self.verb else "")

    @property
    def wildcards(self) -> tuple[str, ...]:
        """A name for each wildcard of the path, in order: its field's, numbered where a field has several."""
        found = []
        for variable in self.variables:
            count = variable.segments.count("*")
            found += [variable.field if count == 1 else f"{variable.field}_{at + 1}" for at in range(count)]
        return tuple(found)

    @property
    def openapi_path(self) -> str:
        """The path as OpenAPI writes it: one parameter a wildcard."""
        shown, names = [], iter(self.wildcards)
        for part in self.parts:
            if isinstance(part, Variable):
                shown += [f"{{{next(names)}}}" if each == "*" else each for each in part.segments]
            else:
                shown.append(part)
        return "/" + "/".join(shown) + (f":{self.verb}" if self.verb else "")


def routes_of(services: Sequence[ServiceDescriptor]) -> tuple[Route, ...]:
    """Every rpc's routes; rpcs with streaming requests have none. Raises ``BadRoute``."""
    routes = [route for service in services for rpc in service.methods for route in _routes(rpc)]
    taken: dict[tuple[str, str], Route] = {}
    for route in routes:
        key = (route.http_method, re.sub(r"\{v\d+:", "{", route.pattern))
        if key in taken:
            raise BadRoute(f"{route.full_method} and {taken[key].full_method} are both {key[0]} {key[1]}")
        taken[key] = route
    return tuple(routes)


def _routes(rpc: MethodDescriptor) -> tuple[Route, ...]:
    if rpc.client_streaming:
        return ()
    options = rpc.GetOptions()
    if not options.HasExtension(annotations_pb2.http):
        return (_by_name(rpc),)
    rule = options.Extensions[annotations_pb2.http]
    return tuple(_annotated(rpc, each) for each in (rule, *rule.additional_bindings))


def _annotated(rpc: MethodDescriptor, rule: http_pb2.HttpRule) -> Route:
    kind = rule.WhichOneof("pattern")
    if kind not in _PATTERNS or rule.response_body:
        raise BadRoute(f"{rpc.full_name}: expected one of {', '.join(_PATTERNS)} without response_body, found {kind}")
    return _route(rpc, kind.upper(), getattr(rule, kind), rule.body)


def _by_name(rpc: MethodDescriptor) -> Route:
    """See the module's text."""
    named = "name" in rpc.input_type.fields_by_name
    standard, custom = _STANDARD.fullmatch(rpc.name), _CUSTOM.fullmatch(rpc.name)
    if standard is not None:
        verb, noun = standard.groups()
        many = noun if verb in {"List", "Watch", "BatchCreate"} else _plural(noun)
        things = many[0].lower() + many[1:]
        one = f"/v1/{{name={things}/*}}"
        paths = {
            "Create": ("POST", f"/v1/{things}", BODY_ALL),
            "List": ("GET", f"/v1/{things}", ""),
            "Watch": ("GET", f"/v1/{things}:watch", ""),
            "BatchCreate": ("POST", f"/v1/{things}:batchCreate", BODY_ALL),
        }
        if named:
            paths |= {"Get": ("GET", one, ""), "Update": ("PATCH", one, BODY_ALL), "Delete": ("DELETE", one, "")}
        if verb in paths and (verb != "Watch" or rpc.server_streaming):
            return _route(rpc, *paths[verb])
    elif custom is not None and named:
        verb, noun = custom.groups()
        things = _plural(noun[0].lower() + noun[1:])
        return _route(rpc, "POST", f"/v1/{{name={things}/*}}:{verb[0].lower()}{verb[1:]}", BODY_ALL)
    return _route(rpc, "POST", f"/v1/{rpc.containing_service.name}/{rpc.name}", BODY_ALL)


def _plural(noun: str) -> str:
    if noun.endswith("y") and noun[-2:-1] not in set("aeiou"):
        return noun[:-1] + "ies"
    return noun + ("es" if noun.endswith(("s", "x", "ch", "sh")) else "s")


def _route(rpc: MethodDescriptor, http_method: str, template: str, body: str) -> Route:
    path, colon, verb = template.rpartition(":")
    if not colon or "}" in verb or "/" in verb:
        path, verb = template, ""
    parts: list[str | Variable] = []
    for piece in re.findall(r"\{[^{}]*\}|[^/{}]+", path.removeprefix("/")):
        if not piece.startswith("{"):
            parts.append(_segment(rpc, piece))
            continue
        name, equals, inner = piece[1:-1].partition("=")
        segments = tuple(_segment(rpc, each) for each in inner.split("/")) if equals else ("*",)
        if not _is_text(rpc.input_type, name) or "*" not in segments:
            raise BadRoute(f"{rpc.full_name}: {piece} is not a text field of the request with a * in its pattern")
        parts.append(Variable(name, segments))
    if body not in {"", BODY_ALL} and body not in rpc.input_type.fields_by_name:
        raise BadRoute(f"{rpc.full_name}: the body {body} is not a field of the request")
    return Route(http_method, tuple(parts), verb, body, rpc)


def _is_text(kind: Descriptor, path: str) -> bool:
    """Whether a dotted path leads to a string of a message."""
    first, _, rest = path.partition(".")
    field = kind.fields_by_name.get(first)
    if field is None or field.is_repeated:
        return False
    if rest:
        return field.message_type is not None and _is_text(field.message_type, rest)
    return bool(field.type == FieldDescriptor.TYPE_STRING)


def _segment(rpc: MethodDescriptor, text: str) -> str:
    if not _SEGMENT.fullmatch(text):
        raise BadRoute(f"{rpc.full_name}: the path segment {text!r} is not served")
    return text


def service_of(module: Any, name: str) -> ServiceDescriptor:  # noqa: ANN401  # a generated module
    """A service's descriptor from its generated module."""
    found: ServiceDescriptor = module.DESCRIPTOR.services_by_name[name]
    return found
