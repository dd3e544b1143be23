"""Webhooks from a running gateway to a receiver over TCP: signed, in order, none skipped, none lost at a restart."""

from __future__ import annotations

import asyncio
import base64
import datetime as dt
import time
import uuid
from pathlib import Path

import pytest
from aiohttp import web
from crossdvp.gateway.v1 import webhook_service_pb2 as pb
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from google.protobuf.duration_pb2 import Duration
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.timestamp_pb2 import Timestamp
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from relayer.gateway.matching import Side
from relayer.gateway.webhooks import tables
from tests.fakes.running_gateway import RunningGateway
from tests.fakes.settlement_terms import some_terms
from tests.fakes.webhook_receiver import Received, Receiver, receiving
from tests.integration.webhooks.conftest import webhooks_of


async def add_endpoint(gateway: RunningGateway, receiver: Receiver, **changes: object) -> pb.CreateEndpointResponse:
    request = pb.CreateEndpointRequest(request_id=str(uuid.uuid4()), url=receiver.url, **changes)  # type: ignore[arg-type]  # its own fields
    made: pb.CreateEndpointResponse = await webhooks_of(gateway).CreateEndpoint(request)
    return made


async def propose(gateway: RunningGateway, *trades: int) -> None:
    for trade in trades:
        await gateway.client().create(Side.SELLER, some_terms(trade))


def tokens(received: list[Received]) -> list[int]:
    return [each.token for each in received]


async def until_stands(gateway: RunningGateway, name: str, *, failing: bool) -> pb.Endpoint:
    async with asyncio.timeout(10):
        while True:
            shown = await endpoint_of(gateway, name)
            if shown.HasField("failing_since") is failing:
                return shown
            await asyncio.sleep(0.01)


async def endpoint_of(gateway: RunningGateway, name: str) -> pb.Endpoint:
    answer: pb.GetEndpointResponse = await webhooks_of(gateway).GetEndpoint(pb.GetEndpointRequest(name=name))
    return answer.endpoint


async def until_failed(gateway: RunningGateway, name: str, attempts: int) -> None:
    """Until so many attempts are recorded as failed: what was received is not recorded yet."""
    async with asyncio.timeout(10):
        while (await endpoint_of(gateway, name)).failed_attempts != attempts:  # noqa: ASYNC110  # another side's state
            await asyncio.sleep(0.01)  # another process's state is asked for


async def test_a_receiver_verifies_with_the_standards_own_library(gateway: RunningGateway, receiver: Receiver) -> None:
    made = await add_endpoint(gateway, receiver)
    await propose(gateway, 1)
    (received,) = await receiver.until(1)
    # The library compares the time with this machine's clock, and the gateway of a test has its own at first.
    assert received.headers["webhook-timestamp"] == str(gateway.now_s)
    assert received.document["type"] == "settlement.changed"
    assert received.document["data"]["settlement"]["state"] == "SETTLEMENT_STATE_UNMATCHED"
    assert _verifies(made.secret, received)
    gateway.now_s = int(time.time())
    await gateway.client().create(Side.SELLER, some_terms(2, lock_by_s=gateway.now_s + 300))
    second = (await receiver.until(2))[1]
    document = Webhook(made.secret).verify(second.body, second.headers)
    assert document["data"]["resumeToken"] == "2"
    with pytest.raises(WebhookVerificationError):
        Webhook(made.secret).verify(second.body.replace(b"UNMATCHED", b"SETTLED__"), second.headers)


async def test_an_ed25519_endpoint_is_verified_by_its_public_key_alone(
    gateway: RunningGateway, receiver: Receiver
) -> None:
    made = await add_endpoint(gateway, receiver, signature_scheme=pb.SIGNATURE_SCHEME_ED25519)
    assert made.secret == ""
    await propose(gateway, 1)
    (received,) = await receiver.until(1)
    headers = received.headers
    public = base64.b64decode(made.endpoint.public_key.removeprefix("whpk_"))
    version, _, signature = headers["webhook-signature"].partition(",")
    assert version == "v1a"
    content = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + received.body
    Ed25519PublicKey.from_public_bytes(public).verify(base64.b64decode(signature), content)


