"""Attacks on requests that were signed together: none of a train lends its signature to a transaction outside it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

import pytest

from chains.progmat.node.peers import PeerIdentity
from chains.progmat.notary import codec
from chains.progmat.notary.errors import RequesterSignatureRefused
from chains.progmat.notary.model import Requester
from chains.progmat.notary.requester import Claim, claim_of, sign_requests, verify_requester
from chains.progmat.notary.service import NotaryService, NotarySettings
from chains.progmat.notary.signature_checks import InlineChecks
from chains.progmat.notary.uniqueness import UniquenessStore
from chains.progmat.transactions.signature import batch_leaf, sign_batch
from primitives.errors import DecodeError
from primitives.merkle import PartialMerkleTree
from primitives.public_key import PublicKey
from primitives.signatures import SoftwareSigner
from tests.fakes.commit_requests import CN_SIGNER, NOW_S, state
from tests.fakes.notary_world import CN_2_SIGNER, NOTARY, NOTARY_KEYS, PARAMETERS, Spoken, key_of
from tests.fakes.uniqueness_stores import STORES, place_of

CN = PeerIdentity("cn-1")
TRAIN = [Spoken(f"tx {number}", inputs=(state(f"coin {number}"),)) for number in range(5)]
STRANGE = Spoken("strange", inputs=(state("another's coin"),))
SIGNATURE = 64


class CountedChecks(InlineChecks):
    """Notes how many claims were verified."""

    verified = 0

    async def verify(self, key: PublicKey, claims: Sequence[Claim]) -> Sequence[bool]:
        self.verified += len(claims)
        return await super().verify(key, claims)


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest) -> UniquenessStore:
    return place_of(request.param, request).open()


@pytest.fixture
def checks() -> CountedChecks:
    return CountedChecks()


@pytest.fixture
async def notary(store: UniquenessStore, checks: CountedChecks) -> AsyncIterator[NotaryService]:
    service = NotaryService(
        name=NOTARY.name,
        store=store,
        keys=NOTARY_KEYS,
        parameters=PARAMETERS,
        key_of=key_of,
        clock_s=lambda: NOW_S,
        settings=NotarySettings(frozenset(), tick_interval_s=3600),
        checks=checks,
    )
    await service.start()
    yield service
    await service.stop()
    store.close()


def signatures_of(signer: SoftwareSigner = CN_SIGNER, train: Sequence[Spoken] = TRAIN) -> tuple[bytes, ...]:
    return sign_requests(signer, [spoken.wire.id for spoken in train])


def body(spoken: Spoken, signature: bytes) -> bytes:
    return codec.encode_request(codec.NotariseRequest(spoken.tear_off.encode(), (), signature))


async def test_a_train_is_verified_once_and_each_of_it_is_evidence_by_itself(
    notary: NotaryService, store: UniquenessStore, checks: CountedChecks
) -> None:
    answers = await notary.notarise_group(CN, list(map(body, TRAIN, signatures_of())))
    assert checks.verified == 1
    assert all(isinstance(answer, bytes) for answer in answers)
    for spoken in TRAIN:
        kept = store.requester_of(spoken.wire.id)
        assert kept is not None
        verify_requester(kept, spoken.wire.id)


async def test_one_of_a_train_is_taken_alone_as_well(notary: NotaryService) -> None:
    answer = codec.decode_response(await notary.notarise(CN, body(TRAIN[3], signatures_of()[3])))
    assert answer.time_s == NOW_S


async def test_what_another_node_signed_together_is_refused_one_by_one(
    notary: NotaryService, store: UniquenessStore
) -> None:
    mixed = [*map(body, TRAIN[:4], signatures_of(CN_2_SIGNER)), body(TRAIN[4], signatures_of()[4])]
    answers = await notary.notarise_group(CN, mixed)
    assert [type(answer) for answer in answers] == [RequesterSignatureRefused] * 4 + [bytes]
    assert [store.find_committed(spoken.wire.id) is None for spoken in TRAIN] == [True] * 4 + [False]


def with_own_leaf(tree: PartialMerkleTree) -> PartialMerkleTree:
    """The place of another's leaf, and the stranger's in it."""
    leaf = tree.included_leaves()[0]
    mine = batch_leaf(STRANGE.wire.id)
    return PartialMerkleTree(tree.leaf_count, tree.indexes, tuple(mine if h == leaf else h for h in tree.hashes))


async def test_no_transaction_outside_a_train_is_asked_for_by_its_signature(
    notary: NotaryService, store: UniquenessStore
) -> None:
    proof = signatures_of()[2]
    signature, tree = proof[:SIGNATURE], PartialMerkleTree.decode(proof[SIGNATURE:])
    for foreign in (proof, signature + tree.encode() + bytes(32), signature + tree.encode()[:-32]):
        with pytest.raises(DecodeError):
            await notary.notarise(CN, body(STRANGE, foreign))
    for forged in (signature + with_own_leaf(tree).encode(), signature):
        with pytest.raises(RequesterSignatureRefused):
            await notary.notarise(CN, body(STRANGE, forged))
    assert store.find_committed(STRANGE.wire.id) is None


async def test_a_trains_root_is_no_request_for_a_transaction_of_that_id() -> None:
    root, signature = claim_of(signatures_of()[0], TRAIN[0].wire.id)
    inner = Requester("cn-1", CN_SIGNER.public_key, signature)
    for spoken in (*TRAIN, STRANGE):
        assert spoken.wire.id != root
        with pytest.raises(RequesterSignatureRefused):
            verify_requester(inner, spoken.wire.id)


async def test_a_tree_that_shows_two_of_a_train_is_refused(notary: NotaryService) -> None:
    leaves = [batch_leaf(spoken.wire.id) for spoken in TRAIN]
    signature = signatures_of()[0][:SIGNATURE]
    with pytest.raises(DecodeError, match="contain this one"):
        await notary.notarise(CN, body(TRAIN[0], signature + PartialMerkleTree.build(leaves, [0, 1]).encode()))


async def test_a_train_of_more_than_may_be_signed_together_is_refused(notary: NotaryService) -> None:
    leaves = [batch_leaf(TRAIN[0].wire.id)] * 1025
    tree = PartialMerkleTree.build(leaves, [0])
    with pytest.raises(DecodeError, match="contain this one"):
        await notary.notarise(CN, body(TRAIN[0], signatures_of()[0][:SIGNATURE] + tree.encode()))


async def test_a_transaction_signature_over_a_train_asks_for_nothing(notary: NotaryService) -> None:
    (signed, *_) = sign_batch(CN_SIGNER, [spoken.wire.id for spoken in TRAIN])
    assert signed.partial_tree is not None
    with pytest.raises(RequesterSignatureRefused):
        await notary.notarise(CN, body(TRAIN[0], signed.signature + signed.partial_tree.encode()))


@pytest.mark.parametrize("at", [0, 40, SIGNATURE + 3, SIGNATURE + 7, SIGNATURE + 11, SIGNATURE + 12, -1])
async def test_no_bit_of_a_signature_over_a_train_may_change(notary: NotaryService, at: int) -> None:
    altered = bytearray(signatures_of()[1])
    altered[at] ^= 1
    with pytest.raises((RequesterSignatureRefused, DecodeError)):
        await notary.notarise(CN, body(TRAIN[1], bytes(altered)))
