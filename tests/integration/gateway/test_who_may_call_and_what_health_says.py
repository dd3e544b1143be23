"""The gateway over real gRPC and mTLS: identities, health while a ledger is away, reflection."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import grpc
import grpc.aio
import pytest
from crossdvp.gateway.v1 import settlement_service_pb2 as pb
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from relayer.gateway.matching import Side
from relayer.rpc_server import CannotListen
from tests.fakes.rpc_parties import stranger_tls
from tests.fakes.running_gateway import RunningGateway, create_request, details_of, running_gateway
from tests.fakes.settlement_terms import some_terms

SERVICE = "crossdvp.gateway.v1.SettlementService"
SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING


@pytest.fixture
async def gateway(tmp_path: Path) -> AsyncIterator[RunningGateway]:
    async with running_gateway(tmp_path / "gateway.sqlite3") as running:
        yield running


@pytest.mark.parametrize("method", ["CreateSettlement", "GetSettlement", "ListSettlements", "CancelSettlement"])
async def test_a_certified_caller_who_is_not_listed_is_refused_by_name(gateway: RunningGateway, method: str) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await getattr(gateway.stub("cn-a"), method)(getattr(pb, f"{method}Request")())
    assert caught.value.code() is grpc.StatusCode.PERMISSION_DENIED
    assert details_of(caught.value) == ("CALLER_NOT_AUTHORISED", {"caller": "cn-a", "blame": "caller"})


async def test_an_unlisted_caller_sees_neither_the_stream_nor_the_reflection(gateway: RunningGateway) -> None:
    await gateway.client().create(Side.SELLER, some_terms())
    watching = gateway.stub("cn-a").WatchSettlements(pb.WatchSettlementsRequest())
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await watching.read()
    assert caught.value.code() is grpc.StatusCode.PERMISSION_DENIED
    asking = reflection_pb2_grpc.ServerReflectionStub(gateway.channel("cn-a")).ServerReflectionInfo(
        iter([reflection_pb2.ServerReflectionRequest(list_services="")])
    )
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await asking.read()
    assert caught.value.code() is grpc.StatusCode.PERMISSION_DENIED


async def test_a_listed_name_under_another_authority_does_not_get_in(gateway: RunningGateway) -> None:
    stub = gateway.stub(tls=stranger_tls("broker-a"))
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await stub.CreateSettlement(create_request("00000000-0000-0000-0000-000000000001"))
    assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
    assert not (await gateway.client().list()).settlements


async def test_a_caller_without_any_certificate_does_not_get_in(gateway: RunningGateway) -> None:
    async with grpc.aio.insecure_channel(f"127.0.0.1:{gateway.port}") as channel:
        call = channel.unary_unary(f"/{SERVICE}/ListSettlements", None, None)
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await call(b"", timeout=2.0)
    assert caught.value.code() is grpc.StatusCode.UNAVAILABLE


async def test_health_follows_both_ledgers_and_is_told_for_the_service_too(gateway: RunningGateway) -> None:
    stub = health_pb2_grpc.HealthStub(gateway.channel("cn-a"))  # every certificate may ask for health
    for service in ("", SERVICE):
        watching = stub.Watch(health_pb2.HealthCheckRequest(service=service))
        for side in (gateway.evm, gateway.ledger):
            await _told(watching, SERVING)
            if side is gateway.ledger and not (await gateway.client().list()).settlements:
                for instructing in Side:
                    await gateway.client().create(instructing, some_terms())
            side.away = True
            await _told(watching, NOT_SERVING)
            side.away = False
        await _told(watching, SERVING)
        watching.cancel()


async def _told(watching: grpc.aio.UnaryStreamCall, wanted: int) -> None:  # type: ignore[type-arg]  # generic in its stub only
    async with asyncio.timeout(10):
        async for answer in watching:
            if answer.status == wanted:
                return


async def test_a_node_that_is_away_for_one_settlement_does_not_hold_up_the_evm(gateway: RunningGateway) -> None:
    terms = some_terms()
    for side in Side:
        await gateway.client().create(side, terms)
    gateway.ledger.away = True
    gateway.evm.earmark(terms)
    async with asyncio.timeout(10):
        async for event in gateway.client().watch():
            if event.settlement.state == pb.SETTLEMENT_STATE_EARMARKED:
                break


async def test_reflection_lists_the_service(gateway: RunningGateway) -> None:
    asking = reflection_pb2_grpc.ServerReflectionStub(gateway.channel()).ServerReflectionInfo(
        iter([reflection_pb2.ServerReflectionRequest(list_services="")])
    )
    answer = await asking.read()
    names = {service.name for service in answer.list_services_response.service}
    assert {SERVICE, "grpc.health.v1.Health"} <= names


async def test_an_unknown_method_is_unimplemented(gateway: RunningGateway) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await gateway.channel().unary_unary(f"/{SERVICE}/PayEverybody", None, None)(b"")
    assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED


async def test_a_taken_port_is_said_by_name(gateway: RunningGateway, tmp_path: Path) -> None:
    second = RunningGateway(tmp_path / "second.sqlite3", port=gateway.port)
    with pytest.raises(CannotListen, match=str(gateway.port)):
        await second.start()


async def test_a_store_that_fails_is_unavailable_and_says_nothing_of_its_contents(gateway: RunningGateway) -> None:
    with contextlib.closing(sqlite3.connect(gateway.database)) as vandal:
        vandal.execute("DROP TABLE requests")
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await gateway.stub().CreateSettlement(create_request("00000000-0000-0000-0000-000000000001"))
    assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
    assert details_of(caught.value)[0] == "STORE_UNAVAILABLE"
    assert "INSERT" not in str(caught.value.details())
    assert "SELECT" not in str(caught.value.details())
