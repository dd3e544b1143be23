"""Anvil's proofs of random storage, our verifier and the `trie` library say the same of every slot."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Final

import pytest
import rlp
from trie.hexary import HexaryTrie

from chains.evm.client.mock_proofs import MockConsensusProver
from chains.evm.client.node_types import AccountProof
from chains.evm.client.rpc import EvmRpc
from chains.evm.errors import NodeMisbehaved
from primitives.errors import DecodeError
from primitives.keccak import keccak256
from primitives.mpt import verify_account, verify_storage
from primitives.types import Address
from tests.fakes.anvil import running_anvil
from tests.fakes.evm_devnet_world import CHAIN_ID, STORE_AND_LOG_CODE, hex_of

CONTRACT: Final = bytes(19) + b"\xaa"
NEAR: Final = ((959_100, 1_490_001), (247_476, 515_151))
"""Slots whose hashes share 9 and 10 nibbles: with small words their leaves are embedded in the branch above them."""
SHARED_NIBBLES: Final = (9, 10)
ABSENT_A_TRIE: Final = 24

Storage = Mapping[bytes, int]


def slot(number: int) -> bytes:
    return number.to_bytes(32, "big")


def random_storage(seed: int, slots: int) -> dict[bytes, int]:
    """Words of every length: what is stored has no leading zeros, and small words are their own encoding."""
    dice = random.Random(seed)  # noqa: S311 # the same storage at every run
    return {
        slot(dice.randrange(2**256)): dice.randrange(1, 2 ** dice.choice((1, 7, 8, 16, 128, 248, 256)))
        for _ in range(slots)
    }


def absent_beside(storage: Storage, seed: int) -> list[bytes]:
    dice = random.Random(seed + 1)  # noqa: S311 # as above
    return [slot(dice.randrange(2**256)) for _ in range(ABSENT_A_TRIE)] + [
        absent for pair in NEAR for absent in map(slot, pair) if absent not in storage
    ]


def root_of(storage: Storage) -> bytes:
    """By the `trie` library."""
    trie = HexaryTrie({})
    for where, word in storage.items():
        trie[keccak256(where)] = rlp.encode(word)
    return bytes(trie.root_hash)


def library_says(root: bytes, where: bytes, nodes: Sequence[bytes]) -> int:
    found = HexaryTrie.get_from_proof(root, keccak256(where), [rlp.decode(node) for node in nodes])  # type: ignore[no-untyped-call] # unannotated there
    return int(rlp.decode(found, rlp.sedes.big_endian_int)) if found else 0


@asynccontextmanager
async def anvil_holding(storage: Storage) -> AsyncIterator[EvmRpc]:
    async with running_anvil(CHAIN_ID) as url, EvmRpc(url) as rpc:
        await rpc.request("anvil_setCode", hex_of(CONTRACT), hex_of(STORE_AND_LOG_CODE))
        await store(rpc, storage)
        yield rpc


async def store(rpc: EvmRpc, storage: Storage) -> None:
    for where, word in storage.items():
        await rpc.request("anvil_setStorageAt", hex_of(CONTRACT), hex_of(where), hex_of(slot(word)))
    await rpc.request("evm_mine")


async def proof_of(rpc: EvmRpc, slots: Iterable[bytes]) -> AccountProof:
    """Of the newest block, its account proof verified under the header."""
    block = await rpc.get_block()
    proof = await rpc.get_proof(CONTRACT, tuple(slots), block.height)
    account = verify_account(block.state_root, Address(CONTRACT), proof.nodes)
    assert account is not None
    assert account.storage_root == proof.storage_root
    return proof


def agree(proof: AccountProof, storage: Storage) -> None:
    """All three, and the storage itself."""
    assert proof.storage_root == root_of(storage)
    for each in proof.slots:
        ours = verify_storage(proof.storage_root, each.slot, each.nodes)
        truth = storage.get(each.slot, 0)
        assert int.from_bytes(ours or b"", "big") == each.value == truth, each.slot.hex()
        assert library_says(proof.storage_root, each.slot, each.nodes) == truth


@pytest.mark.parametrize("slots", [1, 2, 17, 200])
async def test_present_and_absent_slots_of_random_storage(slots: int) -> None:
    storage = random_storage(seed=slots, slots=slots)
    async with anvil_holding(storage) as rpc:
        agree(await proof_of(rpc, [*storage, *absent_beside(storage, slots)]), storage)


async def test_leaves_that_are_embedded_in_their_branch() -> None:
    for pair, shared in zip(NEAR, SHARED_NIBBLES, strict=True):
        one, other = (keccak256(slot(number)).hex() for number in pair)
        assert (one[:shared], one[shared] == other[shared]) == (other[:shared], False)
    small, larger = ({slot(number): word for pair in NEAR for number in pair} for word in (1, 0x1234))
    storage = random_storage(seed=3, slots=60) | small
    async with anvil_holding(storage) as rpc:
        proof = await proof_of(rpc, [*storage, *absent_beside({}, 3)])
        agree(proof, storage)
        embedded = {each.slot: len(each.nodes) for each in proof.slots if each.slot in small}
        changed = storage | larger  # too long to be embedded: now they are nodes of their own
        await store(rpc, larger)
        proof = await proof_of(rpc, [*changed, *absent_beside({}, 3)])
        agree(proof, changed)
        assert {each.slot: len(each.nodes) - 1 for each in proof.slots if each.slot in small} == embedded


async def test_a_cleared_slot_leaves_a_leaf_on_anvil_that_proves_nothing_and_hides_no_other() -> None:
    """Ethereum takes the leaf away; with it this node's roots are not Ethereum's, and no one is told otherwise."""
    storage = random_storage(seed=5, slots=20)
    cleared, kept = list(storage)[::2], list(storage)[1::2]
    async with anvil_holding(storage) as rpc:
        await store(rpc, dict.fromkeys(cleared, 0))
        proof = await proof_of(rpc, kept)
        assert proof.storage_root != root_of({where: storage[where] for where in kept})
        for each in proof.slots:
            assert verify_storage(proof.storage_root, each.slot, each.nodes) == slot(storage[each.slot])
        (zero,) = (await proof_of(rpc, cleared[:1])).slots
        with pytest.raises(DecodeError, match="a zero word is not stored"):
            verify_storage(proof.storage_root, zero.slot, zero.nodes)
        prover = MockConsensusProver(rpc, CONTRACT)
        with pytest.raises(NodeMisbehaved, match="a zero word is not stored"):
            await prover.storage_evidence(CONTRACT, zero.slot, await rpc.block_number())
