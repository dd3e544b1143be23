"""The vault's tables: every kept state once as bytes, and once more as columns of its kind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ColumnElement,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    TypeDecorator,
    and_,
    text,
)
from sqlalchemy.engine import Dialect

from chains.progmat.node.storage.column_types import Int64, Text
from chains.progmat.vault.indexing import (
    IndexedClient,
    IndexedConsensus,
    IndexedHolding,
    IndexedLock,
    IndexedMembership,
    IndexedProposal,
    IndexedRule,
)

vault_metadata = MetaData()


class UInt64(TypeDecorator[int]):
    """Unsigned 64-bit integers as 8 bytes big-endian: the databases' own integers are signed, the order is the same."""

    impl = LargeBinary(8)
    cache_ok = True

    def process_bind_param(self, value: int | None, dialect: Dialect) -> bytes | None:
        """To the database."""
        del dialect
        return None if value is None else value.to_bytes(8, "big")

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> int | None:
        """From the database."""
        del dialect
        return None if value is None else int.from_bytes(value, "big")


states = Table(
    "vault_states",
    vault_metadata,
    Column("tx_id", LargeBinary(32), nullable=False),
    Column("output_index", Int64, nullable=False),
    Column("kind", Text, nullable=False),
    Column("component", LargeBinary, nullable=False),
    PrimaryKeyConstraint("tx_id", "output_index"),
)

consumptions = Table(
    "vault_consumptions",  # also of states that are not kept, or not here yet: transactions may arrive in any order
    vault_metadata,
    Column("tx_id", LargeBinary(32), nullable=False),
    Column("output_index", Int64, nullable=False),
    Column("consumed_by", LargeBinary(32), nullable=False),
    PrimaryKeyConstraint("tx_id", "output_index"),
    Index("vault_consumptions_by", "consumed_by"),
)

soft_locks = Table(
    "vault_soft_locks",
    vault_metadata,
    Column("tx_id", LargeBinary(32), nullable=False),
    Column("output_index", Int64, nullable=False),
    Column("lock_owner", Text, nullable=False),
    Column("expires_s", Int64, nullable=False),
    PrimaryKeyConstraint("tx_id", "output_index"),
    ForeignKeyConstraint(["tx_id", "output_index"], [states.c.tx_id, states.c.output_index]),
    Index("vault_soft_locks_owner", "lock_owner"),
)


def _kind_table(name: str, *columns: Column[Any] | CheckConstraint) -> Table:
    return Table(
        name,
        vault_metadata,
        Column("tx_id", LargeBinary(32), nullable=False),
        Column("output_index", Int64, nullable=False),
        Column("consumed", Boolean, nullable=False),
        *columns,
        PrimaryKeyConstraint("tx_id", "output_index"),
        ForeignKeyConstraint(["tx_id", "output_index"], [states.c.tx_id, states.c.output_index]),
    )


holdings = _kind_table(
    "vault_holdings",  # amounts in accounts, of coins and of tokens alike
    Column("network", Text, nullable=False),
    Column("asset_id", Text, nullable=False),
    Column("issuer", Text, nullable=False),
    Column("amount", Int64, nullable=False),
    Column("node", Text, nullable=False),
    Column("owner_key", LargeBinary, nullable=False),
    Column("encumbered", Boolean, nullable=False),
    Column("trade_id", LargeBinary(32)),  # of the lock that encumbers it
    Column("shard", Int64, nullable=False),  # where selection looks first, see ``shard_of``
    Column("notary", Text, nullable=False),  # by name: selection takes states of one
    Column("fresh_key", LargeBinary),  # that a coin names in the place of the account's own; no token does
    Column("frozen", Boolean, nullable=False),  # by its keeper; then it counts as encumbered, for no trade
    CheckConstraint("amount > 0", name="vault_holdings_amount"),
    CheckConstraint("trade_id IS NULL OR encumbered", name="vault_holdings_encumbered"),
)
locks = _kind_table(
    "vault_locks",
    Column("trade_id", LargeBinary(32), nullable=False),
    Column("client_id", Text, nullable=False),
    Column("sequence", UInt64, nullable=False),
    Column("timeout_s", UInt64, nullable=False),
    Column("issuer", Text, nullable=False),
    Column("buyer_node", Text, nullable=False),
    Column("seller_node", Text, nullable=False),
)
clients = _kind_table(
    "vault_clients",
    Column("client_id", Text, nullable=False),
    Column("client_type", Text, nullable=False),
    Column("counterparty_client_id", Text, nullable=False),
)
consensus = _kind_table(
    "vault_consensus",
    Column("client_id", Text, nullable=False),
    Column("height", UInt64, nullable=False),
    Column("timestamp_s", UInt64, nullable=False),
)
memberships = _kind_table(
    "vault_memberships",
    Column("network", Text, nullable=False),
    Column("party", Text, nullable=False),
    Column("roles", Text, nullable=False),
    Column("status", Text, nullable=False),
)
proposals = _kind_table(
    "vault_proposals",
    Column("record", Text, nullable=False),
    Column("network", Text, nullable=False),
    Column("proposal_tx", LargeBinary, nullable=False),  # empty: this ledger_tx
    Column("package_hash", LargeBinary, nullable=False),
    Column("voter", Text, nullable=False),
    Column("says", Text, nullable=False),
)
rules = _kind_table(
    "vault_rules",  # what other ledger_txs reference: securities, gates, coins
    Column("contract", Text, nullable=False),
    Column("rule_key", Text, nullable=False),
    Column("keeper", Text, nullable=False),
    Column("standing", Text, nullable=False),
)


