"""Blocks as the devnet keeps them: header, transactions and receipts in one record, found by height or hash."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, TypeVar

import rlp
from eth.abc import ReceiptAPI
from eth.rlp.receipts import Receipt
from eth.vm.forks.berlin.transactions import BerlinLegacyTransaction
from eth_typing import Hash32
from rlp.sedes import CountableList
from rlp.sedes import List as ListSedes

from chains.evm.devnet.consensus import QbftHeader
from chains.evm.devnet.database import ChainDatabase

# state nodes live under their 32-byte hash; every key here has another length
_HEADER: Final = b"header/"
_BODY: Final = b"body/"
_HASH_AT: Final = b"hash-at/"
_PLACE_OF: Final = b"evm-tx/"
_HEAD: Final = b"head-height"

_BODY_SEDES: Final = ListSedes([CountableList(BerlinLegacyTransaction), CountableList(Receipt)])
_CACHED_HEADERS: Final = 4096
_CACHED_BODIES: Final = 256

Key = TypeVar("Key")
Value = TypeVar("Value")


@dataclass(frozen=True)
class BlockBody:
    """What a header commits to; receipts are in the order of the transactions."""

    evm_txs: tuple[BerlinLegacyTransaction, ...]
    receipts: tuple[ReceiptAPI, ...]


@dataclass(frozen=True)
class Block:
    """A sealed block."""

    header: QbftHeader
    body: BlockBody

    @property
    def height(self) -> int:
        """The block number."""
        return int(self.header.block_number)

    def gas_used_by(self, index: int) -> int:
        """Gas of one transaction: receipts carry the running total."""
        before = self.body.receipts[index - 1].gas_used if index else 0
        return int(self.body.receipts[index].gas_used - before)

    def first_log_index(self, index: int) -> int:
        """Position in the block of the first log of one transaction."""
        return sum(len(receipt.logs) for receipt in self.body.receipts[:index])


@dataclass(frozen=True)
class EvmTxPlace:
    """Where a transaction was included."""

    height: int
    index: int


class BlockStore:
    """The canonical chain. QBFT has immediate finality: there is one block a height and no reorganisation."""

    def __init__(self, database: ChainDatabase) -> None:
        self._database = database
        self._head_height: int | None = None  # asked with nearly every request
        self._headers: OrderedDict[int, QbftHeader] = OrderedDict()
        self._bodies: OrderedDict[bytes, BlockBody] = OrderedDict()

    def append(self, block: Block) -> None:
        """Write a block and make it the head; durable when this returns."""
        block_hash = bytes(block.header.hash)
        body = rlp.encode([list(block.body.evm_txs), list(block.body.receipts)], _BODY_SEDES)
        self._database[_HEADER + block_hash] = rlp.encode(block.header)
        self._database[_BODY + block_hash] = body
        self._database[_HASH_AT + _height_key(block.height)] = block_hash
        for index, evm_tx in enumerate(block.body.evm_txs):
            self._database[_PLACE_OF + evm_tx.hash] = _height_key(block.height) + index.to_bytes(4, "big")
        self._database[_HEAD] = _height_key(block.height)
        self._database.commit()
        self._head_height = block.height
        _remember(self._headers, block.height, block.header, _CACHED_HEADERS)
        _remember(self._bodies, block_hash, block.body, _CACHED_BODIES)

    def head_height(self) -> int | None:
        """Height of the newest block; None before genesis."""
        if self._head_height is None:
            try:
                self._head_height = int.from_bytes(self._database[_HEAD], "big")
            except KeyError:
                return None
        return self._head_height

    def header_at(self, height: int) -> QbftHeader | None:
        """Give the header of a height, None above the head."""
        cached = self._headers.get(height)
        if cached is not None:
            return cached
        try:
            block_hash = self._database[_HASH_AT + _height_key(height)]
        except (KeyError, OverflowError):
            return None
        header = self.header_of(block_hash)
        if header is not None:
            _remember(self._headers, height, header, _CACHED_HEADERS)
        return header

    def header_of(self, block_hash: bytes) -> QbftHeader | None:
        """Give the header of a block hash, None when unknown."""
        try:
            encoded = self._database[_HEADER + block_hash]
        except KeyError:
            return None
        header: QbftHeader = rlp.decode(encoded, QbftHeader)
        return header

    def block_of(self, header: QbftHeader) -> Block:
        """Add the body to a header of this store."""
        block_hash = bytes(header.hash)
        body = self._bodies.get(block_hash)
        if body is None:
            evm_txs, receipts = rlp.decode(self._database[_BODY + block_hash], _BODY_SEDES)
            body = BlockBody(tuple(evm_txs), tuple(receipts))
            _remember(self._bodies, block_hash, body, _CACHED_BODIES)
        return Block(header, body)

    def place_of(self, evm_tx_hash: bytes) -> EvmTxPlace | None:
        """Say where a transaction was included, None when it was not."""
        try:
            place = self._database[_PLACE_OF + evm_tx_hash]
        except KeyError:
            return None
        return EvmTxPlace(int.from_bytes(place[:8], "big"), int.from_bytes(place[8:], "big"))

    def ancestors(self, block_hash: bytes) -> Iterator[Hash32]:
        """Walk hashes from a block to genesis, newest first."""
        header = self.header_of(block_hash)
        while header is not None:
            yield header.hash
            header = self.header_of(bytes(header.parent_hash))


def _height_key(height: int) -> bytes:
    return height.to_bytes(8, "big")


def _remember(cache: OrderedDict[Key, Value], key: Key, value: Value, limit: int) -> None:
    cache[key] = value
    if len(cache) > limit:
        cache.popitem(last=False)
