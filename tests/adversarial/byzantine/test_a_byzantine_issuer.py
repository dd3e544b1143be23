"""An issuer that wants its holders' coins, or its way: it can refuse, it cannot take."""

from __future__ import annotations

import asyncio

import pytest

from chains.progmat.flows import peer_codec
from chains.progmat.flows.requests import MoveCash
from chains.progmat.flows.steps import FlowStep
from chains.progmat.node.peers import PeerHandler, PeerIdentity
from chains.progmat.transactions.signature import sign_batch, sign_transaction
from chains.progmat.transactions.signed_codec import encode_signature
from primitives.hashing import sha256
from primitives.types import Hash32
from tests.adversarial.byzantine.world import FRAME, ByzantineLedger, coin, hostile, refused, signed_by
from tests.fakes.ledger_parties import CN_A, CN_B, COIN_ID, NN, SELLER, SN, STRANGER, cash_issue, cash_move, salt_of
from tests.simulator.parties import BUYER, accounts_at

PAYMENT = MoveCash("payment", COIN_ID, SN.name, 60, BUYER.key.encoded(), accounts_at(CN_A)[0])


def test_the_issuer_cannot_move_its_holders_coin() -> None:
    with hostile(SN) as world:
        wire = cash_move(FRAME, [world.coins_of(BUYER)[0]], coin(100, SELLER, CN_A)).to_wire(salt_of("seizure"))
        signed = signed_by(wire, SN)

        async def attack() -> None:
            (notarys,) = sign_batch(NN.signer, [wire.id])  # even with a notary's help
            for victim in (CN_A, CN_B):
                assert await refused(world.hostile.deliver(victim, signed)) == "SIGNATURES_MISSING"
                final = signed.with_signatures(notarys)
                assert await refused(world.hostile.deliver(victim, final)) == "SIGNATURES_MISSING"

        world.survives(attack)


def test_an_issue_that_is_not_final_is_not_recorded() -> None:
    with hostile(SN) as world:
        wire = cash_issue(FRAME, world.membership_of(SN), coin(500, BUYER, CN_B)).to_wire(salt_of("issue"))

        async def attack() -> None:
            assert await refused(world.hostile.deliver(CN_B, signed_by(wire, SN))) == "SIGNATURES_MISSING"
            forged = signed_by(wire, SN).with_signatures(*sign_batch(SN.signer, [wire.id]))
            assert await refused(world.hostile.deliver(CN_B, forged)) == "SIGNATURES_MISSING"

        world.survives(attack)


def test_an_issuer_that_does_not_answer_delays_and_takes_nothing() -> None:
    with hostile(SN) as world:

        async def silence(_asker: PeerIdentity, _body: bytes) -> bytes:
            await asyncio.Event().wait()
            return b""

        async def attack() -> None:
            world.hostile.listens(peer_codec.COUNTERSIGN, silence)
            record = await world.ledger.ask(CN_B, lambda operations: operations.submit(PAYMENT, 60))
            assert (record.step, record.waiting_on) == (FlowStep.BUILT, SN.name)
            assert record.last_error_reason == "PEER_TIMED_OUT"

        world.run(attack)
        world.nothing_is_taken()


def answers_of_a_liar() -> dict[str, tuple[PeerHandler, str]]:
    """Handlers of ``node.countersign`` and what the asker says of them."""

    def saying(body: bytes) -> PeerHandler:
        async def handler(_asker: PeerIdentity, _body: bytes) -> bytes:
            return body

        return handler

    other = Hash32(sha256(b"another transaction"))
    by_stranger, of_other = (encode_signature(sign_transaction(party.signer, other)) for party in (STRANGER, SN))
    (in_batch,) = sign_batch(SN.signer, [other])
    encode = peer_codec.encode_countersign_response
    return {
        "garbage": (saying(b"\xff\xff\xff"), "DECODE_ERROR"),
        "too much": (saying(bytes(4 * 1024 * 1024)), "DECODE_ERROR"),
        "nothing": (saying(encode(())), "BAD_COUNTERSIGNATURE"),
        "a stranger's signature": (saying(encode((by_stranger,))), "BAD_COUNTERSIGNATURE"),
        "a signature over something else": (saying(encode((of_other,))), "BAD_COUNTERSIGNATURE"),
        "a batch signature": (saying(encode((encode_signature(in_batch),))), "BAD_COUNTERSIGNATURE"),
        "two signatures": (saying(encode((of_other, by_stranger))), "BAD_COUNTERSIGNATURE"),
    }


@pytest.mark.parametrize("lie", answers_of_a_liar())
def test_a_lying_answer_ends_the_payment_by_name_and_frees_the_cash(lie: str) -> None:
    handler, reason = answers_of_a_liar()[lie]
    with hostile(SN) as world:

        async def attack() -> None:
            world.hostile.listens(peer_codec.COUNTERSIGN, handler)
            record = await world.ledger.ask(CN_B, lambda operations: operations.submit(PAYMENT, 60))
            assert (record.step, record.last_error_reason) == (FlowStep.FAILED, reason)

        world.survives(attack)
        assert _soft_locks(world) == 0


def _soft_locks(world: ByzantineLedger) -> int:
    return sum(vault.soft_locks for vault in world.records().vaults.values())
