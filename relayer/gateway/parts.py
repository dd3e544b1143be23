"""What a gateway stands on, and what it offers beside gRPC."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from relayer.gateway.access import Speakers
from relayer.gateway.admission import Margins, Scope
from relayer.gateway.call_config import CallRules
from relayer.gateway.crash_points import Crash, unharmed
from relayer.gateway.cut_offs import CutOffs
from relayer.gateway.http.server import HttpSettings
from relayer.gateway.instructing import InstructionRules
from relayer.gateway.ports import CashSide, SecuritiesSide
from relayer.gateway.service import MoreServices
from relayer.gateway.store import GatewayStore
from relayer.gateway.webhooks.serving import WebhookSettings


@dataclass(frozen=True)
class GatewayParts:
    """What a gateway stands on; the caller opens and closes it.

    ``name``: this instance's, which no other has; its leases are held under it. ``crash``: for kill tests.
    """

    store: GatewayStore
    securities: SecuritiesSide
    cash: CashSide
    scope: Scope
    speakers: Speakers
    now_s: Callable[[], int]
    margins: Margins
    rules: InstructionRules = field(default_factory=InstructionRules)
    cut_offs: CutOffs = field(default_factory=CutOffs)
    calls: CallRules = field(default_factory=CallRules)
    name: str = "gateway"
    heartbeat_s: float = 15.0
    more: MoreServices = field(default_factory=MoreServices)
    crash: Crash = unharmed


@dataclass(frozen=True)
class Additions:
    """What a gateway offers beside gRPC, if it does. ``lease_now_s``: the clock that its leases run by."""

    http: HttpSettings | None = None
    webhooks: WebhookSettings | None = None
    lease_now_s: Callable[[], float] = time.time
    on_http_ready: Callable[[int], None] = lambda _port: None
