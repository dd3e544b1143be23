"""How far distributions are paid, as one node has recorded it: the registrar all of it, others their own parts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sqlalchemy import Connection

from chains.progmat.contracts.distribution import DistributionState
from chains.progmat.flows.distribution_errors import DistributionUnknown
from chains.progmat.flows.distribution_parts import known_distributions, parts_of
from chains.progmat.market.distribution import store
from chains.progmat.market.distribution.views import DistributionView, PartProgress

ORDERED: Final = "ORDERED"
MOST_HELD_SHOWN: Final = 1_000
MOST_PARTS_LISTED: Final = 10_000


def view_of(
    connection: Connection, distribution_id: bytes, waiting: Mapping[tuple[bytes, int], str]
) -> DistributionView:
    """One distribution; raises ``DistributionUnknown``."""
    on_ledger = {
        known.state.part: _progress(known.state, known.status.value, waiting)
        for known in parts_of(connection, distribution_id)
    }
    ordered = store.ordered_parts(connection, distribution_id)
    progress = {state.part: _progress(state, ORDERED, {}) for state in ordered} | on_ledger
    order = store.find_order(connection, distribution_id)
    if not progress and order is None:
        raise DistributionUnknown(distribution_id)
    some = ordered[0] if ordered else parts_of(connection, distribution_id)[0].state if progress else None
    return DistributionView(
        distribution_id,
        "" if some is None else some.subject.security_id,
        0 if some is None else some.subject.record_date,
        tuple(progress[part] for part in sorted(progress)),
        None if order is None else order.totals,
        tuple(store.held_lines(connection, distribution_id, MOST_HELD_SHOWN)),
        store.held_total(connection, distribution_id),
    )


def list_views(
    connection: Connection, security_id: str, limit: int, waiting: Mapping[tuple[bytes, int], str]
) -> list[DistributionView]:
    """Distributions on the ledger that this node takes part in, or one security's."""
    parts = known_distributions(connection, security_id, MOST_PARTS_LISTED)
    ids = dict.fromkeys(part.state.subject.distribution_id for part in parts)
    return [view_of(connection, distribution_id, waiting) for distribution_id in list(ids)[:limit]]


def _progress(state: DistributionState, status: str, waiting: Mapping[tuple[bytes, int], str]) -> PartProgress:
    why = waiting.get((state.subject.distribution_id, state.part), "")
    return PartProgress(state.part, state.node, status, state.batches, state.next_batch, state.total, why)
