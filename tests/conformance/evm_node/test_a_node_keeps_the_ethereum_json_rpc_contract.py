"""What the project relies on in any EVM node, asked through the project's own client."""

from __future__ import annotations

import pytest

from chains.evm.client.abi import EvmCall
from chains.evm.client.account import EvmAccount, created_address
from chains.evm.client.event_pages import EventPages
from chains.evm.client.node_types import BlockTag, EvmTxStatus, LogFilter
from chains.evm.client.rpc import EvmRpc
from chains.evm.errors import (
    BlockUnavailable,
    EvmRequestRefused,
    EvmTxFailed,
    ExecutionReverted,
    GasPriceTooHigh,
    InsufficientFunds,
    NonceTooLow,
)
from primitives.keccak import keccak256
from primitives.mpt import verify_account, verify_storage
from primitives.rlp import split_list
from primitives.types import Address
from tests.conformance.evm_node.conftest import Node
from tests.fakes.anvil import running_anvil
from tests.fakes.evm_devnet_world import CHAIN_ID, RECIPIENT, REVERT_CODE, RICH, STORE_AND_LOG_CODE, creation_of, words

TIMEOUT_S = 10.0
ONE_GWEI = 10**9
NOT_AT_ONCE = False


async def deploy(node: Node, runtime: bytes) -> bytes:
    receipt = await node.first.execute(EvmCall(b"", creation_of(runtime)), TIMEOUT_S)
    assert receipt.contract_address is not None
    return receipt.contract_address


async def test_it_names_its_chain(node: Node) -> None:
    assert await node.rpc.chain_id() == CHAIN_ID
    assert await node.rpc.request("net_version") == str(CHAIN_ID)
    assert isinstance(await node.rpc.request("web3_clientVersion"), str)
    assert await node.rpc.request("eth_syncing") is False


async def test_a_transfer_moves_money_and_takes_a_nonce(node: Node) -> None:
    receipt = await node.first.execute(EvmCall(RECIPIENT, b"", value_wei=7), TIMEOUT_S)
    assert (receipt.status, receipt.gas_used) == (EvmTxStatus.SUCCEEDED, 21_000)
    assert await node.rpc.balance_wei(RECIPIENT) == 7
    assert await node.rpc.balance_wei(RECIPIENT, receipt.height - 1) == 0
    assert await node.rpc.nonce(node.first.address) == await node.rpc.nonce(node.first.address, BlockTag.LATEST) == 1


async def test_a_contract_lands_where_sender_and_nonce_say(node: Node) -> None:
    address = await deploy(node, STORE_AND_LOG_CODE)
    assert address == created_address(node.first.address, 0)
    assert await node.rpc.code(address) == STORE_AND_LOG_CODE


async def test_transaction_and_receipt_are_found_by_hash(node: Node) -> None:
    receipt = await node.first.execute(EvmCall(RECIPIENT, b"\x01\x02", value_wei=1), TIMEOUT_S)
    evm_tx = await node.rpc.evm_tx(receipt.evm_tx_hash)
    assert evm_tx is not None
    assert (evm_tx["input"], evm_tx["value"], evm_tx["type"]) == ("0x0102", "0x1", "0x0")
    assert await node.rpc.receipt(bytes(32)) is None
    assert await node.rpc.evm_tx(bytes(32)) is None


async def test_headers_form_a_chain_and_their_bytes_can_be_rebuilt(node: Node) -> None:
    for value_wei in (1, 2):
        await node.first.execute(EvmCall(RECIPIENT, b"", value_wei=value_wei), TIMEOUT_S)
    parent, child = await node.rpc.get_block(1), await node.rpc.get_block(2)
    assert child.parent_hash == parent.block_hash
    assert child.timestamp_s >= parent.timestamp_s
    assert 15 <= len(split_list(child.header_rlp)) <= 21
    latest = await node.rpc.get_block()
    assert latest.height == await node.rpc.block_number() == 2


async def test_a_block_that_is_not_made_yet_is_unavailable(node: Node) -> None:
    with pytest.raises(BlockUnavailable):
        await node.rpc.get_block(1_000_000)


async def test_storage_is_proved_under_the_header(node: Node) -> None:
    contract = await deploy(node, STORE_AND_LOG_CODE)
    receipt = await node.first.execute(EvmCall(contract, words(5, 0x00FF)), TIMEOUT_S)
    block = await node.rpc.get_block(receipt.height)
    proof = await node.rpc.get_proof(contract, (words(5), words(6)), receipt.height)
    account = verify_account(block.state_root, Address(contract), proof.nodes)
    assert account is not None
    assert account.storage_root == proof.storage_root
    assert verify_storage(account.storage_root, words(5), proof.slots[0].nodes) == words(0x00FF)
    assert verify_storage(account.storage_root, words(6), proof.slots[1].nodes) is None
    assert await node.rpc.storage_at(contract, words(5)) == words(0x00FF)


