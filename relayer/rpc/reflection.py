"""Server reflection under both of its names: clients ask for ``v1`` first, gRPC's package serves ``v1alpha`` alone.

Both versions have the same messages on the wire, so one servicer answers both; ``v1`` describes itself by a copy of the
other's descriptors under its own package.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import grpc
import grpc.aio
from google.protobuf import descriptor_pb2, descriptor_pool
from grpc_reflection.v1alpha import reflection, reflection_pb2, reflection_pb2_grpc

ReflectionServicer: Final = reflection.aio.ReflectionServicer  # type: ignore[attr-defined]  # missing in its stub
V1ALPHA: Final[str] = reflection.SERVICE_NAME
V1: Final = "grpc.reflection.v1.ServerReflection"
REFLECTION_METHODS: Final = tuple(f"/{name}/ServerReflectionInfo" for name in (V1, V1ALPHA))


def serve_reflection(names: Sequence[str], server: grpc.aio.Server) -> None:
    """Describe the services ``names``, and reflection itself, to whoever may call the server."""
    servicer: Any = ReflectionServicer(service_names=(*names, V1, V1ALPHA), pool=_pool_with_v1())
    reflection_pb2_grpc.add_ServerReflectionServicer_to_server(servicer, server)
    handler = grpc.stream_stream_rpc_method_handler(
        servicer.ServerReflectionInfo,
        request_deserializer=reflection_pb2.ServerReflectionRequest.FromString,
        response_serializer=reflection_pb2.ServerReflectionResponse.SerializeToString,
    )
    generic = grpc.method_handlers_generic_handler(V1, {"ServerReflectionInfo": handler})
    server.add_generic_rpc_handlers((generic,))


def _pool_with_v1() -> descriptor_pool.DescriptorPool:
    pool = descriptor_pool.Default()
    file = descriptor_pb2.FileDescriptorProto()
    reflection_pb2.DESCRIPTOR.CopyToProto(file)
    file.name, file.package = "grpc/reflection/v1/reflection.proto", "grpc.reflection.v1"
    for message in file.message_type:
        for each in filter(lambda known: known.type_name, message.field):
            each.type_name = each.type_name.replace(".grpc.reflection.v1alpha.", ".grpc.reflection.v1.")
    for method in file.service[0].method:
        method.input_type = method.input_type.replace("v1alpha", "v1")
        method.output_type = method.output_type.replace("v1alpha", "v1")
    pool.AddSerializedFile(file.SerializeToString())  # the same file again changes nothing
    return pool
