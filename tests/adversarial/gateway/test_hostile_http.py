"""The HTTP face under attack: whose call it is cannot be said in a request, and what is malformed changes nothing."""

from __future__ import annotations

import asyncio
import io
import json
import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from relayer.gateway.http import server as face
from relayer.gateway.matching import Side
from tests.fakes.http_callers import http_session, tls_files
from tests.fakes.rpc_parties import stranger_tls, tls_of
from tests.fakes.running_gateway import RunningGateway, running_gateway
from tests.fakes.settlement_terms import some_terms
from tests.integration.gateway_http.test_settlements_over_http import instruction, reason_of


@pytest.fixture
async def gateway(tmp_path: Path) -> AsyncIterator[RunningGateway]:
    async with running_gateway(tmp_path / "gateway.sqlite3", heartbeat_s=0.05) as running:
        yield running


async def _nothing_stored(gateway: RunningGateway) -> bool:
    return not (await gateway.client().list()).settlements


FORGED = {
    "x509_common_name": "house",
    "X-Forwarded-Client-Cert": 'Subject="CN=house"',
    "X-SSL-Client-CN": "house",
    "X-Crossdvp-Caller": "house",
    "x-crossdvp-platform": "house",
    "Forwarded": "for=house",
}


async def test_who_calls_is_the_certificates_name_whatever_headers_say(gateway: RunningGateway) -> None:
    name = (await gateway.client("broker-a").create(Side.SELLER, some_terms())).name
    answer = await gateway.http("broker-c").get(f"/v1/{name}", headers=FORGED)
    assert (answer.status, reason_of(await answer.json())) == (404, "SETTLEMENT_UNKNOWN")
    foreign = await gateway.http("broker-c").post("/v1/settlements", json=instruction(2, trade=2), headers=FORGED)
    assert (foreign.status, reason_of(await foreign.json())) == (403, "NOT_YOUR_SIDE")


async def test_the_same_forged_names_as_grpc_metadata_are_nobody_either(gateway: RunningGateway) -> None:
    metadata = tuple((name.lower(), value) for name, value in FORGED.items())
    listed = await gateway.stub("broker-c").ListSettlements(_list_request(), metadata=metadata)
    assert not listed.settlements


def _list_request() -> Any:  # noqa: ANN401  # generated
    from crossdvp.gateway.v1 import settlement_service_pb2 as pb

    return pb.ListSettlementsRequest()


async def test_a_certificate_that_is_not_listed_is_refused_before_its_request_is_read(gateway: RunningGateway) -> None:
    for body in (json.dumps(instruction()), "{", '{"nonsense": 1}'):
        answer = await gateway.http("somebody").post(
            "/v1/settlements", data=body, headers={"Content-Type": "application/json"}
        )
        assert (answer.status, reason_of(await answer.json())) == (403, "CALLER_NOT_AUTHORISED")
    assert await _nothing_stored(gateway)


@pytest.mark.parametrize("certificate", ["none", "of another authority"])
async def test_without_a_certificate_of_our_authority_there_is_no_connection(
    gateway: RunningGateway, tmp_path: Path, certificate: str
) -> None:
    authority = tls_of("house").authority
    files = None if certificate == "none" else tls_files(tmp_path, "stranger", stranger_tls("house"))
    async with http_session(gateway.http_port, files, authority) as session:
        with pytest.raises((aiohttp.ClientError, ssl.SSLError, ConnectionError)):
            await session.get("/v1/settlements")


async def test_plain_http_is_not_answered(gateway: RunningGateway) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", gateway.http_port)
    writer.write(b"GET /v1/settlements HTTP/1.1\r\nHost: x\r\n\r\n")
    async with asyncio.timeout(5):
        assert b"200" not in await reader.read(1000)
    writer.close()


@pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
async def test_what_another_web_site_can_make_a_browser_post_is_refused(
    gateway: RunningGateway, media_type: str
) -> None:
    name = (await gateway.client().create(Side.SELLER, some_terms())).name
    body = json.dumps({"requestId": "00000000-0000-4000-8000-000000000009"})
    answer = await gateway.http().post(
        f"/v1/{name}:cancel", data=body, headers={"Content-Type": media_type}, skip_auto_headers=["Content-Type"]
    )
    assert (answer.status, reason_of(await answer.json())) == (415, "MEDIA_TYPE_REFUSED")
    assert "Access-Control-Allow-Origin" not in answer.headers
    preflight = await gateway.http().options(f"/v1/{name}:cancel")
    assert preflight.status == 405


