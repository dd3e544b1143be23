"""A member that sends garbage, too much, the same again, or nothing at all: whoever is disturbed goes on."""

from __future__ import annotations

import asyncio
import random
from dataclasses import replace

import pytest

from chains.progmat.contracts.cash import CashState
from chains.progmat.contracts.names import CASH
from chains.progmat.flows import back_chain, peer_codec
from chains.progmat.flows.notary_desk import NOTARISE
from chains.progmat.flows.requests import MoveCash
from chains.progmat.flows.steps import FlowStep
from chains.progmat.node.peers import DEFAULT_LIMITS, PeerIdentity
from chains.progmat.notary.service import READ_JOURNAL
from chains.progmat.transactions.model import Command, StateAndRef, StateRef
from chains.progmat.transactions.signed import SignedTransaction
from tests.adversarial.byzantine.world import ByzantineLedger, coin, hostile, refused, signed_by
from tests.fakes.ledger_parties import CN_A, CN_B, COIN_ID, NN, SELLER, SN, LedgerParty, cash_move, salt_of
from tests.simulator.parties import BUYER, CN_C, accounts_at

SN_METHODS = (peer_codec.COUNTERSIGN, peer_codec.FINALISE, peer_codec.FETCH_TRANSACTIONS)
DOORS = [(SN, method) for method in SN_METHODS] + [(CN_B, method) for method in SN_METHODS]
DOORS += [(NN, NOTARISE), (NN, READ_JOURNAL)]
doors = pytest.mark.parametrize(("victim", "method"), DOORS, ids=lambda part: getattr(part, "name", part))


@doors
def test_garbage_gets_a_named_error(victim: LedgerParty, method: str) -> None:
    chance = random.Random(1)  # noqa: S311 - garbage, no secret
    with hostile(CN_A) as world:

        async def attack() -> None:
            for length in (1, 7, 40, 300, 5000):
                reason = await refused(world.hostile.ask(victim, method, chance.randbytes(length)))
                assert reason in {"DECODE_ERROR", "JOURNAL_READ_REFUSED"}, reason

        world.survives(attack)


@doors
def test_a_body_above_its_methods_bound_gets_a_named_error(victim: LedgerParty, method: str) -> None:
    with hostile(CN_A) as world:

        async def attack() -> None:
            reason = await refused(world.hostile.ask(victim, method, b"\n" * DEFAULT_LIMITS.max_body_bytes))
            assert reason == "DECODE_ERROR"

        world.survives(attack)


def test_old_messages_played_again_change_nothing() -> None:
    with hostile(CN_A) as world:
        own = world.coins_of(SELLER)[0]

        async def attack() -> None:
            whole = coin(CashState.of(own.state).amount_yen, BUYER, CN_B)
            wire = cash_move(world.frame, [own], whole).to_wire(salt_of("p"))
            signed = await world.hostile.complete(signed_by(wire, SELLER))
            await world.hostile.deliver(CN_B, signed)
            first = await world.hostile.notarised(signed)
            for _ in range(20):
                await world.hostile.countersigned(SN, signed_by(wire, SELLER))
                await world.hostile.deliver(CN_B, signed)
                await world.hostile.deliver(SN, signed)
                assert (await world.hostile.notarised(signed)).position == first.position

        world.run(attack)
        paid = world.records().vaults[CN_B.name].cash - world.before.vaults[CN_B.name].cash
        assert len(paid) == 1
        world.honest_life_goes_on()


def test_a_payee_that_never_answers_delays_only_what_it_is_paid() -> None:
    with hostile(CN_A) as world:

        async def attack() -> None:
            world.hostile.listens(peer_codec.FINALISE, _never)
            payment = MoveCash("to-the-void", COIN_ID, SN.name, 5, BUYER.key.encoded(), accounts_at(CN_A)[0])
            record = await world.ledger.ask(CN_B, lambda operations: operations.submit(payment, 30))
            assert record.step is FlowStep.RECORDED
            await asyncio.sleep(60)
            record = await world.ledger.ask(CN_B, lambda operations: operations.flow("to-the-void"))
            assert (record.step, record.waiting_on) == (FlowStep.RECORDED, CN_A.name)

        world.run(attack)
        world.honest_life_goes_on(owed_to=(CN_A,))


