from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from chains.evm.client.abi import EvmCall
from chains.evm.client.account import EvmAccount, created_address
from chains.evm.client.rpc import EvmRpc
from chains.evm.devnet.app import Devnet
from chains.evm.errors import EvmRequestRefused, EvmTxNotIncluded, InsufficientFunds, NodeUnavailable
from tests.fakes.evm_devnet_world import CHAIN_ID, POOR, RECIPIENT, RICH, devnet_config

TRANSFER = EvmCall(RECIPIENT, b"", value_wei=1, gas=21_000)
TIMEOUT_S = 5.0


@dataclass
class Bench:
    devnet: Devnet
    rpc: EvmRpc
    account: EvmAccount


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    async with Devnet(devnet_config()) as devnet, EvmRpc(devnet.url) as rpc:
        yield Bench(devnet, rpc, EvmAccount(rpc, RICH, CHAIN_ID))


async def test_many_at_once_take_consecutive_nonces(bench: Bench) -> None:
    sent = await asyncio.gather(*(bench.account.send(TRANSFER) for _ in range(20)))
    assert sorted(signed.nonce for signed in sent) == list(range(20))
    bench.devnet.mine()
    receipts = [await bench.account.wait_for(signed, TRANSFER, TIMEOUT_S) for signed in sent]
    assert {receipt.height for receipt in receipts} == {1}


async def test_a_nonce_used_by_another_process_is_noticed(bench: Bench) -> None:
    other = EvmAccount(bench.rpc, RICH, CHAIN_ID)
    await bench.account.send(TRANSFER)
    await other.send(EvmCall(RECIPIENT, b"", value_wei=2, gas=21_000))
    bench.devnet.mine()
    assert (await bench.account.send(TRANSFER)).nonce == 2


async def test_sending_again_what_the_node_has_is_success(bench: Bench) -> None:
    first = await bench.account.send(TRANSFER)
    bench.account._next_nonce = 0
    assert await bench.account.send(TRANSFER) == first
    assert (await bench.account.send(TRANSFER)).nonce == 1


async def test_a_refusal_does_not_leave_a_gap(bench: Bench) -> None:
    await bench.account.send(TRANSFER)
    with pytest.raises(InsufficientFunds):
        await bench.account.send(EvmCall(RECIPIENT, b"", value_wei=10**30, gas=21_000))
    assert (await bench.account.send(TRANSFER)).nonce == 1


async def test_a_lost_transaction_does_not_block_the_account_for_ever(bench: Bench) -> None:
    lost = await bench.account.send(TRANSFER)
    bench.devnet.mempool.remove(lost.evm_tx_hash)
    with pytest.raises(EvmTxNotIncluded, match="in no block after"):
        await bench.account.wait_for(lost, TRANSFER, timeout_s=0.01)
    assert (await bench.account.send(TRANSFER)).nonce == 0


async def test_a_node_that_lost_its_chain_is_recovered_from(bench: Bench) -> None:
    bench.account._next_nonce = 5000
    with pytest.raises(EvmRequestRefused, match="nonce too high"):
        await bench.account.send(TRANSFER)
    assert (await bench.account.send(TRANSFER)).nonce == 0


async def test_who_has_nothing_cannot_send(bench: Bench) -> None:
    with pytest.raises(InsufficientFunds):
        await EvmAccount(bench.rpc, POOR, CHAIN_ID).send(TRANSFER)


async def test_a_node_that_went_away_is_unavailable_and_its_return_is_seen(bench: Bench) -> None:
    port = int(bench.devnet.url.rsplit(":", 1)[1])
    await bench.account.send(TRANSFER)
    await bench.devnet.stop()
    with pytest.raises(NodeUnavailable):
        await bench.account.send(TRANSFER)
    async with Devnet(devnet_config(port=port)):
        assert (await bench.account.send(TRANSFER)).nonce == 0


def test_contract_addresses_follow_from_sender_and_nonce() -> None:
    # the example of the yellow paper's formula that every client tests: nonces 0 and 1 of this sender
    sender = bytes.fromhex("6ac7ea33f8831ea9dcc53393aaa88b25a785dbf0")
    assert created_address(sender, 0).hex() == "cd234a471b72ba2f1ccf0a70fcaba648a5eecd8d"
    assert created_address(sender, 1).hex() == "343c43a37d37dff08ae8c4a11544c718abb4fcf8"
