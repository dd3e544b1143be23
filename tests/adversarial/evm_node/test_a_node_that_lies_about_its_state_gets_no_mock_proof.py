"""Nobody seals the mock's headers; the node's state proofs are held against them all the same."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from chains.evm.client.abi import EvmCall
from chains.evm.client.account import EvmAccount
from chains.evm.client.mock_proofs import MockConsensusProver
from chains.evm.client.proofs import TrustTerms
from chains.evm.client.rpc import EvmRpc
from chains.evm.devnet.app import Devnet
from chains.evm.devnet.config import MiningMode
from chains.evm.errors import NodeMisbehaved, WrongChain
from ibc.errors import InvalidProof
from ibc.light_client import ConsensusAt, TimeBounds
from ibc.paths import ack_path
from light_clients.mock import MockLightClient, absence_proof, presence_proof
from light_clients.qbft import IBC_STORE_SLOT
from primitives.keccak import keccak256
from primitives.mpt import mapping_slot
from tests.fakes.altering_node import Alter, altering_node
from tests.fakes.evm_devnet_world import CHAIN_ID, RICH, STORE_AND_LOG_CODE, creation_of, devnet_config

TIMEOUT_S = 10.0
STORED, OTHER, NEVER = ack_path("progmat-0", 1), ack_path("progmat-0", 2), ack_path("progmat-0", 3)
WORD = b"\x00" + b"\x77" * 31  # a commitment may begin with zeros: in the trie it is shorter
TRUST = TrustTerms(86_400, 15)


def slot_of(path: bytes) -> bytes:
    return mapping_slot(keccak256(path), IBC_STORE_SLOT)


@dataclass
class Router:
    """A contract with two words where a router keeps commitments, and the height at which they stand."""

    url: str
    address: bytes
    height: int


@asynccontextmanager
async def deployed() -> AsyncIterator[Router]:
    async with Devnet(devnet_config(mining=MiningMode.INSTANT)) as devnet, EvmRpc(devnet.url) as rpc:
        account = EvmAccount(rpc, RICH, CHAIN_ID)
        created = await account.execute(EvmCall(b"", creation_of(STORE_AND_LOG_CODE)), TIMEOUT_S)
        assert created.contract_address is not None
        for path, word in ((STORED, WORD), (OTHER, b"\x55" * 32)):
            await account.execute(EvmCall(created.contract_address, slot_of(path) + word), TIMEOUT_S)
        yield Router(devnet.url, created.contract_address, await rpc.block_number())


@asynccontextmanager
async def prover_over(router: Router, **altered: Alter) -> AsyncIterator[tuple[EvmRpc, MockConsensusProver]]:
    async with altering_node(router.url, altered) as url, EvmRpc(url) as rpc:
        yield rpc, MockConsensusProver(rpc, router.address)


async def test_an_honest_nodes_facts_are_proved_and_no_others() -> None:
    async with deployed() as router, prover_over(router) as (rpc, prover):
        initial = await prover.initial_state(CHAIN_ID, TRUST, router.height)
        at, kind = ConsensusAt(router.height, initial.consensus_state), MockLightClient()
        now = TimeBounds.at(kind.timestamp_at(initial.consensus_state))
        root = (await rpc.get_block(router.height)).state_root
        present = await prover.membership_proof(STORED, router.height)
        absent = await prover.membership_proof(NEVER, router.height)
        assert (present, absent) == (presence_proof(root, STORED, WORD), absence_proof(root, NEVER))
        kind.verify_membership(initial.client_state, at, present, STORED, WORD, now)
        kind.verify_non_membership(initial.client_state, at, absent, NEVER, now)
        with pytest.raises(InvalidProof):
            kind.verify_non_membership(initial.client_state, at, present, STORED, now)
        with pytest.raises(WrongChain):
            await prover.initial_state(CHAIN_ID + 1, TRUST)


def storage(answer: dict[str, Any]) -> dict[str, Any]:
    slot: dict[str, Any] = answer["storageProof"][0]
    return slot


def of_slot(answer: dict[str, Any], **changes: Any) -> dict[str, Any]:  # noqa: ANN401 # JSON
    return {**answer, "storageProof": [{**storage(answer), **changes}]}


def flipped(node: str) -> str:
    return node[:-1] + ("0" if node[-1] != "0" else "1")


LIES: dict[str, Alter] = {
    "the word hidden": lambda _, a: of_slot(a, proof=storage(a)["proof"][:-1]),
    "no storage proof at all": lambda _, a: of_slot(a, proof=[], value="0x0"),
    "a changed leaf": lambda _, a: of_slot(a, proof=[*storage(a)["proof"][:-1], flipped(storage(a)["proof"][-1])]),
    "a node twice": lambda _, a: of_slot(a, proof=[*storage(a)["proof"], storage(a)["proof"][-1]]),
    "another word than is proved": lambda _, a: of_slot(a, value="0x1"),
    "zero where a word is proved": lambda _, a: of_slot(a, value="0x0"),
    "another storage root": lambda _, a: {**a, "storageHash": "0x" + "11" * 32},
    "no account proof": lambda _, a: {**a, "accountProof": []},
    "an account proof cut short": lambda _, a: {**a, "accountProof": a["accountProof"][:-1]},
    "a changed account": lambda _, a: {**a, "accountProof": [*a["accountProof"][:-1], flipped(a["accountProof"][-1])]},
}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
async def test_a_lie_about_a_slot_is_found_before_anything_is_proved(lie: Alter) -> None:
    async with deployed() as router, prover_over(router, eth_getProof=lie) as (_, prover):
        with pytest.raises(NodeMisbehaved, match="state proof at"):
            await prover.membership_proof(STORED, router.height)
        with pytest.raises(NodeMisbehaved, match="state proof at"):
            await prover.storage_evidence(router.address, slot_of(STORED), router.height)


async def test_a_header_with_another_state_root_proves_nothing() -> None:
    async with deployed() as router:

        def of_nothing(_params: list[Any], block: dict[str, Any]) -> dict[str, Any]:
            return {**block, "stateRoot": "0x" + "22" * 32}

        async with prover_over(router, eth_getBlockByNumber=of_nothing) as (_, prover):
            with pytest.raises(NodeMisbehaved, match="state root 0x2222"):
                await prover.membership_proof(STORED, router.height)


async def test_a_contract_that_is_not_there_holds_nothing_and_its_absence_is_no_proof_about_packets() -> None:
    async with deployed() as router, EvmRpc(router.url) as rpc:
        prover = MockConsensusProver(rpc, b"\x77" * 20)
        with pytest.raises(NodeMisbehaved, match="the proof of its absence"):
            await prover.membership_proof(NEVER, router.height)
