"""The node's database: SQLite with group commit, the transaction store and the outbox."""

from chains.progmat.node.storage.database import NodeDatabase
from chains.progmat.node.storage.outbox import (
    Effect,
    EffectStatus,
    due_effects,
    effect_done,
    effect_failed,
    effect_parked,
    effect_unparked,
    effects,
    enqueue_effect,
    next_due_s,
)
from chains.progmat.node.storage.schema import SCHEMA_VERSION, storage_metadata
from chains.progmat.node.storage.transaction_store import (
    StoredTransaction,
    StoreOutcome,
    TransactionStatus,
    attest,
    forget_verified,
    store_recorded,
    store_verified,
    stored_transaction,
    stored_transactions,
    unknown_transactions,
    withdraw_attestation,
)

__all__ = [
    "SCHEMA_VERSION",
    "Effect",
    "EffectStatus",
    "NodeDatabase",
    "StoreOutcome",
    "StoredTransaction",
    "TransactionStatus",
    "attest",
    "due_effects",
    "effect_done",
    "effect_failed",
    "effect_parked",
    "effect_unparked",
    "effects",
    "enqueue_effect",
    "forget_verified",
    "next_due_s",
    "storage_metadata",
    "store_recorded",
    "store_verified",
    "stored_transaction",
    "stored_transactions",
    "unknown_transactions",
    "withdraw_attestation",
]
