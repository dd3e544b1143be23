"""Tables of the flows: flows, counters, trades, what platforms authorised, and the IBC events relayers read."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Index, Integer, LargeBinary, MetaData, String, Table, UniqueConstraint

from chains.progmat.flows.record import FlowKind
from chains.progmat.flows.steps import FlowStep

flows_metadata = MetaData()


def _one_of(column: str, values: list[str]) -> str:
    return f"{column} IN ({', '.join(repr(value) for value in values)})"


flows = Table(
    "flows",
    flows_metadata,
    Column("flow_id", String, primary_key=True),
    Column("kind", String, nullable=False),
    Column("request", LargeBinary, nullable=False),
    Column("step", String, nullable=False),
    Column("signed_tx", LargeBinary),
    Column("tx_id", LargeBinary(32)),
    Column("journal_position", Integer, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("last_error_reason", String, nullable=False),
    Column("last_error", String, nullable=False),
    Column("waiting_on", String, nullable=False),
    Column("next_attempt_ms", Integer, nullable=False),
    Column("since_ms", Integer, nullable=False),
    Column("created_ms", Integer, nullable=False),
    Column("updated_ms", Integer, nullable=False),
    CheckConstraint(_one_of("step", [step.value for step in FlowStep]), name="flows_step"),
    CheckConstraint(_one_of("kind", [kind.value for kind in FlowKind]), name="flows_kind"),
    CheckConstraint(
        "step NOT IN ('BUILT', 'COUNTERSIGNED', 'APPROVED', 'NOTARISED', 'RECORDED') OR signed_tx IS NOT NULL",
        name="flows_built",
    ),
)
Index("flows_step_created", flows.c.step, flows.c.created_ms)

counters = Table(
    "counters",
    flows_metadata,
    Column("name", String, primary_key=True),
    Column("value", Integer, nullable=False),
)

ibc_events = Table(
    "ibc_events",
    flows_metadata,
    Column("cursor", Integer, primary_key=True, autoincrement=True),
    Column("kind", String, nullable=False),
    Column("packet", LargeBinary, nullable=False),
    Column("acknowledgement", LargeBinary, nullable=False),
    Column("tx_id", LargeBinary(32), nullable=False, unique=True),
    Column("journal_position", Integer, nullable=False),
    CheckConstraint(_one_of("kind", ["SEND_PACKET", "ACK_PROCESSED", "TIMEOUT_PROCESSED"]), name="ibc_events_kind"),
    sqlite_autoincrement=True,
)

trade_authorisations = Table(
    "trade_authorisations",
    flows_metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("platform", String, nullable=False),
    Column("request_id", String, nullable=False),
    Column("trade_id", LargeBinary(32), nullable=False),
    Column("account_key", LargeBinary, nullable=False),
    Column("terms_hash", LargeBinary(32), nullable=False),
    Column("at_ms", Integer, nullable=False),
    UniqueConstraint("platform", "request_id", name="trade_authorisations_request"),
    sqlite_autoincrement=True,
)
Index("trade_authorisations_trade", trade_authorisations.c.trade_id, trade_authorisations.c.account_key)

trades = Table(
    "trades",
    flows_metadata,
    Column("trade_id", LargeBinary(32), primary_key=True),
    Column("status", String, nullable=False),
    Column("terms_hash", LargeBinary(32), nullable=False),
    Column("packet", LargeBinary, nullable=False),
    Column("opening_tx_id", LargeBinary(32), nullable=False),
    Column("opening_position", Integer, nullable=False),
    Column("closing_tx_id", LargeBinary, nullable=False),
    Column("closing_position", Integer, nullable=False),
    CheckConstraint(_one_of("status", ["LOCKED", "PAID", "RETURNED", "CANCELLED"]), name="trades_status"),
)

listing_cursors = Table(
    "listing_cursors",  # how far each peer has told this node of final transactions in which it takes part
    flows_metadata,
    Column("peer", String, primary_key=True),
    Column("history_id", String, nullable=False),
    Column("after", Integer, nullable=False),
)

recovered = Table(
    "recovered",  # transactions that came back from peers: a flow that is lost here may have made them
    flows_metadata,
    Column("salt", LargeBinary(32), primary_key=True),
    Column("tx_id", LargeBinary(32), nullable=False),
)
