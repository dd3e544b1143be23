"""Executions, the venue, brokers' orders."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from chains.progmat.node.storage.column_types import Int64, Text

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Make the change."""
    _executions()
    _venue()
    _broker_orders()


def _executions() -> None:
    op.create_table(
        "execution_ends",
        sa.Column("trade_id", sa.LargeBinary(length=32), nullable=False),
        sa.Column("standing", Text, nullable=False),
        sa.Column("tx_id", sa.LargeBinary(length=32), nullable=False),
        sa.Column("note", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("trade_id"),
    )
    op.create_table(
        "execution_notices",
        sa.Column("sequence", Int64, autoincrement=True, nullable=False),
        sa.Column("tx_id", sa.LargeBinary(length=32), nullable=False),
        sa.Column("trade_id", sa.LargeBinary(length=32), nullable=False),
        sa.Column("notice", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("sequence"),
        sa.UniqueConstraint("tx_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("execution_notices_trade", "execution_notices", ["trade_id"])


def _venue() -> None:
    op.create_table(
        "exchange_events",
        sa.Column("number", Int64, autoincrement=False, nullable=False),
        sa.Column("token_id", Text, nullable=False),
        sa.Column("registrar", Text, nullable=False),
        sa.Column("kind", Text, nullable=False),
        sa.Column("member", Text, nullable=False),
        sa.Column("request_id", Text, nullable=False),
        sa.Column("event", sa.LargeBinary(), nullable=False),
        sa.Column("at_ms", Int64, nullable=False),
        sa.PrimaryKeyConstraint("number"),
        sa.UniqueConstraint("member", "request_id", name="exchange_events_request"),
    )
    op.create_index("exchange_events_book", "exchange_events", ["token_id", "registrar", "number"])
    op.create_table(
        "exchange_executions",
        sa.Column("number", Int64, autoincrement=False, nullable=False),
        sa.Column("event_number", Int64, nullable=False),
        sa.Column("trade_id", sa.LargeBinary(length=32), nullable=False),
        sa.Column("token_id", Text, nullable=False),
        sa.Column("registrar", Text, nullable=False),
        sa.Column("sell_order_id", Text, nullable=False),
        sa.Column("buy_order_id", Text, nullable=False),
        sa.Column("selling_member", Text, nullable=False),
        sa.Column("buying_member", Text, nullable=False),
        sa.Column("seller", Text, nullable=False),
        sa.Column("buyer", Text, nullable=False),
        sa.Column("quantity", Int64, nullable=False),
        sa.Column("price_yen", Int64, nullable=False),
        sa.Column("settlement_date", Text, nullable=False),
        sa.Column("attempt", Int64, nullable=False),
        sa.Column("handed_on", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("number"),
        sa.UniqueConstraint("trade_id"),
    )
    op.create_index("exchange_executions_event", "exchange_executions", ["event_number"])
    op.create_index("exchange_executions_waiting", "exchange_executions", ["handed_on", "number"])
    op.create_table(
        "exchange_listings",
        sa.Column("token_id", Text, nullable=False),
        sa.Column("registrar", Text, nullable=False),
        sa.Column("tick_yen", Int64, nullable=False),
        sa.Column("lot", Int64, nullable=False),
        sa.Column("base_yen", Int64, nullable=False),
        sa.Column("lowest_yen", Int64, nullable=False),
        sa.Column("highest_yen", Int64, nullable=False),
        sa.Column("author", Text, nullable=False),
        sa.Column("approver", Text, nullable=False),
        sa.Column("changed_ms", Int64, nullable=False),
        sa.PrimaryKeyConstraint("token_id", "registrar"),
    )
    op.create_table(
        "exchange_orders",
        sa.Column("order_id", Text, nullable=False),
        sa.Column("member", Text, nullable=False),
        sa.Column("custodian", Text, nullable=False),
        sa.Column("token_id", Text, nullable=False),
        sa.Column("registrar", Text, nullable=False),
        sa.Column("side", Text, nullable=False),
        sa.Column("quantity", Int64, nullable=False),
        sa.Column("limit_yen", Int64, nullable=False),
        sa.Column("filled", Int64, nullable=False),
        sa.Column("ended", Text, nullable=False),
        sa.PrimaryKeyConstraint("order_id"),
    )
    op.create_table(
        "exchange_traders",
        sa.Column("trader", Text, nullable=False),
        sa.Column("custodian", Text, nullable=False),
        sa.Column("suspended", sa.Boolean(), nullable=False),
        sa.Column("author", Text, nullable=False),
        sa.Column("approver", Text, nullable=False),
        sa.Column("changed_ms", Int64, nullable=False),
        sa.PrimaryKeyConstraint("trader"),
    )


def _broker_orders() -> None:
    op.create_table(
        "broker_executions",
        sa.Column("arrival", Int64, autoincrement=True, nullable=False),
        sa.Column("trade_id", sa.LargeBinary(length=32), nullable=False),
        sa.Column("side", Text, nullable=False),
        sa.Column("notice_tx", sa.LargeBinary(length=32), nullable=False),
        sa.Column("order_id", Text, nullable=False),
        sa.Column("quantity", Int64, nullable=False),
        sa.Column("status", Text, nullable=False),
        sa.Column("resolved", Int64, nullable=True),
        sa.Column("other_tokens_key", sa.LargeBinary(), nullable=False),
        sa.Column("other_cash_key", sa.LargeBinary(), nullable=False),
        sa.Column("reason", Text, nullable=False),
        sa.Column("blamed", Text, nullable=False),
        sa.Column("detail", Text, nullable=False),
        sa.Column("attempts", Int64, nullable=False),
        sa.Column("next_attempt_ms", Int64, nullable=False),
        sa.PrimaryKeyConstraint("arrival"),
        sa.UniqueConstraint("trade_id", "side", name="broker_executions_side"),
        sa.UniqueConstraint("resolved"),
        sqlite_autoincrement=True,
    )
    op.create_index("broker_executions_due", "broker_executions", ["status", "next_attempt_ms"])
    op.create_index("broker_executions_order", "broker_executions", ["order_id"])
    op.create_table(
        "broker_orders",
        sa.Column("order_id", Text, nullable=False),
        sa.Column("side", Text, nullable=False),
        sa.Column("token_id", Text, nullable=False),
        sa.Column("registrar", Text, nullable=False),
        sa.Column("quantity", Int64, nullable=False),
        sa.Column("investor_id", Text, nullable=False),
        sa.Column("tokens_key", sa.LargeBinary(), nullable=False),
        sa.Column("cash_key", sa.LargeBinary(), nullable=False),
        sa.Column("author", Text, nullable=False),
        sa.Column("changed_ms", Int64, nullable=False),
        sa.PrimaryKeyConstraint("order_id"),
    )
