"""The gateway's HTTP face over real TLS: the same answers, errors and stream as over gRPC."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from google.protobuf.json_format import MessageToDict

from ibc.dvp import terms_hash
from relayer.gateway.matching import Side
from relayer.gateway.settlement_codec import encode_terms
from tests.fakes.running_gateway import RunningGateway, running_gateway
from tests.fakes.settlement_terms import some_terms

REQUEST_ID = "00000000-0000-4000-8000-00000000000{}"


@pytest.fixture
async def gateway(tmp_path: Path) -> AsyncIterator[RunningGateway]:
    async with running_gateway(tmp_path / "gateway.sqlite3", heartbeat_s=0.05) as running:
        yield running


def instruction(number: int = 1, trade: int = 1, side: str = "SIDE_SELLER") -> dict[str, Any]:
    return {
        "requestId": REQUEST_ID.format(number),
        "side": side,
        "terms": MessageToDict(encode_terms(some_terms(trade))),
    }


async def test_a_settlement_is_proposed_read_listed_and_cancelled(gateway: RunningGateway) -> None:
    http = gateway.http()
    answer = await http.post("/v1/settlements", json=instruction())
    assert answer.status == 200, await answer.text()
    made = (await answer.json())["settlement"]
    assert made["state"] == "SETTLEMENT_STATE_UNMATCHED"
    assert base64.b64decode(made["termsHash"]) == terms_hash(some_terms())
    read = await (await http.get(f"/v1/{made['name']}")).json()
    assert read["settlement"] == made
    listed = await (await http.get("/v1/settlements?pageSize=5&states=SETTLEMENT_STATE_UNMATCHED")).json()
    assert [each["name"] for each in listed["settlements"]] == [made["name"]]
    cancelled = await http.post(f"/v1/{made['name']}:cancel", json={"requestId": REQUEST_ID.format(2)})
    assert (await cancelled.json())["settlement"]["state"] == "SETTLEMENT_STATE_CANCELLED"


async def test_both_faces_answer_with_the_same_settlement(gateway: RunningGateway) -> None:
    over_grpc = await gateway.client().create(Side.SELLER, some_terms())
    over_http = await (await gateway.http().get(f"/v1/{over_grpc.name}")).json()
    assert over_http["settlement"] == MessageToDict(over_grpc)


async def test_a_repeated_request_over_the_other_face_is_the_same_request(gateway: RunningGateway) -> None:
    request_id = REQUEST_ID.format(1)
    over_grpc = await gateway.client().create(Side.SELLER, some_terms(), request_id)
    answer = await gateway.http().post("/v1/settlements", json=instruction(1))
    assert (await answer.json())["settlement"]["name"] == over_grpc.name
    other = await gateway.http().post("/v1/settlements", json=instruction(1, trade=2))
    assert other.status == 409
    assert reason_of(await other.json()) == "REQUEST_ID_REUSED"


async def test_bytes_are_hexadecimal_when_the_media_type_says_so_in_both_directions(gateway: RunningGateway) -> None:
    body = instruction()
    for name in ("tradeId", "token", "adapter", "sellerAddress", "buyerAddress", "salt"):
        body["terms"][name] = "0x" + base64.b64decode(body["terms"][name]).hex()
    for name in ("sellerAccount", "buyerAccount"):
        account = body["terms"][name]
        account["accountKey"] = "0x" + base64.b64decode(account["accountKey"]).hex()
    hexadecimal = {"Content-Type": "application/json; bytes=hex"}
    answer = await gateway.http().post("/v1/settlements", data=json.dumps(body), headers=hexadecimal)
    assert answer.status == 200, await answer.text()
    assert (await answer.json())["settlement"]["termsHash"] == "0x" + terms_hash(some_terms()).hex()
    read = await gateway.http().get(
        f"/v1/settlements/{some_terms().trade_id.hex()}", headers={"Accept": "application/json; bytes=hex"}
    )
    assert (await read.json())["settlement"]["terms"]["salt"] == "0x" + some_terms().cash.salt.hex()


def reason_of(body: dict[str, Any]) -> str:
    """Reason of the ErrorInfo in an error's body."""
    details = [each for each in body["error"]["details"] if each["@type"].endswith("google.rpc.ErrorInfo")]
    assert details, body
    return str(details[0]["reason"])


