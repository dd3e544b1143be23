"""Any mix of free states and cycles that encumber each other: what takes their places is their equal."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from chains.progmat.contracts.cash import CashState
from chains.progmat.contracts.errors import ReplacementViolation
from chains.progmat.contracts.names import CASH
from chains.progmat.contracts.notary_change import change_command
from chains.progmat.contracts.replacement import replaced
from chains.progmat.contracts.standard_package import standard_package
from chains.progmat.transactions.builder import TransactionBuilder
from chains.progmat.transactions.encumbrance import (
    require_encumbered_inputs_are_spent_together,
    require_encumbrances_form_full_cycles,
)
from chains.progmat.transactions.model import StateAndRef, StateRef, TransactionState
from light_clients.registry import LightClientRegistry
from primitives.errors import CrossDvpError
from primitives.hashing import sha256
from tests.fakes.ledger_parties import BUYER, CN_A, CN_B, NN, SECOND, SELLER, cash
from tests.fakes.replacement_world import TwoNotaryModel, participants_of
from tests.fakes.second_package import MARK, in_second_layout
from tests.fakes.token_parties import token

AMOUNTS = st.integers(1, 10**15)
COINS = st.builds(
    lambda yen, of_buyer: cash(yen, *((BUYER, CN_B) if of_buyer else (SELLER, CN_A))).as_output(NN.party),
    AMOUNTS,
    st.booleans(),
)
STATES = st.one_of(COINS, AMOUNTS.map(lambda quantity: token(quantity).as_output(NN.party)))


@st.composite
def consumed(draw: st.DrawFn) -> tuple[StateAndRef, ...]:
    """Units of one free state or a whole cycle of 2 to 4, each unit of a transaction of its own, in any order."""
    found: list[StateAndRef] = []
    for number, size in enumerate(draw(st.lists(st.integers(1, 4), min_size=1, max_size=6))):
        tx_id = sha256(b"transaction %d" % number)
        offset = draw(st.integers(0, 3))
        for index in range(size):
            partner = offset + (index + 1) % size if size > 1 else None
            state = replace(draw(STATES), encumbrance=partner)
            found.append(StateAndRef(StateRef(tx_id, offset + index), state))
    return tuple(draw(st.permutations(found)))


def moved(state: StateAndRef) -> TransactionState:
    return replace(state.state, notary=SECOND.party)


def second(state: StateAndRef) -> TransactionState:
    return in_second_layout(state.state) if state.state.contract == CASH else state.state


def pattern(states: tuple[TransactionState, ...]) -> list[int | None]:
    return [state.encumbrance for state in states]


@given(inputs=consumed())
def test_what_is_moved_to_another_notary_is_otherwise_equal(inputs: tuple[StateAndRef, ...]) -> None:
    made = replaced(inputs, moved)
    assert [(state.contract, state.data) for state in made] == [(s.state.contract, s.state.data) for s in inputs]
    assert {state.notary for state in made} == {SECOND.party}


@given(inputs=consumed())
def test_who_encumbered_whom_does_so_afterwards(inputs: tuple[StateAndRef, ...]) -> None:
    made = replaced(inputs, moved)
    require_encumbered_inputs_are_spent_together(inputs)
    require_encumbrances_form_full_cycles(made)
    for state, found in zip(inputs, made, strict=True):
        if state.state.encumbrance is None:
            assert found.encumbrance is None
        else:
            assert found.encumbrance is not None
            assert inputs[found.encumbrance].ref == StateRef(state.ref.tx_id, state.state.encumbrance)


@given(inputs=consumed())
def test_a_conversion_makes_and_destroys_nothing(inputs: tuple[StateAndRef, ...]) -> None:
    def holdings(states: list[TransactionState]) -> Counter[tuple[object, ...]]:
        found: Counter[tuple[object, ...]] = Counter()
        for state in states:
            if state.contract == CASH:
                held = CashState.of(replace(state, data=state.data.removeprefix(MARK)))
                found[held.asset, held.owner, held.node] += held.amount_yen
            else:
                found[state.contract, state.data] += 1
        return found

    made = replaced(inputs, second)
    assert holdings(list(made)) == holdings([state.state for state in inputs])
    assert pattern(made) == pattern(replaced(inputs, moved))


LEDGER = TwoNotaryModel(standard_package(LightClientRegistry.builder().seal()), now_s=1_790_000_000)


def change_of(inputs: tuple[StateAndRef, ...]) -> TransactionBuilder:
    """A change of notary of states that are now on the ledger."""
    LEDGER.states |= {state.ref: state.state for state in inputs}
    return replace(
        LEDGER.frame.start(),
        inputs=tuple(state.ref for state in inputs),
        outputs=replaced(inputs, moved),
        commands=(change_command(SECOND.party, *participants_of(LEDGER, inputs)),),
    )


@settings(max_examples=25)
@given(inputs=consumed())
def test_any_mix_is_accepted_and_nothing_of_it_may_be_left_out_or_signed_for_by_fewer(
    inputs: tuple[StateAndRef, ...],
) -> None:
    change = change_of(inputs)
    LEDGER.verify(change)
    for index in range(len(inputs)):
        with pytest.raises(CrossDvpError):
            LEDGER.verify(replace(change, outputs=change.outputs[:index] + change.outputs[index + 1 :]))
    (command,) = change.commands
    for key in command.signers:
        fewer = replace(command, signers=tuple(signer for signer in command.signers if signer != key))
        with pytest.raises(ReplacementViolation):
            LEDGER.verify(replace(change, commands=(fewer,)))


@settings(max_examples=25)
@given(inputs=consumed(), data=st.data())
def test_no_output_may_differ_from_what_takes_its_inputs_place(
    inputs: tuple[StateAndRef, ...], data: st.DataObject
) -> None:
    change = change_of(inputs)
    index = data.draw(st.integers(0, len(inputs) - 1))
    other = replace(data.draw(STATES), notary=SECOND.party, encumbrance=change.outputs[index].encumbrance)
    assume(other != change.outputs[index])
    outputs = (*change.outputs[:index], other, *change.outputs[index + 1 :])
    with pytest.raises(ReplacementViolation, match=f"takes the place of input {index}"):
        LEDGER.verify(replace(change, outputs=outputs))
