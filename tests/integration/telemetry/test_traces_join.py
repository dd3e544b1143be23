"""A settlement's trace is found by its trade id, though no call connects the processes that made its spans."""

from __future__ import annotations

import asyncio
import contextlib
import json
from pathlib import Path
from typing import Any

import grpc.aio
import pytest
from crossdvp.gateway.v1 import settlement_service_pb2 as pb
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from hypothesis import given
from hypothesis import strategies as st

from chains.progmat.client.channel import CLIENT_INTERCEPTORS, ApiEndpoint, open_channel
from ibc.dvp import DVP_PORT, dvp_payload_of
from ibc.packet import Packet, Payload
from relayer.cli.settlement_trace import TraceFileBroken, TraceUnknown, spans_of
from relayer.gateway.matching import Side
from relayer.telemetry import names
from relayer.telemetry.metrics import Metrics
from relayer.telemetry.otel import FileSpanExporter, OtelTracing
from relayer.telemetry.rpc import PeerCalls, trade_of_request
from relayer.telemetry.tracing import fact_span_of, root_span_of, shown_trace, trace_id_of, trade_of
from tests.fakes.rpc_parties import server_settings, tls_of
from tests.fakes.running_gateway import create_request
from tests.fakes.settlement_terms import some_terms
from tests.fakes.telemetry_world import T0_S, WatchedRelayer, watched_gateway, watched_relayer

CALLER = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
TRADE_ID = some_terms().trade_id


def traced(path: Path, program: str) -> OtelTracing:
    return OtelTracing(program, [FileSpanExporter(path)])