async def test_logs_are_found_by_topic_and_address(node: Node) -> None:
    contract = await deploy(node, STORE_AND_LOG_CODE)
    heights = {}
    for topic in (1, 2, 1):
        receipt = await node.first.execute(EvmCall(contract, words(topic, 100 + topic)), TIMEOUT_S)
        heights[receipt.height] = topic
        assert [log.topics for log in receipt.logs] == [(words(topic),)]
    last = await node.rpc.block_number()
    logs = await node.rpc.get_logs(LogFilter(0, last, (contract,), ((words(1),),)))
    assert [log.height for log in logs] == [height for height, topic in heights.items() if topic == 1]
    assert {log.data for log in logs} == {words(101)}
    assert await node.rpc.get_logs(LogFilter(0, last, (RECIPIENT,))) == []
    assert len(await node.rpc.get_logs(LogFilter(0, last, (contract,), ((words(1), words(2)),)))) == 3


async def test_receipts_make_up_the_headers_root_and_its_bloom_says_where_to_look(node: Node) -> None:
    contract = await deploy(node, STORE_AND_LOG_CODE)
    for topic in (1, 2, 1):
        await node.first.execute(EvmCall(contract, words(topic, 100 + topic)), TIMEOUT_S)
    last, events = await node.rpc.block_number(), EventPages(node.rpc)
    wanted = ((words(1),),)
    logs = await (await events.page(0, last)).matching((contract,), wanted)
    assert logs == await node.rpc.get_logs(LogFilter(0, last, (contract,), wanted))
    assert len(logs) == 2
    pages = await events.search(LogFilter(0, last, (contract,), wanted))
    assert [page.blocks[0].height for page in pages] == [log.height for log in reversed(logs)]


async def test_a_refusal_by_a_contract_is_told_apart_from_one_by_the_node(node: Node) -> None:
    contract = await deploy(node, REVERT_CODE)
    with pytest.raises(ExecutionReverted) as reverted:
        await node.rpc.call(EvmCall(contract, words(9, 9)))
    assert reverted.value.revert.data == words(9, 9)
    with pytest.raises(ExecutionReverted):
        await node.rpc.estimate_gas(EvmCall(contract, b""), node.first.address)


async def test_a_transaction_that_reverts_is_included_and_says_why(node: Node) -> None:
    contract = await deploy(node, REVERT_CODE)
    message = bytes.fromhex("08c379a0") + words(0x20, 4)[:60]  # a string cut short: shown as hexadecimal
    with pytest.raises(EvmTxFailed, match="unknown error 0x08c379a0") as failed:
        await node.first.execute(EvmCall(contract, message, gas=100_000), TIMEOUT_S)
    receipt = await node.rpc.receipt(failed.value.evm_tx_hash)
    assert receipt is not None
    assert receipt.status is EvmTxStatus.FAILED


async def test_a_used_nonce_is_refused_and_the_account_recovers(node: Node) -> None:
    await node.first.execute(EvmCall(RECIPIENT, b"", value_wei=1), TIMEOUT_S)
    with pytest.raises(NonceTooLow):
        await node.rpc.send_raw(node.first.sign(EvmCall(RECIPIENT, b"", value_wei=2), 0, 30_000).raw)
    node.first._next_nonce = 0
    receipt = await node.first.execute(EvmCall(RECIPIENT, b"", value_wei=3), TIMEOUT_S)
    assert receipt.status is EvmTxStatus.SUCCEEDED


async def test_who_cannot_pay_is_refused(node: Node) -> None:
    with pytest.raises(InsufficientFunds):
        await node.rpc.send_raw(node.second.sign(EvmCall(RECIPIENT, b"", value_wei=10**30), 0, 30_000).raw)


async def test_an_unknown_method_is_refused_by_code(node: Node) -> None:
    with pytest.raises(EvmRequestRefused) as refused:
        await node.rpc.request("eth_noSuchMethod")
    assert refused.value.code in {-32601, -32602}


async def test_two_accounts_hash_the_same_way_as_the_node(node: Node) -> None:
    signed = await node.second.send(EvmCall(RECIPIENT, b"", value_wei=1))
    assert signed.evm_tx_hash == keccak256(signed.raw)
    assert await node.rpc.evm_tx(signed.evm_tx_hash) is not None


async def test_a_price_that_was_asked_for_outlives_a_rising_base_fee_and_too_dear_a_block_takes_nothing() -> None:
    async with running_anvil(CHAIN_ID, RICH, hardfork="london", base_fee_wei=ONE_GWEI) as url, EvmRpc(url) as rpc:
        account = EvmAccount(rpc, RICH, CHAIN_ID, 100 * ONE_GWEI)
        await rpc.request("evm_setAutomine", NOT_AT_ONCE)
        signed = await account.send(EvmCall(RECIPIENT, b"", value_wei=1))
        asked_wei = await rpc.gas_price_wei()
        await rpc.request("anvil_setNextBlockBaseFeePerGas", hex(asked_wei * 9 // 8))  # the most that a block may add
        await rpc.request("evm_mine")
        receipt = await rpc.receipt(signed.evm_tx_hash)
        assert receipt is not None
        assert receipt.status is EvmTxStatus.SUCCEEDED
        with pytest.raises(GasPriceTooHigh):
            await EvmAccount(rpc, RICH, CHAIN_ID, 1).send(EvmCall(RECIPIENT, b"", value_wei=1))
