from __future__ import annotations

import asyncio
from typing import Any

from hexbytes import HexBytes
from web3 import HTTPProvider, Web3

from chains.evm.client.abi import EvmCall
from chains.evm.client.header_rlp import header_rlp_of
from chains.evm.client.web3_client import connect_web3
from chains.evm.json_value import Json
from tests.conformance.evm_node.conftest import Node
from tests.fakes.evm_devnet_world import RECIPIENT, hex_of

TIMEOUT_S = 10.0


def proof_by_web3py(url: str, height: int) -> tuple[bytes, ...]:
    """web3.py has this method only in its blocking half."""
    web3 = Web3(HTTPProvider(url))
    eth: Any = web3.eth  # the annotation of get_proof does not fit its call
    proof = eth.get_proof(web3.to_checksum_address(RECIPIENT), [HexBytes(bytes(32))], height)
    return tuple(bytes(node) for node in proof["accountProof"])


async def test_blocks_transactions_receipts_and_proofs_agree(node: Node) -> None:
    receipt = await node.first.execute(EvmCall(RECIPIENT, b"", value_wei=3), TIMEOUT_S)
    web3 = connect_web3(node.rpc.url)
    try:
        lean = await node.rpc.get_block(receipt.height)
        block = await web3.eth.get_block(receipt.height)
        assert bytes(block["hash"]) == lean.block_hash
        assert block["timestamp"] == lean.timestamp_s
        assert bytes(block["transactions"][0]) == receipt.evm_tx_hash  # type: ignore[arg-type] # hashes, not objects
        found = await web3.eth.get_transaction_receipt(hex_of(receipt.evm_tx_hash))  # type: ignore[arg-type] # hex
        assert (found["status"], found["gasUsed"]) == (1, receipt.gas_used)
        assert await web3.eth.get_balance(web3.to_checksum_address(RECIPIENT)) == 3
        proof = await asyncio.to_thread(proof_by_web3py, node.rpc.url, receipt.height)
        lean_proof = await node.rpc.get_proof(RECIPIENT, (bytes(32),), receipt.height)
        assert proof == lean_proof.nodes
    finally:
        await web3.provider.disconnect()


async def test_web3py_sends_a_legacy_transaction(node: Node) -> None:
    web3 = connect_web3(node.rpc.url)
    try:
        signed = node.first.sign(EvmCall(RECIPIENT, b"", value_wei=4), 0, 21_000)
        evm_tx_hash = await web3.eth.send_raw_transaction(signed.raw)
        receipt = await web3.eth.wait_for_transaction_receipt(evm_tx_hash, timeout=TIMEOUT_S)
        assert receipt["status"] == 1
        history = await web3.eth.fee_history(2, "latest", [50])
        assert len(history["gasUsedRatio"]) == 2
    finally:
        await web3.provider.disconnect()


async def test_the_header_that_web3py_would_print_has_the_bytes_of_the_lean_client(node: Node) -> None:
    await node.first.execute(EvmCall(RECIPIENT, b"", value_wei=1), TIMEOUT_S)
    answer: Json = await node.rpc.request("eth_getBlockByNumber", *("0x1", True))
    assert isinstance(answer, dict)
    assert header_rlp_of(answer) == (await node.rpc.get_block(1)).header_rlp
