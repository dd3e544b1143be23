"""The trade desk's tables: methods, trades, notices, net sets."""

from __future__ import annotations

from sqlalchemy import Column, Index, LargeBinary, MetaData, Table

from chains.progmat.node.storage.column_types import Int64, Text

trades_metadata = MetaData()

methods = Table(
    "trade_methods",  # how investors pay and are paid; only added to
    trades_metadata,
    Column("investor_id", Text, primary_key=True),
    Column("version", Int64, primary_key=True, autoincrement=False),
    Column("from_day", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("coin_id", Text, nullable=False),
    Column("issuer", Text, nullable=False),
    Column("cash_key", LargeBinary, nullable=False),
    Column("bank_id", Text, nullable=False),
    Column("payer_name", Text, nullable=False),
    Column("payment", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("approver", Text, nullable=False),
    Column("at_ms", Int64, nullable=False),
)

desk = Table(
    "trade_desk",  # a trade's life at this node
    trades_metadata,
    Column("number", Int64, primary_key=True, autoincrement=True),
    Column("trade_id", LargeBinary(32), nullable=False, unique=True),
    Column("side", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("network", Text, nullable=False),
    Column("token_id", Text, nullable=False),
    Column("registrar", Text, nullable=False),
    Column("quantity", Int64, nullable=False),
    Column("amount_yen", Int64, nullable=False),
    Column("settlement_day", Text, nullable=False),
    Column("settle_by_s", Int64, nullable=False),
    Column("counterparty", Text, nullable=False),
    Column("seller_id", Text, nullable=False),
    Column("seller_broker", Text, nullable=False),
    Column("seller_tokens_key", LargeBinary, nullable=False),
    Column("buyer_id", Text, nullable=False),
    Column("buyer_broker", Text, nullable=False),
    Column("own_buyer_tokens_key", LargeBinary, nullable=False),
    Column("state", Text, nullable=False),
    Column("pattern", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("says", Text, nullable=False),
    Column("terms", LargeBinary, nullable=False),
    Column("buyer_tokens_key", LargeBinary, nullable=False),  # as the buyer's custodian told it
    Column("payer_name", Text, nullable=False),
    Column("reference", Text, nullable=False),
    Column("net_set", LargeBinary, nullable=False),
    Column("flow_id", Text, nullable=False),
    Column("rounds", Int64, nullable=False),  # flows begun; each has its own request id
    Column("tx_id", LargeBinary, nullable=False),
    Column("attempts", Int64, nullable=False),
    Column("next_due_ms", Int64, nullable=False),
    Column("told", Int64, nullable=False),  # 1: the other desk has heard of the end
    Index("trade_desk_due", "told", "next_due_ms"),
    Index("trade_desk_netting", "settlement_day", "state"),
    sqlite_autoincrement=True,
)

followed = Table(
    "trade_followed",  # how far the desk has taken in what others number
    trades_metadata,
    Column("source", Text, primary_key=True),
    Column("sequence", Int64, nullable=False),
)

notices = Table(
    "trade_notices",  # what brokers were told; only added to, numbered so that readers resume
    trades_metadata,
    Column("number", Int64, primary_key=True, autoincrement=True),
    Column("at_ms", Int64, nullable=False),
    Column("trade_id", LargeBinary(32), nullable=False),
    Column("broker", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("shortage", Int64, nullable=False),
    Index("trade_notices_trade", "trade_id", "broker", "reason"),
    sqlite_autoincrement=True,
)

net_sets = Table(
    "trade_net_sets",  # trades of one broker pair and day that one net payment settles
    trades_metadata,
    Column("set_id", LargeBinary(32), primary_key=True),
    Column("broker_a", Text, nullable=False),
    Column("broker_b", Text, nullable=False),
    Column("settlement_day", Text, nullable=False),
    Column("payer", Text, nullable=False),  # empty: nothing is owed
    Column("net_yen", Int64, nullable=False),
    Column("reference", Text, nullable=False),
    Column("at_ms", Int64, nullable=False),
)