MALFORMED = {
    "not JSON": "{",
    "a list": "[]",
    "a key that comes twice": '{"side": "SIDE_BUYER", "side": "SIDE_SELLER"}',
    "an unknown field": '{"sides": 1}',
    "an unknown field further in": '{"terms": {"tradeId": "", "price": 3}}',
    "not a number": '{"terms": {"amountYen": NaN}}',
    "a number that is none": '{"terms": {"amountYen": 1.5}}',
    "a negative amount": '{"terms": {"amountYen": "-1"}}',
    "an enum that is none": '{"side": "SIDE_BOTH"}',
    "bytes that are not base64": '{"terms": {"tradeId": "§§"}}',
    "base64 with something in between": '{"terms": {"tradeId": "AA AA"}}',
    "base64 with bits left over": '{"terms": {"tradeId": "AB=="}}',
    "a number of ten thousand digits": '{"terms": {"amountYen": ' + "9" * 10_000 + "}}",
    "a hundred objects in each other": '{"terms":' * 100 + "{}" + "}" * 100,
    "ten thousand lists in each other": '{"terms":' + "[" * 10_000 + "]" * 10_000 + "}",
    "bytes that are not text": "\udcff",
}


@pytest.mark.parametrize("kind", MALFORMED)
async def test_a_malformed_body_is_refused_by_name_and_stores_nothing(gateway: RunningGateway, kind: str) -> None:
    body = MALFORMED[kind].encode(errors="surrogateescape")
    answer = await gateway.http().post("/v1/settlements", data=body, headers={"Content-Type": "application/json"})
    assert (answer.status, reason_of(await answer.json())) == (400, "MALFORMED_REQUEST")
    assert await _nothing_stored(gateway)


async def test_a_body_beyond_the_bound_is_refused_before_it_is_read_to_its_end(gateway: RunningGateway) -> None:
    body = b'{"terms": {"issuer": "' + b"x" * face.MAX_BODY_BYTES + b'"}}'
    answer = await gateway.http().post(
        "/v1/settlements", data=io.BytesIO(body), headers={"Content-Type": "application/json"}
    )
    assert (answer.status, reason_of(await answer.json())) == (413, "BODY_TOO_LARGE")


async def test_a_path_that_smuggles_a_verb_or_another_segment_is_no_route(gateway: RunningGateway) -> None:
    name = (await gateway.client().create(Side.SELLER, some_terms())).name
    for path in (f"/v1/{name}/cancel", f"/v1/x/../{name}:cancel:cancel", "/v1/settlements/"):
        answer = await gateway.http().post(path, json={"requestId": "00000000-0000-4000-8000-000000000009"})
        assert answer.status in {404, 405}, path
    assert (await gateway.client().get(name)).state == 1


async def test_a_field_of_the_path_cannot_be_contradicted_in_query_or_body(gateway: RunningGateway) -> None:
    name = (await gateway.client().create(Side.SELLER, some_terms())).name
    other = f"settlements/{'ab' * 32}"
    request = {"requestId": "00000000-0000-4000-8000-000000000009", "name": name}
    for answer in (
        await gateway.http().get(f"/v1/{other}", params={"name": name}),
        await gateway.http().post(f"/v1/{other}:cancel", json=request),
    ):
        assert (answer.status, reason_of(await answer.json())) == (400, "MALFORMED_REQUEST")


async def test_a_caller_has_so_many_streams_over_either_face_and_no_more(gateway: RunningGateway) -> None:
    most = gateway.speakers.tenant("broker-a").limits.streams
    session = gateway.http("broker-a")
    open_ones = [await session.get("/v1/settlements:watch") for _ in range(most)]
    refused = await session.get("/v1/settlements:watch")
    assert (refused.status, reason_of(await refused.json())) == (429, "TOO_MANY_STREAMS")
    assert int(refused.headers["Retry-After"]) >= 1
    other = await gateway.http("broker-b").get("/v1/settlements:watch")
    assert other.status == 200
    for each in (*open_ones, other):
        each.close()


async def test_what_one_call_leaves_behind_is_not_seen_by_the_next_on_the_same_connection(
    gateway: RunningGateway,
) -> None:
    session = gateway.http()
    first = await session.get("/v1/settlements", headers={"X-Request-Id": "first"})
    second = await session.get("/v1/settlements")
    assert first.status == second.status == 200
    assert second.headers.get("X-Request-Id") != "first"
