"""Merkle-Patricia proofs in Solidity: the tight library, its plain reference and the Python verifier judge alike."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
import rlp
from hypothesis import given, settings
from hypothesis import strategies as st
from trie.hexary import HexaryTrie

from primitives.keccak import keccak256
from primitives.mpt import EMPTY_TRIE_ROOT
from primitives.rlp import encode
from tests.fakes.evm_sandbox import Reverted
from tests.fakes.qbft_headers import RouterState
from tests.fakes.trie_probe import REFUSED, judge, require_named, trie_probe

Node = bytes | Sequence["Node"]

KEY = keccak256(b"key")
NO_CHILD = b""


def leaf(nibbles: str, value: bytes) -> list[bytes]:
    prefix = "3" if len(nibbles) % 2 else "20"
    return [bytes.fromhex(prefix + nibbles), value]


def extension(nibbles: str, child: Node) -> list[Node]:
    prefix = "1" if len(nibbles) % 2 else "00"
    return [bytes.fromhex(prefix + nibbles), child]


def branch(children: dict[int, Node], value: bytes = b"") -> list[Node]:
    return [children.get(number, NO_CHILD) for number in range(16)] + [value]


def hashed(node: Node) -> bytes:
    return keccak256(encode(node))


def other(label: int) -> bytes:
    """The hash of some node that nobody is going to show."""
    return keccak256(bytes([label]))


def full(children: dict[int, Node], value: bytes = b"") -> list[Node]:
    """A branch with all sixteen children."""
    return branch({number: other(number) for number in range(16)} | children, value)


# ------------------------------------------------------------------------------------------------------- good proofs


@pytest.mark.parametrize("nibbles", [1, 2, 3, 62, 63, 64])
def test_odd_and_even_paths_of_leaf_and_extension_lead_to_the_value(nibbles: int) -> None:
    digits = KEY.hex()
    end = leaf(digits[nibbles:], b"value at the end")
    under = full({int(digits[nibbles - 1], 16): hashed(end) if len(encode(end)) >= 32 else end})
    top = extension(digits[: nibbles - 1], hashed(under)) if nibbles > 1 else under
    nodes = [encode(node) for node in (top, under, end)][0 if nibbles > 1 else 1 :]
    nodes = [node for number, node in enumerate(nodes) if number == 0 or len(node) >= 32]
    assert judge(keccak256(nodes[0]), KEY, nodes).agreed == b"value at the end"


def test_a_leaf_alone_is_a_trie() -> None:
    node = encode(leaf(KEY.hex(), b"only"))
    assert judge(keccak256(node), KEY, [node]).agreed == b"only"
    assert judge(keccak256(node), keccak256(b"another"), [node]).agreed is None


def test_an_empty_trie_holds_nothing_and_has_no_nodes() -> None:
    assert judge(EMPTY_TRIE_ROOT, KEY, []).agreed is None
    assert judge(EMPTY_TRIE_ROOT, KEY, [b"\x80"]).agreed is None
    for nodes in ([b"\x80", b"\x80"], [b""], [b"\xc0"], [encode(leaf(KEY.hex(), b"x"))]):
        assert judge(EMPTY_TRIE_ROOT, KEY, nodes).agreed == REFUSED


def test_nodes_below_32_bytes_are_read_inside_their_parents() -> None:
    short = bytes.fromhex("12345678")
    trie = HexaryTrie({})
    for key, value in ((short, b"a"), (bytes.fromhex("12345679"), b"b"), (bytes.fromhex("1234"), b"c")):
        trie[key] = value
    root_node = rlp.encode(trie.root_node.raw)
    assert len(rlp.encode(trie.get_proof(short)[-1])) < 32  # type: ignore[no-untyped-call]  # no annotations there
    for key, value in ((short, b"a"), (bytes.fromhex("12345679"), b"b"), (bytes.fromhex("1234"), b"c")):
        nodes = [rlp.encode(node) for node in trie.get_proof(key)]  # type: ignore[no-untyped-call]  # as above
        listed = [node for number, node in enumerate(nodes) if number == 0 or len(node) >= 32]
        assert judge(keccak256(root_node), key, listed).agreed == value
    assert judge(keccak256(root_node), bytes.fromhex("123456"), listed).agreed is None


def test_a_key_that_begins_another_ends_in_a_branchs_value() -> None:
    inner = full({}, b"value of the shorter key")
    top = extension("abcd", hashed(inner))
    nodes = [encode(top), encode(inner)]
    assert judge(hashed(top), bytes.fromhex("abcd"), nodes).agreed == b"value of the shorter key"
    assert judge(hashed(top), bytes.fromhex("abcdef"), nodes).agreed == REFUSED
    assert judge(hashed(top), bytes.fromhex("abce"), nodes[:1]).agreed is None
    empty = full({})
    over = extension("abcd", hashed(empty))
    assert judge(hashed(over), bytes.fromhex("abcd"), [encode(over), encode(empty)]).agreed is None


@pytest.mark.parametrize("word", [1, 0x7F, 0x80, 0xFF00, 1 << 248, (1 << 256) - 1])
def test_a_storage_word_is_read_without_its_leading_zeros(word: int) -> None:
    slot = keccak256(b"slot")
    state = RouterState({slot: word.to_bytes(32, "big"), keccak256(b"neighbour"): bytes(31) + b"\x01"})
    asked = (state.storage_root, slot, list(state.storage_proof(slot)))
    assert int.from_bytes(trie_probe().call("storageWord", *asked), "big") == word
    absent = keccak256(b"never written")
    zero = trie_probe().call("storageWord", state.storage_root, absent, list(state.storage_proof(absent)))
    assert zero == bytes(32)
    found = trie_probe().call("storageRootOf", state.state_root, state.contract, list(state.account_proof()))
    assert found == state.storage_root


# ------------------------------------------------------------------------------------------------------- bad proofs

GOOD_LEAF = leaf(KEY.hex()[1:], b"a value that is long enough to be hashed")
GOOD_ROOT = full({int(KEY.hex()[0], 16): hashed(GOOD_LEAF)})
GOOD = [encode(GOOD_ROOT), encode(GOOD_LEAF)]

OTHER_NODES = {
    "no node": [],
    "the last one missing": GOOD[:1],
    "the first one missing": GOOD[1:],
    "the last one twice": [*GOOD, GOOD[1]],
    "an empty node after the end": [*GOOD, b""],
    "an empty trie after the end": [*GOOD, b"\x80"],
    "swapped": GOOD[::-1],
    "the last one cut": [GOOD[0], GOOD[1][:-1]],
    "the last one extended": [GOOD[0], GOOD[1] + b"\0"],
    "more nodes than the key has nibbles": GOOD * 40,
    "an oversized node": [GOOD[0] + bytes(1024), GOOD[1]],
}


@pytest.mark.parametrize("nodes", OTHER_NODES.values(), ids=OTHER_NODES.keys())
def test_missing_superfluous_and_changed_nodes_are_refused(nodes: list[bytes]) -> None:
    assert judge(hashed(GOOD_ROOT), KEY, GOOD).agreed == b"a value that is long enough to be hashed"
    assert judge(hashed(GOOD_ROOT), KEY, nodes).agreed == REFUSED


def test_the_longest_proof_the_key_allows_is_bounded_and_a_longer_one_is_not_even_hashed() -> None:
    with pytest.raises(Reverted, match="MptNodesSuperfluous"):
        trie_probe().call("valueAt", hashed(GOOD_ROOT), KEY, [bytes(100_000)] * 66)
    with pytest.raises(Reverted, match="MptNodeSizeInvalid"):
        trie_probe().call("valueAt", hashed(GOOD_ROOT), KEY, [bytes(1025)])
    with pytest.raises(Reverted, match="MptKeyTooLong"):
        trie_probe().call("valueAt", hashed(GOOD_ROOT), KEY + b"\0", GOOD)


MALFORMED = {
    "path without a flag": [b"", b"value"],
    "path with an unknown flag": [b"\x40", b"value"],
    "even path with dirt after its flag": [b"\x21" + KEY, b"value"],
    "extension with an empty path": [b"\x00", other(1)],
    "leaf with an empty value": leaf(KEY.hex(), b""),
    "leaf whose value is a list": [*leaf(KEY.hex(), b"")[:1], [b"a", b"b"]],
    "path that is a list": [[b"\x20"], b"value"],
    "node of three items": [b"\x20", b"a", b"b"],
    "node of sixteen items": [b""] * 16,
    "node of eighteen items": [b""] * 18,
    "empty list": [],
    "extension to an empty child": extension(KEY.hex()[:1], b""),
    "extension to a child of 31 bytes": extension(KEY.hex()[:1], bytes(31)),
    "extension to a child of 33 bytes": extension(KEY.hex()[:1], bytes(33)),
    "branch with a child of 20 bytes": full({int(KEY.hex()[0], 16): bytes(20)}),
    "embedded child of 32 bytes or more": extension(KEY.hex()[:1], [b"\x20" + bytes(20), bytes(20)]),
    "embedded child of three items": extension(KEY.hex()[:1], [b"a", b"b", b"c"]),
}


@pytest.mark.parametrize("node", MALFORMED.values(), ids=MALFORMED.keys())
def test_a_malformed_node_with_the_right_hash_is_refused(node: list[Node]) -> None:
    assert judge(hashed(node), KEY, [encode(node)]).agreed == REFUSED


def test_a_branchs_value_that_is_a_list_is_refused() -> None:
    inner: list[Node] = [*branch({1: other(1), 2: other(2)})[:16], [b"a"]]
    top = extension("abcd", hashed(inner))
    assert judge(hashed(top), bytes.fromhex("abcd"), [encode(top), encode(inner)]).agreed == REFUSED


NOT_CANONICAL = {
    "size in a longer form than needed": b"\xf8\x02\x20\x01",
    "size with a zero in front": b"\xf9\x00\x40" + bytes(64),
    "single byte with a prefix": b"\xc4\x81\x20\x81\x01",
    "truncated list": GOOD[0][:-1],
    "item beyond its list": b"\xc3\x20\x85\x01",
    "bytes after the list": b"\xc2\x20\x01\x00",
    "a string, not a list": b"\xa0" + bytes(32),
    "nothing": b"",
    "long string in a longer form": b"\xc5\x20\xb8\x02\x01\x02",
    "size of eight bytes, all ones": b"\xff" + b"\xff" * 8,
    "string size of eight bytes": b"\xca\x20\xbf" + b"\xff" * 8,
}


@pytest.mark.parametrize("node", NOT_CANONICAL.values(), ids=NOT_CANONICAL.keys())
def test_rlp_that_is_not_canonical_is_refused(node: bytes) -> None:
    assert judge(keccak256(node), KEY, [node]).agreed == REFUSED


def test_a_short_node_must_stand_in_its_parent() -> None:
    small = leaf("", b"v")
    parent = extension(KEY.hex(), keccak256(encode(small)))
    assert judge(hashed(parent), KEY, [encode(parent), encode(small)]).agreed == REFUSED
    embedded = extension(KEY.hex(), small)
    assert judge(hashed(embedded), KEY, [encode(embedded)]).agreed == b"v"


def test_the_proof_of_another_account_is_refused() -> None:
    state, stranger = RouterState({}), RouterState({}, contract=b"\x77" * 20)
    with pytest.raises(Reverted, match="Mpt"):
        trie_probe().call("storageRootOf", state.state_root, state.contract, list(stranger.account_proof()))
    nobody = bytes(19) + b"\x05"
    with pytest.raises(Reverted, match="MptAccountAbsent"):
        trie_probe().call("storageRootOf", state.state_root, nobody, list(state.account_proof(nobody)))


@pytest.mark.parametrize(
    "account",
    [
        [b"\x01", b"", bytes(32)],
        [b"\x01", b"", bytes(32), bytes(32), b""],
        [b"\x01", b"", bytes(31), bytes(32)],
        [b"\x01", b"", bytes(32), bytes(31)],
        [b"\x00\x01", b"", bytes(32), bytes(32)],
        [bytes([1]) * 9, b"", bytes(32), bytes(32)],
        [b"\x01", bytes([1]) * 33, bytes(32), bytes(32)],
        [b"\x01", [b""], bytes(32), bytes(32)],
    ],
    ids=["three fields", "five fields", "short root", "short code", "zero in front", "nonce", "balance", "a list"],
)
def test_an_account_that_is_none_is_refused(account: list[Node]) -> None:
    holder = b"\x77" * 20
    node = encode(leaf(keccak256(holder).hex(), encode(account)))
    with pytest.raises(Reverted, match=r"Mpt|Rlp"):
        trie_probe().call("storageRootOf", keccak256(node), holder, [node])


@pytest.mark.parametrize(
    "word", [b"\x80", b"\x00", b"\x82\x00\x01", b"\xa1" + bytes([1]) * 33, b"\x01\x01", b"\xc1\x01"]
)
def test_a_word_that_is_none_is_refused(word: bytes) -> None:
    slot = keccak256(b"slot")
    node = encode(leaf(keccak256(slot).hex(), word))
    with pytest.raises(Reverted, match=r"Mpt|Rlp"):
        trie_probe().call("storageWord", keccak256(node), slot, [node])


# --------------------------------------------------------------------------------------------------- all three alike


LARGE = HexaryTrie({})
for _number in range(300):
    LARGE[keccak256(_number.to_bytes(2, "big"))] = keccak256(bytes(_number))


@given(st.integers(0, 900), st.integers(0, 8 * 532 - 1), st.booleans())
@settings(max_examples=8, deadline=None)
def test_full_branches_are_read_at_once_and_to_the_last_byte(number: int, bit: int, mutate: bool) -> None:  # noqa: FBT001 # drawn
    key = keccak256(number.to_bytes(2, "big"))
    nodes = [rlp.encode(node) for node in LARGE.get_proof(key)]  # type: ignore[no-untyped-call]  # no annotations there
    assert len(nodes[0]) == 532
    root = bytes(LARGE.root_hash)
    if mutate:
        nodes[0] = (int.from_bytes(nodes[0], "big") ^ 1 << bit).to_bytes(532, "big")
        root = keccak256(nodes[0])
    verdict = judge(root, key, nodes).agreed
    if not mutate:
        assert verdict == (keccak256(bytes(number)) if number < 300 else None)


KEYS = st.one_of(st.binary(min_size=0, max_size=3), st.integers(0, 30).map(lambda n: keccak256(bytes([n]))))


@given(
    st.dictionaries(KEYS, st.binary(min_size=1, max_size=40), min_size=1, max_size=30),
    st.one_of(KEYS, st.none()),
    st.integers(0, 2**32),
    st.sampled_from(["true", "flip", "drop", "repeat", "swap", "rehash"]),
)
@settings(max_examples=60, deadline=None)
def test_any_trie_asked_for_any_key_with_any_proof_gets_one_verdict(
    content: dict[bytes, bytes], asked: bytes | None, seed: int, act: str
) -> None:
    trie = HexaryTrie({})
    for key, value in content.items():
        trie[key] = value
    key = asked if asked is not None else sorted(content)[seed % len(content)]
    nodes = [rlp.encode(node) for node in trie.get_proof(key)]  # type: ignore[no-untyped-call]  # no annotations there
    nodes = [node for number, node in enumerate(nodes) if number == 0 or len(node) >= 32]
    root = bytes(trie.root_hash)
    if act == "true":
        assert judge(root, key, nodes).agreed == content.get(key)
        return
    place = seed % len(nodes)
    if act == "drop":
        del nodes[place]
    elif act == "repeat":
        nodes.insert(place, nodes[place])
    elif act == "swap":
        nodes[0], nodes[place] = nodes[place], nodes[0]
    else:
        bit = seed % (8 * len(nodes[place]))
        nodes[place] = (int.from_bytes(nodes[place], "big") ^ 1 << bit).to_bytes(len(nodes[place]), "big")
        if act == "rehash":  # whoever makes the trie may make it badly: the changed node is the root of its own
            nodes, root = nodes[place:], keccak256(nodes[place])
    verdict = judge(root, key, nodes).agreed
    if act == "flip":
        assert verdict == REFUSED


@given(st.binary(max_size=80).map(lambda tail: bytes([0xC0 + min(len(tail), 55)]) + tail) | st.binary(max_size=80))
@settings(max_examples=60, deadline=None)
def test_any_bytes_are_split_alike(data: bytes) -> None:
    def ask(function: str) -> object:
        try:
            return trie_probe().call(function, data)
        except Reverted as refusal:
            require_named(refusal, "Rlp")
            return REFUSED

    assert ask("split") == ask("splitPlain")
