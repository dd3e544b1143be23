"""Transactions that a non-validating notary signs, because it cannot see what is wrong with them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from chains.progmat.contracts.errors import ContractViolation
from chains.progmat.flows import peer_codec
from chains.progmat.flows.back_chain import BackChain
from chains.progmat.flows.errors import BadResolution
from chains.progmat.flows.verification import LedgerVerifier
from chains.progmat.node.peers import InProcessPeerNetwork, PeerIdentity, PeerRouter
from chains.progmat.node.storage import NodeDatabase
from chains.progmat.notary import codec
from chains.progmat.notary.errors import NotarisationConflict, TransactionInvalid, WholeTransactionNeeded
from chains.progmat.notary.intake import Intake
from chains.progmat.notary.memory_store import MemoryUniquenessStore
from chains.progmat.notary.requester import sign_request
from chains.progmat.notary.service import NotaryService, NotarySettings
from chains.progmat.notary.validating import OwnAnswers, VerifiedArchive, WholeIntake
from chains.progmat.transactions.filtered import NOTARY_GROUPS
from chains.progmat.transactions.signed import SignedTransaction
from primitives.errors import DecodeError
from tests.fakes.commit_requests import CN_SIGNER, LEDGER_ID, create, state
from tests.fakes.notary_world import NOTARY, NOTARY_KEYS, VALIDATORS, key_of, request_bytes
from tests.fakes.toy_ledger import OWNER, PACKAGE, PARAMETERS, Toy
from tests.fakes.validator_world import HandClock, NobodyListed, Requester, evidence_of

CN = PeerIdentity("cn-1")


@dataclass
class Notaries:
    """One of each mode over stores of their own, and the requester that hands out ancestors."""

    validating: NotaryService
    blind: NotaryService
    store: MemoryUniquenessStore
    requester: Requester


def a_notary(store: MemoryUniquenessStore, intake: Intake | None = None) -> NotaryService:
    return NotaryService(
        name=NOTARY.name,
        store=store,
        keys=NOTARY_KEYS,
        parameters=PARAMETERS,
        key_of=key_of,
        clock_s=HandClock(),
        settings=NotarySettings(frozenset(), tick_interval_s=3600),
        intake=intake,
    )


@pytest.fixture
async def notaries(tmp_path: Path) -> AsyncIterator[Notaries]:
    hub, requester, router, clock = InProcessPeerNetwork(), Requester(), PeerRouter(), HandClock()
    router.register(peer_codec.FETCH_TRANSACTIONS, requester.fetch)
    hub.join("cn-1", router)
    store = MemoryUniquenessStore(LEDGER_ID)
    archive = await NodeDatabase.open(tmp_path / "archive.db", "nn", [])
    verifier = LedgerVerifier(PARAMETERS, PACKAGE)
    back_chain = BackChain(
        archive,
        hub.join("nn", PeerRouter()),
        NobodyListed(),
        verifier,
        VerifiedArchive(),
        clock,
        confirmed=OwnAnswers(NOTARY.name, store, verifier, NOTARY_KEYS, clock).confirmed,
    )
    validating = a_notary(store, WholeIntake(archive, back_chain, verifier))
    blind = a_notary(MemoryUniquenessStore(LEDGER_ID))
    for notary in (validating, blind):
        await notary.start()
    yield Notaries(validating, blind, store, requester)
    for notary in (validating, blind):
        await notary.stop()
    await archive.close()


def whole(signed: SignedTransaction) -> bytes:
    return codec.encode_whole_request(codec.WholeRequest(signed.encode(), sign_request(CN_SIGNER, signed.id)))


async def ask(notary: NotaryService, body: bytes) -> codec.Notarised:
    return codec.decode_response(await notary.notarise(CN, body))


async def signed_blindly(notaries: Notaries, toy: Toy) -> bool:
    body = request_bytes(toy.wire.filter(NOTARY_GROUPS))
    return isinstance(await ask(notaries.blind, body), codec.Notarised)


async def test_a_transaction_whose_contract_does_not_hold(notaries: Notaries) -> None:
    toy = Toy("bad", data=b"forbidden")
    assert await signed_blindly(notaries, toy)
    with pytest.raises(TransactionInvalid, match="no output is forbidden"):
        await ask(notaries.validating, whole(toy.signed()))
    assert notaries.store.find_committed(toy.wire.id) is None


async def test_a_transaction_that_its_owner_did_not_sign(notaries: Notaries) -> None:
    toy = Toy("unsigned")
    assert await signed_blindly(notaries, toy)
    with pytest.raises(TransactionInvalid, match="all required keys have signed"):
        await ask(notaries.validating, whole(toy.signed(())))


async def test_a_transaction_with_a_strangers_signature(notaries: Notaries) -> None:
    toy = Toy("foreign")
    with pytest.raises(TransactionInvalid, match="only required keys sign"):
        await ask(notaries.validating, whole(toy.signed((OWNER, VALIDATORS[0]))))


async def test_a_transaction_that_spends_what_never_was(notaries: Notaries) -> None:
    toy = Toy("from nothing", inputs=(state("nothing"),))
    assert await signed_blindly(notaries, toy)
    with pytest.raises(BadResolution, match="answered none"):
        await ask(notaries.validating, whole(toy.signed()))
    assert notaries.store.find_committed(toy.wire.id) is None


async def test_a_transaction_whose_ancestor_does_not_hold(notaries: Notaries) -> None:
    ancestor = Toy("bad ancestor", data=b"forbidden")
    notaries.requester.give(ancestor.final())
    toy = Toy("heir", inputs=(ancestor.output,))
    assert await signed_blindly(notaries, toy)
    with pytest.raises(ContractViolation, match="no output is forbidden"):
        await ask(notaries.validating, whole(toy.signed()))
    assert notaries.store.find_committed(toy.wire.id) is None


async def test_one_that_holds_is_signed_once_and_its_double_spend_is_not(notaries: Notaries) -> None:
    ancestor = Toy("coin")
    notaries.requester.give(ancestor.final())
    toy, double = Toy("spend", inputs=(ancestor.output,)), Toy("double", inputs=(ancestor.output,))
    first = await ask(notaries.validating, whole(toy.signed()))
    with pytest.raises(NotarisationConflict):
        await ask(notaries.validating, whole(double.signed()))
    again = await ask(notaries.validating, whole(toy.signed(())))  # final already: what is sent now does not matter
    assert (again.position, again.time_s) == (first.position, first.time_s)


async def test_the_journal_of_a_validating_notary_shows_no_more_than_that_of_another(notaries: Notaries) -> None:
    toy = Toy("write", writes=(create("p"),))
    await ask(notaries.validating, whole(toy.signed((OWNER, *VALIDATORS[:3]))))
    (entry,) = notaries.store.read_entries(0, 10)
    assert entry.evidence == evidence_of(toy)
    assert toy.data not in entry.evidence


async def test_each_mode_refuses_the_others_requests(notaries: Notaries) -> None:
    toy = Toy("fine")
    with pytest.raises(WholeTransactionNeeded):
        await ask(notaries.validating, request_bytes(toy.wire.filter(NOTARY_GROUPS)))
    with pytest.raises(DecodeError, match="tear-off"):
        await ask(notaries.blind, whole(toy.signed()))
