"""A gateway whose platforms' calls carry tokens: over TCP and mTLS, as platforms would."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import pytest
from crossdvp.gateway.v1 import audit_service_pb2, audit_service_pb2_grpc
from crossdvp.gateway.v1 import settlement_service_pb2 as pb
from google.rpc import error_details_pb2, status_pb2  # type: ignore[import-untyped] # generated, without stubs

from relayer.gateway.tenants import Limits, Rate
from relayer.rpc.reflection import V1
from tests.fakes.running_gateway import RunningGateway, create_request, details_of
from tests.fakes.settlement_terms import T0_S
from tests.fakes.token_holders import bearing, token_for, token_speakers


@pytest.fixture
async def gateway(tmp_path: Path) -> AsyncIterator[RunningGateway]:
    running = RunningGateway(tmp_path / "gateway.sqlite3", speakers=token_speakers())
    await running.start()
    try:
        yield running
    finally:
        await running.close()


def a_request(**changes: Any) -> pb.CreateSettlementRequest:  # noqa: ANN401  # any field
    return create_request(str(uuid.uuid4()), **changes)


async def refusal(call: Any) -> tuple[grpc.StatusCode, str]:  # noqa: ANN401  # a call of gRPC's
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return caught.value.code(), details_of(caught.value)[0]


async def test_a_person_with_the_role_instructs_and_one_without_does_not(gateway: RunningGateway) -> None:
    stub = gateway.stub("broker-a")
    await stub.CreateSettlement(a_request(), metadata=bearing(token_for("broker-a", "alice")))
    for user in ("bob", "olga", "aki"):
        call = stub.CreateSettlement(a_request(), metadata=bearing(token_for("broker-a", user)))
        assert await refusal(call) == (grpc.StatusCode.PERMISSION_DENIED, "ROLE_MISSING")


async def test_an_auditor_reads_settlements_and_changes_none(gateway: RunningGateway) -> None:
    stub, metadata = gateway.stub("broker-a"), bearing(token_for("broker-a", "aki"))
    assert not (await stub.ListSettlements(pb.ListSettlementsRequest(), metadata=metadata)).settlements
    call = stub.CancelSettlement(pb.CancelSettlementRequest(), metadata=metadata)
    assert await refusal(call) == (grpc.StatusCode.PERMISSION_DENIED, "ROLE_MISSING")


@pytest.mark.parametrize("method", ["CreateSettlement", "ListSettlements", "WatchSettlements"])
async def test_a_platform_with_tokens_does_nothing_without_one(gateway: RunningGateway, method: str) -> None:
    call = getattr(gateway.stub("broker-a"), method)(getattr(pb, f"{method}Request")())
    pending = call.read() if method == "WatchSettlements" else call
    assert await refusal(pending) == (grpc.StatusCode.UNAUTHENTICATED, "TOKEN_MISSING")


async def test_a_token_stolen_by_another_platform_is_refused(gateway: RunningGateway) -> None:
    call = gateway.stub("broker-b").CreateSettlement(a_request(), metadata=bearing(token_for("broker-a", "alice")))
    assert await refusal(call) == (grpc.StatusCode.UNAUTHENTICATED, "TOKEN_REFUSED")


async def test_a_platform_without_tokens_may_not_send_one(gateway: RunningGateway) -> None:
    call = gateway.stub("house").ListSettlements(
        pb.ListSettlementsRequest(), metadata=bearing(token_for("house", "alice"))
    )
    assert await refusal(call) == (grpc.StatusCode.UNAUTHENTICATED, "TOKEN_REFUSED")


@pytest.mark.parametrize(
    "metadata",
    [
        (("authorization", "Basic YWxpY2U6eA=="),),
        (("authorization", "bearer x"),),
        (("authorization", ""),),
        (("authorization", "Bearer a"), ("authorization", "Bearer b")),
    ],
)
async def test_another_scheme_or_two_tokens_are_refused(gateway: RunningGateway, metadata: Any) -> None:  # noqa: ANN401  # as gRPC takes it
    call = gateway.stub("broker-a").ListSettlements(pb.ListSettlementsRequest(), metadata=metadata)
    code, reason = await refusal(call)
    assert code is grpc.StatusCode.UNAUTHENTICATED
    assert reason in {"TOKEN_REFUSED", "TOKEN_MISSING"}


async def test_a_single_use_token_makes_one_change_and_repeats_it(gateway: RunningGateway) -> None:
    stub, metadata = gateway.stub("broker-a"), bearing(token_for("broker-a", "alice", jti="once"))
    request = a_request()
    for _ in range(2):
        await stub.CreateSettlement(request, metadata=metadata)
        await stub.ListSettlements(pb.ListSettlementsRequest(), metadata=metadata)
    call = stub.CreateSettlement(a_request(), metadata=metadata)
    assert await refusal(call) == (grpc.StatusCode.UNAUTHENTICATED, "TOKEN_REPLAYED")


async def test_a_token_expires_while_the_connection_stays(gateway: RunningGateway) -> None:
    stub, metadata = gateway.stub("broker-a"), bearing(token_for("broker-a", "alice"))
    await stub.ListSettlements(pb.ListSettlementsRequest(), metadata=metadata)
    gateway.now_s = T0_S + 700
    call = stub.ListSettlements(pb.ListSettlementsRequest(), metadata=metadata)
    assert await refusal(call) == (grpc.StatusCode.UNAUTHENTICATED, "TOKEN_EXPIRED")


async def test_the_methods_are_told_to_a_platform_without_a_token_under_both_names_of_reflection(
    gateway: RunningGateway,
) -> None:
    from grpc_reflection.v1alpha import reflection_pb2

    for name in (V1, "grpc.reflection.v1alpha.ServerReflection"):
        method = gateway.channel("broker-a").stream_stream(
            f"/{name}/ServerReflectionInfo",
            reflection_pb2.ServerReflectionRequest.SerializeToString,
            reflection_pb2.ServerReflectionResponse.FromString,
        )
        asked = [
            reflection_pb2.ServerReflectionRequest(list_services=""),
            reflection_pb2.ServerReflectionRequest(file_containing_symbol=name),
        ]
        answers = [answer async for answer in method(iter(asked))]
        names = {service.name for service in answers[0].list_services_response.service}
        services = {"crossdvp.gateway.v1.SettlementService", "crossdvp.gateway.v1.AuditService"}
        assert services | {"grpc.health.v1.Health", V1} <= names
        assert answers[1].file_descriptor_response.file_descriptor_proto


async def test_a_flood_is_refused_with_the_limit_and_leaves_the_other_platform_alone(tmp_path: Path) -> None:
    limits = Limits(reads=Rate(1, 3), changes=Rate(1, 2), streams=1)
    running = RunningGateway(tmp_path / "gateway.sqlite3", speakers=token_speakers(limits))
    await running.start()
    try:
        stub, metadata = running.stub("broker-a"), bearing(token_for("broker-a", "alice"))
        for _ in range(2):
            await stub.CreateSettlement(a_request(), metadata=metadata)
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await stub.CreateSettlement(a_request(), metadata=metadata)
        reason, fields = details_of(caught.value)
        assert (caught.value.code(), reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "RATE_LIMITED")
        assert (fields["limit_per_s"], fields["burst"], fields["calls"]) == ("1", "2", "change")
        assert 0 < _retry_delay_s(caught.value) <= 1
        other = bearing(token_for("broker-b", "alice"))
        await running.stub("broker-b").ListSettlements(pb.ListSettlementsRequest(), metadata=other)
        watches = [stub.WatchSettlements(pb.WatchSettlementsRequest(), metadata=metadata) for _ in range(2)]
        await watches[0].read()
        assert await refusal(watches[1].read()) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "TOO_MANY_STREAMS")
    finally:
        await running.close()


def _retry_delay_s(failure: grpc.aio.AioRpcError) -> float:
    trailers: Any = failure.trailing_metadata()
    status = status_pb2.Status.FromString(dict(trailers)["grpc-status-details-bin"])
    for packed in status.details:
        info = error_details_pb2.RetryInfo()
        if packed.Unpack(info):
            return float(info.retry_delay.seconds + info.retry_delay.nanos / 1e9)
    raise AssertionError("no RetryInfo")


async def test_an_auditor_reads_the_entries_of_its_own_platform_and_the_operator_all(gateway: RunningGateway) -> None:
    for platform in ("broker-a", "broker-b"):
        stub = gateway.stub(platform)
        side = pb.SIDE_SELLER if platform == "broker-a" else pb.SIDE_BUYER
        metadata = (*bearing(token_for(platform, "alice")), ("x-request-id", f"of-{platform}"))
        await stub.CreateSettlement(a_request(side=side), metadata=metadata)
        call = stub.CreateSettlement(a_request(side=side), metadata=bearing(token_for(platform, "aki")))
        assert await refusal(call) == (grpc.StatusCode.PERMISSION_DENIED, "ROLE_MISSING")
    own = await _entries(gateway, "broker-a", bearing(token_for("broker-a", "aki")))
    assert {entry.platform for entry in own} == {"broker-a"}
    refused, made = own
    assert (refused.state, refused.outcome, refused.user) == (
        audit_service_pb2.AUDIT_STATE_REFUSED,
        "ROLE_MISSING",
        "aki",
    )
    assert (made.user, made.request_id, made.outcome) == ("alice", "of-broker-a", "OK")
    assert made.resource.startswith("settlements/")
    everything = await _entries(gateway, "operator", ())
    assert {entry.platform for entry in everything} == {"broker-a", "broker-b"}
    call = _audit(gateway, "broker-a").ListAuditEntries(
        audit_service_pb2.ListAuditEntriesRequest(), metadata=bearing(token_for("broker-a", "alice"))
    )
    assert await refusal(call) == (grpc.StatusCode.PERMISSION_DENIED, "ROLE_MISSING")


def _audit(gateway: RunningGateway, caller: str) -> Any:  # noqa: ANN401  # generated
    return audit_service_pb2_grpc.AuditServiceStub(gateway.channel(caller))  # type: ignore[no-untyped-call] # generated


async def _entries(gateway: RunningGateway, caller: str, metadata: Any) -> list[audit_service_pb2.AuditEntry]:  # noqa: ANN401  # as gRPC takes it
    """All of them, by pages of one."""
    found: list[audit_service_pb2.AuditEntry] = []
    token = ""
    while True:
        request = audit_service_pb2.ListAuditEntriesRequest(page_size=1, page_token=token)
        answer = await _audit(gateway, caller).ListAuditEntries(request, metadata=metadata)
        found += answer.entries
        token = answer.next_page_token
        if not token:
            return found
