"""Blocks, transactions and receipts as Ethereum JSON-RPC writes them.

Header fields are written verbatim and completely, so that a reader can rebuild the header's RLP and check the seals.
"""

from __future__ import annotations

from enum import Enum, auto

import rlp
from eth._utils.address import generate_contract_address

from chains.evm.devnet.blocks import Block
from chains.evm.devnet.consensus import QbftHeader
from chains.evm.devnet.mempool import WaitingEvmTx
from chains.evm.devnet.state_proof import AccountProof
from chains.evm.json_value import Json


class TransactionDetail(Enum):
    """How a block lists its transactions."""

    HASHES = auto()
    FULL = auto()


def quantity(number: int) -> str:
    """Write a hex quantity without leading zeros."""
    return hex(number)


def data(value: bytes) -> str:
    """Write hex data."""
    return "0x" + value.hex()


def header_json(header: QbftHeader) -> dict[str, Json]:
    """Write the 15 fields of the header and its hash."""
    return {
        "parentHash": data(header.parent_hash),
        "sha3Uncles": data(header.uncles_hash),
        "miner": data(header.coinbase),
        "stateRoot": data(header.state_root),
        "transactionsRoot": data(header.transaction_root),
        "receiptsRoot": data(header.receipt_root),
        "logsBloom": data(header.bloom.to_bytes(256, "big")),
        "difficulty": quantity(header.difficulty),
        "number": quantity(header.block_number),
        "gasLimit": quantity(header.gas_limit),
        "gasUsed": quantity(header.gas_used),
        "timestamp": quantity(header.timestamp),
        "extraData": data(header.extra_data),
        "mixHash": data(header.mix_hash),
        "nonce": data(header.nonce),
        "hash": data(header.hash),
    }


def block_json(block: Block, detail: TransactionDetail) -> dict[str, Json]:
    """Write a block."""
    listed: list[Json] = (
        [data(evm_tx.hash) for evm_tx in block.body.evm_txs]
        if detail is TransactionDetail.HASHES
        else [included_evm_tx_json(block, index) for index in range(len(block.body.evm_txs))]
    )
    size_bytes = len(rlp.encode(block.header)) + sum(len(evm_tx.encode()) for evm_tx in block.body.evm_txs)
    return {
        **header_json(block.header),
        # difficulty is 1 in every block, genesis included
        "totalDifficulty": quantity(block.height + 1),
        "size": quantity(size_bytes),
        "uncles": [],
        "transactions": listed,
    }


def included_evm_tx_json(block: Block, index: int) -> dict[str, Json]:
    """Write a transaction with its place."""
    evm_tx = block.body.evm_txs[index]
    return {
        **_evm_tx_json(WaitingEvmTx(0, evm_tx.sender, evm_tx)),
        "blockHash": data(block.header.hash),
        "blockNumber": quantity(block.height),
        "transactionIndex": quantity(index),
    }


def waiting_evm_tx_json(waiting: WaitingEvmTx) -> dict[str, Json]:
    """Write a transaction that is in no block yet."""
    return {**_evm_tx_json(waiting), "blockHash": None, "blockNumber": None, "transactionIndex": None}


def _evm_tx_json(waiting: WaitingEvmTx) -> dict[str, Json]:
    evm_tx = waiting.evm_tx
    return {
        "hash": data(evm_tx.hash),
        "type": "0x0",
        "chainId": quantity(evm_tx.chain_id or 0),
        "nonce": quantity(evm_tx.nonce),
        "from": data(waiting.sender),
        "to": data(evm_tx.to) if evm_tx.to else None,
        "value": quantity(evm_tx.value),
        "gas": quantity(evm_tx.gas),
        "gasPrice": quantity(evm_tx.gas_price),
        "input": data(evm_tx.data),
        "v": quantity(evm_tx.v),
        "r": quantity(evm_tx.r),
        "s": quantity(evm_tx.s),
    }


def receipt_json(block: Block, index: int) -> dict[str, Json]:
    """Write a receipt (EIP-658 status)."""
    evm_tx, receipt = block.body.evm_txs[index], block.body.receipts[index]
    created = None if evm_tx.to else generate_contract_address(evm_tx.sender, evm_tx.nonce)
    return {
        "transactionHash": data(evm_tx.hash),
        "transactionIndex": quantity(index),
        "blockHash": data(block.header.hash),
        "blockNumber": quantity(block.height),
        "type": "0x0",
        "from": data(evm_tx.sender),
        "to": data(evm_tx.to) if evm_tx.to else None,
        "contractAddress": None if created is None else data(created),
        "cumulativeGasUsed": quantity(receipt.gas_used),
        "gasUsed": quantity(block.gas_used_by(index)),
        "effectiveGasPrice": quantity(evm_tx.gas_price),
        "status": quantity(int.from_bytes(receipt.state_root, "big")),
        "logsBloom": data(receipt.bloom.to_bytes(256, "big")),
        "logs": [log_json(block, index, position) for position in range(len(receipt.logs))],
    }


def log_json(block: Block, index: int, position: int) -> dict[str, Json]:
    """Write one log of one transaction."""
    log = block.body.receipts[index].logs[position]
    return {
        "address": data(log.address),
        "topics": [data(topic.to_bytes(32, "big")) for topic in log.topics],
        "data": data(log.data),
        "blockNumber": quantity(block.height),
        "blockHash": data(block.header.hash),
        "transactionHash": data(block.body.evm_txs[index].hash),
        "transactionIndex": quantity(index),
        "logIndex": quantity(block.first_log_index(index) + position),
        "removed": False,
    }


def proof_json(proof: AccountProof) -> dict[str, Json]:
    """Write an EIP-1186 proof."""
    return {
        "address": data(proof.address),
        "balance": quantity(proof.account.balance),
        "nonce": quantity(proof.account.nonce),
        "codeHash": data(proof.account.code_hash),
        "storageHash": data(proof.account.storage_root),
        "accountProof": [data(node) for node in proof.nodes],
        "storageProof": [
            {"key": data(slot.slot), "value": quantity(slot.value), "proof": [data(node) for node in slot.nodes]}
            for slot in proof.storage
        ],
    }
