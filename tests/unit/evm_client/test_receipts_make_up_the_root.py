"""The root of a block's receipts, beside what py-evm makes of the same receipts."""

from __future__ import annotations

from dataclasses import replace

from eth.db.trie import make_trie_root_and_nodes
from eth.rlp.logs import Log
from eth.rlp.receipts import Receipt
from hypothesis import given
from hypothesis import strategies as st
from rlp import encode

from chains.evm.client.node_types import EvmLog, EvmReceipt, EvmTxStatus
from chains.evm.client.receipts_root import receipt_bytes, receipts_root
from primitives.rlp import encode as our_encode
from primitives.rlp import uint_bytes

LOGS = st.builds(
    lambda address, topics, data: EvmLog(address, tuple(topics), data, 1, b"", b"", 0),
    st.binary(min_size=20, max_size=20),
    st.lists(st.binary(min_size=32, max_size=32), max_size=4),
    st.binary(max_size=70),
)
RECEIPTS = st.builds(
    lambda status, gas, logs: EvmReceipt(b"\x01" * 32, 1, b"", status, 0, gas, None, tuple(logs)),
    st.sampled_from(EvmTxStatus),
    st.integers(min_value=0, max_value=1 << 40),
    st.lists(LOGS, max_size=3),
)


def of_the_library(receipt: EvmReceipt) -> Receipt:
    logs = [
        Log(log.address, tuple(int.from_bytes(topic, "big") for topic in log.topics), log.data) for log in receipt.logs
    ]
    status = b"\x01" if receipt.status is EvmTxStatus.SUCCEEDED else b""
    return Receipt(state_root=status, gas_used=receipt.cumulative_gas_used, logs=logs)


@given(st.lists(RECEIPTS, max_size=20))
def test_the_root_is_that_of_the_library(receipts: list[EvmReceipt]) -> None:
    expected, _ = make_trie_root_and_nodes([of_the_library(receipt) for receipt in receipts])
    assert receipts_root(receipts) == expected


@given(RECEIPTS, st.integers(min_value=1, max_value=0x7F))
def test_a_type_goes_before_the_receipt(receipt: EvmReceipt, evm_tx_type: int) -> None:
    assert receipt_bytes(receipt) == encode(of_the_library(receipt))
    assert receipt_bytes(replace(receipt, evm_tx_type=evm_tx_type)) == bytes([evm_tx_type]) + receipt_bytes(receipt)


@given(RECEIPTS)
def test_of_a_private_transaction_the_header_has_the_public_receipt(receipt: EvmReceipt) -> None:
    """GoQuorum: it succeeds in public, whatever became of it among its parties, and tells nothing there."""
    public = our_encode([b"\x01", uint_bytes(receipt.cumulative_gas_used), bytes(256), []])
    assert receipt_bytes(replace(receipt, is_private=True)) == public
