"""A trie proof is all of its nodes, in order, unchanged; nodes that hash right but are malformed are refused."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import rlp
from hypothesis import given, settings
from hypothesis import strategies as st
from trie.hexary import HexaryTrie

from primitives.errors import DecodeError, MptError
from primitives.keccak import keccak256
from primitives.mpt import EMPTY_TRIE_ROOT, MAX_NODE_BYTES, storage_word, verify_mpt, verify_storage

Nodes = list[bytes]


def build_trie(count: int) -> tuple[bytes, dict[bytes, bytes], Callable[[bytes], Nodes]]:
    trie = HexaryTrie({})
    content: dict[bytes, bytes] = {keccak256(bytes((n,))): rlp.encode(keccak256(b"value %d" % n)) for n in range(count)}
    for key, value in content.items():
        trie[key] = value

    def prove(key: bytes) -> Nodes:
        nodes = trie.get_proof(key)  # type: ignore[no-untyped-call]  # the library has no annotations here
        return [rlp.encode(node) for node in nodes]

    return trie.root_hash, content, prove


ROOT, CONTENT, prove = build_trie(200)
KEY = next(key for key in CONTENT if len(prove(key)) == 4)
NODES = prove(KEY)
ABSENT = next(key for n in range(1000) if len(prove(key := keccak256(b"absent %d" % n))) == 3)
ABSENT_NODES = prove(ABSENT)


def test_the_true_proofs_hold() -> None:
    assert verify_mpt(ROOT, KEY, NODES) == CONTENT[KEY]
    assert verify_mpt(ROOT, ABSENT, ABSENT_NODES) is None


@pytest.mark.parametrize(
    "forge",
    [
        lambda nodes: nodes[:0],
        lambda nodes: nodes[:-1],
        lambda nodes: nodes[1:],
        lambda nodes: [nodes[0], *nodes[2:]],
        lambda nodes: [*nodes, nodes[-1]],
        lambda nodes: [*nodes, b""],
        lambda nodes: [*nodes, b"\x80"],
        lambda nodes: [nodes[0], *nodes],
        lambda nodes: nodes[::-1],
        lambda nodes: [nodes[1], nodes[0], *nodes[2:]],
        lambda nodes: [*nodes[:-1], nodes[-1][:-1]],
        lambda nodes: [*nodes[:-1], nodes[-1] + b"\x00"],
        lambda nodes: [*nodes[:-1], b""],
        lambda nodes: nodes * 17,
        lambda nodes: [nodes[0] + bytes(10_000), *nodes[1:]],
    ],
    ids=[
        "no nodes",
        "last one missing",
        "first one missing",
        "one skipped",
        "last one twice",
        "an empty node after the end",
        "an empty trie after the end",
        "first one twice",
        "reversed",
        "two swapped",
        "last one cut",
        "last one extended",
        "last one empty",
        "more than the key has nibbles",
        "oversized",
    ],
)
@pytest.mark.parametrize(("key", "nodes"), [(KEY, NODES), (ABSENT, ABSENT_NODES)], ids=["present", "absent"])
def test_a_proof_with_other_nodes_is_refused(key: bytes, nodes: Nodes, forge: Callable[[Nodes], Nodes]) -> None:
    with pytest.raises(MptError):
        verify_mpt(ROOT, key, forge(list(nodes)))


@given(st.data())
@settings(max_examples=60)
def test_no_bit_of_a_proof_may_change(data: st.DataObject) -> None:
    key, nodes = data.draw(st.sampled_from([(KEY, NODES), (ABSENT, ABSENT_NODES)]))
    number = data.draw(st.integers(0, len(nodes) - 1))
    bit = data.draw(st.integers(0, 8 * len(nodes[number]) - 1))
    forged = list(nodes)
    forged[number] = (int.from_bytes(nodes[number], "big") ^ 1 << bit).to_bytes(len(nodes[number]), "big")
    with pytest.raises(MptError, match="not the one referred to"):
        verify_mpt(ROOT, key, forged)


def test_a_proof_for_one_key_says_nothing_about_another() -> None:
    others = [key for key in CONTENT if key.hex()[0] != KEY.hex()[0]][:20]
    for other in others:
        with pytest.raises(MptError):
            verify_mpt(ROOT, other, NODES)


def test_a_present_keys_shorter_relative_does_not_show_its_absence() -> None:
    for nodes in (NODES[:1], NODES[:2], NODES[:3]):
        with pytest.raises(MptError, match="stops before its end"):
            verify_mpt(ROOT, KEY, nodes)


def test_an_oversized_node_is_refused_before_it_is_hashed() -> None:
    with pytest.raises(MptError, match="too long"):
        verify_mpt(ROOT, KEY, [NODES[0] + bytes(MAX_NODE_BYTES)])


def test_a_proof_does_not_hold_under_another_root() -> None:
    other_root, _, _ = build_trie(100)
    for root in (other_root, bytes(32), EMPTY_TRIE_ROOT, b""):
        with pytest.raises(MptError):
            verify_mpt(root, KEY, NODES)


def test_the_empty_trie_shows_every_key_absent_and_takes_no_nodes() -> None:
    assert verify_mpt(EMPTY_TRIE_ROOT, KEY, []) is None
    assert verify_mpt(EMPTY_TRIE_ROOT, KEY, [b"\x80"]) is None
    for nodes in ([b""], [b"\x80", b"\x80"], NODES):
        with pytest.raises(MptError):
            verify_mpt(EMPTY_TRIE_ROOT, KEY, nodes)


def test_no_nodes_show_nothing_about_a_trie_that_is_not_empty() -> None:
    with pytest.raises(MptError, match="stops before its end"):
        verify_mpt(ROOT, KEY, [])


# --- nodes that hash to what is expected, as if the chain itself had committed to them --------------------------------

PATH = KEY.hex()
BRANCH: list[object] = [b""] * 17
HASH = b"\x11" * 32


def leaf_path(nibbles: str) -> bytes:
    return bytes.fromhex("3" + nibbles if len(nibbles) % 2 else "20" + nibbles)


def with_child(child: object) -> bytes:
    items = list(BRANCH)
    items[int(PATH[0], 16)] = child
    return bytes(rlp.encode(items))


MALFORMED = {
    "nothing": b"",
    "a string": b"\x83abc",
    "a long string": b"\xa0" + HASH,
    "an empty list": b"\xc0",
    "one item": rlp.encode([leaf_path(PATH)]),
    "three items": rlp.encode([leaf_path(PATH), b"v", b""]),
    "sixteen items": rlp.encode([b""] * 16),
    "eighteen items": rlp.encode([b""] * 18),
    "child of 31 bytes": with_child(HASH[:31]),
    "child of 33 bytes": with_child(HASH + b"\x11"),
    "child of one byte": with_child(b"\x01"),
    "embedded child of 32 bytes": with_child([leaf_path(PATH[1:])[:10], b"v" * 20]),
    "embedded child with one item": with_child([b"\x20"]),
    "embedded child that is empty": with_child([]),
    "leaf with an empty value": rlp.encode([leaf_path(PATH), b""]),
    "leaf with a list as value": rlp.encode([leaf_path(PATH), [b"v"]]),
    "leaf with an empty path": rlp.encode([b"", b"v"]),
    "leaf with a list as path": rlp.encode([[leaf_path(PATH)], b"v"]),
    "path flag of four": rlp.encode([b"\x40" + KEY, b"v"]),
    "path with padding": rlp.encode([b"\x21" + KEY, b"v"]),
    "extension with padding": rlp.encode([b"\x01" + KEY[:1], HASH]),
    "extension without a path": rlp.encode([b"\x00", HASH]),
    "extension to nothing": rlp.encode([b"\x00" + KEY[:1], b""]),
    "extension to a short string": rlp.encode([b"\x00" + KEY[:1], b"next"]),
    "something after the node": rlp.encode([leaf_path(PATH), b"v"]) + b"\x00",
    "a size in its long form": b"\xf8\x24" + rlp.encode([leaf_path(PATH), b"v"])[1:],
    "too long": rlp.encode([leaf_path(PATH), b"v" * MAX_NODE_BYTES]),
}


@pytest.mark.parametrize("node", MALFORMED.values(), ids=MALFORMED.keys())
def test_a_malformed_node_is_refused_though_its_hash_is_right(node: bytes) -> None:
    with pytest.raises(MptError):
        verify_mpt(keccak256(node), KEY, [node])


def test_a_full_branch_with_a_wrong_header_is_refused() -> None:
    """532 bytes that look like the common upper branch, but for one byte."""
    good = rlp.encode([HASH] * 16 + [b""])
    assert len(good) == 532
    for at in (0, 1, 2, 3, 36, 3 + 15 * 33, 531):
        forged = good[:at] + bytes((good[at] ^ 1,)) + good[at + 1 :]
        with pytest.raises(MptError):
            verify_mpt(keccak256(forged), KEY, [forged, b"x" * 40])


@pytest.mark.parametrize("children", range(2, 16))
def test_a_branch_of_hashes_with_a_wrong_byte_between_them_is_refused(children: int) -> None:
    """However many children: each byte that is no part of a hash is read."""
    items = [HASH if nibble < children else b"" for nibble in range(16)] + [b""]
    good = rlp.encode(items)
    payload = len(good) - sum(len(rlp.encode(item)) for item in items)
    between = [*range(payload), *(payload + 33 * child for child in range(children))]
    between += range(payload + 33 * children, len(good))
    for at in between:
        for changed in (good[at] ^ 1, 0x00, 0xC0, 0xFF):
            forged = good[:at] + bytes((changed,)) + good[at + 1 :]
            with pytest.raises(MptError):
                verify_mpt(keccak256(forged), b"\x00", [forged, b"x" * 40])
    assert verify_mpt(keccak256(good), b"\xf0", [good]) is None
    with pytest.raises(MptError, match="goes on after its end"):
        verify_mpt(keccak256(good), b"\xf0", [good, good])
    with pytest.raises(MptError, match="stops before its end"):
        verify_mpt(keccak256(good), b"\x00", [good])


LONG_VALUE = b"v" * 60
ODD_LEAVES = {
    "a third item": [leaf_path(PATH), LONG_VALUE, b""],
    "a list as value": [leaf_path(PATH), [LONG_VALUE]],
}


@pytest.mark.parametrize("items", ODD_LEAVES.values(), ids=ODD_LEAVES.keys())
def test_a_long_node_that_only_begins_as_a_leaf_is_refused(items: list[object]) -> None:
    node = rlp.encode(items)
    assert len(node) >= 58
    with pytest.raises(MptError):
        verify_mpt(keccak256(node), KEY, [node])


def test_a_long_leafs_value_must_be_in_its_canonical_form_and_fill_the_node() -> None:
    path = rlp.encode(leaf_path(PATH))
    good = rlp.encode([leaf_path(PATH), LONG_VALUE])
    assert verify_mpt(keccak256(good), KEY, [good]) == LONG_VALUE
    assert verify_mpt(keccak256(good), b"\x01" + KEY[1:], [good]) is None
    for value in (
        b"\xb8\x37" + b"v" * 55,
        b"\xb9\x00\x3c" + LONG_VALUE,
        b"\xb8\x3d" + LONG_VALUE,
        b"\xb8\x3b" + LONG_VALUE,
    ):
        forged = b"\xf8" + bytes((len(path + value),)) + path + value
        with pytest.raises(MptError):
            verify_mpt(keccak256(forged), KEY, [forged])


def test_a_path_whose_first_byte_could_be_a_length_is_not_taken_for_one() -> None:
    """56 bytes of path need a length of their own: without it, 0x38 of the path is the length, and the path another."""
    key = b"\x08" + b"\x88" * 55
    path = leaf_path(key.hex()[1:])
    assert (len(path), path[0]) == (56, 0x38)
    leaf = b"\xf8" + bytes((1 + 56 + 3,)) + b"\xb8" + path + b"\x82vv"
    branch = rlp.encode([keccak256(leaf), HASH] + [b""] * 15)
    with pytest.raises(MptError, match="no branch, extension or leaf"):
        verify_mpt(keccak256(branch), key, [branch, leaf])


def test_a_short_node_referred_to_by_hash_is_refused() -> None:
    """It must be embedded: otherwise one trie content has two roots."""
    leaf = bytes(rlp.encode([leaf_path("f"), b"v"]))
    branch = rlp.encode([keccak256(leaf)] + [b""] * 16)
    with pytest.raises(MptError, match="must be embedded"):
        verify_mpt(keccak256(branch), b"\x0f", [branch, leaf])


NODE_ITEMS = st.recursive(
    st.binary(max_size=4) | st.just(HASH) | st.just(b""),
    lambda items: st.lists(items, min_size=2, max_size=2) | st.lists(items, min_size=17, max_size=17),
    max_leaves=24,
)


@given(NODE_ITEMS.map(rlp.encode) | st.binary(max_size=80), st.binary(max_size=3))
@settings(max_examples=300)
def test_whatever_a_node_holds_the_answer_is_a_value_an_absence_or_our_error(node: bytes, key: bytes) -> None:
    try:
        value = verify_mpt(keccak256(node), key, [node])
    except MptError:
        return
    assert value is None or value in node


# --- words of storage -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"\x80",  # zero is absent, never stored
        b"\x00",
        b"\xa0" + bytes(1) + b"\x11" * 31,  # the leading zero must be left out
        b"\xa1" + b"\x11" * 33,
        b"\x81\x11",
        b"\xa0" + b"\x11" * 31,
        b"\xc1\x11",
        b"\xa0" + b"\x11" * 32 + b"\x00",
    ],
)
def test_a_stored_word_in_any_but_its_canonical_form_is_refused(value: bytes) -> None:
    with pytest.raises(DecodeError):
        storage_word(value)


def test_a_commitment_that_begins_with_zero_does_not_pass_for_a_longer_or_shorter_one() -> None:
    """Stored without its leading zeros: padding on the wrong side, or none, would let another commitment pass."""
    slot = keccak256(b"slot")
    commitment = bytes(2) + b"\x07" * 30
    trie = HexaryTrie({})
    trie[keccak256(slot)] = rlp.encode(commitment.lstrip(b"\x00"))
    nodes = [rlp.encode(trie.root_node.raw)]
    assert verify_storage(trie.root_hash, slot, nodes) == commitment
    assert verify_storage(trie.root_hash, slot, nodes) != b"\x07" * 30 + bytes(2)
