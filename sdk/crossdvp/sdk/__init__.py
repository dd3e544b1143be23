"""A platform's Python client of the gateway: time-outs, retries of what may be retried, a watch that resumes.

    async with Gateway.connect("gateway.example:7000", Tls.from_files(ca, cert, key)) as gateway:
        settlement = await gateway.propose(Side.SELLER, terms)
        async for event in gateway.watch(settlement.name):
            ...

``SyncGateway`` is the same for programs without an event loop; ``verify_webhook`` is for receivers of webhooks.
"""

from crossdvp.gateway.v1.settlement_service_pb2 import Settlement, SettlementState
from crossdvp.sdk.connection import Tls
from crossdvp.sdk.errors import Conflict, GatewayError, NotAllowed, NotFound, Refused, TermsAltered, Unavailable
from crossdvp.sdk.gateway import Event, Gateway, MessageType, Submitted
from crossdvp.sdk.sync import SyncGateway
from crossdvp.sdk.webhooks import WebhookRejected, verify_webhook

from chains.progmat.client.channel import Keepalive
from ibc.dvp import CashAccount, CashLeg, LeadLeg, SecurityLeg, SettlementTerms, terms_hash
from relayer.gateway.matching import Side

__all__ = [
    "CashAccount",
    "CashLeg",
    "Conflict",
    "Event",
    "Gateway",
    "GatewayError",
    "Keepalive",
    "LeadLeg",
    "MessageType",
    "NotAllowed",
    "NotFound",
    "Refused",
    "SecurityLeg",
    "Settlement",
    "SettlementState",
    "SettlementTerms",
    "Side",
    "Submitted",
    "SyncGateway",
    "TermsAltered",
    "Tls",
    "Unavailable",
    "WebhookRejected",
    "terms_hash",
    "verify_webhook",
]