updates = Table(
    "vault_updates",  # what changed, one row for each recorded ledger_tx; the oldest are forgotten (``forget_updates``)
    vault_metadata,
    Column("sequence", Int64, primary_key=True, autoincrement=False),  # consecutive, given by the writer
    Column("tx_id", LargeBinary(32), nullable=False),
    Column("kind", Text, nullable=False),
    Column("recorded_ms", Int64, nullable=False),  # never falls as the sequence rises
    Column("journal_position", Int64, nullable=False),  # 0: without provable writes
)

entries = Table(
    "vault_entries",  # the accounts' books: one row for each recorded ledger_tx and account it touches, kept for ever
    vault_metadata,
    Column("network", Text, nullable=False),
    Column("asset_id", Text, nullable=False),
    Column("issuer", Text, nullable=False),
    Column("node", Text, nullable=False),
    Column("owner_key", LargeBinary, nullable=False),
    Column("sequence", Int64, nullable=False),
    Column("tx_id", LargeBinary(32), nullable=False),
    Column("kind", Text, nullable=False),
    Column("recorded_ms", Int64, nullable=False),
    Column("journal_position", Int64, nullable=False),
    Column("change_amount", Int64, nullable=False),
    Column("locked_change_amount", Int64, nullable=False),  # of the part that a lock encumbers
    Column("balance_amount", Int64, nullable=False),  # after this entry, locked part included
    Column("locked_amount", Int64, nullable=False),  # after this entry
    Column("counterparty_node", Text),
    Column("counterparty_key", LargeBinary),
    PrimaryKeyConstraint("owner_key", "asset_id", "issuer", "node", "network", "recorded_ms", "sequence"),
    Index("vault_entries_sequence", "sequence"),
)
Index(
    "vault_entries_position",
    entries.c.journal_position,
    entries.c.sequence,
    sqlite_where=entries.c.journal_position > 0,
    postgresql_where=entries.c.journal_position > 0,
)

settings = Table(
    "vault_settings",
    vault_metadata,
    Column("name", Text, primary_key=True),
    Column("value", LargeBinary, nullable=False),
)


fresh_keys = Table(
    "vault_fresh_keys",  # whose account a fresh key belongs to: an issuer has all of its coin, a custodian its own
    vault_metadata,
    Column("fresh_key", LargeBinary, primary_key=True),
    Column("node", Text, nullable=False),
    Column("account_key", LargeBinary, nullable=False),
    Column("asker", Text, nullable=False),  # what the key follows from besides the tag; empty: kept elsewhere
    Column("tag", LargeBinary(32), nullable=False),
    Column("statement", LargeBinary, nullable=False),  # by which an issuer knows; empty: the account is kept here
)

fresh_accounts = Table(
    "vault_fresh_accounts",  # accounts kept here that receive under fresh keys
    vault_metadata,
    Column("account_key", LargeBinary, primary_key=True),
)


def _index_unconsumed(name: str, table: Table, *columns: ColumnElement[Any]) -> None:
    Index(name, *columns, sqlite_where=table.c.consumed.is_(False), postgresql_where=text("consumed IS false"))


# A key is one account's: it comes first, and what follows is what selection, then listing, goes by.
_index_unconsumed(
    "vault_holdings_account", holdings, holdings.c.owner_key, holdings.c.asset_id, holdings.c.amount.desc()
)
_index_unconsumed(
    "vault_holdings_shard",  # by asset, so that dust of another one, which anybody can send, is not looked at
    holdings,
    holdings.c.owner_key,
    holdings.c.asset_id,
    holdings.c.shard,
    holdings.c.amount.desc(),
)
_index_unconsumed("vault_holdings_listing", holdings, holdings.c.owner_key, holdings.c.tx_id, holdings.c.output_index)
Index(
    "vault_holdings_trade",  # most amounts are locked for no trade: they are not in it
    holdings.c.trade_id,
    sqlite_where=and_(holdings.c.consumed.is_(False), holdings.c.trade_id.is_not(None)),
    postgresql_where=text("consumed IS false AND trade_id IS NOT NULL"),
)
_index_unconsumed("vault_locks_timeout", locks, locks.c.timeout_s, locks.c.tx_id, locks.c.output_index)
_index_unconsumed("vault_clients_id", clients, clients.c.client_id)
_index_unconsumed("vault_rules_name", rules, rules.c.contract, rules.c.rule_key, rules.c.keeper)
_index_unconsumed("vault_memberships_party", memberships, memberships.c.network, memberships.c.party)
Index(
    "vault_holdings_fresh_key",
    holdings.c.fresh_key,
    sqlite_where=holdings.c.fresh_key.is_not(None),
    postgresql_where=holdings.c.fresh_key.is_not(None),
)
Index(
    "vault_holdings_frozen",  # few are: a registrar asks before each signature
    holdings.c.issuer,
    holdings.c.owner_key,
    sqlite_where=and_(holdings.c.consumed.is_(False), holdings.c.frozen.is_(True)),
    postgresql_where=text("consumed IS false AND frozen IS true"),
)
Index("vault_locks_trade", locks.c.trade_id)
Index("vault_proposals_tx", proposals.c.proposal_tx)
Index("vault_locks_packet", locks.c.client_id, locks.c.sequence)
Index("vault_consensus_height", consensus.c.client_id, consensus.c.height)

TABLE_OF: Mapping[type[object], Table] = {
    IndexedHolding: holdings,
    IndexedLock: locks,
    IndexedClient: clients,
    IndexedConsensus: consensus,
    IndexedMembership: memberships,
    IndexedProposal: proposals,
    IndexedRule: rules,
}
TABLE_OF_KIND: Mapping[str, Table] = {table.name: table for table in TABLE_OF.values()}
