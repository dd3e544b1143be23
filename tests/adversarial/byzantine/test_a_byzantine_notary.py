"""A notary that is silent, lies, or signs double spends: it can stop the ledger, it cannot take or make a yen."""

from __future__ import annotations

import asyncio

import pytest

from chains.progmat.contracts.cash import CashState
from chains.progmat.flows.notary_desk import NOTARISE
from chains.progmat.flows.requests import MoveCash
from chains.progmat.flows.steps import FlowStep
from chains.progmat.node.peers import PeerHandler, PeerIdentity
from chains.progmat.notary import codec
from chains.progmat.notary.errors import NotarisationConflict
from chains.progmat.notary.model import StateConflict, StateUse
from chains.progmat.transactions.signature import sign_batch
from chains.progmat.transactions.signed import SignedTransaction
from chains.progmat.transactions.signed_codec import encode_signature
from primitives.errors import CallerError
from primitives.hashing import sha256
from primitives.types import Hash32
from tests.adversarial.byzantine.world import FRAME, coin, hostile, refused, signed_by
from tests.fakes.ledger_parties import (
    CN_A,
    CN_B,
    COIN_ID,
    NN,
    SELLER,
    SN,
    STRANGER,
    LedgerParty,
    cash_issue,
    cash_move,
    salt_of,
)
from tests.simulator.parties import BUYER, accounts_at

PAYMENT = MoveCash("payment", COIN_ID, SN.name, 60, BUYER.key.encoded(), accounts_at(CN_A)[0])
OTHER = Hash32(sha256(b"another transaction"))


def saying(body: bytes) -> PeerHandler:
    async def handler(_asker: PeerIdentity, _body: bytes) -> bytes:
        return body

    return handler


async def silence(_asker: PeerIdentity, _body: bytes) -> bytes:
    await asyncio.Event().wait()
    return b""


async def refusal_of_its_own(_asker: PeerIdentity, _body: bytes) -> bytes:
    class Whim(CallerError):
        reason = "WHIM"

    raise Whim("because")


def signed_wrongly(party: LedgerParty) -> PeerHandler:
    (signature,) = sign_batch(party.signer, [OTHER])
    return saying(codec.encode_notarised(codec.Notarised(encode_signature(signature), 0, 0)))


LIES = {
    "silence": silence,
    "garbage": saying(b"\xff\xff"),
    "too much": saying(bytes(4 * 1024 * 1024)),
    "another key": signed_wrongly(STRANGER),
    "a signature over another transaction": signed_wrongly(NN),
    "a refusal of its own": refusal_of_its_own,
}


@pytest.mark.parametrize("lie", LIES)
def test_an_answer_that_proves_nothing_leaves_the_payment_open_and_the_cash_where_it_is(lie: str) -> None:
    with hostile(NN) as world:

        async def attack() -> None:
            world.hostile.listens(NOTARISE, LIES[lie])
            record = await world.ledger.ask(CN_B, lambda operations: operations.submit(PAYMENT, 60))
            assert (record.step, record.waiting_on) == (FlowStep.APPROVED, NN.name)
            assert record.last_error_reason in {"ANSWER_PROVES_NOTHING", "PEER_TIMED_OUT"}

        world.run(attack)
        world.nothing_is_taken()


def test_a_conflict_that_is_none_ends_the_payment_and_frees_the_cash() -> None:
    with hostile(NN) as world:
        spent = world.coins_of(BUYER)[0].ref
        conflict = NotarisationConflict((StateConflict(spent, StateUse.INPUT, bytes(32)),), ())

        async def attack() -> None:
            world.hostile.listens(NOTARISE, saying(codec.encode_conflict(conflict)))
            record = await world.ledger.ask(CN_B, lambda operations: operations.submit(PAYMENT, 60))
            assert (record.step, record.last_error_reason) == (FlowStep.FAILED, "NOTARISATION_CONFLICT")

        world.run(attack)
        world.nothing_is_taken()
        assert all(vault.soft_locks == 0 for vault in world.records().vaults.values())


def test_a_double_spend_that_the_notary_signed_is_found_by_whoever_receives_both() -> None:
    """With a custodian's help: the issuer, who receives all, records the first and keeps the second as evidence."""
    with hostile(NN, CN_A) as world:
        own = world.coins_of(SELLER)[0]
        whole_yen = CashState.of(own.state).amount_yen
        spends = [
            cash_move(world.frame, [own], coin(whole_yen, owner, node)).to_wire(salt_of(owner.name))
            for owner, node in ((BUYER, CN_B), (SELLER, CN_A))
        ]
        first, second = (_final(signed_by(wire, SELLER, SN)) for wire in spends)

        async def attack() -> None:
            await world.hostile.deliver(SN, first)
            assert await refused(world.hostile.deliver(SN, second)) == "CONFLICTING_CONSUMPTION"
            await world.hostile.deliver(CN_B, first)

        world.run(attack)
        world.honest_life_goes_on()
        issuer = world.records().vaults[SN.name]
        assert sum(row[1] for row in issuer.cash) == sum(row[1] for row in world.before.vaults[SN.name].cash)


@pytest.mark.parametrize("victim", [SN, CN_B], ids=lambda victim: victim.name)
def test_a_notary_makes_no_coins(victim: LedgerParty) -> None:
    with hostile(NN) as world:
        wire = cash_issue(FRAME, world.membership_of(SN), coin(10**9, BUYER, CN_B)).to_wire(salt_of("issue"))

        async def attack() -> None:
            reason = await refused(world.hostile.deliver(victim, _final(signed_by(wire))))
            assert reason == "SIGNATURES_MISSING"

        world.run(attack)
        world.nothing_is_taken()


def _final(signed: SignedTransaction) -> SignedTransaction:
    return signed.with_signatures(*sign_batch(NN.signer, [signed.id]))
