"""Trade desk and bank statements."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from chains.progmat.node.storage.column_types import Int64, Text

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Make the change."""
    _trades()
    _notices_and_sets()
    _bank()


def _trades() -> None:
    op.create_table(
        "trade_methods",
        sa.Column("investor_id", Text, nullable=False),
        sa.Column("version", Int64, autoincrement=False, nullable=False),
        *_texts("from_day", "kind", "coin_id", "issuer"),
        sa.Column("cash_key", sa.LargeBinary(), nullable=False),
        *_texts("bank_id", "payer_name", "payment", "author", "approver"),
        sa.Column("at_ms", Int64, nullable=False),
        sa.PrimaryKeyConstraint("investor_id", "version"),
    )
    op.create_table(
        "trade_desk",
        sa.Column("number", Int64, autoincrement=True, nullable=False),
        sa.Column("trade_id", sa.LargeBinary(length=32), nullable=False),
        *_texts("side", "channel", "network", "token_id", "registrar"),
        *_numbers("quantity", "amount_yen"),
        *_texts("settlement_day"),
        *_numbers("settle_by_s"),
        *_texts("counterparty", "seller_id", "seller_broker"),
        sa.Column("seller_tokens_key", sa.LargeBinary(), nullable=False),
        *_texts("buyer_id", "buyer_broker"),
        sa.Column("own_buyer_tokens_key", sa.LargeBinary(), nullable=False),
        *_texts("state", "pattern", "reason", "says"),
        sa.Column("terms", sa.LargeBinary(), nullable=False),
        sa.Column("buyer_tokens_key", sa.LargeBinary(), nullable=False),
        *_texts("payer_name", "reference"),
        sa.Column("net_set", sa.LargeBinary(), nullable=False),
        *_texts("flow_id"),
        *_numbers("rounds"),
        sa.Column("tx_id", sa.LargeBinary(), nullable=False),
        *_numbers("attempts", "next_due_ms", "told"),
        sa.PrimaryKeyConstraint("number"),
        sa.UniqueConstraint("trade_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("trade_desk_due", "trade_desk", ["told", "next_due_ms"], unique=False)
    op.create_index("trade_desk_netting", "trade_desk", ["settlement_day", "state"], unique=False)


def _notices_and_sets() -> None:
    op.create_table(
        "trade_followed",
        sa.Column("source", Text, nullable=False),
        *_numbers("sequence"),
        sa.PrimaryKeyConstraint("source"),
    )
    op.create_table(
        "trade_notices",
        sa.Column("number", Int64, autoincrement=True, nullable=False),
        *_numbers("at_ms"),
        sa.Column("trade_id", sa.LargeBinary(length=32), nullable=False),
        *_texts("broker", "reason"),
        *_numbers("shortage"),
        sa.PrimaryKeyConstraint("number"),
        sqlite_autoincrement=True,
    )
    op.create_index("trade_notices_trade", "trade_notices", ["trade_id", "broker", "reason"], unique=False)
    op.create_table(
        "trade_net_sets",
        sa.Column("set_id", sa.LargeBinary(length=32), nullable=False),
        *_texts("broker_a", "broker_b", "settlement_day", "payer"),
        *_numbers("net_yen"),
        *_texts("reference"),
        *_numbers("at_ms"),
        sa.PrimaryKeyConstraint("set_id"),
    )


def _bank() -> None:
    op.create_table(
        "bank_imports",
        sa.Column("file_hash", sa.LargeBinary(length=32), nullable=False),
        *_texts("kind", "target"),
        *_numbers("size_bytes", "at_ms"),
        *_texts("status", "result", "registrant"),
        sa.PrimaryKeyConstraint("file_hash", "kind"),
    )
    op.create_table(
        "bank_lines",
        sa.Column("line", Int64, autoincrement=True, nullable=False),
        sa.Column("file_hash", sa.LargeBinary(length=32), nullable=False),
        *_numbers("row"),
        *_texts("account", "day", "value_day", "direction"),
        *_numbers("amount_yen", "balance_yen"),
        *_texts("text", "payer_name", "matched"),
        sa.PrimaryKeyConstraint("line"),
        sa.UniqueConstraint("file_hash", "row", name="bank_lines_row"),
        sqlite_autoincrement=True,
    )
    op.create_index("bank_lines_account", "bank_lines", ["account", "line"], unique=False)
    op.create_index("bank_lines_matched", "bank_lines", ["matched", "line"], unique=False)
    op.create_table(
        "bank_expected",
        *_texts("reference", "direction"),
        *_numbers("amount_yen"),
        *_texts("payer_name", "status"),
        *_numbers("line"),
        *_texts("author", "approver"),
        *_numbers("at_ms"),
        sa.PrimaryKeyConstraint("reference"),
    )
    op.create_index("bank_expected_open", "bank_expected", ["status", "amount_yen"], unique=False)


def _texts(*names: str) -> tuple[sa.Column[str], ...]:
    return tuple(sa.Column(name, Text, nullable=False) for name in names)


def _numbers(*names: str) -> tuple[sa.Column[int], ...]:
    return tuple(sa.Column(name, Int64, nullable=False) for name in names)
