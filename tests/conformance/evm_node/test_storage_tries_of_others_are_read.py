"""Storage tries that a node built, of random words, read by our verifier and by the `trie` library alike."""

from __future__ import annotations

import random

import pytest
import rlp
from trie.hexary import HexaryTrie

from chains.evm.client.rpc import EvmRpc
from primitives.errors import MptError
from primitives.keccak import keccak256
from primitives.mpt import verify_account, verify_storage
from primitives.types import Address
from tests.fakes.anvil import running_anvil
from tests.fakes.evm_devnet_world import CHAIN_ID

CONTRACT = Address(b"\x5e" * 20)
SIZES = (1, 2, 17, 300)


def library_word(root: bytes, slot: bytes, nodes: tuple[bytes, ...]) -> bytes | None:
    """What the library reads; None if it reads nothing."""
    raw = HexaryTrie.get_from_proof(root, keccak256(slot), [rlp.decode(node) for node in nodes])  # type: ignore[no-untyped-call]  # the library has no types
    return bytes(rlp.decode(raw)).rjust(32, b"\0") if raw else None


@pytest.mark.parametrize("size", SIZES)
async def test_random_words_of_anvils_storage_are_read_as_the_library_reads_them(size: int) -> None:
    draw = random.Random(size)  # noqa: S311 # the same trie each time
    words = {draw.randbytes(32): draw.randbytes(draw.randint(1, 32)).rjust(32, b"\0") for _ in range(size)}
    words = {slot: word for slot, word in words.items() if any(word)}
    async with running_anvil(CHAIN_ID) as url, EvmRpc(url) as rpc:
        for slot, word in words.items():
            await rpc.request("anvil_setStorageAt", f"0x{CONTRACT.hex()}", f"0x{slot.hex()}", f"0x{word.hex()}")
        await rpc.request("anvil_setCode", f"0x{CONTRACT.hex()}", "0x00")
        await rpc.request("evm_mine")
        height = await rpc.block_number()
        state_root = (await rpc.get_block(height)).state_root
        asked = (*draw.sample(sorted(words), min(size, 12)), *(draw.randbytes(32) for _ in range(8)))
        proof = await rpc.get_proof(CONTRACT, asked, height)
    account = verify_account(state_root, CONTRACT, proof.nodes)
    assert account is not None
    for slot, shown in zip(asked, proof.slots, strict=True):
        found = verify_storage(account.storage_root, slot, shown.nodes)
        assert found == words.get(slot) == library_word(account.storage_root, slot, shown.nodes)
        for other in asked:
            if other != slot and words.get(other) != found:
                assert_not_read(account.storage_root, other, shown.nodes, words.get(other))


def assert_not_read(root: bytes, slot: bytes, nodes: tuple[bytes, ...], truth: bytes | None) -> None:
    """The nodes for one slot say nothing, or the truth, about another."""
    try:
        assert verify_storage(root, slot, nodes) == truth
    except MptError:
        return