@pytest.mark.parametrize(
    ("path", "status", "reason"),
    [
        ("/v1/settlements/" + "ab" * 32, 404, "SETTLEMENT_UNKNOWN"),
        ("/v1/settlements/nonsense", 400, "BAD_REQUEST"),
        ("/v1/settlements?pageSize=100000", 400, "BAD_REQUEST"),
        ("/v1/settlements?nonsense=1", 400, "MALFORMED_REQUEST"),
        ("/v1/settlements?pageSize=1&pageSize=2", 400, "MALFORMED_REQUEST"),
        ("/v1/settlements?pageToken=x", 400, "BAD_PAGE_TOKEN"),
        ("/v1/nothing", 404, "ROUTE_UNKNOWN"),
        ("/v1/settlements:watch?resumeToken=99", 400, "BAD_PAGE_TOKEN"),
    ],
)
async def test_errors_have_the_status_and_the_details_of_grpc(
    gateway: RunningGateway, path: str, status: int, reason: str
) -> None:
    answer = await gateway.http().get(path)
    assert (answer.status, reason_of(await answer.json())) == (status, reason)
    assert answer.headers["Cache-Control"] == "no-store"


async def test_the_other_methods_of_a_path_are_named(gateway: RunningGateway) -> None:
    answer = await gateway.http().delete("/v1/settlements")
    assert (answer.status, answer.headers["Allow"]) == (405, "GET, POST")


async def test_an_unavailable_answer_says_when_to_come_back(gateway: RunningGateway) -> None:
    await gateway.client().create(Side.SELLER, some_terms())
    settlement = await gateway.client().create(Side.BUYER, some_terms())
    gateway.ledger.away = True
    answer = await gateway.http().post(f"/v1/{settlement.name}:cancel", json={"requestId": REQUEST_ID.format(3)})
    assert answer.status == 503
    assert int(answer.headers["Retry-After"]) >= 1


class Events:
    """A reader of server-sent events, as the standard has a browser read them."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self._lines = response.content
        self.last_id = ""
        self.comments = 0

    async def next(self) -> dict[str, Any]:
        """The next event's data."""
        data = ""
        async with asyncio.timeout(10):
            while True:
                line = (await self._lines.readline()).decode()
                assert line, "the stream ended"
                name, _, value = line.rstrip("\n").partition(": ")
                self.comments += line.startswith(":")
                self.last_id = value if name == "id" else self.last_id
                data = value if name == "data" else data
                if line == "\n" and data:
                    found: dict[str, Any] = json.loads(data)
                    return found


async def test_a_stream_tells_every_change_and_goes_on_after_the_last_event_id(gateway: RunningGateway) -> None:
    for trade in (1, 2):
        await gateway.client().create(Side.SELLER, some_terms(trade))
    async with gateway.http().get("/v1/settlements:watch") as response:
        assert response.headers["Content-Type"] == "text/event-stream"
        events = Events(response)
        told = [await events.next(), await events.next()]
        assert [each["settlement"]["name"][-1] for each in told] == ["1", "2"]
        assert events.last_id == told[-1]["resumeToken"]
        await gateway.client().create(Side.SELLER, some_terms(3))
        assert (await events.next())["settlement"]["name"][-1] == "3"
        last_seen = told[0]["resumeToken"]
    await gateway.restart()
    # A browser repeats the address it began with, and says what it has seen since.
    again = gateway.http().get("/v1/settlements:watch?resumeToken=0", headers={"Last-Event-ID": last_seen})
    async with again as response:
        events = Events(response)
        assert [(await events.next())["settlement"]["name"][-1] for _ in range(2)] == ["2", "3"]


async def test_a_stream_without_changes_shows_that_it_lives(gateway: RunningGateway) -> None:
    async with gateway.http().get("/v1/settlements:watch") as response:
        events = Events(response)
        async with asyncio.timeout(10):
            for _ in range(10):
                line = await response.content.readline()
                events.comments += line == b": heartbeat\n"
                if events.comments == 2:
                    return
    raise AssertionError("no heartbeats")


async def test_a_stream_of_one_settlement_ends_with_a_reason_when_the_gateway_stops(gateway: RunningGateway) -> None:
    settlement = await gateway.client().create(Side.SELLER, some_terms())
    async with gateway.http().get("/v1/settlements:watch", params={"name": settlement.name}) as response:
        await Events(response).next()
        stopping = asyncio.create_task(gateway.stop())
        rest = (await response.content.read()).decode()
        await stopping
    assert "event: error\n" in rest
    assert reason_of(json.loads(rest.partition("data: ")[2].partition("\n")[0])) == "GATEWAY_STOPPING"
