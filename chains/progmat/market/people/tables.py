"""Tables of a node's people: users and roles, sessions, approvals, and the audit chain with its erasable notes."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Index, LargeBinary, MetaData, Table

from chains.progmat.node.storage.column_types import Int64, Text

people_metadata = MetaData()

users = Table(
    "people_users",
    people_metadata,
    Column("staff_id", Text, primary_key=True),
    Column("branch", Text, nullable=False),
    Column("department", Text, nullable=False),
    Column("staff_group", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("staff_number", Text, nullable=False),
    Column("account_class", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("password_hash", Text, nullable=False),  # empty: logs in by an identity provider only
    Column("password_before", Text, nullable=False),  # the predecessor, and the one before it
    Column("password_before_that", Text, nullable=False),
    Column("password_changed_s", Int64, nullable=False),
    Column("must_change", Int64, nullable=False),  # 1: it was set by an admin
    Column("failed_attempts", Int64, nullable=False),
    Column("locked_until_s", Int64, nullable=False),
    Column("last_login_s", Int64, nullable=False),
    Column("oidc_issuer", Text, nullable=False),
    Column("oidc_subject", Text, nullable=False),
    Column("created_s", Int64, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("updated_s", Int64, nullable=False),
    Column("updated_by", Text, nullable=False),
    Column("approved_by", Text, nullable=False),
    CheckConstraint("failed_attempts >= 0", name="people_users_attempts"),
)
Index("people_users_subject", users.c.oidc_issuer, users.c.oidc_subject)

roles = Table(
    "people_roles",
    people_metadata,
    Column("staff_id", Text, primary_key=True),
    Column("role", Text, primary_key=True),
)

sessions = Table(
    "people_sessions",
    people_metadata,
    Column("token_hash", LargeBinary(32), primary_key=True),
    Column("staff_id", Text, nullable=False),
    Column("certificate_hash", LargeBinary(32), nullable=False),
    Column("issued_s", Int64, nullable=False),
    Column("expires_s", Int64, nullable=False),
)
Index("people_sessions_staff", sessions.c.staff_id)

used_nonces = Table(
    "people_nonces",  # of logins at an identity provider: given out here, used once
    people_metadata,
    Column("nonce_hash", LargeBinary(32), primary_key=True),
    Column("expires_s", Int64, nullable=False),
)

approvals = Table(
    "people_approvals",
    people_metadata,
    Column("approval_id", Text, primary_key=True),
    Column("act", Text, nullable=False),
    Column("subject", Text, nullable=False),  # the resource it is about, by id
    Column("request", LargeBinary, nullable=False),  # canonical bytes; empty once what it is about was erased
    Column("request_hash", LargeBinary(32), nullable=False),
    Column("author", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("proposed_s", Int64, nullable=False),
    Column("expires_s", Int64, nullable=False),
    Column("status", Text, nullable=False),
    Column("approver", Text, nullable=False),
    Column("decided_s", Int64, nullable=False),
    Column("executed_s", Int64, nullable=False),
)
Index("people_approvals_open", approvals.c.status, approvals.c.proposed_s)
Index("people_approvals_subject", approvals.c.subject)

audit = Table(
    "people_audit",
    people_metadata,
    Column("height", Int64, primary_key=True, autoincrement=False),
    Column("at_s", Int64, nullable=False),
    Column("act", Text, nullable=False),
    Column("staff_id", Text, nullable=False),
    Column("approver_staff_id", Text, nullable=False),
    Column("caller", Text, nullable=False),
    Column("resource", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("note_hash", LargeBinary(32), nullable=False),
    Column("previous", LargeBinary(32), nullable=False),
    Column("hash", LargeBinary(32), nullable=False),
)
Index("people_audit_resource", audit.c.resource)

audit_head = Table(
    "people_audit_head",
    people_metadata,
    Column("id", Int64, primary_key=True, autoincrement=False),
    Column("height", Int64, nullable=False),
    Column("hash", LargeBinary(32), nullable=False),
)

audit_notes = Table(
    "people_audit_notes",  # free text beside the chain, which holds a salted hash of it: so it can be erased
    people_metadata,
    Column("height", Int64, primary_key=True, autoincrement=False),
    Column("salt", LargeBinary, nullable=False),
    Column("note", Text, nullable=False),
)
