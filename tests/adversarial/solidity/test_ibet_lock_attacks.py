"""ibet locks as earmarks: one sum per holder for many trades, and an issuer who unlocks by force."""

from __future__ import annotations

import pytest

from tests.fakes.adapter_worlds import AdapterWorld, adapter_world
from tests.fakes.dvp_deployment import BUYER, EARMARK_MARGIN_S, SELLER, STRANGER, refusal_of
from tests.fakes.evm_abi import decode_revert
from tests.fakes.evm_sandbox import GENESIS_TIME_S, Account, Reverted
from tests.fakes.ibc_oracle import Terms

SETTLE_BY_S = GENESIS_TIME_S + 3600
pytestmark = pytest.mark.xdist_group("trex")


@pytest.fixture
def world() -> AdapterWorld:
    return adapter_world("ibet-lock")


def earmark_only(world: AdapterWorld, terms: Terms) -> str:
    """Earmark without locking anything more."""
    try:
        world.dvp.app.transact("earmark", terms, sender=SELLER)
    except Reverted as refusal:
        return refusal.error
    return ""


def unlock_unbooked(world: AdapterWorld, quantity: int, sender: Account = SELLER) -> str:
    try:
        world.dvp.adapter.transact("unlockUnbooked", world.dvp.token.address, quantity, sender=sender)
    except Reverted as refusal:
        return refusal.error
    return ""


def lock(world: AdapterWorld, quantity: int) -> None:
    world.dvp.token.transact("lock", world.dvp.adapter.address, quantity, "", sender=SELLER)


def force_unlock(world: AdapterWorld, quantity: int) -> None:
    arguments = (world.dvp.adapter.address, SELLER.address, SELLER.address, quantity, "")
    world.dvp.token.transact("forceUnlock", *arguments)


def test_one_lock_does_not_serve_two_trades(world: AdapterWorld) -> None:
    lock(world, 49)
    assert earmark_only(world, world.terms(1)) == ""
    assert earmark_only(world, world.terms(2)) == "IbetLockInsufficient"
    lock(world, 1)
    assert earmark_only(world, world.terms(2)) == ""
    assert world.dvp.adapter.call("bookedOf", world.dvp.token.address, SELLER.address) == 50


def test_a_trade_that_ended_frees_its_booking_and_nothing_else(world: AdapterWorld) -> None:
    lock(world, 50)
    for trade in (1, 2):
        assert earmark_only(world, world.terms(trade)) == ""
    world.deliver(world.terms(1))
    assert world.dvp.adapter.call("bookedOf", world.dvp.token.address, SELLER.address) == 25
    assert earmark_only(world, world.terms(3)) == "IbetLockInsufficient"


def test_a_holder_unlocks_what_no_trade_needs_and_not_a_unit_more(world: AdapterWorld) -> None:
    lock(world, 30)
    assert earmark_only(world, world.terms()) == ""
    assert unlock_unbooked(world, 6) == "IbetLockInsufficient"
    assert unlock_unbooked(world, 1, sender=BUYER) == "IbetLockInsufficient"
    assert unlock_unbooked(world, 5) == ""
    assert unlock_unbooked(world, 1) == "IbetLockInsufficient"
    assert world.units() == (975, 0, 25)


@pytest.mark.parametrize("quantity", [2**256 - 1, 2**256 - 25, 2**255])
def test_a_quantity_near_the_end_of_the_numbers_does_not_wrap_around(world: AdapterWorld, quantity: int) -> None:
    lock(world, 25)
    assert earmark_only(world, world.terms()) == ""
    assert unlock_unbooked(world, quantity) in {"Panic", "IbetLockInsufficient"}
    assert earmark_only(world, world.terms(2, quantity=quantity)) in {"Panic", "IbetLockInsufficient"}


def test_the_issuer_unlocks_by_force_and_the_trade_is_short_alarmed_and_refused(world: AdapterWorld) -> None:
    world.earmark(world.terms())
    force_unlock(world, 1)
    assert decode_revert(world.dvp.adapter.call("obstacle", world.terms())).error == "IbetLockInsufficient"
    (alarm,) = world.dvp.adapter.call("interference", [world.terms()])
    token, seller = "0x" + world.dvp.token.address.hex(), "0x" + SELLER.address.hex()
    assert decode_revert(alarm).error == "AdapterShortfall"
    assert decode_revert(alarm).error_args == (token, seller, 25, 24)
    assert refusal_of(world.deliver(world.terms())) == "IbetLockInsufficient"
    lock(world, 1)
    assert world.dvp.adapter.call("interference", [world.terms()]) == ()


def test_after_a_force_unlock_new_trades_are_not_booked_on_what_is_missing(world: AdapterWorld) -> None:
    world.earmark(world.terms())
    force_unlock(world, 25)
    lock(world, 25)
    assert earmark_only(world, world.terms(2)) == "IbetLockInsufficient"


def test_a_seller_whose_lock_is_gone_has_the_units_already_and_gets_no_second_ones(world: AdapterWorld) -> None:
    world.earmark(world.terms())
    force_unlock(world, 25)
    world.dvp.sandbox.now_s = SETTLE_BY_S + EARMARK_MARGIN_S
    with pytest.raises(Reverted) as caught:
        world.dvp.app.transact("reclaim", world.terms())
    assert caught.value.error == "IbetLockInsufficient"
    assert world.units() == (1000, 0, 0)


@pytest.mark.parametrize(
    ("function", "value", "error"),
    [
        ("setStatus", False, "IbetStatusOff"),
        ("setTransferApprovalRequired", True, "IbetApprovalRequired"),
        ("setTransferable", False, "IbetNotTransferable"),
    ],
)
def test_the_tokens_rules_hold_though_unlocking_asks_none(
    world: AdapterWorld,
    function: str,
    value: bool,  # noqa: FBT001 - a table of switches
    error: str,
) -> None:
    world.earmark(world.terms())
    world.dvp.token.transact(function, value)
    assert refusal_of(world.deliver(world.terms())) == error
    found = world.dvp.adapter.call("interference", [world.terms()])
    assert [decode_revert(alarm).error for alarm in found] == [error]
    world.dvp.sandbox.now_s = SETTLE_BY_S + EARMARK_MARGIN_S
    world.dvp.app.transact("reclaim", world.terms())
    assert world.units() == (1000, 0, 0)


def test_a_buyer_unknown_to_the_issuer_is_not_delivered_to(world: AdapterWorld) -> None:
    world.earmark(world.terms())
    empty = world.dvp.sandbox.deploy("IbetPersonalInfoDouble")
    world.dvp.token.transact("setPersonalInfoAddress", empty.address)
    assert refusal_of(world.deliver(world.terms())) == "IbetNotRegistered"
    assert world.units() == (975, 0, 25)


def test_what_others_locked_does_not_serve_the_sellers_trade(world: AdapterWorld) -> None:
    world.dvp.token.transact("lock", world.dvp.adapter.address, 100, "")
    assert earmark_only(world, world.terms()) == "IbetLockInsufficient"
    assert unlock_unbooked(world, 1, sender=STRANGER) == "IbetLockInsufficient"
