"""Ancestors that go along with a request for approval, so that each Validator need not ask for them.

A Validator verifies a transaction with all it uses, and may fetch any. What it has is known of those it approved for
this node: it has recorded what they use. Of the rest, what is recorded here whole and is not large goes along; the
others it asks for. In memory: after a restart some go along that a Validator has.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import partial
from typing import Final

from chains.progmat.flows.of_peers import OfPeers
from chains.progmat.node.storage import NodeDatabase, stored_transactions
from chains.progmat.transactions.signed_codec import MAX_AHEAD, MAX_AHEAD_BYTES
from chains.progmat.transactions.wire import WireTransaction

MAX_REMEMBERED: Final = 8_192
"""Of each Validator."""


class ApprovalAhead:
    """What the Validators lack, as far as one node can tell."""

    def __init__(self, database: NodeDatabase) -> None:
        self._database = database
        self._had = OfPeers(MAX_REMEMBERED)

    async def of(self, validators: Collection[str], wire: WireTransaction) -> Mapping[str, tuple[bytes, ...]]:
        """By Validator, signed transactions that ``wire`` uses."""
        lacking = {
            name: [tx_id for tx_id in wire.outputs_used if (name, tx_id) not in self._had] for name in validators
        }
        wanted = {tx_id for tx_ids in lacking.values() for tx_id in tx_ids}
        if not wanted:
            return dict.fromkeys(validators, ())
        stored = await self._database.look_up(partial(stored_transactions, tx_ids=wanted))
        small = {
            tx_id: kept.signed_bytes for tx_id, kept in stored.items() if len(kept.signed_bytes) <= MAX_AHEAD_BYTES
        }
        return {
            name: tuple(small[tx_id] for tx_id in tx_ids if tx_id in small)[:MAX_AHEAD]
            for name, tx_ids in lacking.items()
        }

    def approved(self, validator: str, wire: WireTransaction) -> None:
        """It has verified what ``wire`` uses."""
        self._had.add(validator, wire.outputs_used)
