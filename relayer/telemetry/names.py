"""Every metric of relayer and gateway, arranged as an operator's questions.

The dashboard, the alert rules and the documentation are made from this table; nothing is exported that is not in it.
Labels have few values by construction: chains, paths, states, methods. Trades and packets are never labels.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final


class Question(Enum):
    """What an operator asks, in the order of asking."""

    ALIVE = "Is it alive?"
    FLOWING = "Are settlements and packets going through?"
    HEALTHY = "Are the chains and dependencies healthy?"
    SAFE = "Is it safe and cheap?"
    EXPIRING = "What will expire?"


class Kind(Enum):
    """Prometheus' kinds that are used here."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


@dataclass(frozen=True)
class Metric:
    """One metric: its name with its unit last, what it says, whose question it answers.

    ``buckets``: upper bounds of a histogram, in seconds.
    """

    name: str
    kind: Kind
    question: Question
    says: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()


_QUICK: Final = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_SETTLING: Final = (1.0, 2.0, 3.0, 5.0, 8.0, 13.0, 21.0, 34.0, 60.0, 120.0, 300.0, 900.0, 3600.0, 86_400.0)
_C, _G, _H = Kind.COUNTER, Kind.GAUGE, Kind.HISTOGRAM
_Q = Question

# Both processes
BUILD = Metric(
    "crossdvp_build_info", _G, _Q.ALIVE, "1; which program of which version this is.", ("program", "version")
)
READY = Metric("crossdvp_ready", _G, _Q.ALIVE, "1 if everything that the process depends on is well, as /readyz says.")
LOOP_LAG = Metric("crossdvp_event_loop_lag_seconds", _G, _Q.ALIVE, "How late the event loop woke last.")
SOURCE_FAILED = Metric(
    "crossdvp_metrics_source_failed", _G, _Q.ALIVE, "1 while a source of gauges cannot be read.", ("source",)
)
LEASE_HELD = Metric("crossdvp_lease_held", _G, _Q.ALIVE, "1 if this instance holds the lease, else 0.", ("lease",))

RPC_CALLS = Metric(
    "crossdvp_rpc_calls_total", _C, _Q.FLOWING, "Calls answered, by status code.", ("service", "method", "code")
)
RPC_SECONDS = Metric(
    "crossdvp_rpc_seconds",
    _H,
    _Q.FLOWING,
    "Time to answer a call; streams are not timed.",
    ("service", "method"),
    _QUICK,
)

DEPENDENCY_UP = Metric(
    "crossdvp_dependency_up", _G, _Q.HEALTHY, "1 if the dependency passed its latest check.", ("dependency", "kind")
)
DEPENDENCY_SECONDS = Metric(
    "crossdvp_dependency_check_seconds", _G, _Q.HEALTHY, "How long its latest check took.", ("dependency",)
)
CHAIN_HEIGHT = Metric("crossdvp_chain_height", _G, _Q.HEALTHY, "The newest final height that was read.", ("chain",))
CHAIN_STILL = Metric(
    "crossdvp_chain_still_seconds", _G, _Q.HEALTHY, "Time since the head was seen to move.", ("chain",)
)
CLOCK_SKEW = Metric(
    "crossdvp_clock_skew_seconds",
    _G,
    _Q.HEALTHY,
    "This machine's clock minus the chain's newest block time.",
    ("chain",),
)
PEER_CALLS = Metric(
    "crossdvp_peer_calls_total", _C, _Q.HEALTHY, "Calls to ledger nodes and Validators.", ("method", "code")
)
PEER_SECONDS = Metric(
    "crossdvp_peer_call_seconds",
    _H,
    _Q.HEALTHY,
    "Time that ledger nodes and Validators took to answer.",
    ("method",),
    _QUICK,
)
DATABASE_SECONDS = Metric(
    "crossdvp_database_transaction_seconds", _H, _Q.HEALTHY, "Time from begin to commit or rollback.", ("end",), _QUICK
)
ALARMS = Metric("crossdvp_alarms", _G, _Q.SAFE, "Alarms that stand, by kind.", ("kind",))
CERTIFICATE_EXPIRES = Metric(
    "crossdvp_certificate_expires_in_seconds", _G, _Q.EXPIRING, "Time until a certificate expires.", ("certificate",)
)

