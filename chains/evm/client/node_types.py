"""What the client reads from a node, as frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

from chains.evm.client.header_rlp import header_rlp_of
from chains.evm.client.json_fields import as_data, as_list, as_object, as_quantity, hex_data
from chains.evm.errors import NodeMisbehaved
from chains.evm.json_value import Json
from primitives.mpt import HASH_SIZE

MAX_TOPICS: Final = 4
MAX_LOGS: Final = 50_000
MAX_EVM_TXS: Final = 50_000
MAX_EVM_TX_TYPE: Final = 0x7F  # EIP-2718
MAX_PROOF_NODES: Final = 65
MAX_PROOF_SLOTS: Final = 1024


class BlockTag(Enum):
    """Blocks that have a name."""

    EARLIEST = "earliest"
    LATEST = "latest"
    PENDING = "pending"


class EvmTxStatus(Enum):
    """EIP-658."""

    FAILED = 0
    SUCCEEDED = 1


@dataclass(frozen=True)
class EvmBlock:
    """A header as the node gave it; `header_rlp` is what light clients verify. Untrusted."""

    height: int
    block_hash: bytes
    parent_hash: bytes
    timestamp_s: int
    state_root: bytes
    receipts_root: bytes
    header_rlp: bytes
    logs_bloom: bytes
    gas_limit: int
    gas_used: int
    base_fee_wei: int | None
    """None before EIP-1559."""


@dataclass(frozen=True)
class EvmLog:
    """One event. Untrusted."""

    address: bytes
    topics: tuple[bytes, ...]
    data: bytes
    height: int
    block_hash: bytes
    evm_tx_hash: bytes
    log_index: int


@dataclass(frozen=True)
class EvmReceipt:
    """What became of a transaction. Untrusted."""

    evm_tx_hash: bytes
    height: int
    block_hash: bytes
    status: EvmTxStatus
    gas_used: int
    cumulative_gas_used: int
    contract_address: bytes | None
    logs: tuple[EvmLog, ...]
    gas_price_wei: int | None = None
    """What was paid for a unit of gas; None where the node does not say."""
    evm_tx_type: int = 0
    """EIP-2718; nodes older than that say none."""
    is_private: bool = False
    """GoQuorum's word for a transaction of which only some nodes know the events."""


@dataclass(frozen=True)
class SlotProof:
    """Nodes from the storage root to one slot, root first."""

    slot: bytes
    value: int
    nodes: tuple[bytes, ...]


@dataclass(frozen=True)
class AccountProof:
    """Nodes from the state root to one account, and proofs of its slots in the order asked for. Untrusted."""

    address: bytes
    storage_root: bytes
    nodes: tuple[bytes, ...]
    slots: tuple[SlotProof, ...]


@dataclass(frozen=True)
class LogFilter:
    """Which events: any of `addresses`, and for each topic position any of the alternatives; empty means any."""

    from_height: int
    to_height: int
    addresses: tuple[bytes, ...] = ()
    topics: tuple[tuple[bytes, ...], ...] = ()

    def matches(self, log: EvmLog) -> bool:
        """Whether an event has one of the addresses, and one of the alternatives at each position; heights aside."""
        if (self.addresses and log.address not in self.addresses) or len(log.topics) < len(self.topics):
            return False
        return all(not wanted or topic in wanted for wanted, topic in zip(self.topics, log.topics, strict=False))

    def as_json(self) -> dict[str, Json]:
        """Write as eth_getLogs takes it."""
        return {
            "fromBlock": hex(self.from_height),
            "toBlock": hex(self.to_height),
            "address": [hex_data(address) for address in self.addresses] or None,
            "topics": [[hex_data(topic) for topic in alternatives] or None for alternatives in self.topics],
        }


def block_of(value: Json) -> EvmBlock:
    """Read a block. Raises `NodeMisbehaved`."""
    block = as_object(value, "block")
    base_fee = block.get("baseFeePerGas")
    return EvmBlock(
        height=as_quantity(block.get("number"), "block number"),
        block_hash=as_data(block.get("hash"), "block hash", 32),
        parent_hash=as_data(block.get("parentHash"), "parent hash", 32),
        timestamp_s=as_quantity(block.get("timestamp"), "block timestamp"),
        state_root=as_data(block.get("stateRoot"), "state root", 32),
        receipts_root=as_data(block.get("receiptsRoot"), "receipts root", 32),
        header_rlp=header_rlp_of(block),
        logs_bloom=as_data(block.get("logsBloom"), "logs bloom", 256),
        gas_limit=as_quantity(block.get("gasLimit"), "gas limit"),
        gas_used=as_quantity(block.get("gasUsed"), "gas used"),
        base_fee_wei=None if base_fee is None else as_quantity(base_fee, "base fee"),
    )


