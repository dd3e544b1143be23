from __future__ import annotations

from pathlib import Path

import pytest

from chains.evm.devnet.config import DevnetConfig
from chains.evm.devnet.errors import ChainMismatch
from primitives.secp256k1 import address_of
from tests.fakes.evm_devnet_world import (
    GENESIS_TIME_S,
    INVALID_CODE,
    LOOP_CODE,
    PARENT_HASH_CODE,
    POOR,
    RECIPIENT,
    REVERT_CODE,
    RICH,
    STORE_AND_LOG_CODE,
    DevnetWorld,
    RpcFailure,
    creation_of,
    devnet_config,
    hex_of,
    words,
)


@pytest.fixture
def world() -> DevnetWorld:
    return DevnetWorld()


def test_blockhash_gives_the_qbft_hash(world: DevnetWorld) -> None:
    contract = world.deploy(PARENT_HASH_CODE)
    world.mine(3)
    parent = world.block("0x3")
    assert world.rpc("eth_call", {"to": contract}, "0x4") == parent["hash"]


def test_a_call_sees_the_state_of_the_block_asked_for(world: DevnetWorld) -> None:
    contract = world.deploy(STORE_AND_LOG_CODE)
    for value in (7, 8):
        world.send(RICH, to=bytes.fromhex(contract[2:]), data=words(1, value))
        world.mine()
    found = [world.rpc("eth_getStorageAt", contract, "0x1", hex(height)) for height in (1, 2, 3)]
    assert [int(word, 16) for word in found] == [0, 7, 8]
    assert [world.rpc("eth_getTransactionCount", hex_of(address_of(RICH)), hex(height)) for height in (0, 1, 3)] == [
        "0x0",
        "0x1",
        "0x3",
    ]
    block_hash = world.block("0x2")["hash"]
    assert int(world.rpc("eth_getStorageAt", contract, "0x1", {"blockHash": block_hash}), 16) == 7


def test_revert_data_comes_back_with_code_3(world: DevnetWorld) -> None:
    contract = world.deploy(REVERT_CODE)
    data = hex_of(words(0xABCD, 2))
    for method in ("eth_call", "eth_estimateGas"):
        with pytest.raises(RpcFailure, match="execution reverted") as failure:
            world.rpc(method, {"to": contract, "data": data})
        assert (failure.value.code, failure.value.data) == (3, data)


@pytest.mark.parametrize("code", [LOOP_CODE, INVALID_CODE])
def test_a_failure_without_words_is_an_error_without_data(world: DevnetWorld, code: bytes) -> None:
    contract = world.deploy(code)
    with pytest.raises(RpcFailure) as failure:
        world.rpc("eth_call", {"to": contract, "gas": "0x10000"})
    assert (failure.value.code, failure.value.data) == (-32000, None)


def test_a_failed_transaction_is_included_with_status_0(world: DevnetWorld) -> None:
    contract = world.deploy(REVERT_CODE)
    evm_tx_hash = world.send(RICH, to=bytes.fromhex(contract[2:]))
    world.mine()
    assert world.rpc("eth_getTransactionReceipt", evm_tx_hash)["status"] == "0x0"


@pytest.mark.parametrize("call", ["transfer", "store", "deploy"])
def test_the_gas_estimate_is_enough_and_hardly_more(world: DevnetWorld, call: str) -> None:
    contract = world.deploy(STORE_AND_LOG_CODE)
    sender = hex_of(address_of(RICH))
    message = {
        "transfer": {"from": sender, "to": hex_of(RECIPIENT), "value": "0x1"},
        "store": {"from": sender, "to": contract, "data": hex_of(words(1, 2))},
        "deploy": {"from": sender, "data": hex_of(creation_of(STORE_AND_LOG_CODE))},
    }[call]
    gas = int(world.rpc("eth_estimateGas", message), 16)
    evm_tx_hash = world.send(
        RICH,
        to=bytes.fromhex(message.get("to", "0x")[2:]),
        value=int(message.get("value", "0x0"), 16),
        data=bytes.fromhex(message.get("data", "0x")[2:]),
        gas=gas,
    )
    world.mine()
    receipt = world.rpc("eth_getTransactionReceipt", evm_tx_hash)
    assert receipt["status"] == "0x1"
    assert int(receipt["gasUsed"], 16) <= gas <= int(receipt["gasUsed"], 16) * 1.02


