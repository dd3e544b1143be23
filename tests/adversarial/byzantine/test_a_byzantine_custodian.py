"""A custodian that lies to its issuer, its notary and its fellow custodians: they lose nothing, and go on."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from chains.progmat.contracts.cash import CashState
from chains.progmat.contracts.holdings import ISSUE, MOVE
from chains.progmat.contracts.membership import BusinessNetwork, MemberRole, MembershipState, MembershipStatus
from chains.progmat.contracts.names import CASH
from chains.progmat.flows import peer_codec
from chains.progmat.flows.notary_desk import NOTARISE
from chains.progmat.identity import NetworkMap, Role
from chains.progmat.transactions.model import Command, Party, StateAndRef, StateRef
from chains.progmat.transactions.signature import sign_batch
from chains.progmat.transactions.signed import SignedTransaction
from chains.progmat.transactions.signed_codec import decode_signature
from primitives.types import Hash32
from tests.adversarial.byzantine.world import FRAME, ByzantineLedger, coin, hostile, known_to, refused, signed_by
from tests.fakes.ledger_parties import (
    CN_A,
    CN_B,
    NN,
    SELLER,
    SN,
    STRANGER,
    LedgerParty,
    cash_issue,
    cash_move,
    membership_issue,
    salt_of,
)
from tests.simulator.parties import BUYER, CN_C, MAP

THIEF, THIEF_NODE = SELLER, CN_A
VICTIMS = (SN, CN_B)
VALIDATING_MAP = NetworkMap(
    replace(entry, roles=entry.roles | {Role.VALIDATING}) if entry.name == NN.name else entry for entry in MAP.entries
)


def final(signed: SignedTransaction, notary: LedgerParty = NN) -> SignedTransaction:
    """As if that notary had signed it."""
    (signature,) = sign_batch(notary.signer, [signed.id])
    return signed.with_signatures(signature)


async def paid(world: ByzantineLedger, own: StateAndRef, to: LedgerParty, node: LedgerParty) -> SignedTransaction:
    """A move of one of the thief's own coins, with the issuer's signature."""
    amount_yen = CashState.of(own.state).amount_yen
    wire = cash_move(world.frame, [own], coin(amount_yen, to, node)).to_wire(salt_of(f"to {to.name}"))
    signed = signed_by(wire, THIEF)
    answer = peer_codec.decode_countersign_response(await world.hostile.countersigned(SN, signed))
    return signed.with_signatures(*(decode_signature(item) for item in answer))


def test_a_coin_spent_twice_pays_one_payee_and_the_other_records_nothing() -> None:
    with hostile(CN_A) as world:
        own = world.coins_of(THIEF)[0]

        async def attack() -> None:
            first = await paid(world, own, BUYER, CN_B)
            second = await paid(world, own, STRANGER, CN_C)
            won = first.with_signatures((await world.hostile.notarised(first)).signature)
            assert await refused(world.hostile.notarised(second)) == "NOTARISATION_CONFLICT"
            await world.hostile.deliver(CN_B, won)
            assert await refused(world.hostile.deliver(CN_C, second)) == "SIGNATURES_MISSING"
            for forged in (second.with_signatures(won.signatures[-1]), final(second, STRANGER)):
                assert await refused(world.hostile.deliver(CN_C, forged)) == "SIGNATURE_REFUSED"

        world.run(attack)
        world.honest_life_goes_on()


def test_a_hundred_spends_of_one_coin_at_once_let_one_through() -> None:
    with hostile(CN_A) as world:
        own = world.coins_of(THIEF)[0]

        async def attack() -> None:
            wires = [cash_move(FRAME, [own], coin(1, THIEF, CN_A)).to_wire(salt_of(str(n))) for n in range(100)]
            outcomes = await asyncio.gather(
                *(world.hostile.notarised(signed_by(wire, THIEF)) for wire in wires), return_exceptions=True
            )
            assert sum(not isinstance(outcome, Exception) for outcome in outcomes) == 1
            assert {getattr(o, "reason", "") for o in outcomes} == {"", "NOTARISATION_CONFLICT"}

        world.survives(attack)


@pytest.mark.parametrize("victim", VICTIMS, ids=lambda victim: victim.name)
def test_coins_that_nobody_issued_are_recorded_by_nobody(victim: LedgerParty) -> None:
    with hostile(CN_A) as world:
        wire = cash_issue(FRAME, world.membership_of(SN), coin(10**9, BUYER, CN_B)).to_wire(salt_of("issue"))

        async def attack() -> None:
            assert await refused(world.hostile.countersigned(SN, signed_by(wire))) == "COUNTERSIGN_REFUSED"
            answer = await world.hostile.notarised(signed_by(wire))  # it sees no contract: it dates, it does not judge
            notarised = signed_by(wire).with_signatures(answer.signature)
            assert await refused(world.hostile.deliver(victim, notarised)) == "SIGNATURES_MISSING"

        world.survives(attack)


@pytest.mark.parametrize("victim", VICTIMS, ids=lambda victim: victim.name)
@pytest.mark.parametrize("stolen_yen", [100, 100_000], ids=["as much as there is", "more than there is"])
def test_anothers_coin_does_not_move_without_its_owner(victim: LedgerParty, stolen_yen: int) -> None:
    with hostile(CN_A) as world:
        theirs = world.coins_of(BUYER)[0]
        wire = cash_move(FRAME, [theirs], coin(stolen_yen, THIEF, CN_A)).to_wire(salt_of("theft"))

        async def attack() -> None:
            for signers, reason in (((), "SIGNATURES_MISSING"), ((THIEF,), "SIGNATURE_REFUSED")):
                signed = signed_by(wire, *signers)
                assert await refused(world.hostile.countersigned(SN, signed)) == reason
                assert await refused(world.hostile.deliver(victim, final(signed))) == reason
            assert await refused(world.hostile.deliver(victim, final(signed_by(wire), CN_A))) == "SIGNATURE_REFUSED"

        world.survives(attack)


def test_a_membership_of_its_own_making_makes_no_issuer() -> None:
    with hostile(CN_A) as world:
        forged = MembershipState(BusinessNetwork.SC, CN_A.party, (MemberRole.SC_ISSUER,), MembershipStatus.ACTIVE)
        admission = final(signed_by(membership_issue(FRAME, forged).to_wire(salt_of("admission")), CN_A))
        membership = StateAndRef(StateRef(admission.id, 0), admission.wire.outputs[0])
        own_coin = replace(coin(10**9, BUYER, CN_B), issuer=CN_A.party)
        issue = replace(
            cash_issue(FRAME, membership, own_coin), commands=(Command(CASH, ISSUE, b"", (CN_A.key,)),)
        ).to_wire(salt_of("issue"))

        async def attack() -> None:
            world.hostile.knows[bytes(admission.id)] = admission
            for victim in VICTIMS:
                assert (
                    await refused(world.hostile.deliver(victim, final(signed_by(issue, CN_A)))) == "SIGNATURE_REFUSED"
                )

        world.survives(attack)


@pytest.mark.parametrize("victim", VICTIMS, ids=lambda victim: victim.name)
def test_a_notary_of_its_own_makes_nothing_final(victim: LedgerParty) -> None:
    own_notary = Party(NN.name, CN_A.key)
    with hostile(CN_A) as world:
        own = world.coins_of(THIEF)[0]
        built = cash_move(FRAME, [own], coin(CashState.of(own.state).amount_yen, BUYER, CN_B))
        foreign = replace(built, notary=own_notary).to_wire(salt_of("foreign"))

        async def attack() -> None:
            assert await refused(world.hostile.notarised(signed_by(foreign, THIEF))) == "WRONG_NOTARY"
            signed = signed_by(foreign, THIEF, CN_A)  # the foreign notary's key is the custodian's own
            assert await refused(world.hostile.countersigned(SN, signed)) == "NOTARY_BROKEN"
            delivered = final(signed_by(foreign, THIEF, SN), CN_A)  # even with the issuer's help
            assert await refused(world.hostile.deliver(victim, delivered)) == "NOTARY_BROKEN"

        world.survives(attack)


@pytest.mark.parametrize("victim", VICTIMS, ids=lambda victim: victim.name)
def test_a_transaction_under_parameters_of_its_own_is_refused(victim: LedgerParty) -> None:
    with hostile(CN_A) as world:
        own = world.coins_of(THIEF)[0]
        built = cash_move(FRAME, [own], coin(CashState.of(own.state).amount_yen, BUYER, CN_B))
        wire = replace(built, network_parameters_hash=Hash32(bytes(32))).to_wire(salt_of("parameters"))

        async def attack() -> None:
            assert await refused(world.hostile.countersigned(SN, signed_by(wire, THIEF))) == "PARAMETERS_UNKNOWN"
            request = await world.hostile.request(signed_by(wire))
            assert await refused(world.hostile.ask(NN, NOTARISE, request)) == "WRONG_PARAMETERS"
            delivered = final(signed_by(wire, THIEF, SN))
            assert await refused(world.hostile.deliver(victim, delivered)) == "PARAMETERS_UNKNOWN"

        world.survives(attack)


def test_a_known_coin_can_be_burnt_where_the_notary_does_not_validate() -> None:
    """Not harmless, and known: the notary sees no owner. Nobody gains, nobody records it, and it says who asked."""
    with hostile(CN_A) as world:
        theirs = world.coins_of(BUYER)[0]
        burn = signed_by(cash_move(FRAME, [theirs], coin(1, THIEF, CN_A)).to_wire(salt_of("burn")))

        async def attack() -> None:
            answer = await world.hostile.notarised(burn)
            for victim in VICTIMS:
                delivered = world.hostile.deliver(victim, burn.with_signatures(answer.signature))
                assert await refused(delivered) == "SIGNATURES_MISSING"

        world.run(attack)
        world.nothing_is_taken()
        assert burn.id in world.ledger.machines[NN].notary_disk.committed()


def test_a_validating_notary_burns_no_coin_that_its_owner_does_not_spend() -> None:
    """The twin of the attack above: who knows a coin's reference, and all that the issuer knows, has nothing yet."""
    with hostile(CN_A, network_map=VALIDATING_MAP) as world:
        theirs = world.coins_of(BUYER)[0]
        built = cash_move(world.frame, [theirs], coin(CashState.of(theirs.state).amount_yen, THIEF, CN_A))
        own_rules = replace(built, commands=(Command(CASH, MOVE, b"", (THIEF.key, SN.key)),))
        theft = built.to_wire(salt_of("theft"))
        world.hostile.knows.update(known_to(SN))
        burns = [
            signed_by(theft),
            signed_by(theft, SN),  # even with the issuer's help
            signed_by(theft, THIEF, SN),
            signed_by(own_rules.to_wire(salt_of("own rules")), THIEF, SN),
        ]

        async def attack() -> None:
            for burn in burns:
                assert await refused(world.hostile.notarised(burn)) == "TRANSACTION_INVALID"
                blind = world.hostile.ask(NN, NOTARISE, await world.hostile.blind_request(burn))
                assert await refused(blind) == "WHOLE_TRANSACTION_NEEDED"
            assert not {burn.id for burn in burns} & set(world.ledger.machines[NN].notary_disk.committed())

        world.survives(attack)


def test_a_validating_notary_signs_what_the_owner_spends() -> None:
    """So the refusals above are not those of a notary that refuses everything."""
    with hostile(CN_A, network_map=VALIDATING_MAP) as world:
        own = world.coins_of(THIEF)[0]

        async def honest() -> None:
            final_move = await paid(world, own, BUYER, CN_B)
            assert (await world.hostile.notarised(final_move)).signature.by == NN.key

        world.run(honest)
