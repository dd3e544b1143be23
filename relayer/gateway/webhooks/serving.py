"""Webhooks put together: their service, and the job that delivers."""

from __future__ import annotations

import random
import secrets
import ssl
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from light_clients.registry import RegistryProfile
from relayer.config import GatewayConfig
from relayer.gateway.access import Speakers
from relayer.gateway.settlement_tables import WEBHOOKS
from relayer.gateway.store import GatewayStore
from relayer.gateway.webhooks.delivery import Chance, Deliverer, DeliverySettings, Pauses
from relayer.gateway.webhooks.endpoints import Lease, WebhookStore
from relayer.gateway.webhooks.rpc_webhooks import Chances, Context, WebhookRpc
from relayer.gateway.webhooks.secret_box import KEY_BYTES, SecretBox
from relayer.gateway.webhooks.section import WebhooksSection
from relayer.gateway.webhooks.sender import Sender, SenderSettings
from relayer.gateway.webhooks.targets import PlainHttp, TargetRules
from relayer.peer_config import ConfigInvalid
from relayer.rpc_server import caller_of


@dataclass(frozen=True)
class WebhookSettings:
    """What a gateway's webhooks are: the key that seals secrets, whom they may reach, and how they wait."""

    box: SecretBox
    sender: SenderSettings
    delivery: DeliverySettings


@dataclass(frozen=True)
class Webhooks:
    """A running gateway's: its service, and what delivers."""

    servicer: WebhookRpc
    deliverer: Deliverer


def webhook_settings(config: GatewayConfig) -> WebhookSettings | None:
    """Of a configuration; None without its section. Raises ``ConfigInvalid``."""
    section = config.webhooks
    if section is None:
        return None
    # Only a configuration for tests may post to this machine, and then without TLS.
    plain = PlainHttp.LOOPBACK if config.profile is RegistryProfile.TEST else PlainHttp.REFUSED
    rules = TargetRules(section.allowed_networks, plain)
    pauses = Pauses(section.first_pause_s, section.most_pause_s)
    return WebhookSettings(
        SecretBox(_key(section), secrets.token_bytes),
        SenderSettings(rules, section.timeout_s, tls=_tls(section)),
        DeliverySettings(poll_interval_s=config.poll_interval_ms / 1000, pauses=pauses),
    )


@asynccontextmanager
async def opened_webhooks(
    settings: WebhookSettings, store: GatewayStore, speakers: Speakers, lease: Lease, now_s: Callable[[], int]
) -> AsyncIterator[Webhooks]:
    """Open connections are closed at the end."""
    endpoints = WebhookStore(store.database, WEBHOOKS, settings.box)

    def speaker_of(context: Context) -> Any:  # noqa: ANN401  # a Speaker
        return speakers.speaker(caller_of(context))

    async with Sender(settings.sender, time.monotonic) as sender:
        yield Webhooks(
            WebhookRpc(
                endpoints, store, speaker_of, settings.sender.rules, sender, Chances(now_s, secrets.token_bytes)
            ),
            Deliverer(
                store,
                endpoints,
                lambda platform: speakers.platform(platform).nodes,
                sender,
                lease,
                settings.delivery,
                Chance(now_s, random.SystemRandom().random),
            ),
        )


def _key(section: WebhooksSection) -> bytes:
    try:
        with section.key_file.open("rb") as file:
            key = bytes.fromhex(file.read(1024).decode().strip())
    except OSError as failure:
        raise ConfigInvalid(str(section.key_file), f"cannot be read: {failure.strerror}") from None
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise ConfigInvalid(str(section.key_file), f"expected {KEY_BYTES} bytes in hexadecimal")
    return key


def _tls(section: WebhooksSection) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if section.authority_file is not None:
        try:
            context.load_verify_locations(section.authority_file)
        except (OSError, ssl.SSLError) as failure:
            raise ConfigInvalid(str(section.authority_file), f"not PEM certificates: {failure}") from None
    return context
