"""Shards of an account's coins: where a flow looks first, so that flows that run at once look at different coins.

A coin's shard follows from its reference, a flow's from its id; both are spread evenly. A shard is only where the
search begins: a flow whose shard does not hold the amount in few coins looks at all of the account's.
"""

from __future__ import annotations

from typing import Final

from primitives.hashing import sha256

SHARDS: Final = 16


def shard_of(tx_id: bytes, index: int) -> int:
    """The shard of a ledger_tx's output; its outputs lie in different ones."""
    return (tx_id[0] + index) % SHARDS


def shard_for(flow_id: str) -> int:
    """The shard a flow looks at first."""
    return sha256(flow_id.encode())[0] % SHARDS
