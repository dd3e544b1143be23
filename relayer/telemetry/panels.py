"""The dashboard's panels, from which ``ops/grafana/crossdvp.json`` is made: a row for each question of an operator."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

from relayer.telemetry.names import Question


class Unit(Enum):
    """Grafana's names of units."""

    COUNT = "short"
    SECONDS = "s"
    PER_SECOND = "ops"
    YES_NO = "bool_yes_no"
    BYTES = "bytes"


class Look(Enum):
    """How a panel looks: Grafana's type, its width of 24, its height."""

    STAT = ("stat", 4, 4)
    CHART = ("timeseries", 8, 7)
    TABLE = ("table", 8, 7)


@dataclass(frozen=True)
class Query:
    """One query and how its series are called."""

    expression: str
    legend: str = ""


@dataclass(frozen=True)
class Panel:
    """One panel of a question's row."""

    question: Question
    title: str
    look: Look
    unit: Unit
    queries: tuple[Query, ...]


def _panel(question: Question, title: str, look: Look, unit: Unit, *queries: tuple[str, str]) -> Panel:
    return Panel(question, title, look, unit, tuple(Query(*query) for query in queries))


def _p99(metric: str, by: str) -> str:
    return f"histogram_quantile(0.99, sum by (le, {by}) (rate({metric}_bucket[$__rate_interval])))"


def _median(metric: str, by: str) -> str:
    return f"histogram_quantile(0.5, sum by (le, {by}) (rate({metric}_bucket[$__rate_interval])))"


_A, _F, _H, _S, _E = Question.ALIVE, Question.FLOWING, Question.HEALTHY, Question.SAFE, Question.EXPIRING
_STAT, _CHART, _TABLE = Look.STAT, Look.CHART, Look.TABLE
_N, _SECONDS, _RATE, _YES = Unit.COUNT, Unit.SECONDS, Unit.PER_SECOND, Unit.YES_NO

