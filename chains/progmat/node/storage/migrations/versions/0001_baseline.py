"""Baseline."""
# ruff: noqa: PLR0915  # one statement a table

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from chains.progmat.node.storage.column_types import Int64, Text

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the change."""
    op.create_table(
        "attestations",
        sa.Column("tx_id", sa.LargeBinary(length=32), nullable=False),
        sa.Column("attestation", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("tx_id"),
    )
    op.create_table(
        "attested_outputs",
        sa.Column("tx_id", sa.LargeBinary(length=32), nullable=False),
        sa.Column("output_index", Int64, autoincrement=False, nullable=False),
        sa.Column("proof", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("tx_id", "output_index"),
    )
    op.create_table(
        "meta",
        sa.Column("name", Text, nullable=False),
        sa.Column("value", Text, nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "outbox",
        sa.Column("effect_id", Int64, autoincrement=True, nullable=False),
        sa.Column("effect_key", Text, nullable=False),
        sa.Column("peer", Text, nullable=False),
        sa.Column("method", Text, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("status", Text, nullable=False),
        sa.Column("attempts", Int64, nullable=False),
        sa.Column("next_attempt_s", Int64, nullable=False),
        sa.Column("last_error", Text, nullable=False),
        sa.Column("created_at_s", Int64, nullable=False),
        sa.CheckConstraint("attempts >= 0", name="outbox_attempts"),
        sa.PrimaryKeyConstraint("effect_id"),
        sa.UniqueConstraint("effect_key"),
    )
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.create_index(
            "outbox_due",
            ["peer", "next_attempt_s", "effect_id"],
            unique=False,
            sqlite_where=sa.text("status = 'PENDING'"),
            postgresql_where=sa.text("status = 'PENDING'"),
        )

    op.create_table(
        "storage_audit",
        sa.Column("id", Int64, autoincrement=True, nullable=False),
        sa.Column("at_s", Int64, nullable=False),
        sa.Column("operator", Text, nullable=False),
        sa.Column("act", Text, nullable=False),
        sa.Column("detail", Text, nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "storage_head",
        sa.Column("id", Int64, autoincrement=False, nullable=False),
        sa.Column("database_id", Text, nullable=False),
        sa.Column("incarnation", Int64, nullable=False),
        sa.Column("nonce", Text, nullable=False),
        sa.Column("number", Int64, nullable=False),
        sa.Column("holder", Text, nullable=False),
        sa.Column("doubt", Text, nullable=False),
        sa.Column("doubt_detail", Text, nullable=False),
        sa.CheckConstraint("id = 1", name="storage_head_only"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "storage_peer_heads",
        sa.Column("peer", Text, nullable=False),
        sa.Column("database_id", Text, nullable=False),
        sa.Column("incarnation", Int64, nullable=False),
        sa.Column("nonce", Text, nullable=False),
        sa.Column("number", Int64, nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.Column("at_s", Int64, nullable=False),
        sa.PrimaryKeyConstraint("peer"),
    )
    op.create_table(
        "transactions",
        sa.Column("sequence", Int64, autoincrement=True, nullable=False),
        sa.Column("tx_id", sa.LargeBinary(length=32), nullable=False),
        sa.Column("signed_bytes", sa.LargeBinary(), nullable=False),
        sa.Column("journal_position", Int64, nullable=False),
        sa.Column("participants", Text, nullable=False),
        sa.Column("stored_at_s", Int64, nullable=False),
        sa.PrimaryKeyConstraint("sequence"),
        sa.UniqueConstraint("tx_id"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "vault_consumptions",
        sa.Column("tx_id", sa.LargeBinary(length=32), nullable=False),
        sa.Column("output_index", Int64, nullable=False),
        sa.Column("consumed_by", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("tx_id", "output_index"),
    )
    with op.batch_alter_table("vault_consumptions", schema=None) as batch_op:
        batch_op.create_index("vault_consumptions_by", ["consumed_by"], unique=False)

    op.create_table(
        "vault_entries",
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
        sa.PrimaryKeyConstraint("asset_id", "issuer", "node", "owner_key", "recorded_ms", "sequence"),
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

    op.create_table(
        "vault_settings",
        sa.Column("name", Text, nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "vault_states",
        sa.Column("tx_id", sa.LargeBinary(length=32), nullable=False),
        sa.Column("output_index", Int64, nullable=False),
        sa.Column("kind", Text, nullable=False),
        sa.Column("component", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("tx_id", "output_index"),
    )
    op.create_table(
        "vault_updates",
        sa.Column("sequence", Int64, autoincrement=False, nullable=False),
        sa.Column("tx_id", sa.LargeBinary(length=32), nullable=False),
        sa.Column("kind", Text, nullable=False),
        sa.Column("recorded_ms", Int64, nullable=False),
        sa.Column("journal_position", Int64, nullable=False),
        sa.PrimaryKeyConstraint("sequence"),
    )
    op.create_table(
        "vault_cash",
        sa.Column("tx_id", sa.LargeBinary(length=32), nullable=False),
        sa.Column("output_index", Int64, nullable=False),
        sa.Column("consumed", sa.Boolean(), nullable=False),
        sa.Column("coin_id", Text, nullable=False),
        sa.Column("issuer", Text, nullable=False),
        sa.Column("amount_yen", Int64, nullable=False),
        sa.Column("node", Text, nullable=False),
        sa.Column("owner_key", sa.LargeBinary(), nullable=False),
        sa.Column("encumbered", sa.Boolean(), nullable=False),
        sa.Column("trade_id", sa.LargeBinary(length=32), nullable=True),
        sa.Column("shard", Int64, nullable=False),
        sa.CheckConstraint("amount_yen > 0", name="vault_cash_amount"),
        sa.CheckConstraint("trade_id IS NULL OR encumbered", name="vault_cash_encumbered"),
        sa.ForeignKeyConstraint(
            ["tx_id", "output_index"],
            ["vault_states.tx_id", "vault_states.output_index"],
        ),
        sa.PrimaryKeyConstraint("tx_id", "output_index"),
    )
    with op.batch_alter_table("vault_cash", schema=None) as batch_op:
        batch_op.create_index(
            "vault_cash_account",
            ["owner_key", "coin_id", sa.literal_column("amount_yen DESC")],
            unique=False,
            sqlite_where=sa.text("consumed IS 0"),
            postgresql_where=sa.text("consumed IS false"),
        )
        batch_op.create_index(
            "vault_cash_listing",
            ["owner_key", "tx_id", "output_index"],
            unique=False,
            sqlite_where=sa.text("consumed IS 0"),
            postgresql_where=sa.text("consumed IS false"),
        )
        batch_op.create_index(
            "vault_cash_shard",
            ["owner_key", "shard", sa.literal_column("amount_yen DESC")],
            unique=False,
            sqlite_where=sa.text("consumed IS 0"),
            postgresql_where=sa.text("consumed IS false"),
        )
        batch_op.create_index(
            "vault_cash_trade",
            ["trade_id"],
            unique=False,
            sqlite_where=sa.text("consumed IS 0"),
            postgresql_where=sa.text("consumed IS false"),
        )

    op.create_table(
        "vault_clients",
        sa.Column("tx_id", sa.LargeBinary(length=32), nullable=False),
        sa.Column("output_index", Int64, nullable=False),
        sa.Column("consumed", sa.Boolean(), nullable=False),
        sa.Column("client_id", Text, nullable=False),
        sa.Column("client_type", Text, nullable=False),
        sa.Column("counterparty_client_id", Text, nullable=False),
        sa.ForeignKeyConstraint(
            ["tx_id", "output_index"],
            ["vault_states.tx_id", "vault_states.output_index"],
        ),
        sa.PrimaryKeyConstraint("tx_id", "output_index"),
    )
    with op.batch_alter_table("vault_clients", schema=None) as batch_op:
        batch_op.create_index(
            "vault_clients_id",
            ["client_id"],
            unique=False,
            sqlite_where=sa.text("consumed IS 0"),
            postgresql_where=sa.text("consumed IS false"),
        )

    op.create_table(
        "vault_consensus",
        sa.Column("tx_id", sa.LargeBinary(length=32), nullable=False),
        sa.Column("output_index", Int64, nullable=False),
        sa.Column("consumed", sa.Boolean(), nullable=False),
        sa.Column("client_id", Text, nullable=False),
        sa.Column("height", sa.LargeBinary(length=8), nullable=False),
        sa.Column("timestamp_s", sa.LargeBinary(length=8), nullable=False),
        sa.ForeignKeyConstraint(
            ["tx_id", "output_index"],
            ["vault_states.tx_id", "vault_states.output_index"],
        ),
        sa.PrimaryKeyConstraint("tx_id", "output_index"),
    )
    with op.batch_alter_table("vault_consensus", schema=None) as batch_op:
        batch_op.create_index("vault_consensus_height", ["client_id", "height"], unique=False)

    op.create_table(
        "vault_locks",
        sa.Column("tx_id", sa.LargeBinary(length=32), nullable=False),
        sa.Column("output_index", Int64, nullable=False),
        sa.Column("consumed", sa.Boolean(), nullable=False),
        sa.Column("trade_id", sa.LargeBinary(length=32), nullable=False),
        sa.Column("client_id", Text, nullable=False),
        sa.Column("sequence", sa.LargeBinary(length=8), nullable=False),
        sa.Column("timeout_s", sa.LargeBinary(length=8), nullable=False),
        sa.Column("issuer", Text, nullable=False),
        sa.Column("buyer_node", Text, nullable=False),
        sa.Column("seller_node", Text, nullable=False),
        sa.ForeignKeyConstraint(
            ["tx_id", "output_index"],
            ["vault_states.tx_id", "vault_states.output_index"],
        ),
        sa.PrimaryKeyConstraint("tx_id", "output_index"),
    )
    with op.batch_alter_table("vault_locks", schema=None) as batch_op:
        batch_op.create_index("vault_locks_packet", ["client_id", "sequence"], unique=False)
        batch_op.create_index(
            "vault_locks_timeout",
            ["timeout_s", "tx_id", "output_index"],
            unique=False,
            sqlite_where=sa.text("consumed IS 0"),
            postgresql_where=sa.text("consumed IS false"),
        )
        batch_op.create_index("vault_locks_trade", ["trade_id"], unique=False)

    op.create_table(
        "vault_memberships",
        sa.Column("tx_id", sa.LargeBinary(length=32), nullable=False),
        sa.Column("output_index", Int64, nullable=False),
        sa.Column("consumed", sa.Boolean(), nullable=False),
        sa.Column("network", Text, nullable=False),
        sa.Column("party", Text, nullable=False),
        sa.Column("roles", Text, nullable=False),
        sa.Column("status", Text, nullable=False),
        sa.ForeignKeyConstraint(
            ["tx_id", "output_index"],
            ["vault_states.tx_id", "vault_states.output_index"],
        ),
        sa.PrimaryKeyConstraint("tx_id", "output_index"),
    )
    with op.batch_alter_table("vault_memberships", schema=None) as batch_op:
        batch_op.create_index(
            "vault_memberships_party",
            ["network", "party"],
            unique=False,
            sqlite_where=sa.text("consumed IS 0"),
            postgresql_where=sa.text("consumed IS false"),
        )

    op.create_table(
        "vault_soft_locks",
        sa.Column("tx_id", sa.LargeBinary(length=32), nullable=False),
        sa.Column("output_index", Int64, nullable=False),
        sa.Column("lock_owner", Text, nullable=False),
        sa.Column("expires_s", Int64, nullable=False),
        sa.ForeignKeyConstraint(
            ["tx_id", "output_index"],
            ["vault_states.tx_id", "vault_states.output_index"],
        ),
        sa.PrimaryKeyConstraint("tx_id", "output_index"),
    )
    with op.batch_alter_table("vault_soft_locks", schema=None) as batch_op:
        batch_op.create_index("vault_soft_locks_owner", ["lock_owner"], unique=False)

    op.create_table(
        "counters",
        sa.Column("name", Text, nullable=False),
        sa.Column("value", Int64, nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "flows",
        sa.Column("flow_id", Text, nullable=False),
        sa.Column("kind", Text, nullable=False),
        sa.Column("request", sa.LargeBinary(), nullable=False),
        sa.Column("step", Text, nullable=False),
        sa.Column("signed_tx", sa.LargeBinary(), nullable=True),
        sa.Column("tx_id", sa.LargeBinary(length=32), nullable=True),
        sa.Column("journal_position", Int64, nullable=False),
        sa.Column("attempts", Int64, nullable=False),
        sa.Column("last_error_reason", Text, nullable=False),
        sa.Column("last_error", Text, nullable=False),
        sa.Column("waiting_on", Text, nullable=False),
        sa.Column("next_attempt_ms", Int64, nullable=False),
        sa.Column("wish", Text, nullable=False),
        sa.Column("story", Text, nullable=False),
        sa.Column("since_ms", Int64, nullable=False),
        sa.Column("created_ms", Int64, nullable=False),
        sa.Column("updated_ms", Int64, nullable=False),
        sa.CheckConstraint(
            "step NOT IN ('BUILT', 'COUNTERSIGNED', 'APPROVED', 'NOTARISED', 'RECORDED') OR signed_tx IS NOT NULL",
            name="flows_built",
        ),
        sa.PrimaryKeyConstraint("flow_id"),
    )
    with op.batch_alter_table("flows", schema=None) as batch_op:
        batch_op.create_index("flows_step_created", ["step", "created_ms"], unique=False)

    op.create_table(
        "ibc_events",
        sa.Column("cursor", Int64, autoincrement=True, nullable=False),
        sa.Column("kind", Text, nullable=False),
        sa.Column("packet", sa.LargeBinary(), nullable=False),
        sa.Column("acknowledgement", sa.LargeBinary(), nullable=False),
        sa.Column("tx_id", sa.LargeBinary(length=32), nullable=False),
        sa.Column("journal_position", Int64, nullable=False),
        sa.PrimaryKeyConstraint("cursor"),
        sa.UniqueConstraint("tx_id"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "listing_cursors",
        sa.Column("peer", Text, nullable=False),
        sa.Column("history_id", Text, nullable=False),
        sa.Column("after", Int64, nullable=False),
        sa.PrimaryKeyConstraint("peer"),
    )
    op.create_table(
        "operator_acts",
        sa.Column("number", Int64, autoincrement=True, nullable=False),
        sa.Column("at_ms", Int64, nullable=False),
        sa.Column("operator", Text, nullable=False),
        sa.Column("act", Text, nullable=False),
        sa.Column("flow_id", Text, nullable=False),
        sa.Column("step", Text, nullable=False),
        sa.Column("reason", Text, nullable=False),
        sa.Column("entry_hash", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("number"),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("operator_acts", schema=None) as batch_op:
        batch_op.create_index("operator_acts_flow", ["flow_id"], unique=False)

    op.create_table(
        "recovered",
        sa.Column("salt", sa.LargeBinary(length=32), nullable=False),
        sa.Column("tx_id", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("salt"),
    )
    op.create_table(
        "trade_authorisations",
        sa.Column("id", Int64, autoincrement=True, nullable=False),
        sa.Column("platform", Text, nullable=False),
        sa.Column("request_id", Text, nullable=False),
        sa.Column("trade_id", sa.LargeBinary(length=32), nullable=False),
        sa.Column("account_key", sa.LargeBinary(), nullable=False),
        sa.Column("terms_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("at_ms", Int64, nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("platform", "request_id", name="trade_authorisations_request"),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("trade_authorisations", schema=None) as batch_op:
        batch_op.create_index("trade_authorisations_trade", ["trade_id", "account_key"], unique=False)

    op.create_table(
        "trades",
        sa.Column("trade_id", sa.LargeBinary(length=32), nullable=False),
        sa.Column("status", Text, nullable=False),
        sa.Column("terms_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("packet", sa.LargeBinary(), nullable=False),
        sa.Column("opening_tx_id", sa.LargeBinary(length=32), nullable=False),
        sa.Column("opening_position", Int64, nullable=False),
        sa.Column("closing_tx_id", sa.LargeBinary(), nullable=False),
        sa.Column("closing_position", Int64, nullable=False),
        sa.PrimaryKeyConstraint("trade_id"),
    )
    op.create_table(
        "validator_alarms",
        sa.Column("id", Int64, autoincrement=False, nullable=False),
        sa.Column("reason", Text, nullable=False),
        sa.Column("detail", Text, nullable=False),
        sa.Column("evidence", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("id = 1", name="validator_alarms_first_stays"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "validator_approvals",
        sa.Column("tx_id", sa.LargeBinary(length=32), nullable=False),
        sa.Column("requester", Text, nullable=False),
        sa.Column("approved_at_s", Int64, nullable=False),
        sa.PrimaryKeyConstraint("tx_id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "validator_consumed",
        sa.Column("state", sa.LargeBinary(length=36), nullable=False),
        sa.Column("height", Int64, nullable=False),
        sa.PrimaryKeyConstraint("state"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "validator_heights",
        sa.Column("height", Int64, autoincrement=False, nullable=False),
        sa.Column("timestamp_s", Int64, nullable=False),
        sa.Column("root", sa.LargeBinary(length=32), nullable=False),
        sa.Column("journal_hash", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("height"),
    )
    op.create_table(
        "validator_paths",
        sa.Column("path", sa.LargeBinary(), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", Int64, nullable=False),
        sa.Column("deleted_at", Int64, nullable=True),
        sa.PrimaryKeyConstraint("path"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "validator_pins",
        sa.Column("name", Text, nullable=False),
        sa.Column("value", Text, nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "validator_spent",
        sa.Column("state", sa.LargeBinary(length=36), nullable=False),
        sa.Column("tx_id", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("state"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "validator_tree_nodes",
        sa.Column("node_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("node", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("node_hash"),
        sqlite_with_rowid=False,
    )