# Relayer
PATH_HALTED = Metric(
    "crossdvp_path_halted", _G, _Q.ALIVE, "1 if the path stopped because its chains contradict each other.", ("path",)
)
PATH_FAILING = Metric("crossdvp_path_failing", _G, _Q.ALIVE, "1 while the path's latest round failed.", ("path",))
PATH_ROUND_AGE = Metric(
    "crossdvp_path_last_round_age_seconds", _G, _Q.ALIVE, "Time since both ends were read in a round.", ("path",)
)
PACKETS = Metric(
    "crossdvp_packets",
    _G,
    _Q.FLOWING,
    "Packets that are not at an end.",
    ("path", "source", "state"),
)
PACKETS_PARKED = Metric(
    "crossdvp_packets_parked", _G, _Q.FLOWING, "Open packets that are set aside, by why.", ("path", "why")
)
PACKET_OLDEST = Metric(
    "crossdvp_packet_oldest_pending_age_seconds", _G, _Q.FLOWING, "Age of the oldest open packet.", ("path", "source")
)
PACKETS_ENDED = Metric(
    "crossdvp_packets_ended_total", _C, _Q.FLOWING, "Packets that came to an end.", ("source", "outcome")
)
PACKET_SECONDS = Metric(
    "crossdvp_packet_seconds",
    _H,
    _Q.FLOWING,
    "Time from a packet's sending to its end, as observed.",
    ("source",),
    _SETTLING,
)
ATTEMPTS = Metric(
    "crossdvp_attempts_total",
    _C,
    _Q.FLOWING,
    "Messages submitted, by the chain's answer and what it means for the next attempt.",
    ("chain", "message", "verdict", "class"),
)
CHAIN_CALLS = Metric(
    "crossdvp_chain_calls_total", _C, _Q.HEALTHY, "Questions to a path's ends, by result.", ("chain", "call", "result")
)
CHAIN_SECONDS = Metric(
    "crossdvp_chain_call_seconds", _H, _Q.HEALTHY, "Time that an end took to answer.", ("chain", "call"), _QUICK
)
ENDPOINT_UP = Metric(
    "crossdvp_endpoint_up", _G, _Q.HEALTHY, "1 if a chain's endpoint is used, 0 if set aside.", ("chain", "endpoint")
)
ENDPOINT_HEIGHT = Metric(
    "crossdvp_endpoint_height", _G, _Q.HEALTHY, "The newest height that an endpoint showed.", ("chain", "endpoint")
)
ACCOUNT_BALANCE = Metric(
    "crossdvp_account_balance_wei", _G, _Q.SAFE, "What the relayer's account can pay with.", ("chain", "account")
)
ACCOUNT_SENT = Metric(
    "crossdvp_account_transactions",
    _G,
    _Q.SAFE,
    "Transactions of the account that are in blocks.",
    ("chain", "account"),
)
ACCOUNT_WAITING = Metric(
    "crossdvp_account_waiting_transactions",
    _G,
    _Q.SAFE,
    "Transactions of the account that its node knows and no block holds.",
    ("chain", "account"),
)
GAS_USED = Metric("crossdvp_gas_used_total", _C, _Q.SAFE, "Gas used by submissions that delivered packets.", ("chain",))
CLIENT_ACTIVE = Metric(
    "crossdvp_client_active", _G, _Q.EXPIRING, "1 if the hosted light client is active.", ("chain", "client")
)
CLIENT_HEIGHT = Metric(
    "crossdvp_client_height", _G, _Q.EXPIRING, "The newest height that the hosted client knows.", ("chain", "client")
)
CLIENT_AGE = Metric(
    "crossdvp_client_age_seconds", _G, _Q.EXPIRING, "Age of what the hosted client knows newest.", ("chain", "client")
)
CLIENT_EXPIRES = Metric(
    "crossdvp_client_expires_in_seconds", _G, _Q.EXPIRING, "Time until the hosted client expires.", ("chain", "client")
)
PACKET_NEAREST_TIMEOUT = Metric(
    "crossdvp_packet_nearest_timeout_seconds",
    _G,
    _Q.EXPIRING,
    "Time until the nearest time-out of a packet that nobody received.",
    ("path", "source"),
)

