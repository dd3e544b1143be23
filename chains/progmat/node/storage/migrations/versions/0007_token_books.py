"""Tokens come into the accounts' books: one table of amounts, entries of tokens from what is recorded."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from chains.progmat.node.storage.column_types import Int64, Text
from chains.progmat.node.token_history import enter_tokens, move_tokens, name_native_trades

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Make the change."""
    op.create_table(
        "vault_holdings",
        sa.Column("tx_id", sa.LargeBinary(length=32), nullable=False),
        sa.Column("output_index", Int64, nullable=False),
        sa.Column("consumed", sa.Boolean(), nullable=False),
        sa.Column("network", Text, nullable=False),
        sa.Column("asset_id", Text, nullable=False),
        sa.Column("issuer", Text, nullable=False),
        sa.Column("amount", Int64, nullable=False),
        sa.Column("node", Text, nullable=False),
        sa.Column("owner_key", sa.LargeBinary(), nullable=False),
        sa.Column("encumbered", sa.Boolean(), nullable=False),
        sa.Column("trade_id", sa.LargeBinary(length=32), nullable=True),
        sa.Column("shard", Int64, nullable=False),
        sa.Column("notary", Text, nullable=False),
        sa.Column("fresh_key", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint("amount > 0", name="vault_holdings_amount"),
        sa.CheckConstraint("trade_id IS NULL OR encumbered", name="vault_holdings_encumbered"),
        sa.ForeignKeyConstraint(
            ["tx_id", "output_index"],
            ["vault_states.tx_id", "vault_states.output_index"],
        ),
        sa.PrimaryKeyConstraint("tx_id", "output_index"),
    )
    with op.batch_alter_table("vault_holdings", schema=None) as batch_op:
        batch_op.create_index(
            "vault_holdings_account",
            ["owner_key", "asset_id", sa.literal_column("amount DESC")],
            unique=False,
            sqlite_where=sa.text("consumed IS 0"),
            postgresql_where=sa.text("consumed IS false"),
        )
        batch_op.create_index(
            "vault_holdings_fresh_key",
            ["fresh_key"],
            unique=False,
            sqlite_where=sa.text("fresh_key IS NOT NULL"),
            postgresql_where=sa.text("fresh_key IS NOT NULL"),
        )
        batch_op.create_index(
            "vault_holdings_listing",
            ["owner_key", "tx_id", "output_index"],
            unique=False,
            sqlite_where=sa.text("consumed IS 0"),
            postgresql_where=sa.text("consumed IS false"),
        )
        batch_op.create_index(
            "vault_holdings_shard",
            ["owner_key", "asset_id", "shard", sa.literal_column("amount DESC")],
            unique=False,
            sqlite_where=sa.text("consumed IS 0"),
            postgresql_where=sa.text("consumed IS false"),
        )
        batch_op.create_index(
            "vault_holdings_trade",
            ["trade_id"],
            unique=False,
            sqlite_where=sa.text("consumed IS 0 AND trade_id IS NOT NULL"),
            postgresql_where=sa.text("consumed IS false AND trade_id IS NOT NULL"),
        )

    _move_holdings()
    _widen_entries()
    connection = op.get_bind()
    move_tokens(connection)
    op.drop_table("vault_tokens")
    enter_tokens(connection)
    name_native_trades(connection)


def _move_holdings() -> None:
    """Cash is one of the assets; the states' rows name the new table."""
    op.execute(
        """INSERT INTO vault_holdings (tx_id, output_index, consumed, network, asset_id, issuer, amount, node,
               owner_key, encumbered, trade_id, shard, notary, fresh_key)
           SELECT tx_id, output_index, consumed, 'SC', coin_id, issuer, amount_yen, node, owner_key,
               encumbered, trade_id, shard, notary, fresh_key
           FROM vault_cash"""
    )
    op.drop_table("vault_cash")
    op.execute("UPDATE vault_states SET kind = 'vault_holdings' WHERE kind IN ('vault_cash', 'vault_tokens')")


def _widen_entries() -> None:
    """An entry names the network of its asset, in its key. The table is made anew, as both databases then write it."""
    op.execute("CREATE TABLE vault_entries_before AS SELECT * FROM vault_entries")
    op.drop_table("vault_entries")
    op.create_table(
        "vault_entries",
        sa.Column("network", Text, nullable=False),
        sa.Column("asset_id", Text, nullable=False),
        sa.Column("issuer", Text, nullable=False),
        sa.Column("node", Text, nullable=False),
        sa.Column("owner_key", sa.LargeBinary(), nullable=False),
        sa.Column("sequence", Int64, nullable=False),
        sa.Column("tx_id", sa.LargeBinary(length=32), nullable=False),
        sa.Column("kind", Text, nullable=False),
        sa.Column("recorded_ms", Int64, nullable=False),
        sa.Column("journal_position", Int64, nullable=False),
        sa.Column("change_amount", Int64, nullable=False),
        sa.Column("locked_change_amount", Int64, nullable=False),
        sa.Column("balance_amount", Int64, nullable=False),
        sa.Column("locked_amount", Int64, nullable=False),
        sa.Column("counterparty_node", Text, nullable=True),
        sa.Column("counterparty_key", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("owner_key", "asset_id", "issuer", "node", "network", "recorded_ms", "sequence"),
    )
    with op.batch_alter_table("vault_entries", schema=None) as batch_op:
        batch_op.create_index(
            "vault_entries_position",
            ["journal_position", "sequence"],
            unique=False,
            sqlite_where=sa.text("journal_position > 0"),
            postgresql_where=sa.text("journal_position > 0"),
        )
        batch_op.create_index("vault_entries_sequence", ["sequence"], unique=False)
    columns = (
        "asset_id, issuer, node, owner_key, sequence, tx_id, kind, recorded_ms, journal_position, change_amount, "
        "locked_change_amount, balance_amount, locked_amount, counterparty_node, counterparty_key"
    )
    op.execute(f"INSERT INTO vault_entries (network, {columns}) SELECT 'SC', {columns} FROM vault_entries_before")  # noqa: S608 # ours
    op.drop_table("vault_entries_before")
