"""The chain: genesis, and one sealed block after another.

A block is made by: header from the parent -> execute on py-evm -> roots -> commit seals -> write. Nothing here knows
about time, sockets or the mempool; the caller says which transactions, when, and in which round.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from eth.abc import ReceiptAPI, StateAPI
from eth.constants import BLANK_ROOT_HASH
from eth.db.atomic import AtomicDB
from eth.db.trie import make_trie_root_and_nodes
from eth.vm.chain_context import ChainContext
from eth.vm.forks.berlin.transactions import BerlinLegacyTransaction
from eth_typing import Address
from eth_utils.exceptions import ValidationError

from chains.evm.devnet.blocks import Block, BlockBody, BlockStore
from chains.evm.devnet.consensus import QBFT_DIFFICULTY, QbftHeader, QbftVM, as_qbft, raw_fields
from chains.evm.devnet.database import ChainDatabase
from chains.evm.devnet.errors import ChainMismatch
from chains.evm.devnet.sealing import QBFT_MIX_HASH, QbftExtraData, ValidatorKeys, decode_extra_data

_NONCE: Final = bytes(8)
_IDENTITY_KEY: Final = b"chain-id"
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Genesis:
    """What block 0 commits to. `balances_wei` by address."""

    chain_id: int
    gas_limit: int
    time_s: int
    balances_wei: dict[Address, int]


@dataclass(frozen=True)
class BlockPlan:
    """What is decided before a block is executed."""

    timestamp_s: int
    round_number: int
    candidates: Iterable[BerlinLegacyTransaction]


@dataclass(frozen=True)
class RejectedEvmTx:
    """A candidate that the state did not allow; it is not in the block."""

    evm_tx_hash: bytes
    why: str


@dataclass(frozen=True)
class ProducedBlock:
    """A new head, and the candidates that must be forgotten."""

    block: Block
    rejected: tuple[RejectedEvmTx, ...]


class DevChain:
    """One canonical QBFT chain over one database."""

    def __init__(self, database: ChainDatabase, keys: ValidatorKeys, chain_id: int) -> None:
        self.database = AtomicDB(database)
        self.blocks = BlockStore(database)
        self.keys = keys
        self.chain_id = chain_id
        self._raw_database = database

    @property
    def head(self) -> QbftHeader:
        """The newest header. `open_or_create` has been called, so there is one."""
        height = self.blocks.head_height()
        header = None if height is None else self.blocks.header_at(height)
        if header is None:
            raise ChainMismatch("head", "a genesis block", "none: call open_or_create first")
        return header

    def open_or_create(self, genesis: Genesis) -> None:
        """Continue the chain in the database, or write block 0. Raises `ChainMismatch` for somebody else's chain."""
        stored = self.blocks.header_at(0)
        if stored is None:
            self._create(genesis)
            return
        stored_chain_id = int.from_bytes(self._raw_database[_IDENTITY_KEY], "big")
        if stored_chain_id != genesis.chain_id:
            raise ChainMismatch("chain_id", str(genesis.chain_id), str(stored_chain_id))
        validators = decode_extra_data(stored.extra_data).validators
        if validators != self.keys.addresses:
            raise ChainMismatch("validator set", _shown(self.keys.addresses), _shown(validators))

    def _create(self, genesis: Genesis) -> None:
        empty = self._header(None, genesis.time_s, genesis.gas_limit, 0)
        state = self._vm(empty).state
        for holder, balance_wei in genesis.balances_wei.items():
            state.set_balance(holder, balance_wei)
        state.persist()
        self._raw_database[_IDENTITY_KEY] = genesis.chain_id.to_bytes(8, "big")
        self.blocks.append(Block(as_qbft(empty.copy(state_root=state.state_root)), BlockBody((), ())))

    def produce(self, plan: BlockPlan) -> ProducedBlock:
        """Execute, seal and append one block. The caller guarantees a timestamp above the head's."""
        parent = self.head
        header = self._header(parent, plan.timestamp_s, parent.gas_limit, plan.round_number)
        vm = self._vm(header)
        included: list[BerlinLegacyTransaction] = []
        receipts: list[ReceiptAPI] = []
        rejected: list[RejectedEvmTx] = []
        passed_over: set[bytes] = set()  # their later nonces do not fit either
        for evm_tx in plan.candidates:
            if evm_tx.sender in passed_over:
                continue
            if header.gas_used + evm_tx.gas > header.gas_limit:
                passed_over.add(evm_tx.sender)
                continue
            try:
                receipt, _ = vm.apply_transaction(header, evm_tx)
            except ValidationError as error:
                passed_over.add(evm_tx.sender)
                rejected.append(RejectedEvmTx(evm_tx.hash, str(error)))
                continue
            header = as_qbft(vm.add_receipt_to_header(header, receipt))
            included.append(evm_tx)
            receipts.append(receipt)
        vm.state.persist()
        complete = header.copy(
            state_root=vm.state.state_root,
            transaction_root=make_trie_root_and_nodes(included)[0],
            receipt_root=make_trie_root_and_nodes(receipts)[0],
        )
        sealed = complete.copy(extra_data=self.keys.seal(raw_fields(complete), bytes(complete.coinbase)))
        block = Block(as_qbft(sealed), BlockBody(tuple(included), tuple(receipts)))
        self.blocks.append(block)
        _log.debug("block %d: %d transactions, %d rejected", block.height, len(included), len(rejected))
        return ProducedBlock(block, tuple(rejected))

    def state_after(self, header: QbftHeader) -> StateAPI:
        """Give the state that a block left behind, seen from inside that block (its number, time, proposer)."""
        return QbftVM.build_state(
            self.database,
            header,
            ChainContext(self.chain_id),
            self.blocks.ancestors(bytes(header.parent_hash)),
        )

    def _vm(self, header: QbftHeader) -> QbftVM:
        return QbftVM(header, self.database, self.chain_id, self.blocks.ancestors)

    def _header(self, parent: QbftHeader | None, timestamp_s: int, gas_limit: int, round_number: int) -> QbftHeader:
        height = 0 if parent is None else parent.block_number + 1
        return QbftHeader(
            parent_hash=bytes(32) if parent is None else parent.hash,
            coinbase=bytes(20) if parent is None else self.keys.proposer(height, round_number),
            state_root=BLANK_ROOT_HASH if parent is None else parent.state_root,
            difficulty=QBFT_DIFFICULTY,
            block_number=height,
            gas_limit=gas_limit,
            timestamp=timestamp_s,
            extra_data=QbftExtraData(self.keys.addresses, round_number).encode(),
            mix_hash=QBFT_MIX_HASH,
            nonce=_NONCE,
        )


def _shown(validators: tuple[bytes, ...]) -> str:
    return ", ".join("0x" + validator.hex() for validator in validators)
