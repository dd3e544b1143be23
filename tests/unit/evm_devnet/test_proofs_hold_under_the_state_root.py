"""eth_getProof held against the `trie` library and against the project's own verifier."""

from __future__ import annotations

import rlp
from eth.rlp.accounts import Account as TrieAccount
from hypothesis import given, settings
from hypothesis import strategies as st
from trie.hexary import HexaryTrie

from chains.evm.devnet.database import MemoryDatabase
from chains.evm.devnet.state_proof import _nodes
from primitives.keccak import keccak256
from primitives.mpt import verify_account, verify_mpt, verify_storage
from primitives.secp256k1 import address_of
from primitives.types import Address
from tests.fakes.evm_devnet_world import RECIPIENT, RICH, STORE_AND_LOG_CODE, DevnetWorld, hex_of, words


def data_of(value: str) -> bytes:
    return bytes.fromhex(value[2:])


def library_value(root: bytes, key: bytes, nodes: list[bytes]) -> bytes:
    decoded = [rlp.decode(node) for node in nodes]
    found: bytes = HexaryTrie.get_from_proof(root, key, decoded)  # type: ignore[no-untyped-call] # unannotated there
    return found


def test_account_and_slots_are_proved_at_every_block_of_history() -> None:
    world = DevnetWorld()
    contract = data_of(world.deploy(STORE_AND_LOG_CODE))
    for slot in range(40):
        world.send(RICH, to=contract, data=words(slot, slot * 1000 + 1))
        if slot % 8 == 7:
            world.mine()
    for height in range(7):
        block = world.block(hex(height))
        keys = [hex(slot) for slot in (0, 7, 8, 39, 99)]
        proof = world.rpc("eth_getProof", hex_of(contract), keys, hex(height))
        account_nodes = [data_of(node) for node in proof["accountProof"]]
        account = verify_account(data_of(block["stateRoot"]), Address(contract), account_nodes)
        encoded = library_value(data_of(block["stateRoot"]), keccak256(contract), account_nodes)
        if height == 0:
            assert account is None
            assert encoded == b""
            continue
        assert account is not None
        assert rlp.decode(encoded, TrieAccount).storage_root == account.storage_root == data_of(proof["storageHash"])
        for slot_proof in proof["storageProof"]:
            slot, nodes = int(slot_proof["key"], 16), [data_of(node) for node in slot_proof["proof"]]
            written = slot < (height - 1) * 8 and slot < 40
            expected = slot * 1000 + 1 if written else 0
            assert int(slot_proof["value"], 16) == expected
            word = verify_storage(account.storage_root, words(slot), nodes)
            assert word == (words(expected) if written else None)
            if nodes:
                found = library_value(account.storage_root, keccak256(words(slot)), nodes)
                assert found == (rlp.encode(expected) if written else b"")


def test_an_absent_account_is_proved_absent() -> None:
    world = DevnetWorld()
    root = data_of(world.block("latest")["stateRoot"])
    proof = world.rpc("eth_getProof", hex_of(RECIPIENT), [], "latest")
    assert verify_account(root, Address(RECIPIENT), [data_of(node) for node in proof["accountProof"]]) is None
    assert (proof["balance"], proof["nonce"]) == ("0x0", "0x0")


def test_the_proof_of_a_prefunded_account_shows_its_balance() -> None:
    world = DevnetWorld()
    root = data_of(world.block("earliest")["stateRoot"])
    proof = world.rpc("eth_getProof", hex_of(address_of(RICH)), [], "earliest")
    account = verify_account(root, address_of(RICH), [data_of(node) for node in proof["accountProof"]])
    assert account is not None
    assert account.balance == int(proof["balance"], 16) == 10**24


@settings(max_examples=60, deadline=None)
@given(
    entries=st.dictionaries(
        st.binary(min_size=2, max_size=2), st.binary(min_size=1, max_size=40), min_size=1, max_size=20
    ),
    absent=st.binary(min_size=2, max_size=2),
)
def test_embedded_nodes_are_not_listed_on_their_own(entries: dict[bytes, bytes], absent: bytes) -> None:
    trie = HexaryTrie(MemoryDatabase())
    for key, value in entries.items():
        trie[key] = value
    for key in (*entries, absent):
        assert verify_mpt(trie.root_hash, key, _nodes(trie, key)) == entries.get(key)
