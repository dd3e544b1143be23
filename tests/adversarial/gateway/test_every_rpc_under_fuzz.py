"""Every rpc that a running gateway's reflection tells of, with requests and metadata made from descriptors.

The rule: a refused call changes nothing that is stored, no answer is UNKNOWN or INTERNAL, and every error carries a
reason that the catalogue explains. CROSSDVP_FUZZ_EXAMPLES asks every rpc more often.
"""

from __future__ import annotations

import asyncio
import os
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import grpc
import grpc.aio
import pytest
from google.protobuf import descriptor_pool
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import Message
from google.rpc import error_details_pb2, status_pb2  # type: ignore[import-untyped] # generated, without stubs
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from relayer.gateway.matching import Side
from relayer.gateway.settlement_codec import encode_terms
from relayer.reasons.catalogue import catalogue
from tests.fakes.descriptor_fuzz import requests
from tests.fakes.running_gateway import BOTH_SIDES, RunningGateway, create_request, running_gateway, stored_in
from tests.fakes.settlement_terms import some_terms

EXAMPLES: Final = int(os.environ.get("CROSSDVP_FUZZ_EXAMPLES", "40"))
CALLERS: Final = (BOTH_SIDES, BOTH_SIDES, BOTH_SIDES, "broker-a", "broker-c", "cn-a")
NAME: Final = f"settlements/{some_terms(1).trade_id.hex()}"
TEXTS: Final = (NAME, NAME.upper(), "settlements/", str(uuid.UUID(int=1)), str(uuid.UUID(int=2)), "cn-a", "cn-b", "1")
SEEDS: Final[dict[str, list[Message]]] = {
    "crossdvp.gateway.v1.SettlementTerms": [encode_terms(some_terms(number)) for number in (1, 2, 3)],
    "crossdvp.gateway.v1.CreateSettlementRequest": [
        create_request(str(uuid.UUID(int=number)), terms=encode_terms(some_terms(number))) for number in (1, 2, 3)
    ],
}
METADATA: Final = (
    (),
    (("x-request-id", "a b"),),
    (("x-request-id", "y" * 2000),),
    (("accept-language", ";q=,,,x;q=1.5,ja;q=nan" * 20),),
    (("authorization", "Bearer a.b.c"),),
    (("authorization", "Bearer"), ("authorization", "Bearer")),
    (("traceparent", "00-zz"), ("content-profile", "x" * 500)),
    (("noise-bin", bytes(range(256))),),
    (("grpc-previous-rpc-attempts", "-1"),),
)


@pytest.fixture
async def gateway(tmp_path: Path) -> AsyncIterator[RunningGateway]:
    async with running_gateway(tmp_path / "gateway.sqlite3") as running:
        for side in Side:
            await running.client().create(side, some_terms(1))
        yield running


async def methods_of(gateway: RunningGateway) -> list[MethodDescriptor]:
    """Every rpc of every service of ours that the gateway's reflection lists."""
    asking = reflection_pb2_grpc.ServerReflectionStub(gateway.channel()).ServerReflectionInfo(
        iter([reflection_pb2.ServerReflectionRequest(list_services="")])
    )
    listed = (await asking.read()).list_services_response.service
    services = [descriptor_pool.Default().FindServiceByName(each.name) for each in listed if "crossdvp" in each.name]
    return [method for service in services for method in service.methods]


async def answer_of(channel: Any, method: MethodDescriptor, body: bytes, metadata: Any) -> Any:  # noqa: ANN401  # gRPC's own kinds
    """The failure of a call; None when it was answered, or stays open."""
    path = f"/{method.containing_service.full_name}/{method.name}"
    try:
        if not method.server_streaming:
            await channel.unary_unary(path)(body, timeout=10.0, metadata=metadata)
            return None
        call = channel.unary_stream(path)(body, metadata=metadata)
        try:
            async with asyncio.timeout(0.1):
                await call.read()
        except TimeoutError:
            return None
        finally:
            call.cancel()
    except grpc.aio.AioRpcError as failure:
        return failure
    return None


def reason_of(failure: grpc.aio.AioRpcError) -> str:
    trailers: Any = failure.trailing_metadata()
    packed = dict(trailers).get("grpc-status-details-bin")
    assert packed is not None, f"no details: {failure.code()} {failure.details()}"
    info = error_details_pb2.ErrorInfo()
    assert status_pb2.Status.FromString(packed).details[0].Unpack(info)
    return str(info.reason)


@given(data=st.data())
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize="CROSSDVP_FUZZ_EXAMPLES" not in os.environ,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
async def test_no_rpc_breaks_or_changes_anything_when_it_refuses(gateway: RunningGateway, data: st.DataObject) -> None:
    methods = await methods_of(gateway)
    assert len(methods) >= 6
    channels = {caller: gateway.channel(caller) for caller in dict.fromkeys(CALLERS)}
    before = stored_in(gateway.database)
    for method in methods:
        body = data.draw(requests(method.input_type, TEXTS, SEEDS), label=method.name)
        caller, metadata = data.draw(st.sampled_from(CALLERS)), data.draw(st.sampled_from(METADATA))
        failure = await answer_of(channels[caller], method, body, metadata)
        after = stored_in(gateway.database)
        if failure is not None:
            assert failure.code() not in {grpc.StatusCode.UNKNOWN, grpc.StatusCode.INTERNAL}, failure.details()
            assert reason_of(failure) in catalogue(), reason_of(failure)
            assert after == before, f"{method.name} was refused and changed something"
        before = after
    for channel in channels.values():
        await channel.close(grace=None)
