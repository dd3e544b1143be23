"""Pages of settlements and of events, for whatever nodes a caller speaks for: nothing missed, nothing twice."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from relayer.gateway.instructing import instruct
from relayer.gateway.matching import Side
from relayer.gateway.store import GatewayStore
from tests.fakes.settlement_terms import T0_S, some_terms

NODES = ("cn-a", "cn-b", "cn-c")
PAIRS = st.tuples(st.sampled_from(NODES), st.sampled_from(NODES))


@given(
    pairs=st.lists(PAIRS, max_size=12),
    nodes=st.frozensets(st.sampled_from(NODES)),
    limit=st.integers(min_value=1, max_value=4),
)
@settings(max_examples=40, deadline=None)
def test_pages_of_any_size_show_exactly_what_concerns_the_caller(
    pairs: list[tuple[str, str]], nodes: frozenset[str], limit: int
) -> None:
    store = GatewayStore(None)
    for trade, pair in enumerate(pairs, 1):
        terms = some_terms(trade, nodes=pair)
        store.change(terms.trade_id, instruct(Side.SELLER, terms, T0_S), T0_S)
    own = [trade for trade, pair in enumerate(pairs, 1) if nodes.intersection(pair)]
    assert store.newest_event(nodes) == max(own, default=0)

    numbers: list[int] = []
    after = 0
    while after < len(pairs):
        page = store.events(nodes, after, None, limit)
        assert page.reached > after
        numbers += [event.number for event in page.events]
        after = page.reached
    assert numbers == own

    listed: list[int] = []
    before = 0
    while rows := store.page(nodes, (), before, limit):
        listed += [int.from_bytes(settlement.trade_id, "big") for _, settlement in rows]
        before = rows[-1][0]
    assert listed == own[::-1]
    store.close()