PANELS: Final = (
    _panel(_A, "Ready", _STAT, _YES, ("crossdvp_ready", "{{job}} {{instance}}")),
    _panel(_A, "Paths halted", _STAT, _N, ("sum(crossdvp_path_halted)", "")),
    _panel(_A, "Follower", _STAT, _YES, ("max(crossdvp_follower_well)", "")),
    _panel(_A, "Running since", _STAT, _SECONDS, ("time() - process_start_time_seconds", "{{job}} {{instance}}")),
    _panel(_A, "Version", _STAT, _N, ("crossdvp_build_info", "{{program}} {{version}}")),
    _panel(_A, "Leases held", _STAT, _N, ("sum by (lease) (crossdvp_lease_held)", "{{lease}}")),
    _panel(
        _A,
        "Paths: age of the last round, failing",
        _CHART,
        _SECONDS,
        ("crossdvp_path_last_round_age_seconds", "age {{path}}"),
        ("crossdvp_path_failing", "failing {{path}}"),
    ),
    _panel(_A, "Lateness of the event loop", _CHART, _SECONDS, ("crossdvp_event_loop_lag_seconds", "{{instance}}")),
    _panel(_A, "Memory", _CHART, Unit.BYTES, ("process_resident_memory_bytes", "{{job}} {{instance}}")),
    _panel(
        _A,
        "Processor, files",
        _CHART,
        _N,
        ("rate(process_cpu_seconds_total[$__rate_interval])", "cores {{instance}}"),
        ("process_open_fds", "files {{instance}}"),
    ),
    _panel(
        _A, "Sources of gauges that fail", _CHART, _N, ("crossdvp_metrics_source_failed", "{{source}} {{instance}}")
    ),
    _panel(_F, "Open settlements by state", _CHART, _N, ("max by (state) (crossdvp_settlements)", "{{state}}")),
    _panel(
        _F,
        "Settlements ended a second",
        _CHART,
        _RATE,
        ("max by (outcome) (rate(crossdvp_settlements_ended_total[$__rate_interval]))", "{{outcome}}"),
    ),
    _panel(
        _F,
        "Time to settle",
        _CHART,
        _SECONDS,
        (_median("crossdvp_settlement_seconds", "outcome"), "median {{outcome}}"),
        (_p99("crossdvp_settlement_seconds", "outcome"), "p99 {{outcome}}"),
    ),
    _panel(
        _F,
        "From lock to release",
        _CHART,
        _SECONDS,
        (_median("crossdvp_lock_to_release_seconds", "lead"), "median, {{lead}} leads"),
        (_p99("crossdvp_lock_to_release_seconds", "lead"), "p99, {{lead}} leads"),
    ),
    _panel(
        _F,
        "Longest stay in a state, failing settlements",
        _CHART,
        _SECONDS,
        ("max by (state) (crossdvp_settlement_stuck_seconds)", "{{state}}"),
        ("max by (state) (crossdvp_settlements_failing)", "failing in {{state}}"),
    ),
    _panel(
        _F,
        "Open packets",
        _CHART,
        _N,
        ("sum by (path, source, state) (crossdvp_packets)", "{{path}} {{source}} {{state}}"),
    ),
    _panel(
        _F,
        "Packets ended a second",
        _CHART,
        _RATE,
        ("sum by (source, outcome) (rate(crossdvp_packets_ended_total[$__rate_interval]))", "{{source}} {{outcome}}"),
    ),
    _panel(
        _F,
        "Time of a packet, oldest one open",
        _CHART,
        _SECONDS,
        (_p99("crossdvp_packet_seconds", "source"), "p99 {{source}}"),
        ("crossdvp_packet_oldest_pending_age_seconds", "oldest {{source}}"),
    ),
    _panel(
        _F,
        "Answers to submissions",
        _CHART,
        _RATE,
        (
            "sum by (chain, message, verdict, class) (rate(crossdvp_attempts_total[$__rate_interval]))",
            "{{chain}} {{message}} {{verdict}} {{class}}",
        ),
    ),
    _panel(
        _F,
        "Calls by code",
        _CHART,
        _RATE,
        ("sum by (method, code) (rate(crossdvp_rpc_calls_total[$__rate_interval]))", "{{method}} {{code}}"),
    ),
    _panel(_F, "Time of calls, p99", _CHART, _SECONDS, (_p99("crossdvp_rpc_seconds", "method"), "{{method}}")),
    _panel(
        _F,
        "Open streams, changes, lateness",
        _CHART,
        _N,
        ("sum by (method) (crossdvp_rpc_streams)", "open {{method}}"),
        ("max(rate(crossdvp_events_total[$__rate_interval]))", "changes a second"),
        ("max(crossdvp_event_lag_seconds)", "lateness in seconds"),
    ),
    _panel(
        _F,
        "Packets set aside, webhooks behind and failing",
        _CHART,
        _N,
        ("sum by (path, why) (crossdvp_packets_parked)", "{{path}} {{why}}"),
        ("max(crossdvp_webhook_backlog)", "changes not told by webhook"),
        ("max(crossdvp_webhooks_failing)", "webhook endpoints that fail"),
    ),
    _panel(
        _H,
        "Endpoints of the EVM chains: used, newest height",
        _CHART,
        _N,
        ("crossdvp_endpoint_up", "used {{endpoint}} {{instance}}"),
        ("max by (chain, endpoint) (crossdvp_endpoint_height)", "height {{endpoint}}"),
    ),
    _panel(_H, "Dependencies", _TABLE, _YES, ("crossdvp_dependency_up", "{{dependency}} {{instance}}")),
    _panel(_H, "Time of their checks", _CHART, _SECONDS, ("crossdvp_dependency_check_seconds", "{{dependency}}")),
    _panel(
        _H,
        "Heads: since when they stand",
        _CHART,
        _SECONDS,
        ("crossdvp_chain_still_seconds", "{{chain}} {{instance}}"),
    ),
    _panel(_H, "Heights", _STAT, _N, ("max by (chain) (crossdvp_chain_height)", "{{chain}}")),
    _panel(_H, "Clocks", _CHART, _SECONDS, ("crossdvp_clock_skew_seconds", "{{chain}} {{instance}}")),
    _panel(
        _H,
        "Chains' answers",
        _CHART,
        _RATE,
        (
            "sum by (chain, call, result) (rate(crossdvp_chain_calls_total[$__rate_interval]))",
            "{{chain}} {{call}} {{result}}",
        ),
    ),
    _panel(
        _H, "Chains' time to answer, p99", _CHART, _SECONDS, (_p99("crossdvp_chain_call_seconds", "chain, call"), "")
    ),
    _panel(
        _H,
        "Calls to ledger nodes",
        _CHART,
        _RATE,
        ("sum by (method, code) (rate(crossdvp_peer_calls_total[$__rate_interval]))", "{{method}} {{code}}"),
    ),
    _panel(
        _H, "Ledger nodes' time, p99", _CHART, _SECONDS, (_p99("crossdvp_peer_call_seconds", "method"), "{{method}}")
    ),
    _panel(
        _H,
        "Database transactions, p99",
        _CHART,
        _SECONDS,
        (_p99("crossdvp_database_transaction_seconds", "instance, end"), "{{instance}} {{end}}"),
    ),
    _panel(
        _S,
        "Alarms",
        _TABLE,
        _N,
        ("max by (kind) (crossdvp_alarms)", "{{kind}}"),
        ("sum by (name) (increase(crossdvp_settlement_alarms_total[1h]))", "{{name}}, in an hour"),
    ),
    _panel(_S, "Balance in wei", _STAT, _N, ("crossdvp_account_balance_wei", "{{chain}} {{account}}")),
    _panel(
        _S,
        "The account's transactions",
        _CHART,
        _N,
        ("crossdvp_account_waiting_transactions", "waiting {{chain}}"),
        ("increase(crossdvp_account_transactions[$__rate_interval])", "sent {{chain}}"),
    ),
    _panel(_S, "Gas a second", _CHART, _RATE, ("sum by (chain) (rate(crossdvp_gas_used_total[$__rate_interval]))", "")),
    _panel(_E, "Light clients expire in", _STAT, _SECONDS, ("crossdvp_client_expires_in_seconds", "{{client}}")),
    _panel(
        _E,
        "Light clients: age, active, height",
        _CHART,
        _SECONDS,
        ("crossdvp_client_age_seconds", "age {{client}} on {{chain}}"),
        ("crossdvp_client_active", "active {{client}} on {{chain}}"),
        ("crossdvp_client_height", "height {{client}} on {{chain}}"),
    ),
    _panel(
        _E, "Nearest time-out of a packet", _CHART, _SECONDS, ("crossdvp_packet_nearest_timeout_seconds", "{{source}}")
    ),
    _panel(
        _E,
        "Certificates expire in",
        _STAT,
        _SECONDS,
        ("crossdvp_certificate_expires_in_seconds", "{{certificate}} {{instance}}"),
    ),
)

NOT_SHOWN: Final = {
    "process_virtual_memory_bytes": "resident memory says what matters; the library exports both",
    "process_max_fds": "a constant of the machine: the files that are open are shown",
}
"""Exported by a running process and on no panel, each with the reason."""