# Gateway
FOLLOWER_WELL = Metric("crossdvp_follower_well", _G, _Q.ALIVE, "1 if both ledgers answered in the latest round.")
SETTLEMENTS = Metric(
    "crossdvp_settlements", _G, _Q.FLOWING, "Settlements that are not at an end, by state.", ("state",)
)
SETTLEMENT_STUCK = Metric(
    "crossdvp_settlement_stuck_seconds", _G, _Q.FLOWING, "Longest time that one has stood in a state.", ("state",)
)
SETTLEMENT_FAILING = Metric(
    "crossdvp_settlements_failing", _G, _Q.FLOWING, "Settlements whose latest attempt failed, by state.", ("state",)
)
SETTLEMENTS_ENDED = Metric("crossdvp_settlements_ended_total", _C, _Q.FLOWING, "Settlements that ended.", ("outcome",))
SETTLEMENT_SECONDS = Metric(
    "crossdvp_settlement_seconds", _H, _Q.FLOWING, "From the first instruction to the end.", ("outcome",), _SETTLING
)
LOCK_SECONDS = Metric(
    "crossdvp_lock_to_release_seconds",
    _H,
    _Q.FLOWING,
    "From the lock of the leading leg to its release or return.",
    ("lead", "outcome"),
    _SETTLING,
)
EVENT_LAG = Metric(
    "crossdvp_event_lag_seconds", _G, _Q.FLOWING, "Age that the newest event had when it was read from the stream."
)
SETTLEMENT_ALARMS = Metric(
    "crossdvp_settlement_alarms_total",
    _C,
    _Q.SAFE,
    "Acts on tokens that are held for trades, and conditions that keep them, by name.",
    ("name",),
)
WEBHOOK_BACKLOG = Metric(
    "crossdvp_webhook_backlog", _G, _Q.FLOWING, "Changes that active webhook endpoints were not told yet, the most."
)
WEBHOOKS_FAILING = Metric(
    "crossdvp_webhooks_failing", _G, _Q.FLOWING, "Active webhook endpoints whose latest delivery failed."
)
EVENTS = Metric("crossdvp_events_total", _C, _Q.FLOWING, "Changes of settlements read from the stream.")
STREAMS = Metric("crossdvp_rpc_streams", _G, _Q.FLOWING, "Streams that are open now.", ("service", "method"))

COMMON: Final = (
    *(BUILD, READY, LOOP_LAG, SOURCE_FAILED, LEASE_HELD, RPC_CALLS, RPC_SECONDS, STREAMS),
    *(DEPENDENCY_UP, DEPENDENCY_SECONDS, CHAIN_HEIGHT, CHAIN_STILL, CLOCK_SKEW),
    *(PEER_CALLS, PEER_SECONDS, DATABASE_SECONDS, CERTIFICATE_EXPIRES, ENDPOINT_UP, ENDPOINT_HEIGHT),
)
RELAYER: Final = (
    *COMMON,
    *(
        PATH_HALTED,
        PATH_FAILING,
        PATH_ROUND_AGE,
        PACKETS,
        PACKETS_PARKED,
        PACKET_OLDEST,
        PACKETS_ENDED,
        PACKET_SECONDS,
        ATTEMPTS,
    ),
    *(CHAIN_CALLS, CHAIN_SECONDS, ACCOUNT_BALANCE, ACCOUNT_SENT, ACCOUNT_WAITING, GAS_USED),
    ALARMS,
    *(CLIENT_ACTIVE, CLIENT_HEIGHT, CLIENT_AGE, CLIENT_EXPIRES, PACKET_NEAREST_TIMEOUT),
)
GATEWAY: Final = (
    *COMMON,
    *(FOLLOWER_WELL, SETTLEMENTS, SETTLEMENT_STUCK, SETTLEMENT_FAILING, SETTLEMENTS_ENDED, SETTLEMENT_SECONDS),
    *(LOCK_SECONDS, EVENT_LAG, EVENTS, SETTLEMENT_ALARMS, WEBHOOK_BACKLOG, WEBHOOKS_FAILING),
)
EVERY: Final = tuple(dict.fromkeys((*RELAYER, *GATEWAY)))
PROCESS: Final = (
    *("process_resident_memory_bytes", "process_virtual_memory_bytes", "process_cpu_seconds_total"),
    *("process_start_time_seconds", "process_open_fds", "process_max_fds"),
)
"""What the metrics library itself exports of the process."""
