"""Tables of the flows: flows, counters, trades of both kinds, what platforms authorised, IBC events for relayers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from sqlalchemy import CheckConstraint, Column, Index, LargeBinary, MetaData, Table, UniqueConstraint, text

from chains.progmat.node.storage.column_types import Int64, Text

flows_metadata = MetaData()


def none_of(column: str, words: Iterable[str]) -> str:
    """That a column has none of some words of ours, as a text of SQL.

    Words, for a partial index is used only where a query has its condition in the text. Not ``NOT IN``: of more than
    two words SQLite makes a table in memory, filled and thrown away in each statement that looks at the condition, and
    a condition of an index or a CHECK is looked at whenever a row is written.
    """
    return " AND ".join(f"{column} <> '{word}'" for word in words)


def one_of(column: str, words: Iterable[str]) -> str:
    """That a column has one of some words of ours, as a text of SQL, in brackets; otherwise as ``none_of``."""
    return "(" + " OR ".join(f"{column} = '{word}'" for word in words) + ")"


# Which kinds, steps and statuses there are is said by the enums that write and read them, not here: a new kind of flow
# must not need a migration. `crossdvp ledger fsck` reports a word that this program does not know.

_UNRECORDED: Final = ("BUILT", "COUNTERSIGNED", "APPROVED", "NOTARISED")
_BUILT: Final = (*_UNRECORDED, "RECORDED")

flows = Table(
    "flows",
    flows_metadata,
    Column("flow_id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("request", LargeBinary, nullable=False),
    Column("step", Text, nullable=False),
    Column("signed_tx", LargeBinary),
    Column("tx_id", LargeBinary(32)),
    Column("journal_position", Int64, nullable=False),
    Column("attempts", Int64, nullable=False),
    Column("last_error_reason", Text, nullable=False),
    Column("last_error", Text, nullable=False),
    Column("waiting_on", Text, nullable=False),
    Column("next_attempt_ms", Int64, nullable=False),
    Column("wish", Text, nullable=False),
    Column("story", Text, nullable=False),
    Column("since_ms", Int64, nullable=False),
    Column("created_ms", Int64, nullable=False),
    Column("updated_ms", Int64, nullable=False),
    CheckConstraint(f"signed_tx IS NOT NULL OR ({none_of('step', _BUILT)})", name="flows_built"),
)
Index("flows_step_created", flows.c.step, flows.c.created_ms)

FREQUENT_KINDS: Final = (
    *("issue_cash", "move_cash", "redeem_cash", "lock_cash", "merge_cash"),
    *("issue_token", "move_token", "redeem_token", "settle_dvp", "pay_batch"),
    *("receive_packet", "ack_packet", "timeout_packet", "cancel_trade", "update_light_client"),
)
"""Of which there may be thousands under way."""
_IS_RARE: Final = none_of("kind", FREQUENT_KINDS)
RARE_AND_UNRECORDED: Final = f"{_IS_RARE} AND {one_of('step', _UNRECORDED)}"
"""A query that says the same has the index below."""
Index(
    "flows_rare_kind",  # is another of this kind under way? nearly every builder asks, of a kind that hardly ever is
    flows.c.kind,
    sqlite_where=text(RARE_AND_UNRECORDED),
    postgresql_where=text(RARE_AND_UNRECORDED),
)

counters = Table(
    "counters",
    flows_metadata,
    Column("name", Text, primary_key=True),
    Column("value", Int64, nullable=False),
)

ibc_events = Table(
    "ibc_events",
    flows_metadata,
    Column("cursor", Int64, primary_key=True, autoincrement=True),
    Column("kind", Text, nullable=False),
    Column("packet", LargeBinary, nullable=False),
    Column("acknowledgement", LargeBinary, nullable=False),
    Column("tx_id", LargeBinary(32), nullable=False, unique=True),
    Column("journal_position", Int64, nullable=False),
    sqlite_autoincrement=True,
)

trade_authorisations = Table(
    "trade_authorisations",
    flows_metadata,
    Column("id", Int64, primary_key=True, autoincrement=True),
    Column("platform", Text, nullable=False),
    Column("request_id", Text, nullable=False),
    Column("trade_id", LargeBinary(32), nullable=False),
    Column("account_key", LargeBinary, nullable=False),
    Column("terms_hash", LargeBinary(32), nullable=False),
    Column("at_ms", Int64, nullable=False),
    UniqueConstraint("platform", "request_id", name="trade_authorisations_request"),
    sqlite_autoincrement=True,
)
Index("trade_authorisations_trade", trade_authorisations.c.trade_id, trade_authorisations.c.account_key)

authorised_terms = Table(
    "authorised_terms",  # what the hashes above stand for: a packet brings no more than a hash of the cash leg
    flows_metadata,
    Column("terms_hash", LargeBinary(32), primary_key=True),
    Column("terms", LargeBinary, nullable=False),
)

receipts = Table(
    "receipts",  # packets of other chains that were answered on this ledger, by their receipt's path
    flows_metadata,
    Column("path", LargeBinary, primary_key=True),
    Column("packet", LargeBinary, nullable=False),
    Column("acknowledgement", LargeBinary, nullable=False),
    Column("tx_id", LargeBinary(32), nullable=False),
    Column("journal_position", Int64, nullable=False),
)

trades = Table(
    "trades",
    flows_metadata,
    Column("trade_id", LargeBinary(32), primary_key=True),
    Column("status", Text, nullable=False),
    Column("terms_hash", LargeBinary(32), nullable=False),
    Column("packet", LargeBinary, nullable=False),
    Column("opening_tx_id", LargeBinary(32), nullable=False),
    Column("opening_position", Int64, nullable=False),
    Column("closing_tx_id", LargeBinary, nullable=False),
    Column("closing_position", Int64, nullable=False),
)

dvps = Table(  # native trades that are settled: a second settlement of an id would be recorded, too
    "dvps",
    flows_metadata,
    Column("tx_id", LargeBinary(32), primary_key=True),
    Column("trade_id", LargeBinary(32), nullable=False),
    Column("terms_hash", LargeBinary(32), nullable=False),
    Index("dvps_trade", "trade_id"),
)

dvp_answers = Table(  # what this node offered for its buyers' native trades
    "dvp_answers",
    flows_metadata,
    Column("trade_id", LargeBinary(32), primary_key=True),
    Column("terms_hash", LargeBinary(32), nullable=False),
    Column("seller_node", Text, nullable=False),
    Column("offered", LargeBinary, nullable=False),  # 34 bytes a state: transaction id, index
    Column("round_ms", Int64, nullable=False),
    Column("signed_until_s", Int64, nullable=False),  # when the last signature lapses; 0 = nothing signed
)

listing_cursors = Table(
    "listing_cursors",  # how far each peer has told this node of final transactions in which it takes part
    flows_metadata,
    Column("peer", Text, primary_key=True),
    Column("history_id", Text, nullable=False),
    Column("after", Int64, nullable=False),
)

recovered = Table(
    "recovered",  # transactions that came back from peers: a flow that is lost here may have made them
    flows_metadata,
    Column("salt", LargeBinary(32), primary_key=True),
    Column("tx_id", LargeBinary(32), nullable=False),
)

pending = Table(
    "pending",  # what this node signed for others, and what has not become final here within seconds
    flows_metadata,
    Column("tx_id", LargeBinary(32), primary_key=True),
    Column("asker", Text, nullable=False),
    Column("signed_tx", LargeBinary, nullable=False),
    Column("since_ms", Int64, nullable=False),
    Column("attempts", Int64, nullable=False),
    Column("next_attempt_ms", Int64, nullable=False),
    Column("last_error_reason", Text, nullable=False),
    Column("last_error", Text, nullable=False),
    Index("pending_due", "next_attempt_ms"),
    Index("pending_asker", "asker", "since_ms"),
)

operator_acts = Table(
    "operator_acts",  # what operators did to flows: only added to, each entry chained to the one before
    flows_metadata,
    Column("number", Int64, primary_key=True, autoincrement=True),
    Column("at_ms", Int64, nullable=False),
    Column("operator", Text, nullable=False),
    Column("act", Text, nullable=False),
    Column("flow_id", Text, nullable=False),
    Column("step", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("entry_hash", LargeBinary(32), nullable=False),
    sqlite_autoincrement=True,
)
Index("operator_acts_flow", operator_acts.c.flow_id)
