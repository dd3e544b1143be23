"""Attacks on ``notary.find``: it answers what a repeated request would be told, commits nothing, and is bounded.

``notary.positions`` beside it tells where in the journal that is, and no more.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager

import pytest

from chains.progmat.node.peers import PeerIdentity
from chains.progmat.notary import codec, finder
from chains.progmat.notary.errors import NotActive, NotaryBusy, NotaryStopping, RequesterUnknown
from chains.progmat.notary.find_codec import (
    MAX_FOUND_IDS,
    FindAnswer,
    Found,
    decode_find_response,
    decode_positions_response,
    encode_find_request,
    encode_find_response,
    encode_positions_request,
    encode_positions_response,
)
from chains.progmat.notary.finder import Finder
from chains.progmat.notary.memory_store import MemoryUniquenessStore
from chains.progmat.notary.model import Committed
from chains.progmat.notary.service import NotaryService, NotarySettings
from chains.progmat.notary.uniqueness import UniquenessStore
from chains.progmat.transactions.signed_codec import decode_signature
from primitives.errors import DecodeError
from primitives.types import Hash32
from tests.fakes.commit_requests import LEDGER_ID, NOW_S, create, state, tx_id_of
from tests.fakes.notary_world import NOTARY, NOTARY_KEYS, NOTARY_SIGNER, PARAMETERS, VALIDATORS, Spoken, key_of
from tests.fakes.uniqueness_stores import STORES, place_of

CN = PeerIdentity("cn-1")
OTHER = PeerIdentity("cn-2")


def finder_of(store: UniquenessStore) -> Finder:
    return Finder(store, lambda: NOTARY_SIGNER, key_of)


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest) -> Iterator[UniquenessStore]:
    opened = place_of(request.param, request).open()
    yield opened
    opened.close()


@asynccontextmanager
async def notary(store: UniquenessStore) -> AsyncIterator[tuple[NotaryService, Finder]]:
    service = NotaryService(
        name=NOTARY.name,
        store=store,
        keys=NOTARY_KEYS,
        parameters=PARAMETERS,
        key_of=key_of,
        clock_s=lambda: NOW_S,
        settings=NotarySettings(journal_readers=()),
    )
    asked = finder_of(store)
    await service.start()
    try:
        yield service, asked
    finally:
        await service.stop()
        asked.stop()


async def find(asked: Finder, *tx_ids: bytes, peer: PeerIdentity = CN) -> FindAnswer:
    return decode_find_response(await asked.handle(peer, encode_find_request(tx_ids)), tx_ids)


async def test_the_answer_is_that_of_a_repeated_request_with_the_validators_signatures(store: UniquenessStore) -> None:
    plain = Spoken("plain", inputs=(state("coin"),))
    writing = Spoken("writing", inputs=(state("other"),), writes=(create("p"),))
    async with notary(store) as (service, asked):
        for spoken in (plain, writing):
            await service.notarise(CN, spoken.request())
        again = [codec.decode_response(await service.notarise(CN, each.request())) for each in (plain, writing)]
        answer = await find(asked, writing.wire.id, tx_id_of("never"), plain.wire.id, peer=OTHER)
        assert [item.notarised for item in answer.found] == [again[1], again[0]]
        assert [item.tx_id for item in answer.found] == [writing.wire.id, plain.wire.id]
        for item in answer.found:
            decode_signature(item.notarised.signature).verify(item.tx_id)
        approvals = [decode_signature(signature) for signature in answer.found[0].validator_signatures]
        assert {approval.by for approval in approvals} == {signer.public_key for signer in VALIDATORS[:3]}
        assert answer.found[1].validator_signatures == ()


async def test_positions_are_those_of_the_journal_and_zero_where_there_is_none(store: UniquenessStore) -> None:
    plain = Spoken("plain", inputs=(state("coin"),))
    first, second = (Spoken(name, writes=(create(name),)) for name in ("first", "second"))
    async with notary(store) as (service, asked):
        for spoken in (first, plain, second):
            await service.notarise(CN, spoken.request())
        before = store.head()
        wanted = [second.wire.id, tx_id_of("never"), plain.wire.id, first.wire.id]
        body = await asked.handle_positions(OTHER, encode_positions_request(wanted))
        assert decode_positions_response(body, len(wanted)) == (2, 0, 0, 1)
        assert store.head() == before


@pytest.mark.parametrize("positions", [(), (1,), (1, 2, 3), (1, 2**64 - 1)], ids=str)
def test_positions_of_something_else_are_none(positions: tuple[int, ...]) -> None:
    with pytest.raises(DecodeError):
        decode_positions_response(encode_positions_response(positions), 2)


async def test_asking_commits_nothing(store: UniquenessStore) -> None:
    before = store.head()
    async with notary(store) as (_service, asked):
        answer = await find(asked, *(tx_id_of(f"tx {number}") for number in range(MAX_FOUND_IDS)))
        assert answer == FindAnswer((), before.time_s)
        assert store.head() == before


BODIES: dict[str, bytes] = {
    "nothing": b"",
    "garbage": b"\xff" * 40,
    "one too many": encode_find_request([tx_id_of(str(number)) for number in range(MAX_FOUND_IDS + 1)]),
    "megabytes": encode_find_request([bytes(1_000_000)]),
    "the same twice": encode_find_request([tx_id_of("a"), tx_id_of("a")]),
    "a short id": encode_find_request([bytes(31)]),
    "a long id": encode_find_request([bytes(33)]),
    "something trailing": encode_find_request([tx_id_of("a")]) + b"\x18\x01",
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
async def test_what_is_no_question_is_refused_before_the_store_is_asked(body: bytes) -> None:
    asked = finder_of(_Untouchable())
    for handle in (asked.handle, asked.handle_positions):
        with pytest.raises(DecodeError):
            await handle(CN, body)
    asked.stop()


async def test_who_is_not_on_the_map_learns_nothing() -> None:
    asked = finder_of(_Untouchable())
    for handle in (asked.handle, asked.handle_positions):
        with pytest.raises(RequesterUnknown):
            await handle(PeerIdentity("nobody"), encode_find_request([tx_id_of("a")]))
    asked.stop()
    with pytest.raises(NotaryStopping):
        await asked.handle(CN, encode_find_request([tx_id_of("a")]))


async def test_a_standby_says_who_is_active() -> None:
    class Standby:
        def require_active(self) -> None:
            raise NotActive("the other worker", 1.0)

    asked = Finder(_Untouchable(), lambda: NOTARY_SIGNER, key_of, Standby())  # type: ignore[arg-type] # its one method
    with pytest.raises(NotActive):
        await asked.handle(CN, encode_find_request([tx_id_of("a")]))
    asked.stop()


async def test_a_flood_of_questions_is_put_off_with_an_estimate_and_leaves_room_for_others() -> None:
    store = _Held()
    asked = finder_of(store)
    flood = [asyncio.create_task(find(asked, tx_id_of("a"))) for _ in range(20)]
    other = asyncio.create_task(find(asked, tx_id_of("b"), peer=OTHER))
    for _ in range(3):
        await asyncio.sleep(0)
    refused = [task.exception() for task in flood if task.done()]
    assert len(refused) == 20 - finder.MAX_WAITING_OF_A_PEER
    for error in refused:
        assert isinstance(error, NotaryBusy)
        assert error.retry_after_s > 0
    store.release.set()
    assert (await other).found == ()
    answered = await asyncio.gather(*flood, return_exceptions=True)
    assert sum(isinstance(answer, FindAnswer) for answer in answered) == finder.MAX_WAITING_OF_A_PEER
    assert (await find(asked, tx_id_of("a"))).found == ()
    asked.stop()


def test_an_answer_about_something_else_is_none() -> None:
    def found(name: str) -> Found:
        return Found(tx_id_of(name), codec.Notarised(b"s", 0, 1))

    wrong: Sequence[tuple[Found, ...]] = (
        (found("c"),),
        (found("b"), found("a")),
        (found("a"), found("a")),
        (found("a"), found("b"), found("c")),
    )
    asked = [tx_id_of("a"), tx_id_of("b")]
    for answer in wrong:
        with pytest.raises(DecodeError):
            decode_find_response(encode_find_response(FindAnswer(answer, 1)), asked)
    with pytest.raises(DecodeError):
        decode_find_response(encode_find_response(FindAnswer((), 2**64 - 1)), asked)
    with pytest.raises(DecodeError):
        decode_find_response(b"\n\x24\n\x20" + bytes(32) + b"\x1a\x00", [Hash32(bytes(32))])  # no answer in it


class _Held(MemoryUniquenessStore):
    """Answers when ``release`` is set."""

    def __init__(self) -> None:
        super().__init__(LEDGER_ID)
        self.release = threading.Event()

    def find_all_committed(self, tx_ids: Sequence[bytes]) -> dict[bytes, Committed]:
        self.release.wait(10)
        return super().find_all_committed(tx_ids)


class _Untouchable(MemoryUniquenessStore):
    """Must not be asked."""

    def __init__(self) -> None:
        super().__init__(LEDGER_ID)

    def find_all_committed(self, tx_ids: Sequence[bytes]) -> dict[bytes, Committed]:
        raise AssertionError(f"asked about {len(tx_ids)}")
