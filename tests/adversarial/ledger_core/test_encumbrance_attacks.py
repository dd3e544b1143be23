"""Corda's encumbrance rules, attacked one by one on a real lock."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chains.progmat.contracts.errors import ContractViolation
from chains.progmat.transactions.encumbrance import (
    require_encumbered_inputs_are_spent_together,
    require_encumbrances_form_full_cycles,
)
from chains.progmat.transactions.errors import EncumbranceBroken
from chains.progmat.transactions.model import StateAndRef, StateRef, TransactionState
from primitives.types import Hash32
from tests.fakes.ledger_parties import NN, cash
from tests.fakes.settlement_world import SettlementWorld, terms_of


@pytest.fixture(scope="module")
def world() -> SettlementWorld:
    return SettlementWorld()


def _outputs(*encumbrances: int | None) -> list[TransactionState]:
    return [cash(1).as_output(NN.party, encumbrance) for encumbrance in encumbrances]


@pytest.mark.parametrize(
    ("encumbrances", "rule"),
    [
        ((0,), "no output encumbers itself"),
        ((1, 1), "no output encumbers itself"),
        ((2, 0), "an encumbrance is an output"),
        ((255, 0), "an encumbrance is an output"),
        ((2, 2, 0), "no two outputs share"),
        ((1, None), "full cycles"),
        ((1, 2, None), "full cycles"),
        ((1, 2, 3, None), "full cycles"),
        ((1, 0, 0), "no two outputs share"),
        ((1, 0, 3, None), "full cycles"),
    ],
)
def test_outputs_that_are_not_full_cycles_are_refused(encumbrances: tuple[int | None, ...], rule: str) -> None:
    with pytest.raises(EncumbranceBroken, match=rule):
        require_encumbrances_form_full_cycles(_outputs(*encumbrances))


@pytest.mark.parametrize("encumbrances", [(None,), (1, 0), (1, 2, 0), (1, 0, None, 4, 3)])
def test_full_cycles_are_accepted(encumbrances: tuple[int | None, ...]) -> None:
    require_encumbrances_form_full_cycles(_outputs(*encumbrances))


def _consumed(index: int, encumbrance: int | None, tx: int = 1) -> StateAndRef:
    return StateAndRef(StateRef(Hash32(bytes([tx]) * 32), index), cash(1).as_output(NN.party, encumbrance))


def test_an_encumbered_input_without_its_encumbrance_is_refused() -> None:
    with pytest.raises(EncumbranceBroken, match="spent together"):
        require_encumbered_inputs_are_spent_together([_consumed(0, 1)])


def test_the_encumbrance_of_another_transaction_does_not_help() -> None:
    with pytest.raises(EncumbranceBroken, match="spent together"):
        require_encumbered_inputs_are_spent_together([_consumed(0, 1), _consumed(1, 0, tx=2)])


def test_two_of_a_cycle_of_three_are_refused() -> None:
    with pytest.raises(EncumbranceBroken, match="spent together"):
        require_encumbered_inputs_are_spent_together([_consumed(0, 1), _consumed(1, 2)])


def test_a_whole_cycle_is_accepted() -> None:
    require_encumbered_inputs_are_spent_together([_consumed(0, 1), _consumed(1, 2), _consumed(2, 0)])


@pytest.mark.parametrize("which", ["cash", "lock"])
def test_a_locked_state_spent_alone_is_refused(world: SettlementWorld, which: str) -> None:
    terms = terms_of(ord(which[0]))
    locked = world.lock(terms, world.issue(1_000_000), sequence=ord(which[0]))
    height = world.update_client()
    builder = world.unlock_builder(locked, world.timeout_evidence(locked, height))
    alone = locked.cash if which == "cash" else locked.lock

    with pytest.raises(EncumbranceBroken, match="spent together"):
        world.ledger.verify(replace(builder, inputs=(alone.ref,)))


@pytest.mark.parametrize("encumbrances", [(None, None), (1, None), (None, 0), (1, 1), (0, 1), (5, 0)])
def test_a_lock_whose_cycle_is_broken_is_refused(
    world: SettlementWorld, encumbrances: tuple[int | None, int | None]
) -> None:
    builder = world.lock_builder(terms_of(77), world.issue(1_000_000), sequence=77)
    outputs = tuple(
        replace(output, encumbrance=encumbrance)
        for output, encumbrance in zip(builder.outputs, encumbrances, strict=True)
    )

    with pytest.raises((EncumbranceBroken, ContractViolation)):
        world.ledger.verify(replace(builder, outputs=outputs))


def test_a_lock_in_a_cycle_with_other_cash_than_the_locked_one_is_refused(world: SettlementWorld) -> None:
    """Lock and change encumber each other, the agreed amount is free."""
    builder = world.lock_builder(terms_of(78), world.issue(1_500_000), sequence=78)
    locked, lock, change = builder.outputs
    outputs = (replace(locked, encumbrance=None), replace(lock, encumbrance=2), replace(change, encumbrance=1))

    with pytest.raises(ContractViolation, match="locked cash is the agreed amount"):
        world.ledger.verify(replace(builder, outputs=outputs))


def test_a_cycle_of_three_that_drags_the_change_in_is_refused(world: SettlementWorld) -> None:
    builder = world.lock_builder(terms_of(79), world.issue(1_500_000), sequence=79)
    locked, lock, change = builder.outputs
    outputs = (replace(locked, encumbrance=1), replace(lock, encumbrance=2), replace(change, encumbrance=0))

    with pytest.raises(ContractViolation, match="one cash output is locked"):
        world.ledger.verify(replace(builder, outputs=outputs))
