"""Ancestors that go along with a request for approval, so that each Validator need not ask for them.

A Validator verifies a transaction with all it uses, and may fetch any. What it has is known of those it approved for
this node: it has recorded what they use. Of the rest, what is recorded here whole and is not large goes along, with
what that uses in turn: not every Validator is asked about each transaction. The others it asks for. In memory: after a
restart some go along that a Validator has.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from functools import partial
from typing import Final

from sqlalchemy import Connection

from chains.progmat.flows.of_peers import OfPeers
from chains.progmat.flows.signed_records import decoded
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
        """By Validator, signed transactions that ``wire`` uses, the nearest first."""
        return {name: await self._database.look_up(partial(self._of, validator=name, wire=wire)) for name in validators}

    def approved(self, validator: str, wire: WireTransaction, ahead: Iterable[bytes]) -> None:
        """It has verified what ``wire`` uses, and what came along with it."""
        self._had.add(validator, wire.outputs_used)
        for ancestor in map(decoded, ahead):
            self._had.add(validator, (bytes(ancestor.id), *ancestor.wire.outputs_used))

    def _of(self, connection: Connection, *, validator: str, wire: WireTransaction) -> tuple[bytes, ...]:
        found: dict[bytes, bytes] = {}
        nearest = self._lacking(validator, wire, found)
        while nearest and len(found) < MAX_AHEAD:
            stored = stored_transactions(connection, nearest)
            small = {tx_id: stored[tx_id].signed_bytes for tx_id in nearest if tx_id in stored}
            small = {tx_id: data for tx_id, data in small.items() if len(data) <= MAX_AHEAD_BYTES}
            found |= small
            behind = (self._lacking(validator, decoded(data).wire, found) for data in small.values())
            nearest = list(dict.fromkeys(tx_id for tx_ids in behind for tx_id in tx_ids))
        return tuple(found.values())[:MAX_AHEAD]

    def _lacking(self, validator: str, wire: WireTransaction, but: Collection[bytes]) -> list[bytes]:
        return [tx_id for tx_id in wire.outputs_used if (validator, tx_id) not in self._had and tx_id not in but]
