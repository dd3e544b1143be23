"""Webhooks turned against the gateway's own network, its memory, or another platform."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import uuid
from typing import Any

import grpc
import grpc.aio
import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult
from crossdvp.gateway.v1 import webhook_service_pb2 as pb

from relayer.gateway.webhooks.errors import SecretsUnreadable, UrlRefused
from relayer.gateway.webhooks.secret_box import SecretBox
from relayer.gateway.webhooks.sender import MAX_ANSWER_BYTES, Sender, SenderSettings
from relayer.gateway.webhooks.targets import GuardedResolver, PlainHttp, TargetRules
from tests.fakes.running_gateway import RunningGateway, details_of
from tests.fakes.webhook_receiver import Receiver
from tests.integration.webhooks.conftest import gateway, receiver, webhooks_of  # noqa: F401  # fixtures

INSIDE = [
    "https://127.0.0.1/",
    "https://127.1.2.3:8443/hook",
    "https://10.0.0.5/",
    "https://172.16.0.1/",
    "https://192.168.1.1/",
    "https://169.254.169.254/latest/meta-data/",
    "https://100.64.0.1/",
    "https://0.0.0.0/",
    "https://255.255.255.255/",
    "https://224.0.0.1/",
    "https://[::1]/",
    "https://[::]/",
    "https://[fe80::1]/",
    "https://[fc00::1]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:10.0.0.1]/",
    "https://[64:ff9b::7f00:1]/",
    "https://[2002:7f00:1::]/",
]
NOT_A_TARGET = [
    "",
    "http://example.com/",
    "ftp://example.com/",
    "file:///etc/passwd",
    "https:///nothing",
    "https://user:password@example.com/",
    "https://example.com/#fragment",
    "https://example.com/ space",
    "https://example.com/\n",
    "https://ex\u00e4mple.com/",
    "https://example.com:99999/",
    "javascript:alert(1)",
    "https://" + "a" * 3000,
]


@pytest.mark.parametrize("url", INSIDE + NOT_A_TARGET)
def test_a_url_inside_the_network_or_of_another_kind_is_refused(url: str) -> None:
    with pytest.raises(UrlRefused):
        TargetRules().check_url(url)


@pytest.mark.parametrize("url", ["https://example.com/hook?a=b", "https://8.8.8.8:8443/", "https://[2600::1]/x"])
def test_a_public_url_is_accepted(url: str) -> None:
    assert str(TargetRules().check_url(url)) == url


def test_an_allowed_network_is_let_through_and_no_other() -> None:
    rules = TargetRules((ipaddress.ip_network("10.1.0.0/16"),))
    rules.check_url("https://10.1.2.3/")
    with pytest.raises(UrlRefused):
        rules.check_url("https://10.2.0.1/")
    with pytest.raises(UrlRefused):
        rules.check_url("http://10.1.2.3/")


class Rebinding(AbstractResolver):
    """A name server of the attacker's: first an address outside, then one inside."""

    def __init__(self, *answers: tuple[str, ...]) -> None:
        self._answers = list(answers)

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        return [
            ResolveResult(hostname=host, host=each, port=port, family=family, proto=0, flags=0)
            for each in self._answers.pop(0)
        ]

    async def close(self) -> None:
        return


async def test_a_name_that_points_inside_at_the_second_look_is_not_connected_to() -> None:
    resolver = GuardedResolver(TargetRules(), Rebinding(("8.8.8.8",), ("127.0.0.1",), ("8.8.8.8", "10.0.0.1")))
    assert (await resolver.resolve("evil.example", 443))[0]["host"] == "8.8.8.8"
    for _ in range(2):
        with pytest.raises(UrlRefused):
            await resolver.resolve("evil.example", 443)


@pytest.mark.parametrize("host", ["localhost", "2130706433", "0x7f000001", "127.1"])
async def test_other_spellings_of_this_machine_are_no_way_in(receiver: Receiver, host: str) -> None:  # noqa: F811  # the fixture of that name
    rules = TargetRules(plain_http=PlainHttp.REFUSED)
    async with Sender(SenderSettings(rules, timeout_s=2.0), lambda: 0.0) as sender:
        outcome = await sender.post(f"https://{host}:{receiver.port}/hook", {}, b"{}")
    assert not outcome.is_delivered
    assert "public address" in outcome.error or "not a canonical IPv4 address" in outcome.error
    assert not receiver.received


async def test_a_redirect_to_the_inside_is_not_followed(receiver: Receiver) -> None:  # noqa: F811  # the fixture of that name
    async def redirect(_request: web.Request) -> web.StreamResponse:
        return web.Response(status=307, headers={"Location": "/secret"})

    receiver.answers.append(redirect)
    async with Sender(SenderSettings(TargetRules(plain_http=PlainHttp.LOOPBACK)), lambda: 0.0) as sender:
        outcome = await sender.post(receiver.url, {}, b"{}")
    assert (outcome.status, len(receiver.received)) == (307, 1)
    assert "redirects are not followed" in outcome.error


async def test_an_answer_without_end_is_not_read_to_its_end(receiver: Receiver) -> None:  # noqa: F811  # the fixture of that name
    sent = 0

    async def endless(request: web.Request) -> web.StreamResponse:
        nonlocal sent
        response = web.StreamResponse()
        await response.prepare(request)
        while sent < 64 * 1024 * 1024:
            await response.write(b"x" * 65_536)
            sent += 65_536
        return response

    receiver.answers.append(endless)
    async with Sender(SenderSettings(TargetRules(plain_http=PlainHttp.LOOPBACK)), lambda: 0.0) as sender:
        outcome = await sender.post(receiver.url, {}, b"{}")
    assert outcome.is_delivered
    assert MAX_ANSWER_BYTES < 65_536 <= sent < 32 * 1024 * 1024


