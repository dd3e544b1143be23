"""Nodes that lie, refuse or lag: each alteration of a real node's answers gives its own finding."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from chains.evm.client.abi import EvmCall
from chains.evm.client.account import EvmAccount
from chains.evm.client.examination import Examination, Examinee, Fitness, examine
from chains.evm.client.rpc import EvmRpc
from chains.evm.devnet.app import Devnet
from chains.evm.devnet.config import MiningMode
from chains.evm.errors import NodeMisbehaved, NodeUnavailable
from tests.fakes.altering_node import Alter, Refusal, altering_node
from tests.fakes.evm_devnet_world import CHAIN_ID, GENESIS_TIME_S, RECIPIENT, RICH, devnet_config

BLOCKS = 20


@pytest.fixture
async def url() -> AsyncIterator[str]:
    async with Devnet(devnet_config(mining=MiningMode.INSTANT)) as devnet, EvmRpc(devnet.url) as rpc:
        account = EvmAccount(rpc, RICH, CHAIN_ID)
        for _ in range(BLOCKS):
            await account.execute(EvmCall(RECIPIENT, b"", value_wei=1), 10.0)
        yield devnet.url


async def examined(url: str, method: str, alter: Alter, contract: bytes | None = None) -> Examination:
    async with altering_node(url, {method: alter}) as wayward, EvmRpc(wayward) as rpc:
        return await examine(Examinee(rpc, CHAIN_ID, contract), lambda: GENESIS_TIME_S + BLOCKS)


def refuse(message: str, code: int = -32601) -> Alter:
    def alter(*_: Any) -> Any:  # noqa: ANN401  # JSON
        raise Refusal(code, message)

    return alter


def refuse_if(refused: Callable[[list[Any]], bool], message: str) -> Alter:
    def alter(params: list[Any], answer: Any) -> Any:  # noqa: ANN401  # JSON
        if refused(params):
            raise Refusal(-32000, message)
        return answer

    return alter


def flip_last_digit(text: str) -> str:
    return text[:-1] + ("0" if text[-1] != "0" else "1")


def one_node_changed(_: list[Any], proof: Any) -> Any:  # noqa: ANN401  # JSON
    nodes = proof["accountProof"]
    return {**proof, "accountProof": [*nodes[:-1], flip_last_digit(nodes[-1])]}


def other_state(_: list[Any], block: Any) -> Any:  # noqa: ANN401  # JSON
    return block and {**block, "stateRoot": flip_last_digit(block["stateRoot"])}


def span_of(params: list[Any]) -> int:
    return int(params[0]["toBlock"], 16) - int(params[0]["fromBlock"], 16) + 1


CASES: dict[str, tuple[str, Alter, str, Fitness, str]] = {
    "another chain id": ("eth_chainId", lambda *_: "0x1", "chain id", Fitness.UNFIT, "expected"),
    "another network id": ("net_version", lambda *_: "1", "chain id", Fitness.LIMITED, "net_version"),
    "still synchronising": ("eth_syncing", lambda *_: {"currentBlock": "0x1"}, "software", Fitness.UNFIT, "synchron"),
    "no proofs": ("eth_getProof", refuse("method not found"), "state proofs", Fitness.UNFIT, "method not found"),
    "a changed proof": ("eth_getProof", one_node_changed, "state proofs", Fitness.UNFIT, "do not verify"),
    "a header with another state": (
        "eth_getBlockByNumber",
        other_state,
        "finality",
        Fitness.UNFIT,
        "not give its hash",
    ),
    "proofs of the newest states only": (
        "eth_getProof",
        refuse_if(lambda params: int(params[2], 16) < BLOCKS - 1, "missing trie node"),
        "depth of proofs",
        Fitness.LIMITED,
        "1 blocks back",
    ),
    "short ranges of logs": (
        "eth_getLogs",
        refuse_if(lambda params: span_of(params) > 1, "range too wide"),
        "range of getLogs",
        Fitness.LIMITED,
        "range too wide",
    ),
    "no logs": ("eth_getLogs", refuse("method not found"), "range of getLogs", Fitness.UNFIT, "refused"),
    "gas for money": ("eth_gasPrice", lambda *_: "0x3b9aca00", "gas price", Fitness.LIMITED, "1000000000 wei"),
}


@pytest.mark.parametrize("case", CASES)
async def test_each_shortcoming_has_its_finding(url: str, case: str) -> None:
    method, alter, question, fitness, words = CASES[case]
    examination = await examined(url, method, alter)
    (found,) = (finding for finding in examination.findings if finding.question == question)
    assert (found.fitness, words in found.found) == (fitness, True), found
    assert found.advice
    assert examination.can_serve is (fitness is not Fitness.UNFIT)


async def test_a_node_that_is_not_there_is_unavailable() -> None:
    async with EvmRpc("http://127.0.0.1:9") as rpc:
        with pytest.raises(NodeUnavailable):
            await examine(Examinee(rpc))


async def test_a_block_that_is_no_block_is_misbehaviour(url: str) -> None:
    with pytest.raises(NodeMisbehaved):
        await examined(url, "eth_getBlockByNumber", lambda *_: {"number": "0x1"})
