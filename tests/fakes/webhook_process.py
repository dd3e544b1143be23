"""A process that delivers webhooks from a database, for tests that kill it: python -m … DATABASE KEY_HEX HOLDER."""

from __future__ import annotations

import asyncio
import secrets
import sys
import time

from relayer.gateway.access import Speakers
from relayer.gateway.settlement_tables import LEASES
from relayer.gateway.store import GatewayStore
from relayer.gateway.webhooks.delivery import DeliverySettings, Pauses
from relayer.gateway.webhooks.secret_box import SecretBox
from relayer.gateway.webhooks.sender import SenderSettings
from relayer.gateway.webhooks.serving import WebhookSettings, opened_webhooks
from relayer.gateway.webhooks.targets import PlainHttp, TargetRules
from relayer.lease_keeper import LeaseKeeper, LeaseTerms

LEASE_S = 1.5


async def deliver(database: str, key: bytes, holder: str, stopping: asyncio.Event) -> None:
    """As the gateway does, until ``stopping``."""
    store = GatewayStore(database)
    keeper = LeaseKeeper(store.database, LEASES, ["gateway/webhooks"], LeaseTerms(holder, LEASE_S), time.time)
    rules = TargetRules(plain_http=PlainHttp.LOOPBACK)
    settings = WebhookSettings(
        SecretBox(key, secrets.token_bytes), SenderSettings(rules), DeliverySettings(0.02, pauses=Pauses(1, 2))
    )
    speakers = Speakers({"house": ("cn-a", "cn-b")})
    async with opened_webhooks(settings, store, speakers, keeper, lambda: int(time.time())) as webhooks:
        await asyncio.gather(webhooks.deliverer.run(stopping), keeper.run(stopping))
    store.close()


if __name__ == "__main__":
    where, key_hex, name = sys.argv[1:]
    asyncio.run(deliver(where, bytes.fromhex(key_hex), name, asyncio.Event()))
