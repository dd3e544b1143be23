"""A change of notary that would change something else, or go where, or take along, what it must not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from chains.progmat.contracts.cash import CashState
from chains.progmat.contracts.errors import (
    NotaryChangeViolation,
    ReplacementViolation,
    UnknownContract,
)
from chains.progmat.contracts.holdings import MOVE
from chains.progmat.contracts.membership import BusinessNetwork
from chains.progmat.contracts.names import CASH
from chains.progmat.contracts.notary_change import change_command
from chains.progmat.contracts.proposal_codec import as_output
from chains.progmat.contracts.proposal_states import BallotState
from chains.progmat.contracts.verification import verify_ledger_tx
from chains.progmat.transactions.builder import TransactionBuilder
from chains.progmat.transactions.errors import EncumbranceBroken, InputsBroken, NotaryBroken, SignersBroken
from chains.progmat.transactions.key_succession import KeySuccession
from chains.progmat.transactions.model import Command, Party, StateRef, TransactionState, create_write
from primitives.errors import DecodeError
from primitives.types import Hash32
from tests.fakes.ledger_model import LedgerModel, NotaryRefusedError
from tests.fakes.ledger_parties import (
    BUYER,
    CN_A,
    NN,
    OPERATOR,
    SECOND,
    SELLER,
    SN,
    STRANGER,
    VALIDATOR_KEY,
    LedgerParty,
    cash,
    cash_move,
)
from tests.fakes.replacement_world import RETIRING, ReplacementWorld

Attack = Callable[[TransactionBuilder], TransactionBuilder]
WRITE = create_write(b"path", Hash32(b"\x01" * 32))


@pytest.fixture(scope="module")
def world() -> ReplacementWorld:
    return ReplacementWorld()


@pytest.fixture
def ledger(world: ReplacementWorld) -> LedgerModel:
    return world.notaries.copy()


def outputs(change: Callable[[tuple[TransactionState, ...]], tuple[TransactionState, ...]]) -> Attack:
    return lambda builder: replace(builder, outputs=change(builder.outputs))


def coin(state: TransactionState, **changes: object) -> TransactionState:
    return replace(state, data=replace(CashState.of(state), **changes).encode())  # type: ignore[arg-type] # any field


def command(**changes: object) -> Attack:
    return lambda builder: replace(builder, commands=(replace(builder.commands[0], **changes),))  # type: ignore[arg-type] # any field


MOVE_COMMAND = Command(CASH, MOVE, b"", (BUYER.key, SN.key))
ATTACKS: dict[str, tuple[Attack, type[Exception], str]] = {
    "a smuggled output": (
        outputs(lambda made: (*made, cash(5).as_output(SECOND.party))),
        ReplacementViolation,
        "each input has one output",
    ),
    "an output left out": (outputs(lambda made: made[1:]), ReplacementViolation, "each input has one output"),
    "a changed amount": (
        outputs(lambda made: (coin(made[0], amount_yen=701), made[1])),
        ReplacementViolation,
        "takes the place of input 0",
    ),
    "another owner": (
        outputs(lambda made: (made[0], coin(made[1], owner=SELLER.key, node=CN_A.name))),
        ReplacementViolation,
        "takes the place of input 1",
    ),
    "outputs in another order": (
        outputs(lambda made: made[::-1]),
        ReplacementViolation,
        "takes the place of input 0",
    ),
    "a coin that stays at its notary": (
        outputs(lambda made: (replace(made[0], notary=NN.party), made[1])),
        ReplacementViolation,
        "takes the place of input 0",
    ),
    "coins that encumber each other afterwards": (
        outputs(lambda made: (replace(made[0], encumbrance=1), replace(made[1], encumbrance=0))),
        ReplacementViolation,
        "takes the place of input 0",
    ),
    "an owner who has not signed": (command(signers=(SN.key,)), ReplacementViolation, "each participant"),
    "an issuer that has not signed": (command(signers=(BUYER.key,)), ReplacementViolation, "each participant"),
    "somebody else's signature": (
        command(signers=(STRANGER.key, OPERATOR.key)),
        ReplacementViolation,
        "each participant",
    ),
    "a second command": (
        lambda builder: replace(builder, commands=(*builder.commands, MOVE_COMMAND)),
        NotaryBroken,
        "output 0 belongs to the transaction's notary",
    ),
    "its own command twice": (
        lambda builder: replace(builder, commands=builder.commands * 2),
        NotaryBroken,
        "output 0 belongs to the transaction's notary",
    ),
    "another command's name": (command(name="Move"), NotaryChangeViolation, "the command is known"),
    "data that are no party": (command(data=b"n2"), DecodeError, "."),
    "data with something behind": (
        lambda builder: replace(
            builder, commands=(replace(builder.commands[0], data=builder.commands[0].data + b"\x00"),)
        ),
        DecodeError,
        ".",
    ),
    "provable writes": (
        lambda builder: replace(builder, provable_writes=(WRITE,)),
        SignersBroken,
        "sign provable writes",
    ),
    "provable writes that the Validators sign": (
        lambda builder: replace(builder, provable_writes=(WRITE,)).with_signer(0, VALIDATOR_KEY),
        ReplacementViolation,
        "writes nothing provable",
    ),
    "nothing consumed": (
        lambda builder: replace(builder, inputs=(), outputs=(cash(900).as_output(SECOND.party),)),
        ReplacementViolation,
        "consumes states",
    ),
    "a duplicate": (
        lambda builder: replace(builder, inputs=builder.inputs[:1] * 2, outputs=builder.outputs[:1] * 2),
        InputsBroken,
        "no input is listed twice",
    ),
    "notarised by the new notary": (
        lambda builder: replace(builder, notary=SECOND.party),
        NotaryBroken,
        "belongs to the transaction's notary",
    ),
}


def test_the_change_itself_is_accepted_and_undone_again(world: ReplacementWorld, ledger: LedgerModel) -> None:
    moved = ledger.commit(world.notary_change(*world.coins))
    assert [state.state.notary for state in moved] == [SECOND.party, SECOND.party]
    assert [state.state.data for state in moved] == [state.state.data for state in world.coins]
    back = replace(world.notary_change(*moved, to=NN.party), notary=SECOND.party)
    assert [state.state for state in ledger.commit(back)] == [state.state for state in world.coins]


@pytest.mark.parametrize("name", ATTACKS)
def test_anything_else_is_refused(world: ReplacementWorld, ledger: LedgerModel, name: str) -> None:
    attack, error, rule = ATTACKS[name]
    with pytest.raises(error, match=rule):
        ledger.verify(attack(world.notary_change(*world.coins)))


def test_a_reference_beside_it_is_refused(world: ReplacementWorld, ledger: LedgerModel) -> None:
    referenced = replace(world.notary_change(*world.coins), references=(world.settlement.custodian.ref,))
    with pytest.raises(ReplacementViolation, match="references nothing"):
        ledger.verify(referenced)


@pytest.mark.parametrize(
    "to", [RETIRING.party, STRANGER.party, Party(SECOND.name, STRANGER.key), Party("n9", SECOND.key)]
)
def test_a_notary_that_does_not_serve_is_refused(world: ReplacementWorld, ledger: LedgerModel, to: Party) -> None:
    with pytest.raises((NotaryBroken, NotaryChangeViolation), match="serves"):
        ledger.verify(world.notary_change(*world.coins, to=to))


def test_the_notary_they_are_at_already_is_no_change(world: ReplacementWorld, ledger: LedgerModel) -> None:
    with pytest.raises(NotaryChangeViolation, match="the notary changes"):
        ledger.verify(world.notary_change(*world.coins, to=NN.party))


def test_a_moved_coin_is_not_spent_at_its_old_notary(world: ReplacementWorld, ledger: LedgerModel) -> None:
    moved = ledger.commit(world.notary_change(*world.coins))
    with pytest.raises(NotaryBroken, match="belongs to the transaction's notary"):
        ledger.commit(cash_move(ledger.frame, moved[:1], cash(700)))
    with pytest.raises(NotaryRefusedError):
        ledger.commit(cash_move(ledger.frame, world.coins[:1], cash(700)))


def test_a_coin_moves_from_a_retiring_notary(world: ReplacementWorld, ledger: LedgerModel) -> None:
    at_retiring = {state.ref: replace(state.state, notary=RETIRING.party) for state in world.coins}
    ledger.states |= at_retiring
    states = [replace(state, state=at_retiring[state.ref]) for state in world.coins]
    moved = ledger.commit(replace(world.notary_change(*states), notary=RETIRING.party))
    assert {state.state.notary for state in moved} == {SECOND.party}


def test_locked_cash_stays_because_its_lock_does(world: ReplacementWorld, ledger: LedgerModel) -> None:
    with pytest.raises(NotaryChangeViolation, match="dvp_lock states stay: another chain's proof"):
        ledger.verify(world.notary_change(*world.lock_and_cash))


def test_locked_cash_does_not_go_without_its_lock(world: ReplacementWorld, ledger: LedgerModel) -> None:
    alone = world.notary_change(*world.lock_and_cash)
    with pytest.raises(EncumbranceBroken, match="spent together"):
        ledger.verify(replace(alone, inputs=alone.inputs[:1], outputs=(replace(alone.outputs[0], encumbrance=None),)))


def test_light_clients_stay_even_for_the_operator(world: ReplacementWorld, ledger: LedgerModel) -> None:
    with pytest.raises(NotaryChangeViolation, match="ibc_client states stay"):
        ledger.verify(world.notary_change(world.settlement.client))


def test_a_membership_moves_by_the_operators_word_alone(world: ReplacementWorld, ledger: LedgerModel) -> None:
    move = world.notary_change(world.settlement.custodian)
    with pytest.raises(ReplacementViolation, match="each participant"):
        ledger.verify(command(signers=(BUYER.key, SN.key))(move))
    assert ledger.commit(move)[0].state.notary == SECOND.party


def test_the_reserved_name_cannot_be_a_states(ledger: LedgerModel) -> None:
    named_so = TransactionState("notary_change", b"anything", NN.party)
    made = replace(ledger.frame.start(), outputs=(named_so,), commands=(Command("notary", "Make", b"", (BUYER.key,)),))
    with pytest.raises(UnknownContract):
        ledger.verify(made)
    with pytest.raises(ReplacementViolation, match="consumes states"):
        ledger.verify(replace(made, commands=(change_command(SECOND.party, BUYER.key),)))


def test_proposals_and_ballots_stay(ledger: LedgerModel) -> None:
    ballot = as_output(BallotState(BusinessNetwork.SC, CN_A.party), NN.party)
    ref = StateRef(Hash32(b"\x07" * 32), 0)
    ledger.states[ref] = ballot
    move = replace(
        ledger.frame.start(),
        inputs=(ref,),
        outputs=(replace(ballot, notary=SECOND.party),),
        commands=(change_command(SECOND.party, CN_A.key),),
    )
    with pytest.raises(NotaryChangeViolation, match="proposal states stay"):
        ledger.verify(move)


def test_after_a_succession_of_keys_the_old_ones_move_nothing(world: ReplacementWorld, ledger: LedgerModel) -> None:
    """The states still name the notary's and the issuer's first keys."""
    new_notary, new_issuer = LedgerParty("nn's second key"), LedgerParty("sn's second key")
    parameters = replace(
        ledger.parameters,
        notary=Party(NN.name, new_notary.key),
        key_successions=(
            KeySuccession(NN.name, NN.key, new_notary.key),
            KeySuccession.agreed(SN.name, SN.signer, new_issuer.key),
        ),
    )
    change = replace(
        world.notary_change(*world.coins),
        notary=parameters.notary,
        network_parameters_hash=parameters.hash,
        commands=(change_command(SECOND.party, BUYER.key, new_issuer.key),),
    )
    verify_ledger_tx(ledger.resolve(change), parameters, ledger.package)
    with pytest.raises(ReplacementViolation, match="each participant"):
        verify_ledger_tx(ledger.resolve(command(signers=(BUYER.key, SN.key))(change)), parameters, ledger.package)
    for same in (NN.party, parameters.notary):
        to_itself = replace(
            change,
            outputs=tuple(replace(state, notary=same) for state in change.outputs),
            commands=(change_command(same, BUYER.key, new_issuer.key),),
        )
        with pytest.raises((NotaryBroken, NotaryChangeViolation)):
            verify_ledger_tx(ledger.resolve(to_itself), parameters, ledger.package)
