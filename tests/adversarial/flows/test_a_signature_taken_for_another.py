"""What was verified once is remembered; nothing that differs in anything passes for it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import replace

import pytest

from chains.progmat.flows.verification import LedgerVerifier
from chains.progmat.transactions.errors import SignatureRefused
from chains.progmat.transactions.signature import TransactionSignature, sign_batch, sign_transaction
from primitives.errors import InvalidKey
from primitives.hashing import sha256
from primitives.public_key import PublicKey, SignatureScheme
from primitives.signatures import SoftwareSigner
from primitives.types import Hash32
from tests.fakes.ledger_parties import CN_A, SN
from tests.integration.ledger.network import PACKAGE, PARAMETERS

TX_ID, OTHER_TX_ID = Hash32(sha256(b"one")), Hash32(sha256(b"another"))
Change = Callable[[TransactionSignature], TransactionSignature]


def with_a_flipped_bit(signature: TransactionSignature) -> TransactionSignature:
    return replace(signature, signature=signature.signature[:-1] + bytes((signature.signature[-1] ^ 1,)))


@pytest.mark.parametrize(
    "change",
    [
        with_a_flipped_bit,
        lambda signature: replace(signature, platform_version=2),
        lambda signature: replace(signature, by=CN_A.key),
        lambda signature: replace(signature, partial_tree=sign_batch(SN.signer, [TX_ID, OTHER_TX_ID])[0].partial_tree),
    ],
    ids=["bytes", "platform version", "key", "batch"],
)
def test_a_signature_that_was_verified_vouches_for_no_other(change: Change) -> None:
    verifier = LedgerVerifier(PARAMETERS, PACKAGE)
    known = sign_transaction(SN.signer, TX_ID)
    verifier.verify_signature(known, TX_ID)
    verifier.verify_signature(known, TX_ID)
    with pytest.raises(SignatureRefused):
        verifier.verify_signature(change(known), TX_ID)
    with pytest.raises(SignatureRefused):
        verifier.verify_signature(known, OTHER_TX_ID)


def a_point_of_both_curves() -> tuple[SoftwareSigner, PublicKey]:
    """A key of one curve, whose bytes are a key of the other as well: half of all are."""
    for number in range(64):
        signer = SoftwareSigner.from_seed(SignatureScheme.SECP256K1, sha256(b"point %d" % number))
        with contextlib.suppress(InvalidKey):
            return signer, PublicKey(SignatureScheme.SECP256R1, signer.public_key.data)
    raise AssertionError("no such point among 64")


def test_one_curves_key_is_not_taken_for_the_same_point_of_another() -> None:
    verifier = LedgerVerifier(PARAMETERS, PACKAGE)
    signer, twin = a_point_of_both_curves()
    own = sign_transaction(signer, TX_ID)
    verifier.remember_own(own, TX_ID)
    verifier.verify_signature(own, TX_ID)
    with pytest.raises(SignatureRefused):
        verifier.verify_signature(replace(own, by=twin), TX_ID)


def test_a_batch_vouches_only_for_what_is_in_it() -> None:
    verifier = LedgerVerifier(PARAMETERS, PACKAGE)
    first, second = sign_batch(SN.signer, [TX_ID, OTHER_TX_ID])
    verifier.verify_signature(first, TX_ID)
    verifier.verify_signature(second, OTHER_TX_ID)
    with pytest.raises(SignatureRefused, match="batch contains"):
        verifier.verify_signature(first, Hash32(sha256(b"a stranger")))