def spans_in(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def dvp_packet(relayer: WatchedRelayer) -> Packet:
    """A packet of this trade, sent by the first chain."""
    sent = relayer.chains[0].send(b"x", T0_S + 600)
    payload = Payload(DVP_PORT, DVP_PORT, "dvp-1", "application/x-solidity-abi", dvp_payload_of(some_terms()).encode())
    return Packet(sent.sequence, sent.source_client, sent.destination_client, sent.timeout_s, (payload,))


async def test_gateway_and_both_ledgers_transactions_are_in_one_trace(tmp_path: Path) -> None:
    file = tmp_path / "gateway-traces.jsonl"
    async with watched_gateway(tmp_path, traced(file, "gateway")) as world:
        await world.settle(some_terms())
        while 'ended_total{outcome="settled"}' not in await world.metrics():
            pass  # the stream is read in its own time; the test's time-out bounds it
    spans = spans_of([file], TRADE_ID)
    by_name = {span["name"]: span for span in spans}
    assert {"settlement", "CreateSettlement", "gateway lock", "gateway prove earmark"} <= by_name.keys()
    assert {"evm: earmarked", "progmat: cash locked", "evm: delivered"} <= by_name.keys()
    root = by_name["settlement"]
    assert root["span"] == f"{root_span_of(TRADE_ID):016x}"
    assert root["parent"] == ""
    assert all(span["parent"] == root["span"] for span in spans if span is not root)
    facts = [span for span in spans if span["name"].startswith(("evm: ", "progmat: "))]
    assert {span["attributes"]["ledger"] for span in facts} == {"evm", "progmat"}
    assert all(span["attributes"]["tx_id"] for span in facts)


async def test_a_callers_trace_is_taken_up_and_linked_to_the_settlements(tmp_path: Path) -> None:
    file = tmp_path / "traces.jsonl"
    async with watched_gateway(tmp_path, traced(file, "gateway")) as world:
        request = create_request("00000000-0000-0000-0000-000000000001")
        await world.gateway.stub().CreateSettlement(request, metadata=(("traceparent", CALLER),))
    calls = [span for span in spans_in(file) if span["name"] == "CreateSettlement"]
    theirs = next(span for span in calls if span["trace"] == CALLER.split("-")[1])
    ours = next(span for span in calls if span["trace"] == shown_trace(TRADE_ID))
    assert theirs["parent"] == CALLER.split("-")[2]
    assert theirs["links"] == [f"{shown_trace(TRADE_ID)}/{root_span_of(TRADE_ID):016x}"]
    assert ours["links"] == [f"{theirs['trace']}/{theirs['span']}"]


@pytest.mark.parametrize("sent", ["", "00-zz-1-01", "x" * 5000, "00-" + "0" * 32 + "-" + "0" * 16 + "-01"])
async def test_a_traceparent_that_is_none_is_passed_over(tmp_path: Path, sent: str) -> None:
    file = tmp_path / "traces.jsonl"
    async with watched_gateway(tmp_path, traced(file, "gateway")) as world:
        request = create_request("00000000-0000-0000-0000-000000000001")
        await world.gateway.stub().CreateSettlement(request, metadata=(("traceparent", sent),))
    assert {span["trace"] for span in spans_in(file)} == {shown_trace(TRADE_ID)}


async def test_the_relayers_steps_for_a_packet_join_the_same_trace(tmp_path: Path) -> None:
    file = tmp_path / "relayer-traces.jsonl"
    async with watched_relayer(tmp_path / "relayer.sqlite3", traced(file, "relayer")) as relayer:
        one = relayer.chains[0]
        packet = dvp_packet(relayer)
        one.sent[packet.sequence] = packet
        one.log[-1] = type(one.log[-1])(one.log[-1].kind, packet, one.log[-1].height, one.log[-1].tx_id)
        while "crossdvp_packets_ended_total{" not in await relayer.metrics():
            pass  # relayed in its own time; the test's time-out bounds it
    spans = spans_of([file], TRADE_ID)
    assert {"relayer receive", "relayer acknowledge", "relayer submit", "packet"} <= {span["name"] for span in spans}
    done = [span for span in spans if span["name"] in {"relayer receive", "relayer acknowledge"}]
    assert {span["attributes"]["chain"] for span in done} == {"one", "two"}
    assert all(span["attributes"]["tx_id"] for span in done)


async def test_the_current_span_goes_out_with_a_call_to_a_node(tmp_path: Path) -> None:
    tracing = traced(tmp_path / "traces.jsonl", "gateway")
    heard: list[str] = []

    class Listening(grpc.aio.ServerInterceptor):  # type: ignore[type-arg]  # generic in its stub only
        async def intercept_service(self, continuation: Any, handler_call_details: Any) -> Any:  # noqa: ANN401  # grpc's
            heard.append(dict(handler_call_details.invocation_metadata).get("traceparent", ""))
            return await continuation(handler_call_details)

    server = grpc.aio.server(interceptors=(Listening(),))
    servicer = health.aio.HealthServicer()  # type: ignore[attr-defined]  # missing in its stub
    health_pb2_grpc.add_HealthServicer_to_server(servicer, server)
    settings = server_settings("cn-a")
    tls = settings.tls
    credentials = grpc.ssl_server_credentials(
        [(tls.private_key, tls.certificate)], tls.authority, require_client_auth=True
    )
    port = server.add_secure_port("127.0.0.1:0", credentials)
    await server.start()
    metrics = Metrics(names.GATEWAY, lambda: 0.0)
    token = CLIENT_INTERCEPTORS.set((PeerCalls(metrics, tracing, lambda: 0.0),))
    channel = open_channel(ApiEndpoint("cn-a", f"127.0.0.1:{port}"), tls_of("gateway"))
    CLIENT_INTERCEPTORS.reset(token)
    stub = health_pb2_grpc.HealthStub(channel)
    await stub.Check(health_pb2.HealthCheckRequest())
    with tracing.during("gateway lock", (TRADE_ID,), {}):
        await stub.Check(health_pb2.HealthCheckRequest())
    with contextlib.suppress(grpc.aio.AioRpcError):
        await stub.Check(health_pb2.HealthCheckRequest(service="nobody"))
    await channel.close(grace=None)
    await server.stop(None)
    tracing.close()
    assert heard[0] == ""
    assert heard[1].split("-")[1] == shown_trace(TRADE_ID)
    text = (await metrics.render())[0].decode()
    assert 'crossdvp_peer_calls_total{code="OK",method="Check"} 2.0' in text
    assert 'crossdvp_peer_calls_total{code="NOT_FOUND",method="Check"} 1.0' in text


@given(st.binary(min_size=32, max_size=32), st.binary(min_size=32, max_size=32))
def test_ids_follow_from_trade_ids_and_differ(one: bytes, other: bytes) -> None:
    assert 0 < trace_id_of(one) < 2**128
    assert 0 < root_span_of(one) < 2**64
    assert (trace_id_of(one) == trace_id_of(other)) is (one == other)
    assert fact_span_of(one, "evm", "earmarked") != fact_span_of(one, "evm", "delivered")


def test_requests_name_their_trade_or_none() -> None:
    assert trade_of_request(pb.GetSettlementRequest(name=f"settlements/{TRADE_ID.hex()}")) == TRADE_ID
    assert trade_of_request(create_request("x")) == TRADE_ID
    for nothing in (pb.GetSettlementRequest(name="settlements/zz"), pb.ListSettlementsRequest(), object(), None):
        assert trade_of_request(nothing) is None


def test_a_packet_that_is_not_ours_or_nonsense_has_no_trade() -> None:
    for payload in (Payload("test", "test", "1", "raw", b"x"), Payload(DVP_PORT, DVP_PORT, "dvp-1", "x", b"nonsense")):
        assert trade_of(Packet(1, "client-a", "client-b", 1, (payload,))) is None


def test_a_file_of_spans_is_begun_anew_before_it_outgrows_its_bound(tmp_path: Path) -> None:
    file = tmp_path / "traces.jsonl"
    tracing = OtelTracing("test", [FileSpanExporter(file, most_bytes=4000)])
    for number in range(200):
        with tracing.during("step", (number.to_bytes(32, "big"),), {"note": "x" * 100}):
            pass
        if number % 20 == 0:
            tracing._provider.force_flush()
    tracing.close()
    assert file.stat().st_size <= 4000 + 20 * 600
    assert file.with_suffix(".jsonl.1").exists()


def test_an_unknown_trace_and_a_broken_file_are_named(tmp_path: Path) -> None:
    file = tmp_path / "traces.jsonl"
    with pytest.raises(TraceUnknown, match=shown_trace(TRADE_ID)):
        spans_of([file], TRADE_ID)
    file.write_text(f'{{"trace": "{shown_trace(TRADE_ID)}", \n')
    with pytest.raises(TraceFileBroken):
        spans_of([file], TRADE_ID)


async def test_a_refusal_ends_its_span_with_the_reason_and_no_password(tmp_path: Path) -> None:
    file = tmp_path / "traces.jsonl"
    async with watched_gateway(tmp_path, traced(file, "gateway")) as world:
        world.gateway.ledger.cash_yen = 0
        client = world.gateway.client()
        terms = some_terms()
        await client.create(Side.SELLER, terms)
        await client.create(Side.BUYER, terms)
        world.gateway.evm.earmark(terms)
        async with asyncio.timeout(10):
            while not world.gateway.ledger.attempts:
                world.gateway.now_s += 1
                await client.get(f"settlements/{terms.trade_id.hex()}")
    failed = [span for span in spans_in(file) if span["name"] == "gateway lock"]
    assert failed[0]["status"] == "ERROR"
    assert failed[0]["error"].startswith("CASH_INSUFFICIENT")
