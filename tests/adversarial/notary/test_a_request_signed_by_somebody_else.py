"""Attacks on the requester's signature, and on what a conflict answer shows, over every store."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from chains.progmat.node.peers import PeerIdentity
from chains.progmat.notary import codec
from chains.progmat.notary.errors import (
    NotarisationConflict,
    NotaryKeyMissing,
    RequesterSignatureRefused,
    RequesterUnknown,
)
from chains.progmat.notary.model import hidden_id
from chains.progmat.notary.requester import verify_requester
from chains.progmat.notary.service import NotaryService, NotarySettings
from chains.progmat.notary.uniqueness import UniquenessStore
from chains.progmat.transactions.signature import sign_transaction
from chains.progmat.transactions.signed_codec import decode_signature
from primitives.errors import DecodeError
from tests.fakes.commit_requests import CN_SIGNER, NOW_S, create, state
from tests.fakes.notary_world import (
    CN_2_SIGNER,
    NOTARY,
    NOTARY_KEYS,
    PARAMETERS,
    STRANGER,
    Keys,
    Spoken,
    key_of,
    request_bytes,
)
from tests.fakes.uniqueness_stores import STORES, place_of

CN, CN_2 = PeerIdentity("cn-1"), PeerIdentity("cn-2")


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest) -> UniquenessStore:
    return place_of(request.param, request).open()


@pytest.fixture
async def notary(store: UniquenessStore) -> AsyncIterator[NotaryService]:
    service = a_notary(store)
    await service.start()
    yield service
    await service.stop()
    store.close()


def a_notary(store: UniquenessStore, keys: Keys = NOTARY_KEYS) -> NotaryService:
    return NotaryService(
        name=NOTARY.name,
        store=store,
        keys=keys,
        parameters=PARAMETERS,
        key_of=key_of,
        clock_s=lambda: NOW_S,
        settings=NotarySettings(frozenset({"v-1"}), tick_interval_s=3600),
    )


async def ask(notary: NotaryService, body: bytes, peer: PeerIdentity = CN) -> codec.Notarised:
    return codec.decode_response(await notary.notarise(peer, body))


async def test_a_request_that_another_node_signed_is_refused(notary: NotaryService, store: UniquenessStore) -> None:
    spoken = Spoken("stolen", inputs=(state("coin"),))
    for signer in (CN_2_SIGNER, STRANGER):
        with pytest.raises(RequesterSignatureRefused, match="not signed by cn-1"):
            await ask(notary, request_bytes(spoken.tear_off, (), signer))
    with pytest.raises(RequesterSignatureRefused, match="not signed by cn-2"):
        await ask(notary, spoken.request(), CN_2)  # a request of cn-1, sent on
    assert store.find_committed(spoken.wire.id) is None


async def test_a_signature_for_another_purpose_does_not_ask(notary: NotaryService) -> None:
    spoken = Spoken("purpose", inputs=(state("coin"),))
    signed_as_party = sign_transaction(CN_SIGNER, spoken.wire.id).signature
    body = codec.encode_request(codec.NotariseRequest(spoken.tear_off.encode(), (), signed_as_party))
    with pytest.raises(RequesterSignatureRefused):
        await ask(notary, body)


async def test_a_request_of_another_transaction_does_not_serve_for_this_one(notary: NotaryService) -> None:
    spoken, other = (Spoken(name, inputs=(state(name),)) for name in ("this", "other"))
    body = codec.encode_request(
        codec.NotariseRequest(spoken.tear_off.encode(), (), codec.decode_request(other.request()).requester_signature)
    )
    with pytest.raises(RequesterSignatureRefused):
        await ask(notary, body)


async def test_bad_requests_of_a_frame_spoil_no_other_and_no_good_one_covers_them(
    notary: NotaryService, store: UniquenessStore
) -> None:
    good = [Spoken(f"good {number}", inputs=(state("coin", number),)) for number in range(3)]
    stolen = Spoken("stolen", inputs=(state("stolen coin"),))
    rival = Spoken("rival", inputs=(state("coin", 0),))
    bodies = [
        good[0].request(),
        b"no request",
        request_bytes(stolen.tear_off, (), CN_2_SIGNER),
        good[1].request(),
        rival.request(),
        good[0].request(),
        good[2].request(),
    ]
    answers = await notary.notarise_group(CN, bodies)
    for at, spoken in ((0, good[0]), (3, good[1]), (5, good[0]), (6, good[2])):
        answer = answers[at]
        assert isinstance(answer, bytes)
        decode_signature(codec.decode_response(answer).signature).verify(spoken.wire.id)
        kept = store.requester_of(spoken.wire.id)
        assert kept is not None
        verify_requester(kept, spoken.wire.id)
    assert isinstance(answers[1], DecodeError)
    assert isinstance(answers[2], RequesterSignatureRefused)
    assert store.find_committed(stolen.wire.id) is None
    conflict = answers[4]
    assert isinstance(conflict, bytes)
    with pytest.raises(NotarisationConflict):
        codec.decode_response(conflict)


@pytest.mark.parametrize("length", [0, 63, 65, 64 + 12, 513])
async def test_a_signature_of_the_wrong_length_is_malformed(notary: NotaryService, length: int) -> None:
    body = codec.encode_request(
        codec.NotariseRequest(Spoken("short", inputs=(state("coin"),)).tear_off.encode(), (), bytes(length))
    )
    with pytest.raises(DecodeError):
        await ask(notary, body)


async def test_who_is_not_on_the_map_cannot_ask(notary: NotaryService) -> None:
    with pytest.raises(RequesterUnknown):
        await ask(notary, Spoken("nobody", inputs=(state("coin"),)).request(), PeerIdentity("nobody"))


async def test_a_replay_by_another_node_gets_the_answer_and_does_not_become_the_asker(
    notary: NotaryService, store: UniquenessStore
) -> None:
    spoken = Spoken("once", inputs=(state("coin"),), writes=(create("p"),))
    first = await ask(notary, spoken.request())
    again = await ask(notary, request_bytes(spoken.tear_off, spoken.approvals(), CN_2_SIGNER), CN_2)
    assert (again.position, again.time_s) == (first.position, first.time_s)
    kept = store.requester_of(spoken.wire.id)
    assert kept is not None
    assert (kept.name, kept.key) == ("cn-1", CN_SIGNER.public_key)
    verify_requester(kept, spoken.wire.id)


async def test_a_conflict_shows_the_hash_of_the_consumer_and_nothing_else_of_it(notary: NotaryService) -> None:
    consumer = Spoken("consumer", inputs=(state("coin"), state("other coin")), writes=(create("p"),))
    await ask(notary, consumer.request())
    body = request_bytes(Spoken("rival", inputs=(state("coin"),)).tear_off, (), CN_2_SIGNER)
    answer = await notary.notarise(CN_2, body)
    request = codec.decode_request(consumer.request())
    for secret in (
        consumer.wire.id,
        request.requester_signature,
        CN_SIGNER.public_key.data,
        b"cn-1",
        state("other coin").tx_id,
        create("p").value,
    ):
        assert secret not in answer
    with pytest.raises(NotarisationConflict) as conflict:
        codec.decode_response(answer)
    assert [c.hash_of_consuming_tx_id for c in conflict.value.states] == [hidden_id(consumer.wire.id)]
    assert len(answer) < 120, "a reference, its use, one hash"


async def test_a_notary_without_the_key_in_force_commits_nothing(store: UniquenessStore) -> None:
    service = a_notary(store, Keys(STRANGER))
    await service.start()
    spoken = Spoken("keyless", inputs=(state("coin"),))
    with pytest.raises(NotaryKeyMissing):
        await ask(service, spoken.request())
    assert store.find_committed(spoken.wire.id) is None
    await service.stop()
    store.close()
