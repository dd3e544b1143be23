"""ibet deliveries as earmarks: deliveries for other terms, used twice, given up, and what the issuer can do."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.fakes.adapter_worlds import LEAD_SECURITIES, AdapterWorld, adapter_world
from tests.fakes.dvp_deployment import BUYER, EARMARK_MARGIN_S, SELLER, STRANGER, refusal_of, with_field
from tests.fakes.evm_abi import decode_revert
from tests.fakes.evm_sandbox import GENESIS_TIME_S, Account, Reverted
from tests.fakes.ibc_oracle import Terms

SETTLE_BY_S = GENESIS_TIME_S + 3600
ON, OFF = True, False
pytestmark = pytest.mark.xdist_group("trex")


@pytest.fixture
def world() -> AdapterWorld:
    return adapter_world("ibet-dvp")


def word(number: int) -> bytes:
    return number.to_bytes(32, "big")


def refused(world: AdapterWorld, terms: Terms, data: bytes) -> str:
    with pytest.raises(Reverted) as caught:
        world.dvp.app.transact("earmark", terms, data, sender=SELLER)
    return caught.value.error


def abandon(world: AdapterWorld, delivery_id: int, sender: Account) -> str:
    try:
        world.dvp.adapter.transact("abandon", delivery_id, sender=sender)
    except Reverted as refusal:
        return refusal.error
    return ""


@pytest.mark.parametrize("field", ["quantity", "buyer", "token"])
def test_a_delivery_for_other_terms_is_no_earmark(world: AdapterWorld, field: str) -> None:
    data = world.prepare(world.terms())
    other_token = adapter_world("ibet-lock").dvp.token.address
    value = {"quantity": 24, "buyer": STRANGER.address, "token": other_token}[field]
    expected = "ListedTokenUnknown" if field == "token" else "IbetDeliveryMismatch"
    assert refused(world, with_field(world.terms(), field, value), data) == expected


def test_a_delivery_with_another_agent_is_no_earmark(world: AdapterWorld) -> None:
    terms = world.terms()
    exchange = world.extra["exchange"]
    world.dvp.token.transact("transfer", exchange.address, 25, sender=SELLER)
    arguments = (terms[1], terms[5], 25, STRANGER.address, "")
    created = exchange.transact("createDelivery", *arguments, sender=SELLER).named("DeliveryCreated")[0]
    exchange.transact("confirmDelivery", created.args[0], sender=BUYER)
    assert refused(world, terms, word(created.args[0])) == "IbetDeliveryMismatch"


def test_a_delivery_that_the_buyer_has_not_confirmed_is_no_earmark(world: AdapterWorld) -> None:
    """The buyer, and the seller as well, could still cancel it."""
    terms = world.terms()
    exchange = world.extra["exchange"]
    world.dvp.token.transact("transfer", exchange.address, 25, sender=SELLER)
    arguments = (terms[1], terms[5], 25, world.dvp.adapter.address, "")
    created = exchange.transact("createDelivery", *arguments, sender=SELLER).named("DeliveryCreated")[0]
    assert refused(world, terms, word(created.args[0])) == "IbetDeliveryNotOpen"


def test_one_delivery_is_the_earmark_of_one_trade(world: AdapterWorld) -> None:
    data = world.prepare(world.terms())
    world.dvp.app.transact("earmark", world.terms(), data, sender=SELLER)
    assert refused(world, world.terms(2), data) == "IbetDeliveryTaken"
    world.deliver(world.terms())
    assert refused(world, world.terms(3), data) == "IbetDeliveryTaken"


@pytest.mark.parametrize("data", [b"", b"\x01", bytes(31), bytes(33), bytes(64)])
def test_data_that_is_not_one_word_is_refused(world: AdapterWorld, data: bytes) -> None:
    world.prepare(world.terms())
    assert refused(world, world.terms(), data) == "AdapterDataInvalid"


@pytest.mark.parametrize("delivery_id", [0, 999, 2**256 - 1])
def test_a_delivery_that_does_not_exist_is_no_earmark(world: AdapterWorld, delivery_id: int) -> None:
    assert refused(world, world.terms(), word(delivery_id)) == "IbetDeliveryMismatch"


def test_nobody_takes_a_delivery_that_is_earmarked_back_past_the_app(world: AdapterWorld) -> None:
    data = world.prepare(world.terms())
    world.dvp.app.transact("earmark", world.terms(), data, sender=SELLER)
    exchange, delivery_id = world.extra["exchange"], int.from_bytes(data, "big")
    for sender in (SELLER, BUYER, STRANGER):
        assert abandon(world, delivery_id, sender) == "IbetDeliveryTaken"
        for function in ("cancelDelivery", "finishDelivery", "abortDelivery"):
            with pytest.raises(Reverted):
                exchange.transact(function, delivery_id, sender=sender)
    assert world.units() == (975, 0, 25)


def test_a_confirmed_delivery_that_no_trade_took_goes_back_at_a_partys_word(world: AdapterWorld) -> None:
    delivery_id = int.from_bytes(world.prepare(world.terms()), "big")
    assert abandon(world, delivery_id, STRANGER) == "IbetCallerNotParty"
    assert abandon(world, delivery_id, BUYER) == ""
    assert world.units() == (1000, 0, 0)
    assert refused(world, world.terms(), word(delivery_id)) == "IbetDeliveryNotOpen"


def set_status_off(world: AdapterWorld) -> None:
    world.dvp.token.transact("setStatus", OFF)


def require_approval(world: AdapterWorld) -> None:
    world.dvp.token.transact("setTransferApprovalRequired", ON)


def upgrade_the_exchange(world: AdapterWorld) -> None:
    newer = world.dvp.sandbox.deploy("IbetDvpDouble", world.extra["books"].address)
    world.extra["books"].transact("upgradeVersion", newer.address)


def name_another_exchange(world: AdapterWorld) -> None:
    world.dvp.token.transact("setTradableExchange", STRANGER.address)


def force_tokens_out_of_the_exchange(world: AdapterWorld) -> None:
    exchange = world.extra["exchange"].address
    units = int(world.dvp.token.call("balanceOf", exchange))
    world.dvp.token.transact("transferFrom", exchange, SELLER.address, units - 24)


Act = Callable[[AdapterWorld], None]
ACTS: dict[Act, str] = {
    set_status_off: "IbetStatusOff",
    require_approval: "IbetApprovalRequired",
    upgrade_the_exchange: "IbetExchangeReplaced",
    name_another_exchange: "IbetExchangeReplaced",
    force_tokens_out_of_the_exchange: "AdapterShortfall",
}


@pytest.mark.parametrize("act", ACTS, ids=lambda act: act.__name__)
def test_what_an_issuer_does_is_named_alarmed_and_refuses_the_packet(world: AdapterWorld, act: Act) -> None:
    world.earmark(world.terms())
    act(world)
    assert decode_revert(world.dvp.adapter.call("obstacle", world.terms())).error == ACTS[act]
    found = world.dvp.adapter.call("interference", [world.terms()])
    assert [decode_revert(alarm).error for alarm in found] == [ACTS[act]]
    assert refusal_of(world.deliver(world.terms())) == ACTS[act]
    assert world.units()[1] == 0


@pytest.mark.parametrize("act", [set_status_off, require_approval, name_another_exchange], ids=lambda act: act.__name__)
def test_the_seller_has_the_tokens_back_even_while_the_token_is_halted(world: AdapterWorld, act: Act) -> None:
    world.earmark(world.terms())
    act(world)
    world.dvp.sandbox.now_s = SETTLE_BY_S + EARMARK_MARGIN_S
    world.dvp.app.transact("reclaim", world.terms())
    assert world.units() == (1000, 0, 0)


def test_while_another_exchange_has_the_books_nothing_ends_and_nothing_is_lost(world: AdapterWorld) -> None:
    world.earmark(world.terms())
    upgrade_the_exchange(world)
    world.dvp.sandbox.now_s = SETTLE_BY_S + EARMARK_MARGIN_S
    with pytest.raises(Reverted):
        world.dvp.app.transact("reclaim", world.terms())
    assert world.units() == (975, 0, 25)
    world.extra["books"].transact("upgradeVersion", world.extra["exchange"].address)
    world.dvp.app.transact("reclaim", world.terms())
    assert world.units() == (1000, 0, 0)


def test_a_buyer_who_could_not_withdraw_is_neither_earmarked_for_nor_delivered_to(world: AdapterWorld) -> None:
    """The exchange itself would finish."""
    terms = world.terms()
    world.earmark(terms)
    data = world.prepare(world.terms(2))
    empty = world.dvp.sandbox.deploy("IbetPersonalInfoDouble")
    world.dvp.token.transact("setPersonalInfoAddress", empty.address)
    assert refusal_of(world.deliver(terms)) == "IbetNotRegistered"
    assert refused(world, world.terms(2), data) == "IbetNotRegistered"
    found = world.dvp.adapter.call("interference", [terms])
    assert [decode_revert(alarm).error for alarm in found] == ["IbetNotRegistered"]


def test_a_paid_delivery_waits_for_a_halted_token_and_can_be_withdrawn_after(world: AdapterWorld) -> None:
    terms = world.terms(lead=LEAD_SECURITIES)
    packet = world.lock_and_send(terms)
    set_status_off(world)
    with pytest.raises(Reverted) as caught:
        world.pay(packet, terms)
    assert caught.value.error == "IbetStatusOff"
    world.dvp.token.transact("setStatus", ON)
    world.acknowledge(packet, world.dvp.terms_hash(terms))
    world.extra["exchange"].transact("withdraw", world.dvp.token.address, sender=BUYER)
    assert world.dvp.token.call("balanceOf", BUYER.address) == 25


def test_a_token_taken_off_the_list_strands_no_trade(world: AdapterWorld) -> None:
    world.earmark(world.terms())
    data = world.prepare(world.terms(2))
    world.dvp.adapter.transact("unlistToken", world.dvp.token.address)
    assert refused(world, world.terms(2), data) == "ListedTokenUnknown"
    world.deliver(world.terms())
    assert world.units() == (950, 25, 25)


@pytest.mark.parametrize("function", ["listToken", "unlistToken"])
def test_strangers_do_not_keep_the_list_of_tokens(world: AdapterWorld, function: str) -> None:
    for family in ("ibet-dvp", "ibet-lock"):
        adapter = adapter_world(family).dvp.adapter
        with pytest.raises(Reverted) as caught:
            adapter.transact(function, world.dvp.token.address, sender=STRANGER)
        assert caught.value.error == "OwnableUnauthorizedAccount"
