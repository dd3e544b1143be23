"""Signatures that are missing, foreign, moved, below the threshold, or borrowed from another batch."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chains.progmat.transactions.errors import SignatureRefused, SignaturesMissing
from chains.progmat.transactions.model import Party
from chains.progmat.transactions.signature import (
    TransactionSignature,
    sign_batch,
    sign_transaction,
    signable_bytes,
)
from chains.progmat.transactions.signed import SignedTransaction
from chains.progmat.transactions.signed_codec import decode_signature, encode_signature
from chains.progmat.transactions.wire import WireTransaction
from primitives.errors import DecodeError
from primitives.hashing import sha256
from primitives.merkle import PartialMerkleTree
from primitives.types import Hash32
from tests.fakes.ledger_parties import (
    BUYER,
    CN_B,
    NN,
    SN,
    STRANGER,
    VALIDATORS,
    LedgerParty,
    salt_of,
    signed,
)
from tests.fakes.settlement_world import SettlementWorld, terms_of

OTHER_ID = Hash32(sha256(b"another transaction"))


@pytest.fixture(scope="module")
def wire() -> WireTransaction:
    world = SettlementWorld()
    return world.lock_builder(terms_of(), world.issue(2_000_000)).to_wire(salt_of("lock"))


def _with(transaction: SignedTransaction, party: LedgerParty, forged: TransactionSignature) -> SignedTransaction:
    kept = tuple(s for s in transaction.signatures if s.by != party.key)
    return SignedTransaction(transaction.wire_bytes, (*kept, forged))


@pytest.mark.parametrize("party", [BUYER, CN_B, SN], ids=lambda p: p.name)
def test_a_required_signature_is_missing(wire: WireTransaction, party: LedgerParty) -> None:
    with pytest.raises(SignaturesMissing):
        signed(wire, without=[party]).verify_signatures_except({NN.key})


def test_validators_below_their_threshold_do_not_count(wire: WireTransaction) -> None:
    with pytest.raises(SignaturesMissing):
        signed(wire, without=VALIDATORS[:2]).verify_signatures_except({NN.key})


def test_one_validator_cannot_sign_three_times(wire: WireTransaction) -> None:
    transaction = signed(wire, without=VALIDATORS[1:])
    again = sign_transaction(VALIDATORS[0].signer, wire.id)

    with pytest.raises(SignatureRefused, match="signs once"):
        SignedTransaction(transaction.wire_bytes, (*transaction.signatures, again, again))


def test_a_signature_over_another_transaction_is_refused(wire: WireTransaction) -> None:
    moved = _with(signed(wire), SN, sign_transaction(SN.signer, OTHER_ID))

    with pytest.raises(SignatureRefused, match="signature verifies"):
        moved.verify_signatures_except({NN.key})


def test_a_signature_under_another_key_is_refused(wire: WireTransaction) -> None:
    by_stranger = replace(sign_transaction(STRANGER.signer, wire.id), by=SN.key)

    with pytest.raises(SignatureRefused, match="signature verifies"):
        _with(signed(wire), SN, by_stranger).verify_signatures_except({NN.key})


def test_a_signature_nobody_asked_for_is_refused(wire: WireTransaction) -> None:
    transaction = signed(wire).with_signatures(sign_transaction(STRANGER.signer, wire.id))

    with pytest.raises(SignatureRefused, match="only required keys sign"):
        transaction.verify_signatures_except({NN.key})


def test_a_wrong_signature_is_refused_even_when_the_others_suffice(wire: WireTransaction) -> None:
    forged = sign_transaction(VALIDATORS[3].signer, OTHER_ID)

    with pytest.raises(SignatureRefused):
        _with(signed(wire), VALIDATORS[3], forged).verify_signatures_except({NN.key})


def test_the_platform_version_is_signed(wire: WireTransaction) -> None:
    lifted = replace(sign_transaction(SN.signer, wire.id), platform_version=2)

    with pytest.raises(SignatureRefused, match="signature verifies"):
        lifted.verify(wire.id)


def test_a_signature_under_older_rules_than_the_network_demands_is_refused(wire: WireTransaction) -> None:
    with pytest.raises(SignatureRefused, match="platform version"):
        signed(wire).require_platform_version(2)


def test_the_scheme_is_signed(wire: WireTransaction) -> None:
    assert signable_bytes(wire.id, 1, SN.key.scheme) != signable_bytes(wire.id, 1, BUYER.key.scheme)


def test_a_batch_signature_does_not_cover_a_transaction_outside_the_batch(wire: WireTransaction) -> None:
    signature = sign_batch(NN.signer, [OTHER_ID])[0]

    with pytest.raises(SignatureRefused, match="batch contains"):
        signature.verify(wire.id)


def test_a_batch_signature_with_the_partial_tree_of_another_batch_is_refused(wire: WireTransaction) -> None:
    real = sign_batch(NN.signer, [OTHER_ID, Hash32(bytes(32))])[0]
    foreign = sign_batch(STRANGER.signer, [wire.id, OTHER_ID])[0]

    with pytest.raises(SignatureRefused, match="signature verifies"):
        replace(real, partial_tree=foreign.partial_tree).verify(wire.id)


def test_a_single_signature_is_not_taken_for_a_batch_of_one_nor_the_reverse(wire: WireTransaction) -> None:
    single = sign_transaction(NN.signer, wire.id)
    batch = sign_batch(NN.signer, [wire.id])[0]

    with pytest.raises(SignatureRefused):
        replace(single, partial_tree=batch.partial_tree).verify(wire.id)
    with pytest.raises(SignatureRefused):
        replace(batch, partial_tree=None).verify(wire.id)


def test_a_partial_tree_that_shows_two_leaves_is_refused(wire: WireTransaction) -> None:
    leaves = [sha256(wire.id), sha256(OTHER_ID)]
    signature = sign_transaction(NN.signer, wire.id)

    with pytest.raises(DecodeError):
        replace(signature, partial_tree=PartialMerkleTree.build(leaves, [0, 1]))


@pytest.mark.parametrize("length", [0, 63, 65])
def test_a_signature_of_another_length_is_refused(wire: WireTransaction, length: int) -> None:
    with pytest.raises(DecodeError):
        replace(sign_transaction(SN.signer, wire.id), signature=bytes(length))


def test_trailing_bytes_after_a_signature_are_refused(wire: WireTransaction) -> None:
    with pytest.raises(DecodeError):
        decode_signature(encode_signature(sign_transaction(SN.signer, wire.id)) + b"\x00")


def test_a_party_of_the_same_name_with_another_key_is_another_party() -> None:
    assert Party(SN.name, STRANGER.key) != SN.party
