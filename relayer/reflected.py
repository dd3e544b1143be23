"""A server's services as it describes them itself: calls without generated code.

Descriptors come by gRPC server reflection. What a server sends is bounded, and only describes: nothing of it is run.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, Final

import grpc
import grpc.aio
from google.protobuf import descriptor_pb2, descriptor_pool, json_format
from google.protobuf.descriptor import Descriptor, FieldDescriptor, MethodDescriptor, ServiceDescriptor
from google.protobuf.message import DecodeError
from google.protobuf.message_factory import GetMessageClass
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from chains.rpc_status import error_from_rpc
from primitives.errors import CallerError, PeerError

MAX_FILES: Final = 512
MAX_TOTAL_BYTES: Final = 8 * 1024 * 1024
Json = dict[str, Any]


class MethodNotFound(CallerError):
    """The server has no such method, or several that the name fits."""

    reason = "METHOD_NOT_FOUND"


class RequestNotJson(CallerError):
    """The text is not the JSON form of the method's request."""

    reason = "REQUEST_NOT_JSON"


class RequestsStream(CallerError):
    """The method takes a stream of requests."""

    reason = "REQUESTS_STREAM"


class BadDescription(PeerError):
    """What the server says of itself is not a description, or more than any server of ours has."""

    reason = "BAD_DESCRIPTION"


@dataclass(frozen=True)
class Reflected:
    """A server's services, as it told them."""

    services: tuple[ServiceDescriptor, ...]

    def method(self, name: str) -> MethodDescriptor:
        """By ``Method``, ``Service/Method`` or the full name of either form. Raises ``MethodNotFound``."""
        wanted = name.strip("/").replace("/", ".")
        all_methods = [method for service in self.services for method in service.methods]
        found = [each for each in all_methods if f".{each.full_name}".endswith(f".{wanted}")]
        if len(found) == 1:
            return found[0]
        fitting = ", ".join(each.full_name for each in found) or "none of the server's methods"
        raise MethodNotFound(f"{name[:100]}: it fits {fitting}; without a method the command lists them all")


async def reflect(channel: grpc.aio.Channel, server: str) -> Reflected:
    """Ask a server for its services. Raises ``BadDescription`` and the errors of ``chains.rpc_status``."""
    stub: Any = reflection_pb2_grpc.ServerReflectionStub(channel)
    talk = stub.ServerReflectionInfo()
    files: dict[str, descriptor_pb2.FileDescriptorProto] = {}
    try:
        listed = await _asked(talk, list_services="")
        names = [each.name for each in listed.list_services_response.service]
        for name in names[:MAX_FILES]:
            await _collect(talk, files, file_containing_symbol=name)
        while missing := {each for file in files.values() for each in file.dependency} - files.keys():
            await _collect(talk, files, file_by_filename=min(missing))
        await talk.done_writing()
    except grpc.aio.AioRpcError as failure:
        raise error_from_rpc(failure, server) from failure
    pool = descriptor_pool.DescriptorPool()
    try:
        for file in _in_order(files):
            pool.AddSerializedFile(file.SerializeToString())
        return Reflected(tuple(pool.FindServiceByName(name) for name in names))
    except (TypeError, KeyError) as broken:
        raise BadDescription(f"{server} describes itself wrongly: {str(broken)[:200]}") from None


async def call(
    channel: grpc.aio.Channel,
    method: MethodDescriptor,
    request: str,
    server: str,
    metadata: tuple[tuple[str, str], ...] = (),
    timeout_s: float | None = None,
) -> AsyncIterator[Json]:
    """Call a method with a request in JSON; its answers as JSON objects. A stream has no time-out.

    Raises ``RequestNotJson``, ``RequestsStream`` and the errors of ``chains.rpc_status``.
    """
    if method.client_streaming:
        raise RequestsStream(f"{method.full_name} takes a stream of requests, which this command does not send")
    message = GetMessageClass(method.input_type)()
    try:
        json_format.Parse(request or "{}", message)
    except (json_format.ParseError, RecursionError) as broken:
        raise RequestNotJson(f"not a {method.input_type.full_name}: {broken}; --describe shows its fields") from None
    path = f"/{method.containing_service.full_name}/{method.name}"
    kinds = {
        "request_serializer": GetMessageClass(method.input_type).SerializeToString,
        "response_deserializer": GetMessageClass(method.output_type).FromString,
    }
    try:
        if method.server_streaming:
            async for answer in channel.unary_stream(path, **kinds)(message, metadata=metadata):  # type: ignore[arg-type]  # its stub wants one type for all
                yield json_format.MessageToDict(answer)
        else:
            pending = channel.unary_unary(path, **kinds)(message, metadata=metadata, timeout=timeout_s)  # type: ignore[arg-type]  # as above
            yield json_format.MessageToDict(await pending)
    except grpc.aio.AioRpcError as failure:
        raise error_from_rpc(failure, server) from failure


def fields_of(kind: Descriptor, depth: int = 3) -> Json:
    """A message's fields with their types, in JSON's names; messages in it down to ``depth``."""
    return {field.json_name: _field(field, depth) for field in kind.fields}


def _field(field: FieldDescriptor, depth: int) -> Any:  # noqa: ANN401  # a name, an object or a list
    if field.message_type is not None:
        whole = field.message_type.full_name
        shown: Any = whole if whole.startswith("google.") or depth <= 1 else fields_of(field.message_type, depth - 1)
    elif field.enum_type is not None:
        shown = " | ".join(value.name for value in field.enum_type.values)
    else:
        shown = descriptor_pb2.FieldDescriptorProto.Type.Name(field.type).removeprefix("TYPE_").lower()  # type: ignore[arg-type]  # an int in its stub
    return [shown] if field.is_repeated else shown


async def _asked(talk: Any, **question: str) -> Any:  # noqa: ANN401  # a generated stream
    await talk.write(reflection_pb2.ServerReflectionRequest(**question))
    answer = await talk.read()
    if not isinstance(answer, reflection_pb2.ServerReflectionResponse) or answer.HasField("error_response"):
        raise BadDescription(f"the server does not describe {question}")
    return answer


async def _collect(talk: Any, files: dict[str, descriptor_pb2.FileDescriptorProto], **question: str) -> None:  # noqa: ANN401  # as above
    answer = await _asked(talk, **question)
    before = len(files)
    for encoded in answer.file_descriptor_response.file_descriptor_proto:
        try:
            file = descriptor_pb2.FileDescriptorProto.FromString(encoded)
        except DecodeError as broken:
            raise BadDescription(f"a file of the server's description is malformed: {broken}") from None
        files.setdefault(file.name, file)
    total = sum(file.ByteSize() for file in files.values())
    if len(files) > MAX_FILES or total > MAX_TOTAL_BYTES:
        raise BadDescription(f"the server's description has {len(files)} files of {total} bytes: more than is read")
    if "file_by_filename" in question and len(files) == before:
        raise BadDescription(f"the server does not have {question['file_by_filename'][:200]}, which its files import")


def _in_order(files: dict[str, descriptor_pb2.FileDescriptorProto]) -> list[descriptor_pb2.FileDescriptorProto]:
    """Each file after those it imports."""
    placed: dict[str, descriptor_pb2.FileDescriptorProto] = {}
    while len(placed) < len(files):
        ready = [n for n, file in files.items() if n not in placed and all(d in placed for d in file.dependency)]
        if not ready:
            raise BadDescription("files of the server's description import each other")
        placed |= {name: files[name] for name in ready}
    return list(placed.values())
