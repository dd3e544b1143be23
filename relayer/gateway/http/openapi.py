"""The HTTP face described as OpenAPI 3.1, from descriptors with their comments: pure, run when the sources change."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from google.protobuf import descriptor_pb2
from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor, ServiceDescriptor

from relayer.gateway.http.routes import BODY_ALL, Route, routes_of

Comments = dict[str, str]
"""By full name of a service, method, message, enum, field or enum value: the comment beside it in the .proto."""
ERROR: Final = {"$ref": "#/components/schemas/Error"}
_WELL_KNOWN: Final[dict[str, dict[str, Any]]] = {
    "google.protobuf.Timestamp": {"type": "string", "format": "date-time"},
    "google.protobuf.Duration": {"type": "string", "description": "Seconds with an s behind, as 1.5s."},
    "google.protobuf.FieldMask": {"type": "string", "description": "Names of fields, separated by commas."},
}
_SCALARS: Final[dict[int, dict[str, Any]]] = {
    FieldDescriptor.TYPE_INT32: {"type": "integer", "format": "int32"},
    FieldDescriptor.TYPE_UINT32: {"type": "integer", "format": "uint32"},
    FieldDescriptor.TYPE_INT64: {"type": "string", "format": "int64"},
    FieldDescriptor.TYPE_UINT64: {"type": "string", "format": "uint64"},
    FieldDescriptor.TYPE_BOOL: {"type": "boolean"},
    FieldDescriptor.TYPE_BYTES: {"type": "string", "contentEncoding": "base64"},
    FieldDescriptor.TYPE_STRING: {"type": "string"},
}
_ERROR_SCHEMA: Final = {
    "type": "object",
    "description": "What went wrong, as AIP-193 writes it. The reason is stable: `crossdvp explain REASON` says more.",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "status", "message", "details"],
            "properties": {
                "code": {"type": "integer", "description": "The HTTP status."},
                "status": {"type": "string", "description": "The gRPC status code's name."},
                "message": {"type": "string"},
                "details": {
                    "type": "array",
                    "description": "Messages of google.rpc: ErrorInfo with reason and metadata, RetryInfo, and others.",
                    "items": {"type": "object", "properties": {"@type": {"type": "string"}}},
                },
            },
        }
    },
}


def openapi_document(services: Sequence[ServiceDescriptor], comments: Comments) -> dict[str, Any]:
    """The whole document. Raises ``BadRoute``."""
    schemas = _Schemas(comments)
    paths: dict[str, dict[str, Any]] = {}
    for route in routes_of(services):
        paths.setdefault(route.openapi_path, {})[route.http_method.lower()] = _operation(route, schemas, comments)
    tags = [{"name": each.name, "description": comments.get(each.full_name, "")} for each in services]
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "crossdvp gateway",
            "version": "1",
            "description": "Settles security tokens against trust-type stablecoin across two ledgers. The same methods "
            "as over gRPC, in protobuf's JSON form; TLS with a client certificate, and a bearer token where the "
            "gateway asks for one. Bytes are base64, or 0x and hexadecimal with `application/json; bytes=hex`.",
        },
        "security": [{"certificate": []}, {"certificate": [], "token": []}],
        "tags": tags,
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": dict(sorted((schemas.made | {"Error": _ERROR_SCHEMA}).items())),
            "securitySchemes": {
                "certificate": {"type": "mutualTLS"},
                "token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
            },
        },
    }


def comments_of(files: Iterable[descriptor_pb2.FileDescriptorProto]) -> Comments:
    """The comments in descriptors that were made with their source information."""
    found: Comments = {}
    for file in files:
        for location in file.source_code_info.location:
            text = (location.leading_comments or location.trailing_comments).strip()
            name = _named(file, list(location.path))
            if text and name:
                found[name] = "\n".join(line.strip() for line in text.splitlines())
    return found


def _named(file: descriptor_pb2.FileDescriptorProto, path: list[int]) -> str:
    """The full name of what a path of field numbers leads to; empty for what has no name."""
    at: Any = file
    names = [file.package]
    while path:
        number, *path = path
        field = at.DESCRIPTOR.fields_by_number[number]
        value = getattr(at, field.name)
        if not field.is_repeated or field.message_type is None or not path:
            return ""
        at = value[path.pop(0)]
        names.append(getattr(at, "name", ""))
    return ".".join(names) if len(names) > 1 and all(names) else ""


def _operation(route: Route, schemas: _Schemas, comments: Comments) -> dict[str, Any]:
    rpc = route.rpc
    text = comments.get(rpc.full_name, "")
    in_path = {variable.field for variable in route.variables} | ({route.body} - {BODY_ALL})
    parameters = [
        {"name": each, "in": "path", "required": True, "schema": {"type": "string"}} for each in route.wildcards
    ]
    operation: dict[str, Any] = {
        "operationId": f"{rpc.containing_service.name}_{rpc.name}",
        "tags": [rpc.containing_service.name],
        "summary": text.partition(". ")[0].partition("\n")[0],
        "description": text,
    }
    if route.body == BODY_ALL:
        schema = schemas.without(route.request, in_path)
    elif route.body:
        schema = schemas.field(route.request.fields_by_name[route.body])
    if route.body:
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    if route.body != BODY_ALL:
        parameters += [
            {"name": field.json_name, "in": "query", "schema": schemas.field(field)}
            for field in route.request.fields
            if field.name not in in_path and (field.message_type is None or field.message_type.full_name in _WELL_KNOWN)
        ]
    if route.streams:
        parameters.append({"name": "Last-Event-ID", "in": "header", "schema": {"type": "string"}})
    content = "text/event-stream" if route.streams else "application/json"
    if parameters:
        operation["parameters"] = parameters
    operation["responses"] = {
        "200": {"description": "Done.", "content": {content: {"schema": schemas.reference(rpc.output_type)}}},
        "default": {"description": "Refused, or not possible now.", "content": {"application/json": {"schema": ERROR}}},
    }
    return operation


class _Schemas:
    """Schemas of messages and enums, each made once, when it is first referred to."""

    def __init__(self, comments: Comments) -> None:
        self.made: dict[str, Any] = {}
        self._comments = comments

    def reference(self, kind: Descriptor | EnumDescriptor) -> dict[str, Any]:
        """A reference to a schema of its own."""
        name = kind.full_name.removeprefix("crossdvp.gateway.v1.")
        if name not in self.made:
            self.made[name] = {}  # a message may hold itself
            self.made[name] = self._enum(kind) if isinstance(kind, EnumDescriptor) else self.without(kind, set())
        return {"$ref": f"#/components/schemas/{name}"}

    def without(self, kind: Descriptor, left_out: set[str]) -> dict[str, Any]:
        """A message's schema, without fields that are elsewhere in the request."""
        properties = {each.json_name: self.field(each) for each in kind.fields if each.name not in left_out}
        schema: dict[str, Any] = {"type": "object", "properties": properties, "additionalProperties": False}
        text = self._comments.get(kind.full_name, "")
        return schema | ({"description": text} if text else {})

    def field(self, field: FieldDescriptor) -> dict[str, Any]:
        """A field's schema."""
        if field.message_type is not None and field.message_type.GetOptions().map_entry:
            value = self._one(field.message_type.fields_by_name["value"])
            schema = {"type": "object", "additionalProperties": value}
        elif field.is_repeated:
            schema = {"type": "array", "items": self._one(field)}
        else:
            schema = self._one(field)
        text = self._comments.get(field.full_name, "")
        return {**schema, "description": text} if text else schema

    def _one(self, field: FieldDescriptor) -> dict[str, Any]:
        if field.message_type is not None:
            known = _WELL_KNOWN.get(field.message_type.full_name)
            return dict(known) if known is not None else self.reference(field.message_type)
        if field.enum_type is not None:
            return self.reference(field.enum_type)
        return dict(_SCALARS.get(field.type, {"type": "number"}))

    def _enum(self, kind: EnumDescriptor) -> dict[str, Any]:
        texts = {value.name: self._comments.get(f"{kind.full_name}.{value.name}", "") for value in kind.values}
        lines = [self._comments.get(kind.full_name, ""), *(f"{name}: {text}" for name, text in texts.items() if text)]
        return {"type": "string", "enum": list(texts), "description": "\n".join(line for line in lines if line)}
