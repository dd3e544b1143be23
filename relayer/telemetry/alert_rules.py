"""The alert rules, from which ``ops/prometheus/alerts.yml`` is made; each has a page in ``docs/runbook``.

A rule is written for somebody who was asleep: the summary says what is wrong, the description what follows from it. A
page is worth waking up for only if waiting until morning costs something; that is ``PAGE``, all else is ``TICKET``.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

from relayer.telemetry.names import Question


class Severity(Enum):
    """Who is told."""

    PAGE = "page"
    TICKET = "ticket"


@dataclass(frozen=True)
class AlertRule:
    """One rule: ``expression`` in PromQL, true for ``held`` before it fires."""

    name: str
    question: Question
    severity: Severity
    expression: str
    held: str
    summary: str
    description: str

    @property
    def page(self) -> str:
        """Its page, from the repository's root."""
        return f"docs/runbook/{self.name}.md"


_P, _T = Severity.PAGE, Severity.TICKET
_Q = Question

RULES: Final = (
    AlertRule(
        "ProcessDown",
        _Q.ALIVE,
        _P,
        'up{job=~"crossdvp-.+"} == 0',
        "1m",
        "{{ $labels.job }} on {{ $labels.instance }} does not answer",
        "Nothing is relayed, or no platform is answered, unless another instance does it.",
    ),
    AlertRule(
        "NotReady",
        _Q.ALIVE,
        _P,
        "crossdvp_ready == 0",
        "2m",
        "{{ $labels.job }} on {{ $labels.instance }} cannot do its work",
        "Something that it depends on is broken; /readyz names it.",
    ),
    AlertRule(
        "PathHalted",
        _Q.ALIVE,
        _P,
        "crossdvp_path_halted == 1",
        "0s",
        "Path {{ $labels.path }} has stopped: its two chains contradict each other",
        "A chain may have been restored from a backup, or somebody's safety is broken. It does not go on by itself.",
    ),
    AlertRule(
        "PathStalled",
        _Q.ALIVE,
        _P,
        "crossdvp_path_last_round_age_seconds > 120",
        "1m",
        "Path {{ $labels.path }} has read no head for {{ $value | humanizeDuration }}",
        "Packets wait; those whose time-out comes are returned instead of delivered.",
    ),
    AlertRule(
        "EventLoopLate",
        _Q.ALIVE,
        _T,
        "crossdvp_event_loop_lag_seconds > 1",
        "5m",
        "{{ $labels.job }} on {{ $labels.instance }} is late by {{ $value | humanizeDuration }}",
        "The processor is overloaded, or something blocks the loop; deadlines and time-outs are kept late.",
    ),
    AlertRule(
        "MetricsSourceFailed",
        _Q.ALIVE,
        _T,
        "crossdvp_metrics_source_failed == 1",
        "5m",
        "Gauges of {{ $labels.source }} on {{ $labels.instance }} cannot be read",
        "What they would show, and the alerts over them, are blind.",
    ),
    AlertRule(
        "PacketsPending",
        _Q.FLOWING,
        _P,
        "crossdvp_packet_oldest_pending_age_seconds > 600",
        "2m",
        "The oldest open packet from {{ $labels.source }} is {{ $value | humanizeDuration }} old",
        "A settlement's second leg waits. Nobody loses anything; somebody's asset is locked.",
    ),
    AlertRule(
        "PacketDeliveryBlocked",
        _Q.FLOWING,
        _P,
        'sum by (source) (crossdvp_packets{state=~"delivery_blocked|return_blocked"}) > 0',
        "1m",
        "{{ $value }} packets from {{ $labels.source }} are proved, and refused by the token",
        "What is paid for is owed and stays provable; only the token's issuer can lift what refuses it.",
    ),
    AlertRule(
        "PacketParked",
        _Q.FLOWING,
        _T,
        "sum by (path, why) (crossdvp_packets_parked) > 0",
        "5m",
        "{{ $value }} packets of path {{ $labels.path }} are set aside: {{ $labels.why }}",
        "They wait for what is named, or for a person, and hold up no others. Nor is timed out what a person parked.",
    ),
    AlertRule(
        "WebhooksLate",
        _Q.FLOWING,
        _T,
        "max(crossdvp_webhook_backlog) > 1000 or max(crossdvp_webhooks_failing) > 0",
        "15m",
        "Webhook endpoints are behind or fail: {{ $value | humanize }}",
        "A platform learns late; nothing is skipped, deliveries go on from where they stopped.",
    ),
    AlertRule(
        "SubmissionsRefused",
        _Q.FLOWING,
        _T,
        'sum by (chain) (increase(crossdvp_attempts_total{verdict=~"refused|unknown"}[10m])) > 20',
        "5m",
        "{{ $labels.chain }} refused {{ $value | humanize }} messages in ten minutes",
        "The same packet may be refused again and again, or every packet for one reason.",
    ),
    AlertRule(
        "SettlementStuck",
        _Q.FLOWING,
        _P,
        'max by (state) (crossdvp_settlement_stuck_seconds{state=~"earmarked|locked|delivered|refused|paid|'
        'securities_locked"}) > 900',
        "2m",
        "A settlement stands in {{ $labels.state }} for {{ $value | humanizeDuration }}",
        "One side's asset is held; the settlement says what it waits for, since when, and the last error.",
    ),
    AlertRule(
        "SettlementDeliveryBlocked",
        _Q.FLOWING,
        _P,
        'max by (state) (crossdvp_settlements{state="delivery_blocked"}) > 0',
        "1m",
        "{{ $value }} settlements are paid, and the token refuses the delivery",
        "The buyer has paid and has no securities yet. It is not a failure and never becomes one by waiting.",
    ),
    AlertRule(
        "CallsFailing",
        _Q.FLOWING,
        _P,
        'sum by (service, method) (increase(crossdvp_rpc_calls_total{code=~"UNKNOWN|INTERNAL|DATA_LOSS"}[10m])) > 0',
        "0s",
        "{{ $labels.method }} answered {{ $value | humanize }} calls with a defect in ten minutes",
        "A platform was told INTERNAL with an incident id; the log has that id.",
    ),
    AlertRule(
        "CallsSlow",
        _Q.FLOWING,
        _T,
        "histogram_quantile(0.99, sum by (le, service, method) (rate(crossdvp_rpc_seconds_bucket[10m]))) > 2.5",
        "10m",
        "The slowest hundredth of {{ $labels.method }} takes {{ $value | humanizeDuration }}",
        "Platforms' deadlines are near; the database or the machine is too slow.",
    ),
    AlertRule(
        "EventStreamLate",
        _Q.FLOWING,
        _T,
        "crossdvp_event_lag_seconds > 30",
        "5m",
        "Changes on {{ $labels.instance }} are told {{ $value | humanizeDuration }} after they were stored",
        "Platforms that watch learn late; nothing is lost.",
    ),
    AlertRule(
        "FollowerUnwell",
        _Q.ALIVE,
        _P,
        "max(crossdvp_follower_well) == 0",
        "2m",
        "No gateway instance follows both ledgers",
        "Settlements that are matched are not locked, and cash that cannot be locked in time is cancelled late.",
    ),
    AlertRule(
        "DependencyDown",
        _Q.HEALTHY,
        _P,
        "crossdvp_dependency_up == 0",
        "2m",
        "{{ $labels.dependency }} is down for {{ $labels.job }} on {{ $labels.instance }}",
        "/readyz has its error in words.",
    ),
    AlertRule(
        "ChainStandsStill",
        _Q.HEALTHY,
        _P,
        "crossdvp_chain_still_seconds > 60",
        "1m",
        "{{ $labels.chain }} has made no new height for {{ $value | humanizeDuration }}",
        "The chain has halted, or the node lost its peers. Nothing is lost; nothing settles.",
    ),
    AlertRule(
        "ClockSkewed",
        _Q.HEALTHY,
        _P,
        "abs(crossdvp_clock_skew_seconds) > 30",
        "5m",
        "This machine and {{ $labels.chain }} differ by {{ $value | humanizeDuration }}",
        "Deadlines are judged wrongly: a packet may be sent too late, or timed out while it could be delivered.",
    ),
    AlertRule(
        "DatabaseSlow",
        _Q.HEALTHY,
        _T,
        "histogram_quantile(0.99, sum by (le, instance) (rate(crossdvp_database_transaction_seconds_bucket[10m]))) > 1",
        "10m",
        "The slowest hundredth of transactions on {{ $labels.instance }} takes {{ $value | humanizeDuration }}",
        "A disk that is full of work, a lock that is held, or a vacuum that never ran.",
    ),
    AlertRule(
        "PeersFailing",
        _Q.HEALTHY,
        _T,
        'sum by (method) (increase(crossdvp_peer_calls_total{code=~"UNAVAILABLE|DEADLINE_EXCEEDED|INTERNAL"}[10m]))'
        " > 20",
        "5m",
        "{{ $value | humanize }} calls of {{ $labels.method }} to ledger nodes failed in ten minutes",
        "A node is away or overloaded; /readyz says which.",
    ),
    AlertRule(
        "EndpointDown",
        _Q.HEALTHY,
        _T,
        "crossdvp_endpoint_up == 0",
        "5m",
        "Endpoint {{ $labels.endpoint }} of {{ $labels.chain }} is set aside",
        "Others are asked meanwhile, if there are others; it is tried again by itself.",
    ),
    AlertRule(
        "SettlementAlarm",
        _Q.SAFE,
        _P,
        "sum by (name) (increase(crossdvp_settlement_alarms_total[1h])) > 0",
        "0s",
        "{{ $labels.name }}: something was done to tokens that are held for a trade",
        "The token's issuer or agent may do it, so that it decides nothing here, and somebody should look.",
    ),
    AlertRule(
        "WatchAlarm",
        _Q.SAFE,
        _P,
        "max by (kind) (crossdvp_alarms) > 0",
        "0s",
        "Alarm {{ $labels.kind }} stands",
        "A light client, a Validator or a token does what it must not; `crossdvp relayer status` tells the rest.",
    ),
    AlertRule(
        "TransactionsStuck",
        _Q.SAFE,
        _P,
        "min_over_time(crossdvp_account_waiting_transactions[10m]) > 0",
        "1m",
        "Account {{ $labels.account }} has {{ $value }} transactions that no block takes",
        "A nonce is stuck: what is behind it waits, too.",
    ),
    AlertRule(
        "GasExpensive",
        _Q.SAFE,
        _T,
        "sum by (chain) (rate(crossdvp_gas_used_total[1h])) > 10000000",
        "30m",
        "{{ $labels.chain }}: {{ $value | humanize }} gas a second for an hour",
        "More traffic than was planned for, or the same work paid for more than once.",
    ),
    AlertRule(
        "BalanceLow",
        _Q.SAFE,
        _T,
        "crossdvp_account_balance_wei > 0 and crossdvp_account_balance_wei < 100000000000000000",
        "10m",
        "Account {{ $labels.account }} on {{ $labels.chain }} has less than 0.1 of its chain's coin",
        "Soon it pays for nothing. On a chain where gas is free its balance is 0, and this never fires.",
    ),
    AlertRule(
        "ClientExpiring",
        _Q.EXPIRING,
        _P,
        "crossdvp_client_expires_in_seconds"
        " < 0.34 * (crossdvp_client_expires_in_seconds + crossdvp_client_age_seconds)",
        "10m",
        "Light client {{ $labels.client }} on {{ $labels.chain }} expires in {{ $value | humanizeDuration }}",
        "It should have been refreshed at a third of its trusting period; expired, only governance replaces it.",
    ),
    AlertRule(
        "ClientInactive",
        _Q.EXPIRING,
        _P,
        "crossdvp_client_active == 0",
        "1m",
        "Light client {{ $labels.client }} on {{ $labels.chain }} is frozen or expired",
        "Every settlement over it waits until governance puts another client in its place.",
    ),
    AlertRule(
        "PacketNearTimeout",
        _Q.EXPIRING,
        _P,
        "crossdvp_packet_nearest_timeout_seconds > 0 and crossdvp_packet_nearest_timeout_seconds < 60 "
        "and crossdvp_packet_oldest_pending_age_seconds > 120",
        "30s",
        "A packet from {{ $labels.source }} reaches its time-out in {{ $value | humanizeDuration }}",
        "It is returned if nobody delivers it before.",
    ),
    AlertRule(
        "CertificateExpiring",
        _Q.EXPIRING,
        _T,
        "crossdvp_certificate_expires_in_seconds < 1209600",
        "1h",
        "Certificate {{ $labels.certificate }} of {{ $labels.instance }} expires in {{ $value | humanizeDuration }}",
        "From then on no node answers this process, and no platform reaches it.",
    ),
)
