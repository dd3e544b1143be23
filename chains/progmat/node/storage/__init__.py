"""The node's database: SQLite with group commit, the transaction store and the outbox."""

from chains.progmat.node.storage.database import NodeDatabase
from chains.progmat.node.storage.outbox import (
    Effect,
    EffectStatus,
    due_effects,
    effect_done,
    effect_failed,
    enqueue_effect,
)
from chains.progmat.node.storage.prepared import Prepared, insert
from chains.progmat.node.storage.schema import SCHEMA_VERSION, storage_metadata
from chains.progmat.node.storage.transaction_store import (
    StoredTransaction,
    StoreOutcome,
    store_recorded,
    stored_transaction,
    stored_transactions,
    unknown_transactions,
)

__all__ = [
    "SCHEMA_VERSION",
    "Effect",
    "EffectStatus",
    "NodeDatabase",
    "Prepared",
    "StoreOutcome",
    "StoredTransaction",
    "due_effects",
    "effect_done",
    "effect_failed",
    "enqueue_effect",
    "insert",
    "storage_metadata",
    "store_recorded",
    "stored_transaction",
    "stored_transactions",
    "unknown_transactions",
]
