"""An HSM or KMS that does not answer holds up a node's event loop for a bounded time, once; what comes late counts."""

from __future__ import annotations

import asyncio
import gc
import threading
import time
from pathlib import Path

import pytest

from chains.progmat.flows.joint_signatures import JointSignatures
from chains.progmat.identity import KeyPurpose, KeyStore, StoreOptions
from chains.progmat.keys.context import EncryptionContext
from chains.progmat.keys.envelopes import WrappedDataKey
from chains.progmat.keys.errors import KeyServiceUnavailable
from chains.progmat.keys.hsm_signer import HsmSigner, make_hsm_key
from chains.progmat.keys.passphrase_wrapper import PassphraseWrapper, ScryptCost
from chains.progmat.keys.patience import Patience
from chains.progmat.node.key_upkeep import KeyUpkeep
from chains.progmat.node.node_storage import NodeStorage
from chains.progmat.transactions.signature import sign_together
from primitives.public_key import PublicKey
from primitives.signatures import SignatureScheme, verify
from tests.fakes.commit_requests import tx_id_of
from tests.fakes.soft_hsm import soft_hsm

ANSWER_S = 0.05


class Service:
    """Answers when it may, or fails; counts how often it was asked."""

    def __init__(self) -> None:
        self.may_answer = threading.Event()
        self.was_asked = threading.Event()
        self.asked = 0
        self.error: Exception | None = None

    def __call__(self) -> str:
        self.asked += 1
        self.was_asked.set()
        assert self.may_answer.wait(10)
        if self.error is not None:
            raise self.error
        return "answer"


async def until_answered(patience: Patience) -> None:
    async with asyncio.timeout(10):
        while True:
            try:
                patience.require_answers()
            except KeyServiceUnavailable:
                await asyncio.sleep(0.01)
            else:
                return


async def test_the_loop_waits_once_and_whoever_comes_meanwhile_is_refused_at_once() -> None:
    service, patience, told = Service(), Patience("HSM", ANSWER_S), []
    patience.watch(lambda: told.append(True))
    with pytest.raises(KeyServiceUnavailable, match=r"HSM: no answer within 0\.05 s"):
        patience.call(service)
    with pytest.raises(KeyServiceUnavailable):
        patience.require_answers()
    began_s = time.monotonic()
    for _ in range(20):
        with pytest.raises(KeyServiceUnavailable):
            patience.call(service)
    assert time.monotonic() - began_s < 10 * ANSWER_S
    assert (service.asked, len(told)) == (1, 1)
    service.may_answer.set()
    await until_answered(patience)
    assert patience.call(service) == "answer"
    assert len(told) == 2


async def test_after_a_late_no_nobody_waits_for_the_next_answer_either() -> None:
    service, patience = Service(), Patience("KMS", ANSWER_S)
    service.error = KeyServiceUnavailable("KMS", "throttled")
    with pytest.raises(KeyServiceUnavailable, match="no answer"):
        patience.call(service)
    service.may_answer.set()
    async with asyncio.timeout(10):
        while service.asked < 2:
            with pytest.raises(KeyServiceUnavailable, match="no answer"):
                patience.call(service)
            await asyncio.sleep(0.01)
    service.error = None
    async with asyncio.timeout(10):
        while True:
            try:
                assert patience.call(service) == "answer"
            except KeyServiceUnavailable:
                await asyncio.sleep(0.01)
            else:
                break


async def test_a_quick_no_is_what_the_service_said() -> None:
    service, patience = Service(), Patience("KMS", 5.0)
    service.may_answer.set()
    service.error = KeyServiceUnavailable("KMS", "throttled")
    for _ in range(2):
        with pytest.raises(KeyServiceUnavailable, match="throttled"):
            patience.call(service)
    patience.require_answers()
    service.error = TimeoutError("of its own")
    with pytest.raises(TimeoutError, match="of its own"):
        patience.call(service)
    patience.require_answers()


async def test_who_waits_apart_does_not_hold_up_the_loop_and_waits_for_a_bounded_time() -> None:
    service, patience, told = Service(), Patience("HSM", ANSWER_S), []
    patience.watch(lambda: told.append(True))
    turns = 0

    async def turn() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(ANSWER_S / 20)

    turning = asyncio.create_task(turn())
    with pytest.raises(KeyServiceUnavailable, match=r"HSM: no answer within 0\.05 s"):
        await patience.apart(service)
    turning.cancel()
    assert turns > 2
    with pytest.raises(KeyServiceUnavailable):
        patience.call(service)
    with pytest.raises(KeyServiceUnavailable):
        await patience.apart(service)
    assert (service.asked, len(told)) == (1, 1)
    service.may_answer.set()
    await until_answered(patience)
    assert await patience.apart(service) == "answer"
    assert len(told) == 2


async def test_who_waits_apart_gets_the_first_answer_after_a_late_no() -> None:
    service, patience = Service(), Patience("HSM", ANSWER_S)
    service.error = KeyServiceUnavailable("HSM", "throttled")
    with pytest.raises(KeyServiceUnavailable, match="no answer"):
        await patience.apart(service)
    service.may_answer.set()
    async with asyncio.timeout(10):
        while service.asked < 2:
            with pytest.raises(KeyServiceUnavailable):
                await patience.apart(service)
    service.error = None
    assert await patience.apart(service) == "answer"


async def test_an_error_that_nobody_waits_for_any_more_is_not_complained_about() -> None:
    complaints: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, said: complaints.append(said))
    service, patience = Service(), Patience("HSM", ANSWER_S)
    service.error = KeyServiceUnavailable("HSM", "throttled")
    leaver = asyncio.create_task(patience.apart(service))
    assert await asyncio.to_thread(service.was_asked.wait, 10)
    leaver.cancel()
    with pytest.raises(asyncio.CancelledError):
        await leaver
    service.may_answer.set()
    await asyncio.sleep(0.05)
    gc.collect()
    assert complaints == []


