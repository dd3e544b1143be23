"""ICS-23's recorded sparse-Merkle-tree proofs. ICS-23 shows absence by two neighbours; our tree by the path's end."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import pytest

from primitives.hashing import sha256
from primitives.smt_proof import EMPTY_HASH, LeafTerminal, SmtProof, path_bit, root_of_absence, root_of_presence

RECORDED: dict[str, Any] = json.loads((Path(__file__).parents[2] / "vectors" / "smt" / "ics23_smt.json").read_text())
Neighbour = dict[str, Any]


def key_of(recorded: Neighbour) -> bytes:
    return bytes.fromhex(recorded["key"])


def proof_of(recorded: Neighbour) -> SmtProof:
    return SmtProof(tuple(bytes.fromhex(step["sibling"]) for step in recorded["siblings"]))


def recomputed_root(recorded: Neighbour) -> str:
    return root_of_presence(key_of(recorded), bytes.fromhex(recorded["value"]), proof_of(recorded)).hex()


def sides(recorded: Neighbour) -> list[int]:
    """From the root down: 1 where the leaf lies on the right."""
    return [int(step["side"] == "left") for step in reversed(recorded["siblings"])]


def is_outermost(recorded: Neighbour, side: int, below: int) -> bool:
    """Whether nothing lies beyond the leaf on `side` in the subtree at depth `below`."""
    from_root = list(zip(sides(recorded), reversed(proof_of(recorded).siblings), strict=True))
    return all(turned == side or sibling == EMPTY_HASH for turned, sibling in from_root[below:])


def are_adjacent(left: Neighbour, right: Neighbour) -> bool:
    pairs = itertools.takewhile(lambda pair: pair[0] == pair[1], zip(sides(left), sides(right), strict=False))
    parting = sum(1 for _ in pairs)
    parts_left_to_right = (sides(left)[parting], sides(right)[parting]) == (0, 1)
    return parts_left_to_right and is_outermost(left, 1, parting + 1) and is_outermost(right, 0, parting + 1)


def neighbours(recorded: dict[str, Any]) -> list[Neighbour]:
    return [side for side in (recorded["left_neighbour"], recorded["right_neighbour"]) if side is not None]


@pytest.mark.parametrize("recorded", RECORDED["present"], ids=lambda recorded: recorded["name"])
def test_a_present_keys_root_is_recomputed(recorded: dict[str, Any]) -> None:
    assert recomputed_root(recorded) == recorded["root"]
    assert sides(recorded) == [path_bit(sha256(key_of(recorded)), depth) for depth in range(len(recorded["siblings"]))]


@pytest.mark.parametrize("recorded", RECORDED["absent"], ids=lambda recorded: recorded["name"])
def test_an_absent_keys_neighbours_are_present_under_the_root(recorded: dict[str, Any]) -> None:
    assert [recomputed_root(neighbour) for neighbour in neighbours(recorded)] == [recorded["root"]] * len(
        neighbours(recorded)
    )
    assert neighbours(recorded)


@pytest.mark.parametrize("recorded", RECORDED["absent"], ids=lambda recorded: recorded["name"])
def test_an_absent_key_lies_between_adjacent_neighbours(recorded: dict[str, Any]) -> None:
    left, right, key_hash = recorded["left_neighbour"], recorded["right_neighbour"], sha256(key_of(recorded))
    if left is not None:
        assert sha256(key_of(left)) < key_hash
    if right is not None:
        assert key_hash < sha256(key_of(right))
    match left, right:
        case None, _:
            assert is_outermost(right, 0, 0)
        case _, None:
            assert is_outermost(left, 1, 0)
        case _:
            assert are_adjacent(left, right)


def test_both_neighbours_are_recorded_for_at_least_one_absent_key_and_one_only_at_each_end() -> None:
    recorded = [(case["left_neighbour"] is None, case["right_neighbour"] is None) for case in RECORDED["absent"]]
    assert sorted(recorded) == [(False, False), (False, True), (True, False)]


@pytest.mark.parametrize("recorded", RECORDED["absent"], ids=lambda recorded: recorded["name"])
def test_where_a_neighbour_stands_in_the_keys_way_our_absence_proof_gives_the_recorded_root(
    recorded: dict[str, Any],
) -> None:
    key_hash = int.from_bytes(sha256(key_of(recorded)), "big")
    standing_in_the_way = 0
    for neighbour in neighbours(recorded):
        leaf = LeafTerminal(sha256(key_of(neighbour)), sha256(bytes.fromhex(neighbour["value"])))
        shared_bits = 256 - (int.from_bytes(leaf.key_hash, "big") ^ key_hash).bit_length()
        proof = SmtProof(proof_of(neighbour).siblings, leaf)
        if shared_bits >= len(proof.siblings):
            standing_in_the_way += 1
            assert root_of_absence(key_of(recorded), proof).hex() == recorded["root"]
    assert standing_in_the_way == 1
