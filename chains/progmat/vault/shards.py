"""Shards of an account's coins: where a flow looks first, so that flows that run at once look at different coins.

A coin's shard follows from its reference, a flow's from its id; both are spread evenly. A shard is only where the
search begins: a flow whose shard does not hold the amount in few coins looks at all of the account's.
"""

from __future__ import annotations

from typing import Final

from chains.progmat.transactions.model import StateRef
from primitives.hashing import sha256

SHARDS: Final = 16


def shard_of(ref: StateRef) -> int:
    """A state's shard; the outputs of one ledger_tx lie in different ones."""
    return (ref.tx_id[0] + ref.index) % SHARDS


def shard_for(flow_id: str) -> int:
    """The shard a flow looks at first."""
    return sha256(flow_id.encode())[0] % SHARDS