async def test_an_answer_that_trickles_is_given_up(receiver: Receiver) -> None:  # noqa: F811  # the fixture of that name
    async def trickle(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(100):
            await response.write(b"x")
            await asyncio.sleep(0.05)
        return response

    receiver.answers.append(trickle)
    settings = SenderSettings(TargetRules(plain_http=PlainHttp.LOOPBACK), timeout_s=0.3)
    async with Sender(settings, lambda: 0.0) as sender:
        outcome = await sender.post(receiver.url, {}, b"{}")
    assert outcome.error in {"", "no answer within 0.3 s"}


async def test_headers_without_end_are_given_up(receiver: Receiver) -> None:  # noqa: F811  # the fixture of that name
    async def long_header(_request: web.Request) -> web.StreamResponse:
        return web.Response(headers={"X-Long": "x" * 100_000})

    receiver.answers.append(long_header)
    async with Sender(SenderSettings(TargetRules(plain_http=PlainHttp.LOOPBACK)), lambda: 0.0) as sender:
        outcome = await sender.post(receiver.url, {}, b"{}")
    assert not outcome.is_delivered
    assert len(outcome.error) < 400


async def _refusal(call: Any) -> str:  # noqa: ANN401  # a pending call
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return details_of(caught.value)[0]


async def test_another_platforms_endpoint_does_not_exist(gateway: RunningGateway, receiver: Receiver) -> None:  # noqa: F811  # the fixture of that name
    made = await webhooks_of(gateway, "broker-a").CreateEndpoint(
        pb.CreateEndpointRequest(request_id=str(uuid.uuid4()), url=receiver.url)
    )
    name, other = made.endpoint.name, webhooks_of(gateway, "broker-b")
    calls = [
        other.GetEndpoint(pb.GetEndpointRequest(name=name)),
        other.DeleteEndpoint(pb.DeleteEndpointRequest(name=name)),
        other.RotateSecret(pb.RotateSecretRequest(name=name)),
        other.ListDeliveries(pb.ListDeliveriesRequest(parent=name)),
        other.ReplayEvents(pb.ReplayEventsRequest(name=name, resume_token="1")),  # noqa: S106  # no secret
        other.SendTestEvent(pb.SendTestEventRequest(name=name)),
    ]
    assert {await _refusal(call) for call in calls} == {"ENDPOINT_UNKNOWN"}
    assert not (await other.ListEndpoints(pb.ListEndpointsRequest())).endpoints
    assert not receiver.received


async def test_a_platform_gets_no_events_of_others(gateway: RunningGateway, receiver: Receiver) -> None:  # noqa: F811  # the fixture of that name
    from relayer.gateway.matching import Side
    from tests.fakes.settlement_terms import some_terms

    await webhooks_of(gateway, "broker-c").CreateEndpoint(
        pb.CreateEndpointRequest(request_id=str(uuid.uuid4()), url=receiver.url)
    )
    await gateway.client("broker-a").create(Side.SELLER, some_terms(1))
    mine = some_terms(2, nodes=("cn-c", "cn-b"))
    await gateway.client("broker-c").create(Side.SELLER, mine)
    await receiver.until(1)
    assert [each.token for each in receiver.received] == [2]


async def test_a_replay_cannot_jump_ahead(gateway: RunningGateway, receiver: Receiver) -> None:  # noqa: F811  # the fixture of that name
    stub = webhooks_of(gateway)
    made = await stub.CreateEndpoint(pb.CreateEndpointRequest(request_id=str(uuid.uuid4()), url=receiver.url))
    ahead = pb.ReplayEventsRequest(name=made.endpoint.name, resume_token="5")  # noqa: S106  # no secret
    assert await _refusal(stub.ReplayEvents(ahead)) == "BAD_PAGE_TOKEN"


async def test_a_platform_has_so_many_endpoints_and_no_more(gateway: RunningGateway, receiver: Receiver) -> None:  # noqa: F811  # the fixture of that name
    stub = webhooks_of(gateway)
    for _ in range(16):
        await stub.CreateEndpoint(pb.CreateEndpointRequest(request_id=str(uuid.uuid4()), url=receiver.url))
    one_more = pb.CreateEndpointRequest(request_id=str(uuid.uuid4()), url=receiver.url)
    assert await _refusal(stub.CreateEndpoint(one_more)) == "TOO_MANY_ENDPOINTS"


def test_a_secret_that_was_moved_altered_or_sealed_with_another_key_is_not_opened() -> None:
    def nonces(size: int) -> bytes:
        return b"\x07" * size

    box = SecretBox(b"k" * 32, nonces)
    sealed = box.seal("a", b"secret")
    assert box.open("a", sealed) == b"secret"
    for other, endpoint, blob in (
        (box, "b", sealed),
        (box, "a", sealed[:-1] + bytes([sealed[-1] ^ 1])),
        (box, "a", b""),
        (SecretBox(b"l" * 32, nonces), "a", sealed),
    ):
        with pytest.raises(SecretsUnreadable):
            other.open(endpoint, blob)