async def test_while_a_target_is_down_nothing_is_skipped_and_the_endpoint_says_since_when(
    gateway: RunningGateway, receiver: Receiver
) -> None:
    made = await add_endpoint(gateway, receiver)
    receiver.answers.extend([500, 503, 302])
    await propose(gateway, 1, 2, 3)
    failing = await until_stands(gateway, made.endpoint.name, failing=True)
    assert (failing.failing_since.seconds, failing.last_error) == (gateway.now_s, "HTTP 500")
    for count in (2, 3, 4):
        await until_failed(gateway, made.endpoint.name, count - 1)
        gateway.now_s += 70
        await receiver.until(count)
    await receiver.until(6)
    assert tokens(receiver.received) == [1, 1, 1, 1, 2, 3]
    assert len({each.webhook_id for each in receiver.received[:4]}) == 1
    well = await until_stands(gateway, made.endpoint.name, failing=False)
    assert (well.failed_attempts, well.last_error) == (0, "")
    log = await webhooks_of(gateway).ListDeliveries(pb.ListDeliveriesRequest(parent=made.endpoint.name))
    assert [(each.resume_token, each.attempts, each.last_status) for each in log.deliveries][-1] == ("1", 4, 200)


async def test_nothing_is_tried_before_its_time(gateway: RunningGateway, receiver: Receiver) -> None:
    made = await add_endpoint(gateway, receiver)
    receiver.answers.append(500)
    await propose(gateway, 1)
    await until_stands(gateway, made.endpoint.name, failing=True)
    other = await add_endpoint(gateway, receiver)  # what comes after shows that the deliverer has gone round
    await propose(gateway, 2)
    await receiver.until(2)
    assert tokens(receiver.received) == [1, 2]
    assert receiver.received[1].webhook_id.split("_")[1] == other.endpoint.name.partition("/")[2]


async def test_a_slow_or_dead_target_holds_up_no_other(gateway: RunningGateway, receiver: Receiver) -> None:
    async def never(_request: web.Request) -> web.Response:
        await asyncio.sleep(60)
        return web.Response()

    async with receiving() as slow:
        slow.answers.extend([never] * 4)
        for _ in range(4):
            await add_endpoint(gateway, slow)
        await add_endpoint(gateway, receiver)
        await propose(gateway, *range(1, 20))
        await receiver.until(19)
    assert tokens(receiver.received) == list(range(1, 20))


async def test_a_gateway_that_was_away_goes_on_where_each_endpoint_stands(
    gateway: RunningGateway, receiver: Receiver
) -> None:
    made = await add_endpoint(gateway, receiver)
    await propose(gateway, 1)
    await until_delivered(gateway, made.endpoint.name, "1")
    await gateway.restart()
    await propose(gateway, 2)
    await receiver.until(2)
    assert tokens(receiver.received) == [1, 2]


async def test_a_paused_endpoint_keeps_its_place(gateway: RunningGateway, receiver: Receiver) -> None:
    made = await add_endpoint(gateway, receiver)
    stub, mask = webhooks_of(gateway), FieldMask(paths=["state"])
    paused = pb.UpdateEndpointRequest(name=made.endpoint.name, update_mask=mask, state=pb.ENDPOINT_STATE_PAUSED)
    await stub.UpdateEndpoint(paused)
    await propose(gateway, 1)
    await add_endpoint(gateway, receiver, description="another")
    await propose(gateway, 2)
    await receiver.until(1)
    assert tokens(receiver.received) == [2]
    active = pb.UpdateEndpointRequest(name=made.endpoint.name, update_mask=mask, state=pb.ENDPOINT_STATE_ACTIVE)
    await stub.UpdateEndpoint(active)
    await receiver.until(3)
    assert tokens(receiver.received) == [2, 1, 2]


async def test_a_replay_posts_again_with_the_same_ids_and_goes_on(gateway: RunningGateway, receiver: Receiver) -> None:
    made = await add_endpoint(gateway, receiver)
    await propose(gateway, 1, 2)
    gateway.now_s += 10
    await propose(gateway, 3)
    await receiver.until(3)
    stub = webhooks_of(gateway)
    await stub.ReplayEvents(pb.ReplayEventsRequest(name=made.endpoint.name, resume_token="1"))  # noqa: S106  # no secret
    await receiver.until(5)
    at = Timestamp(seconds=gateway.now_s)
    await stub.ReplayEvents(pb.ReplayEventsRequest(name=made.endpoint.name, from_time=at))
    await receiver.until(6)
    assert tokens(receiver.received) == [1, 2, 3, 2, 3, 3]
    assert {each.webhook_id for each in receiver.received if each.token == 3} == {receiver.received[2].webhook_id}
    assert len({each.webhook_id for each in receiver.received}) == 3


