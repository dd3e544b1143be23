"""People."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from chains.progmat.node.storage.column_types import Int64, Text

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Make the change."""
    op.create_table(
        "people_approvals",
        sa.Column("approval_id", Text, nullable=False),
        sa.Column("act", Text, nullable=False),
        sa.Column("subject", Text, nullable=False),
        sa.Column("request", sa.LargeBinary(), nullable=False),
        sa.Column("request_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("author", Text, nullable=False),
        sa.Column("why", Text, nullable=False),
        sa.Column("proposed_s", Int64, nullable=False),
        sa.Column("expires_s", Int64, nullable=False),
        sa.Column("status", Text, nullable=False),
        sa.Column("approver", Text, nullable=False),
        sa.Column("decided_s", Int64, nullable=False),
        sa.Column("executed_s", Int64, nullable=False),
        sa.PrimaryKeyConstraint("approval_id"),
    )
    with op.batch_alter_table("people_approvals", schema=None) as batch_op:
        batch_op.create_index("people_approvals_open", ["status", "proposed_s"], unique=False)
        batch_op.create_index("people_approvals_subject", ["subject"], unique=False)

    op.create_table(
        "people_audit",
        sa.Column("height", Int64, autoincrement=False, nullable=False),
        sa.Column("at_s", Int64, nullable=False),
        sa.Column("act", Text, nullable=False),
        sa.Column("staff_id", Text, nullable=False),
        sa.Column("approver_staff_id", Text, nullable=False),
        sa.Column("caller", Text, nullable=False),
        sa.Column("resource", Text, nullable=False),
        sa.Column("outcome", Text, nullable=False),
        sa.Column("note_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("previous", sa.LargeBinary(length=32), nullable=False),
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("height"),
    )
    with op.batch_alter_table("people_audit", schema=None) as batch_op:
        batch_op.create_index("people_audit_resource", ["resource"], unique=False)

    op.create_table(
        "people_audit_head",
        sa.Column("id", Int64, autoincrement=False, nullable=False),
        sa.Column("height", Int64, nullable=False),
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "people_audit_notes",
        sa.Column("height", Int64, autoincrement=False, nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("note", Text, nullable=False),
        sa.PrimaryKeyConstraint("height"),
    )
    op.create_table(
        "people_nonces",
        sa.Column("nonce_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("expires_s", Int64, nullable=False),
        sa.PrimaryKeyConstraint("nonce_hash"),
    )
    op.create_table(
        "people_roles",
        sa.Column("staff_id", Text, nullable=False),
        sa.Column("role", Text, nullable=False),
        sa.PrimaryKeyConstraint("staff_id", "role"),
    )
    op.create_table(
        "people_sessions",
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("staff_id", Text, nullable=False),
        sa.Column("certificate_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("issued_s", Int64, nullable=False),
        sa.Column("expires_s", Int64, nullable=False),
        sa.PrimaryKeyConstraint("token_hash"),
    )
    with op.batch_alter_table("people_sessions", schema=None) as batch_op:
        batch_op.create_index("people_sessions_staff", ["staff_id"], unique=False)

    op.create_table(
        "people_users",
        sa.Column("staff_id", Text, nullable=False),
        sa.Column("branch", Text, nullable=False),
        sa.Column("department", Text, nullable=False),
        sa.Column("staff_group", Text, nullable=False),
        sa.Column("name", Text, nullable=False),
        sa.Column("staff_number", Text, nullable=False),
        sa.Column("account_class", Text, nullable=False),
        sa.Column("status", Text, nullable=False),
        sa.Column("password_hash", Text, nullable=False),
        sa.Column("password_before", Text, nullable=False),
        sa.Column("password_before_that", Text, nullable=False),
        sa.Column("password_changed_s", Int64, nullable=False),
        sa.Column("must_change", Int64, nullable=False),
        sa.Column("failed_attempts", Int64, nullable=False),
        sa.Column("locked_until_s", Int64, nullable=False),
        sa.Column("last_login_s", Int64, nullable=False),
        sa.Column("oidc_issuer", Text, nullable=False),
        sa.Column("oidc_subject", Text, nullable=False),
        sa.Column("created_s", Int64, nullable=False),
        sa.Column("created_by", Text, nullable=False),
        sa.Column("updated_s", Int64, nullable=False),
        sa.Column("updated_by", Text, nullable=False),
        sa.Column("approved_by", Text, nullable=False),
        sa.CheckConstraint("failed_attempts >= 0", name="people_users_attempts"),
        sa.PrimaryKeyConstraint("staff_id"),
    )
    with op.batch_alter_table("people_users", schema=None) as batch_op:
        batch_op.create_index("people_users_subject", ["oidc_issuer", "oidc_subject"], unique=False)
