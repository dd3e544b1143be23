"""A node's key takes its time: the flows that need it wait, the node goes on, and they are signed together at last."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

from chains.progmat.flows.record import FlowRecord
from chains.progmat.flows.requests import IssueCash, MoveCash
from chains.progmat.flows.signed_records import signed_of
from chains.progmat.identity import KeyStore
from chains.progmat.keys.patience import Patience
from primitives.apart import Apart
from primitives.public_key import PublicKey
from primitives.signatures import Signer
from tests.fakes.ledger_parties import CN_A, CN_B, COIN_ID, SN
from tests.integration.ledger.network import (
    BUYER_ACCOUNT,
    CASH_PARTIES,
    SELLER_ACCOUNT,
    LedgerNetwork,
    running_ledger,
)
from tests.integration.ledger.test_fsck_finds_what_was_altered import defects_of

COUNT = 12


class Hsm:
    """Where the key is: signs when it may, and counts how often."""

    def __init__(self) -> None:
        self.patience = Patience("HSM", 60.0)
        self.may_answer = threading.Event()
        self.was_asked = threading.Event()
        self.signed = 0


class SignerInHsm:
    """A key of the store, as if it were in the HSM."""

    def __init__(self, signer: Signer, hsm: Hsm) -> None:
        self._signer = signer
        self._hsm = hsm

    @property
    def public_key(self) -> PublicKey:
        return self._signer.public_key

    @property
    def apart(self) -> Apart:
        return self._hsm.patience.apart

    def sign(self, message: bytes) -> bytes:
        return self._hsm.patience.call(lambda: self._made(message))

    def _made(self, message: bytes) -> bytes:
        self._hsm.was_asked.set()
        assert self._hsm.may_answer.wait(60)
        self._hsm.signed += 1
        return self._signer.sign(message)


def store_over(hsm: Hsm) -> type[KeyStore]:
    class StoreOverHsm(KeyStore):
        """Its node's key signs in the HSM; accounts' keys are never there."""

        def signer(self, key: PublicKey) -> Signer | None:
            found = super().signer(key)
            return found if found is None or key in self.account_keys() else SignerInHsm(found, hsm)

    return StoreOverHsm


async def with_its_key_in(hsm: Hsm, ledger: LedgerNetwork) -> None:
    """The issuer, started again; at the start the HSM answers."""
    hsm.may_answer.set()
    await ledger.stop(SN)
    ledger.key_stores[SN] = store_over(hsm)
    await ledger.start(SN)
    hsm.may_answer.clear()
    hsm.was_asked.clear()
    hsm.signed = 0


def issues(ledger: LedgerNetwork) -> list[asyncio.Task[FlowRecord]]:
    requests = [IssueCash(f"issue-{number}", COIN_ID, 100, BUYER_ACCOUNT) for number in range(COUNT)]
    return [asyncio.create_task(ledger.done(SN, request)) for request in requests]


async def test_the_issuer_goes_on_while_its_hsm_is_at_work_and_signs_what_has_gathered(tmp_path: Path) -> None:
    hsm = Hsm()
    async with running_ledger(tmp_path, CASH_PARTIES) as ledger:
        await with_its_key_in(hsm, ledger)
        tasks = issues(ledger)
        assert await asyncio.to_thread(hsm.was_asked.wait, 60)  # all nodes share this event loop, so it turns
        assert await ledger.total_yen(SN) == 0
        assert not any(task.done() for task in tasks)
        hsm.may_answer.set()
        for flow in await asyncio.gather(*tasks):
            signed_of(flow).verify_signatures_except()
        # its own signatures and its requests to the notary; alone each transaction would need two
        assert 2 <= hsm.signed < COUNT
        moves = [
            MoveCash(f"move-{at}", COIN_ID, SN.name, 100, BUYER_ACCOUNT.key, SELLER_ACCOUNT) for at in range(COUNT)
        ]
        hsm.signed = 0
        await asyncio.gather(*(ledger.done(CN_B, move) for move in moves))
        assert 1 <= hsm.signed < COUNT  # countersignatures
        await ledger.everything_delivered(SN)
        await ledger.everything_delivered(CN_B)
    for party in (SN, CN_A, CN_B):
        assert not defects_of(tmp_path, party)


async def test_an_issuer_killed_while_its_hsm_is_at_work_signs_again_and_issues_once(tmp_path: Path) -> None:
    hsm = Hsm()
    async with running_ledger(tmp_path, CASH_PARTIES) as ledger:
        await with_its_key_in(hsm, ledger)
        tasks = issues(ledger)
        assert await asyncio.to_thread(hsm.was_asked.wait, 60)
        await ledger.kill(SN)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        hsm.may_answer.set()  # what it answers now nobody hears
        await ledger.start(SN)
        await asyncio.gather(*issues(ledger))
        await ledger.everything_delivered(SN)
        assert await ledger.free_yen(CN_B, BUYER_ACCOUNT) == 100 * COUNT
    for party in (SN, CN_B):
        assert not defects_of(tmp_path, party)
