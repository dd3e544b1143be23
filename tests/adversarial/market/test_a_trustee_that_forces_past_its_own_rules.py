"""An issuer and its approver, who need no owner: a wholesale coin stays among those admitted, and none is made."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chains.progmat.contracts.cash_codec import CoinKind
from chains.progmat.contracts.errors import CashViolation, CoinHolderViolation, MembershipViolation
from chains.progmat.contracts.keeper_acts import CANCEL, FORCE, FREEZE
from chains.progmat.contracts.names import CASH
from chains.progmat.contracts.transfer_note import TransferKind, TransferNote
from chains.progmat.transactions.builder import TransactionBuilder
from chains.progmat.transactions.model import Command, StateAndRef
from primitives.composite_key import Key
from tests.fakes.coin_parties import APPROVER, WholesaleWorld
from tests.fakes.ledger_parties import CN_A, CN_B, SELLER, SN, STRANGER
from tests.fakes.security_parties import ACT
from tests.fakes.token_parties import SC

KEEP = replace(ACT, kind=TransferKind.NONE)


@pytest.fixture(scope="module")
def world() -> WholesaleWorld:
    return WholesaleWorld()


@pytest.fixture(scope="module")
def coins(world: WholesaleWorld) -> StateAndRef:
    return world.issue(100)


def acted(
    world: WholesaleWorld,
    name: str,
    made: TransactionBuilder,
    note: TransferNote = ACT,
    signers: tuple[Key, ...] = (SN.key, APPROVER.key),
) -> TransactionBuilder:
    """The states of a move under a command of the keeper's, with everything that could help referenced."""
    frame = world.ledger.frame
    references = (*frame.refs(SC, SN.name, CN_A.name, CN_B.name), world.coin.ref, world.buyer.ref, world.seller.ref)
    return replace(made, commands=(Command(CASH, name, note.encode(), signers),), references=references)


def test_a_wholesale_coin_is_forced_to_an_admitted_account_and_to_no_stranger(
    world: WholesaleWorld, coins: StateAndRef
) -> None:
    world.ledger.verify(acted(world, FORCE, world.move_builder([coins], world.made(100, SELLER, CN_A))))
    to_a_stranger = world.move_builder([coins], world.made(100, STRANGER, CN_A))
    cancelled = replace(ACT, kind=TransferKind.CANCELLATION, cancelled_tx_id=coins.ref.tx_id)

    for name, note in ((FORCE, ACT), (CANCEL, cancelled)):
        with pytest.raises(CoinHolderViolation, match="is admitted to it"):
            world.ledger.verify(acted(world, name, to_a_stranger, note))


def test_a_forced_coin_changes_neither_its_amount_nor_its_kind(world: WholesaleWorld, coins: StateAndRef) -> None:
    for made in (
        world.made(101, SELLER, CN_A),
        replace(world.made(100, SELLER, CN_A), kind=CoinKind.RETAIL),
        replace(world.made(100, SELLER, CN_A), kind=CoinKind.NONE),
    ):
        with pytest.raises(CashViolation):
            world.ledger.verify(acted(world, FORCE, world.move_builder([coins], made)))


def test_the_issuer_freezes_and_forces_nothing_alone_nor_under_another_coins_approver(
    world: WholesaleWorld, coins: StateAndRef
) -> None:
    frozen = world.move_builder([coins], replace(world.made(100), frozen=True))
    forced = world.move_builder([coins], world.made(100, SELLER, CN_A))
    for signers in ((SN.key,), (APPROVER.key,), (SN.key, STRANGER.key), (SN.key, SELLER.key)):
        for name, made, note in ((FREEZE, frozen, KEEP), (FORCE, forced, ACT)):
            with pytest.raises(CashViolation, match="signs"):
                world.ledger.verify(acted(world, name, made, note, signers))


def test_nothing_is_forced_to_a_node_that_is_no_member(world: WholesaleWorld, coins: StateAndRef) -> None:
    elsewhere = world.move_builder([coins], world.made(100, SELLER, STRANGER))

    with pytest.raises(MembershipViolation):
        world.ledger.verify(acted(world, FORCE, elsewhere))
