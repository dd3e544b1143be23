"""What the devnet answers over JSON-RPC goes into the offline verifiers as it is."""

from __future__ import annotations

from typing import Any

import pytest

from relayer.cli.verify.errors import Refused
from relayer.cli.verify.headers import verify_header_file
from relayer.cli.verify.storage import verify_storage_file
from tests.fakes.evm_devnet_world import RICH, STORE_AND_LOG_CODE, DevnetWorld, words


@pytest.fixture(scope="module")
def world() -> DevnetWorld:
    world = DevnetWorld()
    contract = world.deploy(STORE_AND_LOG_CODE)
    for slot in range(5):
        world.send(RICH, to=bytes.fromhex(contract[2:]), data=words(slot, slot + 100))
    world.mine()
    return world


def latest_block(world: DevnetWorld) -> dict[str, Any]:
    block: dict[str, Any] = world.rpc("eth_getBlockByNumber", "latest", False)  # noqa: FBT003 # JSON-RPC's own parameter
    return block


def test_a_block_of_the_devnet_holds(world: DevnetWorld) -> None:
    block = latest_block(world)
    facts = {fact.label: fact.text for fact in verify_header_file({"kind": "qbft", "header": block}).facts}
    assert facts["block hash"] == block["hash"]


@pytest.mark.parametrize(
    ("field", "value"), [("stateRoot", "0x" + "11" * 32), ("gasUsed", "0x1"), ("timestamp", "0x5")]
)
def test_a_block_with_another_field_is_refused(world: DevnetWorld, field: str, value: str) -> None:
    with pytest.raises(Refused) as refused:
        verify_header_file({"kind": "qbft", "header": latest_block(world) | {field: value}})
    assert refused.value.cause == "QBFT_FOREIGN_SEAL"


def test_a_block_that_claims_another_hash_is_refused(world: DevnetWorld) -> None:
    with pytest.raises(Refused, match="hash"):
        verify_header_file({"kind": "qbft", "header": latest_block(world) | {"hash": "0x" + "11" * 32}})


def test_a_proof_of_the_devnet_holds_under_its_block(world: DevnetWorld) -> None:
    contract = world.rpc("eth_getBlockByNumber", "0x1", True)["transactions"][0]["hash"]  # noqa: FBT003 # as above
    address = world.rpc("eth_getTransactionReceipt", contract)["contractAddress"]
    answer = world.rpc("eth_getProof", address, ["0x3", "0x63"], "latest")
    document = {"stateRoot": latest_block(world)["stateRoot"], "proof": answer}
    texts = [fact.text for fact in verify_storage_file(document).facts if fact.label == "slot"]
    assert texts[0].endswith("holds 0x" + (103).to_bytes(32, "big").hex())
    assert texts[1].endswith("is zero")
