"""Bloom filters of our own making, beside the library's."""

from __future__ import annotations

from eth_bloom.bloom import BloomFilter
from hypothesis import given
from hypothesis import strategies as st

from chains.evm.client.node_types import EvmLog
from chains.evm.client.receipts_root import bloom_of

WORDS = st.binary(min_size=32, max_size=32)
LOGS = st.lists(st.tuples(st.binary(min_size=20, max_size=20), st.lists(WORDS, max_size=4)), max_size=8)


@given(LOGS)
def test_the_filter_of_events_is_that_of_the_library(found: list[tuple[bytes, list[bytes]]]) -> None:
    expected = BloomFilter()
    for address, topics in found:
        expected.extend((address, *topics))
    logs = [EvmLog(address, tuple(topics), b"", 1, b"", b"", 0) for address, topics in found]
    assert bloom_of(logs) == int(expected).to_bytes(256, "big")
