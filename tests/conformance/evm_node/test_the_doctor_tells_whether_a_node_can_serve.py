"""The examination over real nodes: our devnet, and anvil, which has no consensus of its own."""

from __future__ import annotations

from chains.evm.client.abi import EvmCall
from chains.evm.client.examination import ConsensusWanted, Examination, Examinee, Finding, Fitness, examine
from tests.conformance.evm_node.conftest import Node
from tests.fakes.evm_devnet_world import CHAIN_ID, STORE_AND_LOG_CODE, creation_of

TIMEOUT_S = 10.0


def finding(examination: Examination, question: str) -> Finding:
    (found,) = (finding for finding in examination.findings if finding.question == question)
    return found


async def with_a_contract(node: Node) -> bytes:
    receipt = await node.first.execute(EvmCall(b"", creation_of(STORE_AND_LOG_CODE)), TIMEOUT_S)
    assert receipt.contract_address is not None
    await node.first.execute(EvmCall(receipt.contract_address, bytes(31) + b"\x01" + bytes(31) + b"\x07"), TIMEOUT_S)
    return receipt.contract_address


async def is_anvil(node: Node) -> bool:
    return "anvil" in str(await node.rpc.request("web3_clientVersion"))


async def test_a_node_with_what_a_settlement_needs_can_serve(node: Node) -> None:
    contract = await with_a_contract(node)
    wanted = ConsensusWanted.MOCK if await is_anvil(node) else ConsensusWanted.SEALED
    head = await node.rpc.get_block()
    examination = await examine(Examinee(node.rpc, CHAIN_ID, contract, wanted), lambda: head.timestamp_s)
    assert examination.can_serve, examination
    assert finding(examination, "chain id").found == str(CHAIN_ID)
    assert finding(examination, "EVM rules").found == "berlin"
    for question in ("gas price", "state proofs", "range of getLogs", "revert reasons", "large requests", "batches"):
        assert finding(examination, question).fitness is Fitness.GOOD, finding(examination, question)


async def test_only_blocks_that_validators_sealed_are_final(node: Node) -> None:
    await with_a_contract(node)
    found = finding(await examine(Examinee(node.rpc)), "finality")
    if await is_anvil(node):
        assert found.fitness is Fitness.UNFIT
        assert "no seals" in found.found
    else:
        assert found.fitness is Fitness.GOOD
        assert found.found.startswith("qbft, ")


async def test_another_chain_than_expected_cannot_serve(node: Node) -> None:
    examination = await examine(Examinee(node.rpc, CHAIN_ID + 1))
    assert finding(examination, "chain id").fitness is Fitness.UNFIT
    assert not examination.can_serve


async def test_a_contract_that_is_not_there_is_noticed(node: Node) -> None:
    await with_a_contract(node)
    found = finding(await examine(Examinee(node.rpc, contract=b"\x77" * 20)), "state proofs")
    assert found.fitness is Fitness.UNFIT
    assert "check the deployment" in found.advice


async def test_the_chains_clock_is_held_against_ours(node: Node) -> None:
    await with_a_contract(node)
    head = await node.rpc.get_block()
    late = await examine(Examinee(node.rpc), lambda: head.timestamp_s + 300.0)
    early = await examine(Examinee(node.rpc), lambda: head.timestamp_s - 300.0)
    on_time = await examine(Examinee(node.rpc), lambda: float(head.timestamp_s))
    assert [finding(one, "newest block").fitness for one in (late, early, on_time)] == [
        Fitness.LIMITED,
        Fitness.UNFIT,
        Fitness.GOOD,
    ]