def test_a_back_chain_that_never_comes_holds_up_nobody_else() -> None:
    with hostile(CN_A) as world:
        signed = _out_of_nowhere(world)

        async def attack() -> None:
            world.hostile.listens(peer_codec.FETCH_TRANSACTIONS, _never)
            assert await refused(world.hostile.deliver(CN_B, signed)) == "PEER_TIMED_OUT"

        world.survives(attack)


def test_a_back_chain_without_end_is_given_up_at_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(back_chain, "MAX_HELD_BYTES", 4 * 1024 * 1024)
    with hostile(CN_A) as world:
        chain = _chain_of_large_transactions(world, 40)

        async def attack() -> None:
            world.hostile.knows |= {bytes(signed.id): signed for signed in chain}
            for _ in range(3):
                assert await refused(world.hostile.deliver(CN_B, chain[-1])) == "BAD_RESOLUTION"
            payment = cash_move(world.frame, [world.coins_of(SELLER)[1]], coin(_yen(world), BUYER, CN_B)).to_wire(
                salt_of("p")
            )
            signed = await world.hostile.complete(signed_by(payment, SELLER))
            await world.hostile.deliver(CN_B, signed)  # what was given up counts no more: a true back-chain is taken

        world.run(attack)
        world.honest_life_goes_on()


def test_a_flood_of_requests_leaves_the_others_their_answers() -> None:
    with hostile(CN_A) as world:
        floods: list[asyncio.Future[bytes]] = []

        async def attack() -> None:
            for number in range(400):
                for victim, method in DOORS:
                    body = number.to_bytes(4, "big") * 20
                    floods.append(asyncio.ensure_future(world.hostile.ask(victim, method, body)))
            await asyncio.sleep(0)

        world.survives(attack)
        assert all(flood.done() for flood in floods)
        assert all(isinstance(flood.exception(), Exception) for flood in floods)


def test_accounts_of_others_are_paid_and_never_debited_by_a_strangers_request() -> None:
    with hostile(CN_A) as world:

        async def attack() -> None:
            theft = MoveCash("theft", COIN_ID, SN.name, 5, BUYER.key.encoded(), accounts_at(CN_A)[0])
            record = await world.ledger.ask(CN_C, lambda operations: operations.submit(theft, 30))
            assert (record.step, record.last_error_reason) == (FlowStep.FAILED, "ACCOUNT_UNKNOWN")

        world.survives(attack)


async def _never(_asker: PeerIdentity, _body: bytes) -> bytes:
    await asyncio.Event().wait()
    return b""


def _out_of_nowhere(world: ByzantineLedger) -> SignedTransaction:
    """Spends what nobody but the attacker has ever seen."""
    unknown = StateAndRef(StateRef(world.coins_of(SELLER)[0].ref.tx_id, 0), world.coins_of(SELLER)[0].state)
    parent = cash_move(world.frame, [unknown], coin(100, SELLER, CN_A)).to_wire(salt_of("parent"))
    child = StateAndRef(StateRef(parent.id, 0), parent.outputs[0])
    return signed_by(cash_move(world.frame, [child], coin(100, BUYER, CN_B)).to_wire(salt_of("child")), SELLER, SN, NN)


def _yen(world: ByzantineLedger) -> int:
    return CashState.of(world.coins_of(SELLER)[1].state).amount_yen


def _chain_of_large_transactions(world: ByzantineLedger, length: int) -> list[SignedTransaction]:
    """Each spends the one before; the last is small enough to be delivered, and all required keys have signed it."""
    chain: list[SignedTransaction] = []
    spent = world.coins_of(SELLER)[0]
    for number in range(length):
        last = number == length - 1
        built = cash_move(world.frame, [spent], coin(100, BUYER if last else SELLER, CN_B if last else CN_A))
        if not last:
            ballast = Command(CASH, "Move", bytes(250_000), (SN.key,))
            built = replace(built, commands=(*built.commands, ballast))
        chain.append(signed_by(built.to_wire(salt_of(f"link {number}")), SELLER, SN, NN))
        spent = StateAndRef(StateRef(chain[-1].id, 0), chain[-1].wire.outputs[0])
    return chain
