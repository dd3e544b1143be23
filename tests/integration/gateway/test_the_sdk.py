"""The platform's SDK against a running gateway: retries, resuming, named errors, terms that are checked."""

from __future__ import annotations

import asyncio
import dataclasses
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from crossdvp.sdk import (
    Conflict,
    Gateway,
    NotAllowed,
    NotFound,
    Refused,
    SettlementState,
    Side,
    SyncGateway,
    Tls,
    Unavailable,
    WebhookRejected,
    verify_webhook,
)
from crossdvp.sdk import connection as sdk_connection
from crossdvp.sdk import gateway as sdk_gateway

from relayer.gateway.webhooks.model import Scheme
from relayer.gateway.webhooks.signing import public_key_of, shown_public_key, shown_secret, signed_headers
from tests.fakes.rpc_parties import tls_of
from tests.fakes.running_gateway import BOTH_SIDES, RunningGateway, running_gateway
from tests.fakes.settlement_terms import some_terms


@pytest.fixture
async def gateway(tmp_path: Path) -> AsyncIterator[RunningGateway]:
    async with running_gateway(tmp_path / "gateway.sqlite3") as running:
        yield running


def sdk_tls(caller: str) -> Tls:
    return Tls(**dataclasses.asdict(tls_of(caller)))


def sdk(gateway: RunningGateway, caller: str = BOTH_SIDES) -> Gateway:
    return Gateway.connect(f"127.0.0.1:{gateway.port}", sdk_tls(caller), timeout_s=5.0)


async def test_two_platforms_propose_and_affirm(gateway: RunningGateway) -> None:
    async with sdk(gateway, "broker-a") as seller, sdk(gateway, "broker-b") as buyer:
        proposed = await seller.propose(Side.SELLER, some_terms(), reference="A-1")
        assert proposed.state == SettlementState.SETTLEMENT_STATE_UNMATCHED
        held = await seller.hold(proposed.name)
        assert held.on_hold
        matched = await buyer.affirm(proposed.name, some_terms())
        assert matched.state == SettlementState.SETTLEMENT_STATE_MATCHED
        assert not (await seller.release(proposed.name)).on_hold
        assert [each.name async for each in seller.settlements(reference="A-1")] == [proposed.name]
        assert (await buyer.cancel(proposed.name)).state == SettlementState.SETTLEMENT_STATE_CANCELLED


async def test_affirming_other_terms_than_were_proposed_is_refused(gateway: RunningGateway) -> None:
    async with sdk(gateway, "broker-a") as seller, sdk(gateway, "broker-b") as buyer:
        proposed = await seller.propose(Side.SELLER, some_terms(amount_yen=1))
        with pytest.raises(Refused, match="TERMS_HASH_DIFFERS"):
            await buyer.affirm(proposed.name, some_terms(amount_yen=2))


async def test_errors_have_names_reasons_and_the_gateways_own_fields(gateway: RunningGateway) -> None:
    async with sdk(gateway, "broker-a") as seller:
        with pytest.raises(NotFound) as unknown:
            await seller.get("settlements/" + "ab" * 32)
        assert unknown.value.reason == "SETTLEMENT_UNKNOWN"
        with pytest.raises(NotAllowed, match="NOT_YOUR_SIDE"):
            await seller.propose(Side.BUYER, some_terms())
        request_id = str(uuid.uuid4())
        await seller.propose(Side.SELLER, some_terms(1), request_id=request_id)
        with pytest.raises(Conflict) as reused:
            await seller.propose(Side.SELLER, some_terms(2), request_id=request_id)
        assert reused.value.reason == "REQUEST_ID_REUSED"


async def test_a_call_survives_a_restart_and_takes_effect_once(gateway: RunningGateway) -> None:
    await gateway.stop()
    async with sdk(gateway) as client:
        proposing = asyncio.create_task(client.propose(Side.SELLER, some_terms()))
        await asyncio.sleep(0)
        await gateway.start()
        async with asyncio.timeout(30):
            await proposing
        assert len([each async for each in client.settlements(page_size=1)]) == 1


async def test_a_gateway_that_stays_away_is_unavailable_after_so_many_attempts(
    gateway: RunningGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sdk_connection, "ATTEMPTS", 2)
    monkeypatch.setattr(sdk_connection, "LONGEST_PAUSE_S", 0.05)
    await gateway.stop()
    async with sdk(gateway) as client:
        with pytest.raises(Unavailable):
            await client.get("settlements/" + "ab" * 32)


async def test_a_watch_tells_each_event_once_over_restarts_and_silences(
    gateway: RunningGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sdk_gateway, "RECONNECT_PAUSES_S", (0.01,))
    seen: list[str] = []
    async with sdk(gateway) as client, asyncio.timeout(60):
        # A heartbeat time-out below the gateway's own pace: the connection is given up again and again.
        watching = client.watch(heartbeat_timeout_s=0.3)
        for trade in (1, 2, 3):
            await client.propose(Side.SELLER, some_terms(trade))
            seen.append((await anext(watching)).settlement.name[-1])
            await gateway.restart()
        last = await client.propose(Side.SELLER, some_terms(4))
        event = await anext(watching)
        assert event.settlement == last
        await watching.aclose()
        resumed = client.watch(resume_token="2")  # noqa: S106  # not a secret
        assert [(await anext(resumed)).settlement.name[-1] for _ in range(2)] == ["3", "4"]
        await resumed.aclose()
    assert seen == ["1", "2", "3"]


async def test_a_program_without_a_loop_has_the_same_client(gateway: RunningGateway) -> None:
    def program() -> list[str]:
        with SyncGateway.connect(f"127.0.0.1:{gateway.port}", sdk_tls(BOTH_SIDES)) as client:
            client.propose(Side.SELLER, some_terms(1))
            client.propose(Side.SELLER, some_terms(2))
            watching = client.watch()
            told = [next(watching).settlement.name[-1] for _ in range(2)]
            watching.close()  # type: ignore[attr-defined]  # a generator
            return told + [each.name[-1] for each in client.settlements()]

    assert await asyncio.to_thread(program) == ["1", "2", "2", "1"]


@pytest.mark.parametrize("scheme", list(Scheme))
def test_a_webhook_is_verified_and_anything_else_rejected(scheme: Scheme) -> None:
    key, body, now_s = b"s" * 32, b'{"type": "x"}', 1_700_000_000
    known = shown_secret(scheme, key) or shown_public_key(public_key_of(scheme, key))
    headers = signed_headers(scheme, [b"o" * 32, key], "msg_1", now_s, body)
    assert verify_webhook(known, headers, body, now_s) == {"type": "x"}
    for wrong, content, at_s in (
        (headers, b'{"type": "y"}', now_s),
        (headers, body, now_s + 301),
        (headers | {"webhook-id": "msg_2"}, body, now_s),
        (headers | {"webhook-timestamp": "9" * 30}, body, now_s),
        (headers | {"webhook-signature": "v1,!!! v9,AAAA ,"}, body, now_s),
        ({}, body, now_s),
    ):
        with pytest.raises(WebhookRejected):
            verify_webhook(known, wrong, content, at_s)