def test_an_estimate_leaves_room_for_what_a_call_of_a_precompile_holds_back(world: DevnetWorld) -> None:
    sha256_of_64k_or_revert = bytes.fromhex("6020600062010000600060025afa15601357005b600080fd")
    contract = world.deploy(sha256_of_64k_or_revert)
    gas = int(world.rpc("eth_estimateGas", {"from": hex_of(address_of(RICH)), "to": contract}), 16)
    evm_tx_hash = world.send(RICH, to=bytes.fromhex(contract[2:]), gas=gas)
    world.mine()
    receipt = world.rpc("eth_getTransactionReceipt", evm_tx_hash)
    assert receipt["status"] == "0x1"
    assert gas <= int(receipt["gasUsed"], 16) * 9 // 8


def test_a_call_cannot_spend_what_its_sender_lacks(world: DevnetWorld) -> None:
    for method in ("eth_call", "eth_estimateGas"):
        with pytest.raises(RpcFailure, match="insufficient funds"):
            world.rpc(method, {"from": hex_of(address_of(POOR)), "to": hex_of(RECIPIENT), "value": "0x1"})


def test_a_simulation_changes_nothing(world: DevnetWorld) -> None:
    contract = world.deploy(STORE_AND_LOG_CODE)
    root = world.block("latest")["stateRoot"]
    world.rpc("eth_call", {"to": contract, "data": hex_of(words(1, 2))})
    assert world.rpc("eth_getStorageAt", contract, "0x1") == hex_of(words(0))
    world.mine()
    assert world.block("latest")["stateRoot"] == root


def persistent(path: Path, **changes: object) -> DevnetConfig:
    return devnet_config(data_dir=path, **changes)


async def test_a_chain_in_a_directory_goes_on_where_it_stopped(tmp_path: Path) -> None:
    world = DevnetWorld(persistent(tmp_path))
    contract = world.deploy(STORE_AND_LOG_CODE)
    evm_tx_hash = world.send(RICH, to=bytes.fromhex(contract[2:]), data=words(1, 99))
    world.mine()
    before = [world.full_block(hex(height)) for height in range(3)]
    await world.devnet.stop()

    again = DevnetWorld(persistent(tmp_path, genesis_time_s=GENESIS_TIME_S + 5))
    assert [again.full_block(hex(height)) for height in range(3)] == before
    assert again.rpc("eth_getTransactionReceipt", evm_tx_hash)["logs"][0]["data"] == hex_of(words(99))
    again.mine()
    assert again.block("latest")["parentHash"] == before[-1]["hash"]
    assert int(again.rpc("eth_getStorageAt", contract, "0x1"), 16) == 99
    await again.devnet.stop()


async def test_a_block_that_was_not_finished_leaves_no_trace(tmp_path: Path) -> None:
    world = DevnetWorld(persistent(tmp_path))
    world.mine()
    world.devnet.chain.database[b"half a block"] = b"written, not committed"
    await world.devnet.stop()
    again = DevnetWorld(persistent(tmp_path))
    assert b"half a block" not in again.devnet.chain.database
    assert again.rpc("eth_blockNumber") == "0x1"
    await again.devnet.stop()


@pytest.mark.parametrize("changes", [{"chain_id": 7}, {"validator_count": 7}, {"validator_seed": "other"}])
async def test_somebody_elses_chain_is_not_continued(tmp_path: Path, changes: dict[str, object]) -> None:
    world = DevnetWorld(persistent(tmp_path))
    await world.devnet.stop()
    with pytest.raises(ChainMismatch, match="data_dir holds a chain"):
        DevnetWorld(persistent(tmp_path, **changes))
