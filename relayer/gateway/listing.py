"""Which settlements a list shows: filters, order, and page tokens that fit no other list."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Collection
from dataclasses import dataclass
from enum import Enum
from typing import Final

import sqlalchemy as sa

from primitives.hashing import sha256
from relayer.gateway.errors import BadPageToken
from relayer.gateway.lifecycle import SettlementState
from relayer.gateway.matching import Side
from relayer.gateway.settlement_tables import SETTLEMENTS

_BOUND_BYTES, _ID_BYTES = 16, 8
_FINAL: Final = [state.value for state in SettlementState if state.is_final]


class ListOrder(Enum):
    """By when a settlement was first heard of."""

    NEWEST_FIRST = "newest first"
    OLDEST_FIRST = "oldest first"


@dataclass(frozen=True)
class ListFilter:
    """Every given field must hold; times in Unix seconds, 0 and empty = not asked for.

    ``since_at_most_s``: not at an end, and in its state since then or longer. ``side``: of the caller.
    ``reference``: the caller's own. ``trade_reference``: of either side.
    """

    states: frozenset[SettlementState] = frozenset()
    since_at_most_s: int = 0
    side: Side | None = None
    reference: str = ""
    trade_reference: str = ""
    created_from_s: int = 0
    created_before_s: int = 0
    order: ListOrder = ListOrder.NEWEST_FIRST

    def query(self, nodes: Collection[str], beyond_id: int, limit: int) -> sa.Select[tuple[object, ...]]:
        """Rows of ``nodes`` that pass, in order, beyond a row id (0 = from the first)."""
        table = SETTLEMENTS.c
        query: sa.Select[tuple[object, ...]] = sa.select(SETTLEMENTS).where(self._own(nodes))
        if self.states:
            query = query.where(table.state.in_(sorted(state.value for state in self.states)))
        if self.since_at_most_s:
            query = query.where(table.state.not_in(_FINAL), table.since_s <= self.since_at_most_s)
        if self.trade_reference:
            wanted = self.trade_reference
            query = query.where(sa.or_(table.seller_trade_reference == wanted, table.buyer_trade_reference == wanted))
        if self.created_from_s:
            query = query.where(table.created_s >= self.created_from_s)
        if self.created_before_s:
            query = query.where(table.created_s < self.created_before_s)
        if self.order is ListOrder.OLDEST_FIRST:
            return query.where(table.id > beyond_id).order_by(table.id).limit(limit)
        if beyond_id:
            query = query.where(table.id < beyond_id)
        return query.order_by(table.id.desc()).limit(limit)

    def _own(self, nodes: Collection[str]) -> sa.ColumnElement[bool]:
        """On a side of the caller's, under the caller's reference there."""
        table = SETTLEMENTS.c
        sides = {
            Side.SELLER: (table.seller_node, table.seller_reference),
            Side.BUYER: (table.buyer_node, table.buyer_reference),
        }
        wanted = [self.side] if self.side is not None else list(Side)
        found = []
        for node, reference in (sides[side] for side in wanted):
            is_own = node.in_(nodes)
            found.append(sa.and_(is_own, reference == self.reference) if self.reference else is_own)
        return sa.or_(*found)


def page_token(asked: bytes, row_id: int) -> str:
    """The token of the page after a row; ``asked``: what the list is of, encoded."""
    return base64.urlsafe_b64encode(sha256(asked)[:_BOUND_BYTES] + row_id.to_bytes(_ID_BYTES, "big")).decode()


def row_after(asked: bytes, token: str) -> int:
    """The row that a token continues behind; 0 without a token. Raises ``BadPageToken`` for another list's."""
    if not token:
        return 0
    try:
        found = base64.b64decode(token, altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        found = b""
    if len(found) != _BOUND_BYTES + _ID_BYTES or found[:_BOUND_BYTES] != sha256(asked)[:_BOUND_BYTES]:
        raise BadPageToken("page_token", "a token from an earlier answer to the same list", token[:64])
    return min(int.from_bytes(found[_BOUND_BYTES:], "big"), 2**63 - 1)