def log_of(value: Json) -> EvmLog:
    """Read a log. Raises `NodeMisbehaved`."""
    log = as_object(value, "log")
    topics = as_list(log.get("topics"), "log topics", MAX_TOPICS)
    return EvmLog(
        address=as_data(log.get("address"), "log address", 20),
        topics=tuple(as_data(topic, "log topic", 32) for topic in topics),
        data=as_data(log.get("data"), "log data"),
        height=as_quantity(log.get("blockNumber"), "log block number"),
        block_hash=as_data(log.get("blockHash"), "log block hash", 32),
        evm_tx_hash=as_data(log.get("transactionHash"), "log transaction hash", 32),
        log_index=as_quantity(log.get("logIndex"), "log index"),
    )


def receipt_of(value: Json) -> EvmReceipt:
    """Read a receipt. Raises `NodeMisbehaved`."""
    receipt = as_object(value, "receipt")
    created, price = receipt.get("contractAddress"), receipt.get("effectiveGasPrice")
    succeeded = as_quantity(receipt.get("status"), "receipt status") == EvmTxStatus.SUCCEEDED.value
    evm_tx_type = as_quantity(receipt.get("type", "0x0"), "receipt type")
    if evm_tx_type > MAX_EVM_TX_TYPE:
        raise NodeMisbehaved("receipt type", f"at most {MAX_EVM_TX_TYPE}", str(evm_tx_type))
    return EvmReceipt(
        evm_tx_hash=as_data(receipt.get("transactionHash"), "receipt transaction hash", 32),
        height=as_quantity(receipt.get("blockNumber"), "receipt block number"),
        block_hash=as_data(receipt.get("blockHash"), "receipt block hash", 32),
        status=EvmTxStatus.SUCCEEDED if succeeded else EvmTxStatus.FAILED,
        gas_used=as_quantity(receipt.get("gasUsed"), "receipt gas used"),
        cumulative_gas_used=as_quantity(receipt.get("cumulativeGasUsed"), "receipt cumulative gas used"),
        contract_address=None if created is None else as_data(created, "receipt contract address", 20),
        logs=tuple(log_of(log) for log in as_list(receipt.get("logs"), "receipt logs", MAX_LOGS)),
        gas_price_wei=None if price is None else as_quantity(price, "effective gas price"),
        evm_tx_type=evm_tx_type,
        is_private=receipt.get("isPrivateTransaction") is True,
    )


def account_proof_of(value: Json) -> AccountProof:
    """Read an EIP-1186 proof. Raises `NodeMisbehaved`."""
    proof = as_object(value, "proof")
    return AccountProof(
        address=as_data(proof.get("address"), "proof address", 20),
        storage_root=as_data(proof.get("storageHash"), "proof storage root", 32),
        nodes=_nodes(proof.get("accountProof"), "account proof"),
        slots=tuple(
            _slot_proof(slot) for slot in as_list(proof.get("storageProof"), "storage proofs", MAX_PROOF_SLOTS)
        ),
    )


def _slot_proof(value: Json) -> SlotProof:
    proof = as_object(value, "storage proof")
    return SlotProof(
        slot=as_quantity(proof.get("key"), "storage proof key").to_bytes(32, "big"),
        value=as_quantity(proof.get("value"), "storage proof value"),
        nodes=_nodes(proof.get("proof"), "storage proof"),
    )


def _nodes(value: Json, what: str) -> tuple[bytes, ...]:
    """The nodes referred to by hash: anvil lists those embedded in their parents, too, which proofs do not hold."""
    nodes = tuple(as_data(node, what) for node in as_list(value, what, MAX_PROOF_NODES))
    return nodes[:1] + tuple(node for node in nodes[1:] if len(node) >= HASH_SIZE)
