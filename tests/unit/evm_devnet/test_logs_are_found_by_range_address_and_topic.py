from __future__ import annotations

from typing import Any

import pytest

from chains.evm.devnet.config import RpcLimits
from tests.fakes.evm_devnet_world import RICH, STORE_AND_LOG_CODE, DevnetWorld, RpcFailure, devnet_config, hex_of, words


class LoggingWorld(DevnetWorld):
    """Two contracts that log: blocks 3..7 carry topic = height, each from both contracts."""

    def __init__(self) -> None:
        super().__init__(devnet_config(limits=RpcLimits(max_log_range_blocks=6, max_logs=8)))
        self.first, self.second = self.deploy(STORE_AND_LOG_CODE), self.deploy(STORE_AND_LOG_CODE)
        for height in range(3, 8):
            for contract in (self.first, self.second):
                self.send(RICH, to=bytes.fromhex(contract[2:]), data=words(height, height * 10))
            self.mine()

    def heights(self, **log_filter: Any) -> list[int]:  # noqa: ANN401 # JSON
        return [int(log["blockNumber"], 16) for log in self.rpc("eth_getLogs", log_filter)]


@pytest.fixture(scope="module")
def world() -> LoggingWorld:
    return LoggingWorld()


def test_a_log_says_where_it_is(world: LoggingWorld) -> None:
    log = world.rpc("eth_getLogs", {"fromBlock": "0x4", "toBlock": "0x4", "address": world.second})[0]
    block = world.block("0x4")
    assert log == {
        "address": world.second,
        "topics": [hex_of(words(4))],
        "data": hex_of(words(40)),
        "blockNumber": "0x4",
        "blockHash": block["hash"],
        "transactionHash": block["transactions"][1],
        "transactionIndex": "0x1",
        "logIndex": "0x1",
        "removed": False,
    }
    assert world.rpc("eth_getTransactionReceipt", block["transactions"][1])["logs"] == [log]


def test_the_default_range_is_the_newest_block(world: LoggingWorld) -> None:
    assert world.heights() == [7, 7]


def test_ranges_include_both_ends_and_stop_at_the_head(world: LoggingWorld) -> None:
    assert world.heights(fromBlock="0x3", toBlock="0x5") == [3, 3, 4, 4, 5, 5]
    assert world.heights(fromBlock="0x6", toBlock="0x63") == [6, 6, 7, 7]
    assert world.heights(fromBlock="0x63", toBlock="latest") == []


def test_addresses_and_topics_are_alternatives(world: LoggingWorld) -> None:
    topics = [hex_of(words(5)), hex_of(words(7))]
    assert world.heights(fromBlock="0x3", address=[world.first, world.second], topics=[topics]) == [5, 5, 7, 7]
    assert world.heights(fromBlock="0x3", address=world.first, topics=[topics[0]]) == [5]
    assert world.heights(fromBlock="0x3", address=world.first, topics=[None]) == [3, 4, 5, 6, 7]
    assert world.heights(fromBlock="0x3", topics=[None, topics[0]]) == []
    assert world.heights(fromBlock="0x3", address="0x" + "22" * 20) == []


def test_one_block_can_be_named_by_its_hash(world: LoggingWorld) -> None:
    block_hash = world.block("0x6")["hash"]
    assert world.heights(blockHash=block_hash) == [6, 6]


def test_too_long_a_range_and_too_many_logs_are_refused(world: LoggingWorld) -> None:
    for log_filter in ({"fromBlock": "0x0", "toBlock": "latest"}, {"fromBlock": "0x3", "toBlock": "0x7"}):
        with pytest.raises(RpcFailure) as failure:
            world.rpc("eth_getLogs", log_filter)
        assert failure.value.code == -32005


def test_a_range_backwards_is_refused(world: LoggingWorld) -> None:
    with pytest.raises(RpcFailure, match="invalid block range"):
        world.heights(fromBlock="0x5", toBlock="0x4")
