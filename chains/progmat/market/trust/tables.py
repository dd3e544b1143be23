"""Tables of coins in trust: postings and balances in yen, deposits, redemptions, what could not be matched, checks."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Index, LargeBinary, MetaData, Table, UniqueConstraint

from chains.progmat.node.storage.column_types import Int64, Text

trust_metadata = MetaData()

postings = Table(
    "trust_postings",  # double entry: each row debits one account and credits another, and is never changed
    trust_metadata,
    Column("id", Int64, primary_key=True, autoincrement=True),
    Column("coin_id", Text, nullable=False),
    Column("cause", Text, nullable=False),  # why, exactly once: ``deposit/ID``, ``issue/TX/NODE``, ...
    Column("debit", Text, nullable=False),
    Column("debit_node", Text, nullable=False),
    Column("credit", Text, nullable=False),
    Column("credit_node", Text, nullable=False),
    Column("amount_yen", Int64, nullable=False),
    Column("reference", Text, nullable=False),  # the bank's, or a ledger_tx
    Column("author", Text, nullable=False),  # staff ids; empty: the ledger itself
    Column("approver", Text, nullable=False),
    Column("at_ms", Int64, nullable=False),
    UniqueConstraint("coin_id", "cause", name="trust_postings_cause"),
    CheckConstraint("amount_yen > 0", name="trust_postings_amount"),
    sqlite_autoincrement=True,
)

balances = Table(
    "trust_balances",  # of all postings so far, by account and intermediary
    trust_metadata,
    Column("coin_id", Text, primary_key=True),
    Column("account", Text, primary_key=True),
    Column("node", Text, primary_key=True),
    Column("amount_yen", Int64, nullable=False),
)

deposits = Table(
    "trust_deposits",
    trust_metadata,
    Column("deposit_id", Text, primary_key=True),
    Column("coin_id", Text, nullable=False),
    Column("amount_yen", Int64, nullable=False),
    Column("node", Text, nullable=False),
    Column("account_key", LargeBinary, nullable=False),
    Column("status", Text, nullable=False),
    Column("flow_id", Text, nullable=False),  # of the issue; empty before it is confirmed
    Column("attempt", Int64, nullable=False),
    Column("bank_reference", Text),  # once per coin; NULL before it is confirmed
    Column("tx_id", LargeBinary(32)),
    Column("announced_by", Text, nullable=False),
    Column("announced_ms", Int64, nullable=False),
    Column("author", Text, nullable=False),
    Column("approver", Text, nullable=False),
    Column("confirmed_ms", Int64, nullable=False),
    UniqueConstraint("coin_id", "bank_reference", name="trust_deposits_reference"),
    CheckConstraint("amount_yen > 0", name="trust_deposits_amount"),
)
Index("trust_deposits_status", deposits.c.status, deposits.c.announced_ms)
Index("trust_deposits_flow", deposits.c.flow_id)

redemptions = Table(
    "trust_redemptions",  # coin that is off the ledger, for which yen have to be paid out
    trust_metadata,
    Column("redemption_id", Text, primary_key=True),
    Column("coin_id", Text, nullable=False),
    Column("node", Text, nullable=False),
    Column("amount_yen", Int64, nullable=False),
    Column("tx_id", LargeBinary(32), nullable=False),
    Column("status", Text, nullable=False),
    Column("bank_reference", Text),  # once per coin; NULL before it is paid
    Column("seen_ms", Int64, nullable=False),
    Column("author", Text, nullable=False),
    Column("approver", Text, nullable=False),
    Column("paid_ms", Int64, nullable=False),
    UniqueConstraint("coin_id", "bank_reference", name="trust_redemptions_reference"),
)
Index("trust_redemptions_status", redemptions.c.status, redemptions.c.seen_ms)

unmatched = Table(
    "trust_unmatched_issues",  # coin that no deposit stands behind, until one does
    trust_metadata,
    Column("tx_id", LargeBinary(32), primary_key=True),
    Column("coin_id", Text, primary_key=True),
    Column("node", Text, primary_key=True),
    Column("amount_yen", Int64, nullable=False),
)

cursors = Table(
    "trust_cursors",  # how far the vault's books have been followed
    trust_metadata,
    Column("name", Text, primary_key=True),
    Column("sequence", Int64, nullable=False),
)

mismatches = Table(
    "trust_mismatches",  # every time a check found trust and ledger apart, kept for ever
    trust_metadata,
    Column("coin_id", Text, primary_key=True),
    Column("sequence", Int64, primary_key=True),
    Column("node", Text, primary_key=True),
    Column("trust_yen", Int64, nullable=False),
    Column("unspent_yen", Int64, nullable=False),
    Column("at_ms", Int64, nullable=False),
)
