"""The node's database (SQLite or PostgreSQL) with group commit, the transaction store and the outbox."""

from chains.progmat.node.storage.database import NodeDatabase
from chains.progmat.node.storage.outbox import (
    Effect,
    EffectStatus,
    due_effects,
    effect_done,
    effect_failed,
    enqueue_effect,
    forget_done_effects,
    next_due_s,
    peers_owed,
    pending_effects,
)
from chains.progmat.node.storage.prepared import Prepared, insert
from chains.progmat.node.storage.schema import history_id, storage_metadata, stored_history_id
from chains.progmat.node.storage.transaction_store import (
    Listing,
    StoredTransaction,
    StoreOutcome,
    listed_for,
    store_recorded,
    stored_transaction,
    stored_transactions,
    unknown_transactions,
)

__all__ = [
    "Effect",
    "EffectStatus",
    "Listing",
    "NodeDatabase",
    "Prepared",
    "StoreOutcome",
    "StoredTransaction",
    "due_effects",
    "effect_done",
    "effect_failed",
    "enqueue_effect",
    "forget_done_effects",
    "history_id",
    "insert",
    "listed_for",
    "next_due_s",
    "peers_owed",
    "pending_effects",
    "storage_metadata",
    "store_recorded",
    "stored_history_id",
    "stored_transaction",
    "stored_transactions",
    "unknown_transactions",
]