async def test_a_rotated_secret_signs_beside_the_old_one_for_a_time(
    gateway: RunningGateway, receiver: Receiver
) -> None:
    made = await add_endpoint(gateway, receiver)
    request = pb.RotateSecretRequest(name=made.endpoint.name, overlap=Duration(seconds=60))
    rotated = await webhooks_of(gateway).RotateSecret(request)
    assert rotated.secret != made.secret
    assert rotated.endpoint.old_secret_expire_time.seconds == gateway.now_s + 60
    await propose(gateway, 1)
    await receiver.until(1)
    gateway.now_s += 61
    await propose(gateway, 2)
    await receiver.until(2)
    first, second = receiver.received
    assert [_verifies(secret, first) for secret in (made.secret, rotated.secret)] == [True, True]
    assert [_verifies(secret, second) for secret in (made.secret, rotated.secret)] == [False, True]


def _verifies(secret: str, received: Received) -> bool:
    at = dt.datetime.fromtimestamp(int(received.headers["webhook-timestamp"]), dt.UTC)
    expected = Webhook(secret).sign(received.webhook_id, at, received.body.decode())
    return expected in received.headers["webhook-signature"].split(" ")


async def test_a_test_event_is_answered_with_what_came_back(gateway: RunningGateway, receiver: Receiver) -> None:
    made = await add_endpoint(gateway, receiver)
    receiver.answers.append(418)
    stub = webhooks_of(gateway)
    failed = (await stub.SendTestEvent(pb.SendTestEventRequest(name=made.endpoint.name))).delivery
    assert (failed.state, failed.last_status, failed.type) == (pb.DELIVERY_STATE_FAILED, 418, "webhook.test")
    passed = (await stub.SendTestEvent(pb.SendTestEventRequest(name=made.endpoint.name))).delivery
    assert passed.state == pb.DELIVERY_STATE_DELIVERED
    await propose(gateway, 1)
    await receiver.until(3)
    assert receiver.received[2].token == 1


async def test_a_repeated_creation_makes_one_endpoint_and_shows_its_secret_once(
    gateway: RunningGateway, receiver: Receiver
) -> None:
    request = pb.CreateEndpointRequest(request_id=str(uuid.uuid4()), url=receiver.url)
    stub = webhooks_of(gateway)
    first, second = await stub.CreateEndpoint(request), await stub.CreateEndpoint(request)
    assert first.endpoint == second.endpoint
    assert first.secret.startswith("whsec_")
    assert second.secret == ""
    assert len((await stub.ListEndpoints(pb.ListEndpointsRequest())).endpoints) == 1


async def test_a_deleted_endpoint_gets_nothing_more_and_leaves_nothing(
    gateway: RunningGateway, receiver: Receiver
) -> None:
    made = await add_endpoint(gateway, receiver)
    stub = webhooks_of(gateway)
    await stub.DeleteEndpoint(pb.DeleteEndpointRequest(name=made.endpoint.name))
    await propose(gateway, 1)
    await add_endpoint(gateway, receiver)
    await propose(gateway, 2)
    await receiver.until(1)
    assert tokens(receiver.received) == [2]


async def test_the_log_is_paged_and_keeps_the_newest(
    gateway: RunningGateway, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "KEPT_DELIVERIES", 5)
    monkeypatch.setattr(tables, "_PRUNE_EVERY", 4)
    made = await add_endpoint(gateway, receiver)
    await propose(gateway, *range(1, 13))
    await receiver.until(12)
    await until_delivered(gateway, made.endpoint.name, "12")
    stub, shown, token = webhooks_of(gateway), [], ""
    while True:
        request = pb.ListDeliveriesRequest(parent=made.endpoint.name, page_size=2, page_token=token)
        page = await stub.ListDeliveries(request)
        shown += [each.resume_token for each in page.deliveries]
        token = page.next_page_token
        if not token:
            break
    assert shown == ["12", "11", "10", "9", "8"]


async def until_delivered(gateway: RunningGateway, name: str, token: str) -> None:
    async with asyncio.timeout(10):
        while (await endpoint_of(gateway, name)).resume_token != token:  # noqa: ASYNC110  # another side's state
            await asyncio.sleep(0.01)  # as above


async def test_the_secret_is_nowhere_in_the_database(
    gateway: RunningGateway, receiver: Receiver, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    made = await add_endpoint(gateway, receiver)
    receiver.answers.append(500)
    await propose(gateway, 1)
    await until_stands(gateway, made.endpoint.name, failing=True)
    secret = made.secret.removeprefix("whsec_")
    stored = b"".join(path.read_bytes() for path in tmp_path.glob("gateway.sqlite3*"))  # noqa: ASYNC240  # a few pages
    assert made.endpoint.name.removeprefix("webhookEndpoints/").encode() in stored
    for form in (secret.encode(), base64.b64decode(secret)):
        assert form not in stored
    assert secret not in caplog.text