def test_whoever_turns_no_event_loop_waits_as_long_as_it_takes() -> None:
    service, patience = Service(), Patience("HSM", ANSWER_S)
    threading.Timer(4 * ANSWER_S, service.may_answer.set).start()
    assert patience.call(service) == "answer"


async def test_a_node_whose_hsm_hangs_goes_on_with_all_that_needs_no_signature() -> None:
    token = soft_hsm()
    key, reference = make_hsm_key(token, "node", SignatureScheme.ED25519)
    signer = HsmSigner(token, reference.key_id, key)
    token.patience = Patience("HSM", 5.0)
    joint, tx_id = JointSignatures(sign_together), tx_id_of("waits for the HSM")
    goes_on, hangs = threading.Event(), threading.Event()

    def hang(_session: object) -> None:
        hangs.set()
        assert goes_on.wait(10)

    hung = threading.Thread(target=token.use, args=(hang,))
    hung.start()
    assert hangs.wait(10)
    signature = asyncio.create_task(joint.sign(signer, tx_id))
    for _ in range(10):  # turns of the loop
        await asyncio.sleep(0.001)
    assert not signature.done()
    goes_on.set()
    (await signature).verify(tx_id)
    hung.join()


async def test_an_hsm_that_hangs_and_comes_back_signs_again() -> None:
    token = soft_hsm()
    key, reference = make_hsm_key(token, "node", SignatureScheme.ED25519)
    signer = HsmSigner(token, reference.key_id, key)
    verify(key, b"before", signer.sign(b"before"))
    token.patience = Patience("HSM", ANSWER_S)
    goes_on = threading.Event()
    with pytest.raises(KeyServiceUnavailable):
        token.use(lambda _session: goes_on.wait(10))
    with pytest.raises(KeyServiceUnavailable):
        signer.sign(b"meanwhile")
    goes_on.set()
    await until_answered(token.patience)
    verify(key, b"after", signer.sign(b"after"))


class SlowKeeper(PassphraseWrapper):
    """Keeps a master key, and lets wait for it."""

    def __init__(self) -> None:
        super().__init__(lambda: b"secret", "keys.db", ScryptCost(14))
        self.may_answer = threading.Event()
        self.may_answer.set()
        self.was_asked = threading.Event()
        self.is_away = False

    def unwrap(self, wrapped: WrappedDataKey, context: EncryptionContext) -> bytes:
        self.was_asked.set()
        assert self.may_answer.wait(10)
        if self.is_away:
            raise KeyServiceUnavailable("KMS", "connection refused")
        return super().unwrap(wrapped, context)


class Keys:
    """A store whose data key expires when its clock is moved."""

    def __init__(self, folder: Path) -> None:
        self.now_s = 0.0
        self.keeper = SlowKeeper()
        options = StoreOptions("cn-a", cache_s=3600, clock_s=lambda: self.now_s)
        self.store = KeyStore.create_with(folder / "keys.db", self.keeper, options)
        self.node: PublicKey = self.store.generate("node", KeyPurpose.NODE, SignatureScheme.ED25519).public_key

    def sign(self) -> None:
        signer = self.store.signer(self.node)
        assert signer is not None
        verify(self.node, b"message", signer.sign(b"message"))


async def test_what_keeps_the_master_key_hangs_when_it_is_needed_and_its_late_answer_is_used(tmp_path: Path) -> None:
    keys = Keys(tmp_path)
    keys.sign()
    keys.store.data_keys.patience = Patience("KMS", ANSWER_S)
    keys.keeper.may_answer.clear()
    keys.now_s = 4000.0
    for _ in range(3):
        with pytest.raises(KeyServiceUnavailable, match="KMS: no answer"):
            keys.sign()
    keys.keeper.may_answer.set()
    await until_answered(keys.store.data_keys.patience)
    keys.keeper.may_answer.clear()
    keys.sign()  # by what was opened too late for who had asked
    keys.keeper.may_answer.set()


async def test_a_thread_that_opens_a_key_and_hangs_does_not_hold_up_the_loop_that_needs_it(tmp_path: Path) -> None:
    keys = Keys(tmp_path)
    keys.store.data_keys.patience = Patience("KMS", ANSWER_S)
    keys.keeper.may_answer.clear()
    keys.now_s = 4000.0
    signing = asyncio.create_task(asyncio.to_thread(keys.sign))  # as a notary's batches are signed
    assert await asyncio.to_thread(keys.keeper.was_asked.wait, 10)
    with pytest.raises(KeyServiceUnavailable, match="KMS: no answer"):
        keys.sign()
    keys.keeper.may_answer.set()
    await signing
    keys.sign()


async def test_a_node_says_that_its_keys_cannot_be_opened_again_before_it_stops_signing(tmp_path: Path) -> None:
    keys = Keys(tmp_path)
    upkeep = KeyUpkeep(keys.store, NodeStorage(tmp_path / "node.sqlite3", "cn-a"), 3600)
    part, told = upkeep.part(), []
    part.watch(lambda: told.append(True))
    part.require_able()
    assert part.about() == "can sign for 60 min without what keeps the master key"
    keys.keeper.is_away = True
    keys.now_s = 1800.0
    await upkeep.renew()
    with pytest.raises(KeyServiceUnavailable, match="connection refused"):
        part.require_able()
    assert part.about() == "can sign for 30 min without what keeps the master key"
    keys.sign()
    await upkeep.renew()
    assert len(told) == 1
    keys.keeper.is_away = False
    await upkeep.renew()
    part.require_able()
    assert (part.about(), len(told)) == ("can sign for 60 min without what keeps the master key", 2)
