"""Tables of the venue (EN) and of brokers' orders (CN). Every node has all of them, whatever it is."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, LargeBinary, MetaData, Table, UniqueConstraint

from chains.progmat.node.storage.column_types import Int64, Text

exchange_metadata = MetaData()

# ---- the venue ----

exchange_listings = Table(
    "exchange_listings",
    exchange_metadata,
    Column("token_id", Text, primary_key=True),
    Column("registrar", Text, primary_key=True),
    Column("tick_yen", Int64, nullable=False),
    Column("lot", Int64, nullable=False),
    Column("base_yen", Int64, nullable=False),
    Column("lowest_yen", Int64, nullable=False),
    Column("highest_yen", Int64, nullable=False),
    Column("author", Text, nullable=False),
    Column("approver", Text, nullable=False),
    Column("changed_ms", Int64, nullable=False),
)

exchange_traders = Table(
    "exchange_traders",
    exchange_metadata,
    Column("trader", Text, primary_key=True),
    Column("custodian", Text, nullable=False),
    Column("suspended", Boolean, nullable=False),
    Column("author", Text, nullable=False),
    Column("approver", Text, nullable=False),
    Column("changed_ms", Int64, nullable=False),
)

exchange_events = Table(  # what a book is made of: accepted events, in the order in which they were applied
    "exchange_events",
    exchange_metadata,
    Column("number", Int64, primary_key=True, autoincrement=False),
    Column("token_id", Text, nullable=False),
    Column("registrar", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("member", Text, nullable=False),
    Column("request_id", Text, nullable=False),
    Column("event", LargeBinary, nullable=False),
    Column("at_ms", Int64, nullable=False),
    UniqueConstraint("member", "request_id", name="exchange_events_request"),
)
Index("exchange_events_book", exchange_events.c.token_id, exchange_events.c.registrar, exchange_events.c.number)

exchange_orders = Table(
    "exchange_orders",
    exchange_metadata,
    Column("order_id", Text, primary_key=True),
    Column("member", Text, nullable=False),
    Column("custodian", Text, nullable=False),
    Column("token_id", Text, nullable=False),
    Column("registrar", Text, nullable=False),
    Column("side", Text, nullable=False),
    Column("quantity", Int64, nullable=False),
    Column("limit_yen", Int64, nullable=False),
    Column("filled", Int64, nullable=False),
    Column("ended", Text, nullable=False),
)

exchange_executions = Table(
    "exchange_executions",
    exchange_metadata,
    Column("number", Int64, primary_key=True, autoincrement=False),
    Column("event_number", Int64, nullable=False),
    Column("trade_id", LargeBinary(32), nullable=False, unique=True),
    Column("token_id", Text, nullable=False),
    Column("registrar", Text, nullable=False),
    Column("sell_order_id", Text, nullable=False),
    Column("buy_order_id", Text, nullable=False),
    Column("selling_member", Text, nullable=False),
    Column("buying_member", Text, nullable=False),
    Column("seller", Text, nullable=False),
    Column("buyer", Text, nullable=False),
    Column("quantity", Int64, nullable=False),
    Column("price_yen", Int64, nullable=False),
    Column("settlement_date", Text, nullable=False),
    Column("attempt", Int64, nullable=False),  # at publishing it: another after a flow that failed
    Column("handed_on", Boolean, nullable=False),  # the flow that publishes it exists
)
Index("exchange_executions_waiting", exchange_executions.c.handed_on, exchange_executions.c.number)
Index("exchange_executions_event", exchange_executions.c.event_number)

# ---- brokers' orders ----

broker_orders = Table(
    "broker_orders",
    exchange_metadata,
    Column("order_id", Text, primary_key=True),
    Column("side", Text, nullable=False),
    Column("token_id", Text, nullable=False),
    Column("registrar", Text, nullable=False),
    Column("quantity", Int64, nullable=False),
    Column("investor_id", Text, nullable=False),
    Column("tokens_key", LargeBinary, nullable=False),
    Column("cash_key", LargeBinary, nullable=False),  # empty: paid for in bank money
    Column("author", Text, nullable=False),
    Column("changed_ms", Int64, nullable=False),
)

broker_executions = Table(
    "broker_executions",
    exchange_metadata,
    Column("arrival", Int64, primary_key=True, autoincrement=True),
    Column("trade_id", LargeBinary(32), nullable=False),
    Column("side", Text, nullable=False),
    Column("notice_tx", LargeBinary(32), nullable=False),
    Column("order_id", Text, nullable=False),
    Column("quantity", Int64, nullable=False),
    Column("status", Text, nullable=False),
    Column("resolved", Int64, unique=True),  # numbers what was resolved, in the order of commits
    Column("other_tokens_key", LargeBinary, nullable=False),
    Column("other_cash_key", LargeBinary, nullable=False),
    Column("reason", Text, nullable=False),
    Column("blamed", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("attempts", Int64, nullable=False),
    Column("next_attempt_ms", Int64, nullable=False),
    UniqueConstraint("trade_id", "side", name="broker_executions_side"),
    sqlite_autoincrement=True,
)
Index("broker_executions_order", broker_executions.c.order_id)
Index("broker_executions_due", broker_executions.c.status, broker_executions.c.next_attempt_ms)
