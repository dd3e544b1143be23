"""Tear-offs that lie: hidden groups, left-out components, foreign roots, trees of another shape."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chains.progmat.transactions.component_hashing import transaction_id
from chains.progmat.transactions.errors import MalformedComponent, TearOffRefused
from chains.progmat.transactions.filtered import NOTARY_GROUPS, FilteredTransaction, VisibleGroup
from chains.progmat.transactions.model import Group
from chains.progmat.transactions.wire import WireTransaction
from primitives.errors import DecodeError
from primitives.hashing import sha256
from primitives.merkle import ALL_ONES_HASH
from primitives.types import Hash32
from tests.fakes.ledger_parties import salt_of
from tests.fakes.settlement_world import SettlementWorld, terms_of

PRESENT_IN_A_LOCK = sorted(NOTARY_GROUPS)


@pytest.fixture(scope="module")
def wire() -> WireTransaction:
    world = SettlementWorld()
    coins = (world.issue(600_000), world.issue(600_000))
    return world.lock_builder(terms_of(), *coins).to_wire(salt_of("lock"))


@pytest.fixture
def honest(wire: WireTransaction) -> FilteredTransaction:
    return wire.filter(NOTARY_GROUPS)


@pytest.mark.parametrize("hidden", PRESENT_IN_A_LOCK, ids=lambda g: g.name)
def test_hiding_a_group_from_the_notary_is_refused(wire: WireTransaction, hidden: Group) -> None:
    tear_off = wire.filter(NOTARY_GROUPS - {hidden})

    with pytest.raises(TearOffRefused, match=hidden.name):
        tear_off.verify_for_notary()


@pytest.mark.parametrize("hidden", PRESENT_IN_A_LOCK, ids=lambda g: g.name)
def test_a_hidden_group_cannot_be_passed_off_as_absent(honest: FilteredTransaction, hidden: Group) -> None:
    roots = tuple(Hash32(ALL_ONES_HASH) if n == hidden else root for n, root in enumerate(honest.group_roots))
    visible = tuple(group for group in honest.visible if group.ordinal != hidden)

    with pytest.raises(TearOffRefused, match="lead to the transaction id"):
        replace(honest, group_roots=roots, visible=visible).verify_for_notary()


def test_leaving_an_input_out_of_a_visible_group_is_refused(honest: FilteredTransaction) -> None:
    inputs = honest.visible[0]
    cut = VisibleGroup(inputs.ordinal, inputs.nonces[:1], inputs.components[:1])

    with pytest.raises(TearOffRefused, match="shown whole"):
        replace(honest, visible=(cut, *honest.visible[1:])).verify()


def test_swapping_two_inputs_is_refused(honest: FilteredTransaction) -> None:
    inputs = honest.visible[0]
    swapped = VisibleGroup(inputs.ordinal, inputs.nonces[::-1], inputs.components[::-1])

    with pytest.raises(TearOffRefused, match="shown whole"):
        replace(honest, visible=(swapped, *honest.visible[1:])).verify()


def test_moving_a_group_to_another_ordinal_is_refused(honest: FilteredTransaction) -> None:
    references = next(group for group in honest.visible if group.ordinal == Group.REFERENCES)
    moved = VisibleGroup(Group.INPUTS, references.nonces, references.components)

    with pytest.raises(TearOffRefused, match="shown whole"):
        replace(honest, visible=(moved, *honest.visible[1:])).verify()


def test_the_tear_off_of_another_transaction_is_refused(honest: FilteredTransaction) -> None:
    with pytest.raises(TearOffRefused, match="lead to the transaction id"):
        replace(honest, tx_id=Hash32(bytes(32))).verify()


def test_inner_nodes_cannot_stand_in_for_group_roots(honest: FilteredTransaction) -> None:
    """The same id follows from half as many "roots", one level up; the number of roots is fixed, so this is refused."""
    padded = [*honest.group_roots, *([bytes(32)] * 14)]
    level_up = tuple(Hash32(sha256(padded[n] + padded[n + 1])) for n in range(0, 32, 2))
    assert transaction_id(level_up) == honest.tx_id

    with pytest.raises(MalformedComponent, match="group roots"):
        FilteredTransaction(honest.tx_id, level_up, ())


def test_zero_padding_passed_as_further_roots_is_refused(honest: FilteredTransaction) -> None:
    padded = (*honest.group_roots, Hash32(bytes(32)))
    assert transaction_id(padded) == honest.tx_id

    with pytest.raises(MalformedComponent, match="group roots"):
        replace(honest, group_roots=padded)


def test_showing_the_notary_more_than_it_needs_is_refused(wire: WireTransaction) -> None:
    tear_off = wire.filter(NOTARY_GROUPS | {Group.OUTPUTS})

    with pytest.raises(TearOffRefused, match="only the needed groups"):
        tear_off.verify_for_notary()


def test_a_tear_off_reveals_neither_salt_nor_hidden_components(wire: WireTransaction) -> None:
    shown = wire.filter(NOTARY_GROUPS).encode()

    assert wire.salt not in shown
    assert not any(component in shown for component in wire.components[Group.OUTPUTS])


def test_visible_groups_out_of_order_are_refused(honest: FilteredTransaction) -> None:
    with pytest.raises(MalformedComponent, match="ascend"):
        replace(honest, visible=honest.visible[::-1])


def test_a_visible_group_shown_twice_is_refused(honest: FilteredTransaction) -> None:
    with pytest.raises(MalformedComponent, match="ascend"):
        replace(honest, visible=(honest.visible[0], *honest.visible))


@pytest.mark.parametrize("tail", [b"\x00", b"\x5a\x01x", b"\x0a\x00"])
def test_trailing_or_unknown_bytes_are_refused(honest: FilteredTransaction, tail: bytes) -> None:
    with pytest.raises(DecodeError):
        FilteredTransaction.decode(honest.encode() + tail)
