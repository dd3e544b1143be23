"""A gateway that posts webhooks to this machine, with short pauses, and a receiver for them."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from crossdvp.gateway.v1 import webhook_service_pb2_grpc as pb_grpc

from relayer.gateway.webhooks.delivery import DeliverySettings, Pauses
from relayer.gateway.webhooks.secret_box import SecretBox
from relayer.gateway.webhooks.sender import SenderSettings
from relayer.gateway.webhooks.serving import WebhookSettings
from relayer.gateway.webhooks.targets import PlainHttp, TargetRules
from tests.fakes.running_gateway import BOTH_SIDES, RunningGateway, running_gateway
from tests.fakes.webhook_receiver import Receiver, receiving

KEY = bytes(range(32))


def webhook_settings() -> WebhookSettings:
    """Loopback targets, attempts a second apart at most by the gateway's clock, which a test moves."""
    rules = TargetRules(plain_http=PlainHttp.LOOPBACK)
    sender = SenderSettings(rules, timeout_s=2.0)
    return WebhookSettings(SecretBox(KEY, secrets.token_bytes), sender, DeliverySettings(0.01, pauses=Pauses(1, 60)))


@pytest.fixture
async def gateway(tmp_path: Path) -> AsyncIterator[RunningGateway]:
    async with running_gateway(tmp_path / "gateway.sqlite3", webhooks=webhook_settings()) as running:
        yield running


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as running:
        yield running


def webhooks_of(gateway: RunningGateway, caller: str = BOTH_SIDES) -> Any:  # noqa: ANN401  # generated
    """The generated stub of WebhookService."""
    return pb_grpc.WebhookServiceStub(gateway.channel(caller))  # type: ignore[no-untyped-call] # generated
