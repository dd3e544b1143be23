"""What people should look at. Pure: findings in, alarms out; the board remembers since when."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Final

import structlog

from ibc.light_client import LightClientStatus
from relayer.core.chain import HostedClient

_log = structlog.get_logger(__name__)

MOST_FINDINGS: Final = 256
EXPIRING_NUMERATOR, EXPIRING_DENOMINATOR = 2, 3
"""A client is near its expiry when 2/3 of the trusting period have passed; it should have been refreshed at 1/3."""


class AlarmKind(Enum):
    """What is wrong."""

    CLIENT_EXPIRING = "client_expiring"
    CLIENT_EXPIRED = "client_expired"
    CLIENT_FROZEN = "client_frozen"
    STORED_BLOCK_CONTRADICTED = "stored_block_contradicted"
    STORED_BLOCK_UNKNOWN = "stored_block_unknown"
    CHECKPOINT_CONTRADICTED = "checkpoint_contradicted"
    VALIDATORS_DISAGREE = "validators_disagree"
    VALIDATOR_EQUIVOCATED = "validator_equivocated"
    REPORT_REFUSED = "report_refused"
    WATCH_BLIND = "watch_blind"
    PACKET_PARKED = "packet_parked"
    PATH_HALTED = "path_halted"


@dataclass(frozen=True, slots=True)
class Alarm:
    """``subject`` is the light client, Validator or watch concerned; one alarm of a kind for each."""

    kind: AlarmKind
    subject: str
    detail: str


@dataclass(frozen=True, slots=True)
class RaisedAlarm:
    """An alarm, and when it was raised first, by the relayer's clock in Unix seconds."""

    alarm: Alarm
    since_s: float


def client_alarms(chain_name: str, client: HostedClient, now_s: float) -> tuple[Alarm, ...]:
    """Of one hosted light client: frozen, expired, or near its expiry."""
    subject = f"{client.client_id} on {chain_name}"
    expires_s = client.latest_timestamp_s + client.trusting_period_s
    if client.status is LightClientStatus.FROZEN:
        detail = "misbehaviour was proved: settlements wait until governance puts another client in its place"
        return (Alarm(AlarmKind.CLIENT_FROZEN, subject, detail),)
    if client.status is LightClientStatus.EXPIRED or now_s >= expires_s:
        detail = f"it expired at {expires_s}: settlements wait until governance puts another client in its place"
        return (Alarm(AlarmKind.CLIENT_EXPIRED, subject, detail),)
    age_s = now_s - client.latest_timestamp_s
    if age_s * EXPIRING_DENOMINATOR >= client.trusting_period_s * EXPIRING_NUMERATOR:
        detail = f"it expires at {expires_s} unless it is updated; latest height {client.latest_height}"
        return (Alarm(AlarmKind.CLIENT_EXPIRING, subject, detail),)
    return ()


class AlarmBoard:
    """Standing alarms last while they are reported; findings stay until the process ends, the newest 256 of them."""

    def __init__(self, now_s: Callable[[], float]) -> None:
        self._now_s = now_s
        self._standing: dict[tuple[str, AlarmKind, str], RaisedAlarm] = {}
        self._findings: OrderedDict[tuple[AlarmKind, str], RaisedAlarm] = OrderedDict()

    @property
    def raised(self) -> tuple[RaisedAlarm, ...]:
        """All there are, the oldest first."""
        return tuple(sorted((*self._standing.values(), *self._findings.values()), key=lambda raised: raised.since_s))

    def stand(self, source: str, alarms: Iterable[Alarm]) -> None:
        """Replace what a source reported before."""
        now = {(source, alarm.kind, alarm.subject): alarm for alarm in alarms}
        for key in [key for key in self._standing if key[0] == source and key not in now]:
            _log.info("alarm is over", kind=key[1].value, subject=key[2])
            del self._standing[key]
        for key, alarm in now.items():
            before = self._standing.get(key)
            if before is None:
                _report(alarm)
            self._standing[key] = RaisedAlarm(alarm, before.since_s if before else self._now_s())

    def find(self, alarm: Alarm) -> None:
        """Remember something that does not go away by itself."""
        key = (alarm.kind, alarm.subject)
        if key not in self._findings:
            _report(alarm)
            self._findings[key] = RaisedAlarm(alarm, self._now_s())
        while len(self._findings) > MOST_FINDINGS:
            self._findings.popitem(last=False)


def _report(alarm: Alarm) -> None:
    _log.error("alarm", kind=alarm.kind.value, subject=alarm.subject, detail=alarm.detail)
