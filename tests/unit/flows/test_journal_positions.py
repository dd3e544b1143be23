"""A node that is sent many final transactions asks their notary where they stand, a few questions for all of them."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable, Mapping

import pytest

from chains.progmat.flows.journal_positions import POSITIONS, JournalPositions
from chains.progmat.notary.find_codec import MAX_FOUND_IDS, decode_positions_request, encode_positions_response
from chains.rpc_status import RemoteCallerError
from primitives.errors import UnavailableError
from tests.fakes.commit_requests import tx_id_of

NOTARY = "notary"


class Away(UnavailableError):
    """Nobody answers."""

    reason = "AWAY"


class AskedNotary:
    """Answers from ``known``, or as ``answer`` says; ``asked`` are the questions, by how many ids they had."""

    def __init__(self, known: Mapping[bytes, int], answer: Callable[[], None] = lambda: None) -> None:
        self._known = known
        self._answer = answer
        self.asked: list[int] = []

    async def request(self, peer: str, method: str, body: bytes, _timeout_s: float) -> bytes:
        assert (peer, method) == (NOTARY, POSITIONS)
        tx_ids = decode_positions_request(body)
        self.asked.append(len(tx_ids))
        await asyncio.sleep(0)
        self._answer()
        return encode_positions_response([self._known.get(tx_id, 0) for tx_id in tx_ids])

    async def close(self) -> None:
        """Nothing to end."""


def ids(count: int) -> list[bytes]:
    return [bytes(tx_id_of(f"tx {number}")) for number in range(count)]


async def test_what_waits_together_is_one_question_of_bounded_size() -> None:
    tx_ids = ids(MAX_FOUND_IDS + 3)
    notary = AskedNotary({tx_id: number for number, tx_id in enumerate(tx_ids, 1)})
    positions = JournalPositions(notary)
    found = await asyncio.gather(*(positions.of(NOTARY, tx_id) for tx_id in [*tx_ids, tx_ids[0]]))
    assert found == [*range(1, len(tx_ids) + 1), 1]
    assert notary.asked == [MAX_FOUND_IDS, 3]
    assert await positions.of(NOTARY, tx_ids[1]) == 2


async def test_one_who_waits_no_more_keeps_nobody_else_from_the_answer() -> None:
    (tx_id,) = ids(1)
    positions = JournalPositions(AskedNotary({tx_id: 7}))
    first, second = (asyncio.create_task(positions.of(NOTARY, tx_id)) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    assert await second == 7


async def test_a_notary_that_is_away_is_told_to_all_who_wait_and_asked_again_later() -> None:
    def away() -> None:
        if len(notary.asked) == 1:
            raise Away("not now")

    tx_ids = ids(2)
    notary = AskedNotary(dict.fromkeys(tx_ids, 5), away)
    positions = JournalPositions(notary)
    failed = await asyncio.gather(*(positions.of(NOTARY, tx_id) for tx_id in tx_ids), return_exceptions=True)
    assert [type(error) for error in failed] == [Away, Away]
    assert await positions.of(NOTARY, tx_ids[0]) == 5


async def test_a_notary_that_does_not_know_the_question_knows_no_position() -> None:
    def refuse() -> None:
        raise RemoteCallerError(NOTARY, "UNKNOWN_METHOD", "no such method")

    assert await JournalPositions(AskedNotary({}, refuse)).of(NOTARY, ids(1)[0]) == 0


async def test_whoever_waits_when_the_node_stops_is_let_go() -> None:
    class Silent(AskedNotary):
        async def request(self, *_question: object) -> bytes:
            return await asyncio.Future()

    positions = JournalPositions(Silent({}))
    waiting = asyncio.create_task(positions.of(NOTARY, ids(1)[0]))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    for task in positions.asking:
        task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting


async def test_a_question_that_fails_when_all_who_waited_have_gone_is_nobodys_defect() -> None:
    """Nothing is logged as an error that nobody looked at, also where another question follows at once."""
    unseen: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: unseen.append(context["message"]))
    given_up = asyncio.Event()

    class Silent(AskedNotary):
        async def request(self, _peer: str, _method: str, _body: bytes, _timeout_s: float) -> bytes:
            await given_up.wait()
            raise Away(NOTARY)

    positions = JournalPositions(Silent({}))
    gone = asyncio.create_task(positions.of(NOTARY, tx_id_of("1")))
    await asyncio.sleep(0)
    await asyncio.sleep(0)  # it is being asked
    stays = asyncio.create_task(positions.of(NOTARY, tx_id_of("2")))
    gone.cancel()
    await asyncio.gather(gone, return_exceptions=True)
    given_up.set()
    await asyncio.gather(stays, return_exceptions=True)
    assert isinstance(stays.exception(), Away)
    del gone, stays  # a task's exception keeps its frames, and these the answer
    gc.collect()
    assert not unseen
