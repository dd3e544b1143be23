"""``crossdvp call`` against a running gateway: what it offers, described and called without generated code."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc.aio
import pytest
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from relayer.gateway.matching import Side
from relayer.reflected import BadDescription, reflect
from tests.fakes.http_callers import tls_files
from tests.fakes.running_gateway import NAME, RunningGateway, running_gateway
from tests.fakes.settlement_terms import some_terms

PROGRAM = (sys.executable, "-c", "from relayer.cli.main import main; main()")


@pytest.fixture
async def gateway(tmp_path: Path) -> AsyncIterator[RunningGateway]:
    async with running_gateway(tmp_path / "gateway.sqlite3") as running:
        yield running


async def called(gateway: RunningGateway, *arguments: str, stdin: str = "") -> tuple[int, list[Any]]:
    """Run the command as ``house``; its exit code and what it wrote, a document a line."""
    files = tls_files(gateway.folder, "house")
    where: tuple[str, ...] = (
        "--target",
        f"127.0.0.1:{gateway.port}",
        "--name",
        NAME,
        "--authority",
        str(files.authority),
    )
    where += ("--certificate", str(files.certificate), "--private-key", str(files.private_key), "--json")
    child = await asyncio.create_subprocess_exec(
        *PROGRAM, "call", *arguments, *where, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    output, _ = await child.communicate(stdin.encode())
    return child.returncode or 0, [json.loads(line) for line in output.decode().splitlines()]


async def test_methods_are_listed_described_and_called(gateway: RunningGateway) -> None:
    made = await gateway.client().create(Side.SELLER, some_terms())
    code, (listed,) = await called(gateway)
    assert code == 0
    assert "GetSettlement" in listed["crossdvp.gateway.v1.SettlementService"]
    code, (described,) = await called(gateway, "GetSettlement", "--describe")
    assert (code, described["request"]["name"], described["streams"]) == (0, "string", False)
    code, (read,) = await called(gateway, "SettlementService/GetSettlement", stdin=json.dumps({"name": made.name}))
    assert (code, read["settlement"]["name"]) == (0, made.name)


async def test_a_refusal_has_its_reason_and_exit_code(gateway: RunningGateway) -> None:
    unknown = json.dumps({"name": "settlements/" + "ab" * 32})
    code, (refused,) = await called(gateway, "GetSettlement", unknown)
    assert (code, refused["error"]["reason"]) == (1, "SETTLEMENT_UNKNOWN")
    code, (refused,) = await called(gateway, "GetSettlement", '{"nothing": 1}')
    assert (code, refused["error"]["reason"]) == (1, "REQUEST_NOT_JSON")
    code, (refused,) = await called(gateway, "Nothing")
    assert (code, refused["error"]["reason"]) == (1, "METHOD_NOT_FOUND")


class Lying(reflection_pb2_grpc.ServerReflectionServicer):  # type: ignore[misc]  # generated, without stubs
    """A server whose description imports what it does not have."""

    async def ServerReflectionInfo(self, requests: Any, _context: Any) -> AsyncIterator[Any]:  # noqa: ANN401, N802  # generated
        from google.protobuf import descriptor_pb2

        file = descriptor_pb2.FileDescriptorProto(name="a.proto", dependency=["b.proto"])
        async for request in requests:
            if request.HasField("list_services"):
                services = [reflection_pb2.ServiceResponse(name="lying.Service")]
                listed = reflection_pb2.ListServiceResponse(service=services)
                yield reflection_pb2.ServerReflectionResponse(list_services_response=listed)
            else:
                found = reflection_pb2.FileDescriptorResponse(file_descriptor_proto=[file.SerializeToString()])
                yield reflection_pb2.ServerReflectionResponse(file_descriptor_response=found)


async def test_a_server_that_describes_itself_wrongly_is_named_and_not_asked_for_ever() -> None:
    server = grpc.aio.server()
    reflection_pb2_grpc.add_ServerReflectionServicer_to_server(Lying(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with asyncio.timeout(10), grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        with pytest.raises(BadDescription, match=r"does not have b\.proto"):
            await reflect(channel, "liar")
    await server.stop(0)
