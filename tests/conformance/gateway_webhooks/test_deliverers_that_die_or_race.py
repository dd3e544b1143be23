"""Several processes deliver from one database: one at a time, each event at least once, in order."""

from __future__ import annotations

import asyncio
import secrets
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from aiohttp import web

from relayer.database import Location
from relayer.gateway.instructing import instruct
from relayer.gateway.matching import Side
from relayer.gateway.settlement_tables import WEBHOOKS
from relayer.gateway.store import GatewayStore
from relayer.gateway.webhooks.bodies import event_message
from relayer.gateway.webhooks.endpoints import Attempt, WebhookStore
from relayer.gateway.webhooks.model import Endpoint, EndpointState, Outcome, Scheme
from relayer.gateway.webhooks.secret_box import SecretBox
from relayer.lease_keeper import AlwaysHeld
from relayer.leases import LeaseLost
from tests.fakes.settlement_terms import T0_S, some_terms
from tests.fakes.webhook_process import deliver
from tests.fakes.webhook_receiver import Receiver, receiving

KEY = bytes(range(32))
ENDPOINT = "ab" * 16


@pytest.fixture(params=["sqlite", "postgresql"])
def location(request: pytest.FixtureRequest, tmp_path: Path) -> Location:
    if request.param == "sqlite":
        return tmp_path / "gateway.sqlite3"
    return str(request.getfixturevalue("postgres_url"))


@pytest.fixture
def store(location: Location) -> Iterator[GatewayStore]:
    opened = GatewayStore(location)
    yield opened
    opened.close()


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as running:
        yield running


def prepared(store: GatewayStore, receiver: Receiver, trades: int) -> WebhookStore:
    """An endpoint at the receiver, and an event for each trade."""
    webhooks = WebhookStore(store.database, WEBHOOKS, SecretBox(KEY, secrets.token_bytes))
    endpoint = Endpoint(
        ENDPOINT, "house", receiver.url, "", EndpointState.ACTIVE, Scheme.HMAC_SHA256, b"", 0, T0_S, T0_S
    )
    webhooks.create(endpoint, b"s" * 32, "some request", {})
    for trade in range(1, trades + 1):
        terms = some_terms(trade)
        store.change(terms.trade_id, instruct(Side.SELLER, terms, T0_S), T0_S)
    return webhooks


async def test_one_that_is_killed_between_sending_and_recording_sends_again_under_the_same_id(
    location: Location, store: GatewayStore, receiver: Receiver
) -> None:
    webhooks = prepared(store, receiver, 3)
    killed = asyncio.Event()

    async def kill(_request: web.Request) -> web.StreamResponse:
        child.send_signal(signal.SIGKILL)  # it has the event, and the sender will never know
        await child.wait()
        killed.set()
        return web.Response()

    receiver.answers.extend([200, kill])
    arguments = ("-m", "tests.fakes.webhook_process", str(location), KEY.hex(), "first")
    child = await asyncio.create_subprocess_exec(sys.executable, *arguments)
    async with asyncio.timeout(30):
        await killed.wait()
    assert webhooks.get("house", ENDPOINT).cursor == 1
    stopping = asyncio.Event()
    successor = asyncio.create_task(deliver(str(location), KEY, "first", stopping))
    received = await receiver.until(4)
    assert [each.token for each in received] == [1, 2, 2, 3]
    assert received[1].webhook_id == received[2].webhook_id
    assert received[1].body == received[2].body
    stopping.set()
    await successor


async def test_of_two_instances_one_posts_and_the_other_takes_over_when_its_lease_ends(
    location: Location, store: GatewayStore, receiver: Receiver
) -> None:
    webhooks = prepared(store, receiver, 8)
    stops = [asyncio.Event(), asyncio.Event()]
    jobs = [asyncio.create_task(deliver(str(location), KEY, f"instance-{at}", stop)) for at, stop in enumerate(stops)]
    received = await receiver.until(8)
    assert [each.token for each in received] == list(range(1, 9))
    async with asyncio.timeout(10):
        while webhooks.get("house", ENDPOINT).cursor < 8:  # noqa: ASYNC110  # another job's state
            await asyncio.sleep(0.01)  # another job's state is asked for
    stops[0].set()
    await jobs[0]
    for trade in (9, 10):
        terms = some_terms(trade)
        store.change(terms.trade_id, instruct(Side.SELLER, terms, T0_S), T0_S)
    received = await receiver.until(10)
    assert [each.token for each in received] == list(range(1, 11))
    stops[1].set()
    await jobs[1]


async def test_one_whose_lease_was_taken_while_it_waited_for_an_answer_records_nothing(
    store: GatewayStore, receiver: Receiver
) -> None:
    webhooks = prepared(store, receiver, 1)
    endpoint = webhooks.get("house", ENDPOINT)
    (event,) = store.events({"cn-a"}, 0, None, 10).events

    class Overtaken:
        is_held = True

        def require(self, _connection: object) -> None:
            raise LeaseLost("taken")

    attempt = Attempt(endpoint, event_message(ENDPOINT, event), Outcome(200, 1), T0_S)
    with pytest.raises(LeaseLost):
        webhooks.record(Overtaken(), attempt)
    assert webhooks.get("house", ENDPOINT) == endpoint
    assert not webhooks.deliveries("house", ENDPOINT, 0, 10)


async def test_an_attempt_that_was_made_before_a_replay_does_not_undo_it(
    store: GatewayStore, receiver: Receiver
) -> None:
    webhooks = prepared(store, receiver, 3)
    first, second, _ = store.events({"cn-a"}, 0, None, 10).events
    before = webhooks.get("house", ENDPOINT)
    after = webhooks.record(AlwaysHeld(), Attempt(before, event_message(ENDPOINT, first), Outcome(200, 1), T0_S))
    assert after is not None
    webhooks.rewind("house", ENDPOINT, lambda _: 0, T0_S)
    late = Attempt(after, event_message(ENDPOINT, second), Outcome(200, 1), T0_S)
    assert webhooks.record(AlwaysHeld(), late) is None
    assert webhooks.get("house", ENDPOINT).cursor == 0
