"""A key in an HSM takes its time: the event loop goes on, and what is to be signed meanwhile is signed together."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence

import pytest

from chains.progmat.flows.joint_signatures import MAX_TOGETHER, JointSignatures
from chains.progmat.keys.errors import KeyServiceUnavailable
from chains.progmat.keys.patience import Patience
from chains.progmat.network.errors import PresentKeyMissing
from chains.progmat.transactions.signature import TransactionSignature, sign_together
from primitives.apart import Apart
from primitives.hashing import sha256
from primitives.public_key import PublicKey
from primitives.signatures import SignatureScheme, SoftwareSigner
from primitives.types import Hash32
from tests.fakes.commit_requests import tx_id_of

ANSWER_S = 5.0


class ElsewhereSigner:
    """A key that is kept elsewhere: signs when it may, in the thread that waits for it, and notes in which."""

    def __init__(self, answer_s: float = ANSWER_S) -> None:
        self._signer = SoftwareSigner.from_seed(SignatureScheme.ED25519, sha256(b"elsewhere"))
        self._patience = Patience("HSM", answer_s)
        self.may_answer = threading.Event()
        self.threads: list[int] = []
        self._asked = threading.Semaphore(0)
        self.is_away = False
        self.has_gone = False

    @property
    def public_key(self) -> PublicKey:
        return self._signer.public_key

    @property
    def apart(self) -> Apart:
        if self.has_gone:
            raise PresentKeyMissing("issuer", b"")
        return self._patience.apart

    def sign(self, message: bytes) -> bytes:
        self.threads.append(threading.get_ident())
        self._asked.release()
        assert self.may_answer.wait(10)
        if self.is_away:
            raise KeyServiceUnavailable("HSM", "DeviceRemoved")
        return self._signer.sign(message)

    async def until_asked(self) -> None:
        """Once more than was waited for before; the loop goes on."""
        assert await asyncio.to_thread(self._asked.acquire, timeout=10)


Joint = JointSignatures[TransactionSignature]


def ids(count: int, kind: str = "tx") -> list[Hash32]:
    return [tx_id_of(f"{kind} {number}") for number in range(count)]


def asked(joint: Joint, signer: ElsewhereSigner, tx_ids: Sequence[Hash32]) -> list[asyncio.Task[TransactionSignature]]:
    return [asyncio.create_task(joint.sign(signer, tx_id)) for tx_id in tx_ids]


async def verified(tasks: Sequence[asyncio.Task[TransactionSignature]], tx_ids: Sequence[Hash32]) -> None:
    for tx_id, signature in zip(tx_ids, await asyncio.gather(*tasks), strict=True):
        signature.verify(tx_id)


async def test_the_event_loop_goes_on_while_the_key_is_at_work() -> None:
    joint, signer, tx_ids = Joint(sign_together), ElsewhereSigner(), ids(3)
    tasks = asked(joint, signer, tx_ids)
    await signer.until_asked()  # which this loop sees, so it turns
    assert not any(task.done() for task in tasks)
    signer.may_answer.set()
    await verified(tasks, tx_ids)
    assert len(signer.threads) == 1
    assert signer.threads[0] != threading.get_ident()


async def test_what_is_asked_for_meanwhile_is_signed_together_in_its_order() -> None:
    joint, signer = Joint(sign_together), ElsewhereSigner()
    first, later, longer = ids(1), ids(5, "later"), ids(2 * MAX_TOGETHER, "longer")
    tasks = asked(joint, signer, first)
    await signer.until_asked()
    for tx_id in later:  # each in a round of its own
        tasks += asked(joint, signer, [tx_id])
        await asyncio.sleep(0)
    tasks += asked(joint, signer, longer)
    await asyncio.sleep(0)
    signer.may_answer.set()
    await verified(tasks, [*first, *later, *longer])
    assert len(signer.threads) == 1 + 3  # 69 are three times 32 at most
    again = ids(2, "again")
    await verified(asked(joint, signer, again), again)
    assert len(signer.threads) == 5


async def test_who_leaves_while_the_key_is_at_work_takes_nobodys_signature_away() -> None:
    joint, signer, tx_ids = Joint(sign_together), ElsewhereSigner(), ids(3)
    leaver, *others = asked(joint, signer, tx_ids)
    await signer.until_asked()
    waiting = asked(joint, signer, ids(1, "waiting"))
    await asyncio.sleep(0)
    leaver.cancel()
    waiting[0].cancel()
    signer.may_answer.set()
    await verified(others, tx_ids[1:])
    await asyncio.gather(leaver, *waiting, return_exceptions=True)
    assert leaver.cancelled()
    assert waiting[0].cancelled()
    await verified(asked(joint, signer, tx_ids), tx_ids)
    assert len(signer.threads) == 2  # nothing was signed for those who had left before it was their turn


async def test_a_key_that_is_away_is_told_to_all_who_wait_and_asked_again_by_the_next() -> None:
    joint, signer, tx_ids = Joint(sign_together), ElsewhereSigner(), ids(3)
    signer.is_away = True
    tasks = asked(joint, signer, tx_ids)
    signer.may_answer.set()
    failed = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(error) for error in failed] == [KeyServiceUnavailable] * 3
    signer.is_away = False
    await verified(asked(joint, signer, tx_ids), tx_ids)


async def test_a_key_that_hangs_fails_whoever_waits_and_whoever_comes_and_signs_once_it_answers() -> None:
    joint, signer, tx_ids = Joint(sign_together), ElsewhereSigner(answer_s=0.05), ids(3)
    first = asked(joint, signer, tx_ids[:1])
    await signer.until_asked()
    rest = asked(joint, signer, tx_ids[1:])
    failed = await asyncio.gather(*first, *rest, return_exceptions=True)
    assert [type(error) for error in failed] == [KeyServiceUnavailable] * 3
    assert len(signer.threads) == 1  # the others were refused without another thread that hangs
    signer.may_answer.set()
    async with asyncio.timeout(10):
        while True:
            try:
                await verified(asked(joint, signer, tx_ids), tx_ids)
            except KeyServiceUnavailable:
                await asyncio.sleep(0.01)
            else:
                return


async def test_a_key_that_has_gone_is_told_to_all_who_asked() -> None:
    joint, signer, tx_ids = Joint(sign_together), ElsewhereSigner(), ids(2 * MAX_TOGETHER)
    signer.has_gone = True
    failed = await asyncio.gather(*asked(joint, signer, tx_ids), return_exceptions=True)
    assert [type(error) for error in failed] == [PresentKeyMissing] * len(tx_ids)
    signer.has_gone = False
    signer.may_answer.set()
    await verified(asked(joint, signer, tx_ids), tx_ids)


async def test_two_kinds_of_signatures_by_one_key_wait_for_each_other_in_threads() -> None:
    signer, tx_ids = ElsewhereSigner(), ids(2)
    tasks = asked(Joint(sign_together), signer, tx_ids[:1]) + asked(Joint(sign_together), signer, tx_ids[1:])
    await signer.until_asked()
    await signer.until_asked()
    signer.may_answer.set()
    await verified(tasks, tx_ids)


@pytest.mark.parametrize("count", [1, 2])
async def test_a_defect_reaches_whoever_waits(count: int) -> None:
    def broken(_signer: object, _tx_ids: Sequence[Hash32]) -> Sequence[TransactionSignature]:
        raise ZeroDivisionError

    tasks = asked(Joint(broken), ElsewhereSigner(), ids(count))
    failed = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(error) for error in failed] == [ZeroDivisionError] * count
