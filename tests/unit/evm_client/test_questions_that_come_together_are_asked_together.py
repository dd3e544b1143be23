"""Proofs of many slots are one question to the node, and what is wrong with one slot is nobody else's error."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from chains.evm.client.asked_together import MOST_TOGETHER, AskedTogether
from chains.evm.errors import EvmRequestRefused, NodeMisbehaved, NodeUnavailable

POISON = b"poison"


class Node:
    """Answers subjects backwards; refuses more than ``most`` at once, misbehaves about poison; may be away."""

    def __init__(self, most: int = MOST_TOGETHER) -> None:
        self.asked: list[tuple[int, int]] = []
        self.most = most
        self.is_away = False
        self.together = AskedTogether(self.fetch)

    async def fetch(self, subjects: Sequence[bytes], height: int) -> list[bytes]:
        self.asked.append((len(subjects), height))
        await asyncio.sleep(0)
        if self.is_away:
            raise NodeUnavailable("http://node", "no answer")
        if len(subjects) > self.most:
            raise EvmRequestRefused("eth_getProof", -32005, "too many keys")
        if POISON in subjects:
            raise NodeMisbehaved("proof", "a proof", "poison")
        return [subject[::-1] for subject in subjects]


async def test_those_of_one_turn_and_height_share_a_question_and_each_gets_its_own_answer() -> None:
    node = Node()
    answers = await asyncio.gather(*(node.together.about(b"slot %d" % n, 7 + n % 2) for n in range(10)))
    assert answers == [(b"slot %d" % n)[::-1] for n in range(10)]
    assert sorted(node.asked) == [(5, 7), (5, 8)]
    assert await node.together.about(b"later", 7) == b"retal"
    assert node.asked[-1] == (1, 7)


async def test_what_is_wrong_with_one_is_told_to_it_alone() -> None:
    node = Node()
    subjects = [b"a", b"b", POISON, b"c", b"d"]
    answers = await asyncio.gather(*(node.together.about(each, 1) for each in subjects), return_exceptions=True)
    assert [answer for answer in answers if isinstance(answer, bytes)] == [b"a", b"b", b"c", b"d"]
    assert isinstance(answers[2], NodeMisbehaved)


async def test_a_node_that_takes_fewer_is_asked_for_parts() -> None:
    node = Node(most=30)
    answers = await asyncio.gather(*(node.together.about(b"%d" % n, 1) for n in range(100)))
    assert answers == [(b"%d" % n)[::-1] for n in range(100)]
    assert sorted(count for count, _ in node.asked) == [25, 25, 25, 25, 50, 50, 100]


async def test_a_node_that_is_away_is_asked_once_and_is_so_for_all() -> None:
    node = Node()
    node.is_away = True
    answers = await asyncio.gather(*(node.together.about(b"%d" % n, 1) for n in range(5)), return_exceptions=True)
    assert all(isinstance(answer, NodeUnavailable) for answer in answers)
    assert node.asked == [(5, 1)]


async def test_one_that_is_not_waited_for_any_more_takes_nothing_from_the_others() -> None:
    node = Node()
    given_up = asyncio.create_task(node.together.about(b"given up", 1))
    kept = asyncio.create_task(node.together.about(b"kept", 1))
    await asyncio.sleep(0)
    given_up.cancel()
    assert await kept == b"tpek"
    with pytest.raises(asyncio.CancelledError):
        await given_up
