"""What a key is to sign in the same round of the event loop is signed at once, and nobody's failure is another's."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from chains.progmat.flows.joint_signatures import MAX_TOGETHER, JointSignatures
from chains.progmat.transactions.signature import TransactionSignature, sign_together
from primitives.errors import UnavailableError
from primitives.hashing import sha256
from primitives.public_key import PublicKey
from primitives.signatures import SignatureScheme, Signer, SoftwareSigner
from primitives.types import Hash32
from tests.fakes.commit_requests import tx_id_of


class Locked(UnavailableError):
    """The key store does not answer."""

    reason = "LOCKED"


class CountedSigner:
    """A software key that notes how often it is asked."""

    def __init__(self, name: str) -> None:
        self._signer = SoftwareSigner.from_seed(SignatureScheme.ED25519, sha256(name.encode()))
        self.asked = 0
        self.is_locked = False

    @property
    def public_key(self) -> PublicKey:
        return self._signer.public_key

    @property
    def apart(self) -> None:
        return None

    def sign(self, message: bytes) -> bytes:
        self.asked += 1
        if self.is_locked:
            raise Locked
        return self._signer.sign(message)


def ids(count: int) -> list[Hash32]:
    return [tx_id_of(f"tx {number}") for number in range(count)]


async def signed(
    joint: JointSignatures[TransactionSignature], signer: Signer, tx_ids: Sequence[Hash32]
) -> list[TransactionSignature]:
    return await asyncio.gather(*(joint.sign(signer, tx_id) for tx_id in tx_ids))


async def test_a_train_is_one_signature_and_each_proves_itself_alone() -> None:
    signer, tx_ids = CountedSigner("issuer"), ids(MAX_TOGETHER)
    signatures = await signed(JointSignatures(sign_together), signer, tx_ids)
    assert signer.asked == 1
    for tx_id, signature in zip(tx_ids, signatures, strict=True):
        signature.verify(tx_id)


async def test_a_longer_train_is_as_few_as_its_frames() -> None:
    signer, tx_ids = CountedSigner("issuer"), ids(2 * MAX_TOGETHER + 1)
    signatures = await signed(JointSignatures(sign_together), signer, tx_ids)
    assert signer.asked == 3
    assert signatures[-1].partial_tree is None  # it was alone
    for tx_id, signature in zip(tx_ids, signatures, strict=True):
        signature.verify(tx_id)


async def test_one_alone_is_signed_as_ever() -> None:
    joint, signer = JointSignatures(sign_together), CountedSigner("issuer")
    for tx_id in ids(2):
        (signature,) = await signed(joint, signer, [tx_id])
        assert signature.partial_tree is None
        signature.verify(tx_id)


async def test_the_same_transaction_twice_in_a_train_is_signed_for_both() -> None:
    (tx_id,) = ids(1)
    for signature in await signed(JointSignatures(sign_together), CountedSigner("issuer"), [tx_id, tx_id]):
        signature.verify(tx_id)


async def test_keys_do_not_sign_for_each_other() -> None:
    joint, tx_ids = JointSignatures(sign_together), ids(4)
    issuer, registrar = CountedSigner("issuer"), CountedSigner("registrar")
    ours, theirs = await asyncio.gather(signed(joint, issuer, tx_ids), signed(joint, registrar, tx_ids))
    assert {signature.by for signature in ours} == {issuer.public_key}
    assert {signature.by for signature in theirs} == {registrar.public_key}
    assert (issuer.asked, registrar.asked) == (1, 1)


async def test_who_leaves_takes_nobodys_signature_away() -> None:
    joint, signer, tx_ids = JointSignatures(sign_together), CountedSigner("issuer"), ids(3)
    leaver, *others = (asyncio.create_task(joint.sign(signer, tx_id)) for tx_id in tx_ids)
    await asyncio.sleep(0)
    leaver.cancel()
    for tx_id, signature in zip(tx_ids[1:], await asyncio.gather(*others), strict=True):
        signature.verify(tx_id)
    assert leaver.cancelled()


async def test_a_key_is_not_asked_when_everybody_has_left() -> None:
    joint, signer = JointSignatures(sign_together), CountedSigner("issuer")
    leaver = asyncio.create_task(joint.sign(signer, ids(1)[0]))
    await asyncio.sleep(0)
    leaver.cancel()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert signer.asked == 0


async def test_a_key_store_that_is_away_is_told_to_all_who_wait_and_asked_again_by_the_next() -> None:
    joint, signer, tx_ids = JointSignatures(sign_together), CountedSigner("issuer"), ids(3)
    signer.is_locked = True
    failed = await asyncio.gather(*(joint.sign(signer, tx_id) for tx_id in tx_ids), return_exceptions=True)
    assert [type(error) for error in failed] == [Locked] * 3
    assert signer.asked == 1
    signer.is_locked = False
    for tx_id, signature in zip(tx_ids, await signed(joint, signer, tx_ids), strict=True):
        signature.verify(tx_id)


@pytest.mark.parametrize("count", [1, 2])
async def test_a_defect_reaches_whoever_waits(count: int) -> None:
    def broken(_signer: Signer, _tx_ids: Sequence[Hash32]) -> Sequence[TransactionSignature]:
        raise ZeroDivisionError

    joint = JointSignatures(broken)
    failed = await asyncio.gather(
        *(joint.sign(CountedSigner("issuer"), tx_id) for tx_id in ids(count)), return_exceptions=True
    )
    assert [type(error) for error in failed] == [ZeroDivisionError] * count
