"""A block's receipts root, and with it the block's events: what a node says of them is held against the header.

A receipt's part in the root is its type, status, gas used so far, bloom and events (yellow paper 4.4.1, EIP-658,
EIP-2718). Who sent it and which transaction it belongs to are not: a transaction's hash stays the node's word.

GoQuorum shows a private transaction's receipt to its parties with the events of their private state. The header's root
was made from its public one: successful, with the same gas, without events.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from typing import Final

from trie.hexary import HexaryTrie

from chains.evm.client.node_types import EvmBlock, EvmLog, EvmReceipt, EvmTxStatus
from chains.evm.client.rpc import EvmRpc
from chains.evm.client.transport import MAX_ANSWER_BYTES
from chains.evm.errors import AnswerTooLarge, NodeMisbehaved
from primitives.keccak import keccak256
from primitives.rlp import encode, uint_bytes

_log = logging.getLogger(__name__)
_BLOOM_BYTES: Final = 256
_CHARACTERS_A_GAS: Final = 2
"""Of receipts at most: a byte of data costs 8 gas and is two digits; an event without any costs 375, in 450 or so."""


async def events_of_block(node: EvmRpc, block: EvmBlock) -> tuple[EvmLog, ...]:
    """Give all public events of a block whose header is known, in order.

    Raises `NodeMisbehaved` if the receipts that the node gives are not those of the header.
    """
    receipts = await node.receipts_of_block(block.height)
    found, what = receipts_root(receipts), f"receipts of block {block.height}"
    if found != block.receipts_root:
        raise NodeMisbehaved(what, f"receipts root 0x{block.receipts_root.hex()}", f"0x{found.hex()}")
    logs = tuple(log for receipt in receipts for log in _public_logs(receipt))
    places = [(log.height, log.block_hash) for log in logs]
    if any(place != (block.height, block.block_hash) for place in places):
        raise NodeMisbehaved(what, f"events of 0x{block.block_hash.hex()}", "events of another block")
    return logs


async def events_if_readable(node: EvmRpc, block: EvmBlock) -> tuple[EvmLog, ...] | None:
    """As `events_of_block`; None where its receipts are more than is read of an answer, and may well be.

    Somebody who fills a block, where gas is free, must not keep us from reading on: its events can only be believed.
    Where the gas is too little for that, the answer is a lie, raised as `AnswerTooLarge`.
    """
    try:
        return await events_of_block(node, block)
    except AnswerTooLarge:
        if block.gas_used * _CHARACTERS_A_GAS <= MAX_ANSWER_BYTES:
            raise
    _log.warning("receipts of block %d are too large: its events are believed as told", block.height)
    return None


def receipts_root(receipts: Sequence[EvmReceipt]) -> bytes:
    """Give the root of the trie of a block's receipts. Pure."""
    trie = HexaryTrie({}, prune=True)
    for index, receipt in enumerate(receipts):
        trie[encode(uint_bytes(index))] = receipt_bytes(receipt)
    return bytes(trie.root_hash)


def receipt_bytes(receipt: EvmReceipt) -> bytes:
    """Give a receipt as it is put into its block's trie. Pure."""
    logs, succeeded = _public_logs(receipt), receipt.is_private or receipt.status is EvmTxStatus.SUCCEEDED
    body = encode(
        [
            uint_bytes(int(succeeded)),
            uint_bytes(receipt.cumulative_gas_used),
            bloom_of(logs),
            [[log.address, list(log.topics), log.data] for log in logs],
        ]
    )
    return body if receipt.evm_tx_type == 0 else bytes([receipt.evm_tx_type]) + body


def bloom_of(logs: Iterable[EvmLog]) -> bytes:
    """Give the bloom filter that a header or receipt has for these events: their addresses and topics. Pure."""
    bloom = 0
    for value in {value for log in logs for value in (log.address, *log.topics)}:
        bloom |= bloom_bits(value)
    return bloom.to_bytes(_BLOOM_BYTES, "big")


def bloom_bits(value: bytes) -> int:
    """Give three bits, each named by two bytes of the value's hash (yellow paper 4.4.1). Pure."""
    digest = keccak256(value)
    bits = 0
    for at in (0, 2, 4):
        bits |= 1 << (int.from_bytes(digest[at : at + 2], "big") % (8 * _BLOOM_BYTES))
    return bits


def _public_logs(receipt: EvmReceipt) -> tuple[EvmLog, ...]:
    return () if receipt.is_private else receipt.logs
