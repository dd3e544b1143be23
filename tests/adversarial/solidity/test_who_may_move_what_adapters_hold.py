"""Strangers at adapters, adapters nobody listed or that were retired, trade ids used twice or taken by others."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chains.evm.client.dvp_app import seller_trade_id
from tests.fakes.adapter_worlds import FAMILIES, LEAD_SECURITIES, AdapterWorld, adapter_world, adapter_worlds
from tests.fakes.dvp_deployment import (
    BUYER,
    EARMARK_MARGIN_S,
    LISTING_DELAY_S,
    SELLER,
    STRANGER,
    DvpDeployment,
    deploy_dvp,
    refusal_of,
    with_field,
)
from tests.fakes.evm_sandbox import GENESIS_TIME_S, Account, Contract, Reverted
from tests.fakes.ibc_oracle import Terms, window

SETTLE_BY_S = GENESIS_TIME_S + 3600
LATER = window(1, GENESIS_TIME_S + 8 * 86_400, GENESIS_TIME_S + 8 * 86_400 + 60)
EVERY_FAMILY = [pytest.param(family, marks=pytest.mark.xdist_group("trex")) for family in FAMILIES]


@pytest.fixture(params=EVERY_FAMILY)
def world(request: pytest.FixtureRequest) -> AdapterWorld:
    return adapter_world(request.param)


def error_of(contract: Contract, function: str, *args: object, sender: Account = SELLER) -> str:
    with pytest.raises(Reverted) as caught:
        contract.transact(function, *args, sender=sender)
    return caught.value.error


def test_an_adapter_obeys_nobody_but_its_app(world: AdapterWorld) -> None:
    terms = world.terms()
    world.earmark(terms)
    termshash = world.dvp.terms_hash(terms)
    for sender in (SELLER, BUYER, STRANGER, world.dvp.sandbox.deployer):
        for function, rest in (("earmark", (termshash, b"")), ("deliver", (termshash,)), ("release", (termshash,))):
            assert error_of(world.dvp.adapter, function, terms, *rest, sender=sender) == "AdapterCallerNotApp"
    assert world.units() == (975, 0, 25)


def test_a_trade_is_delivered_once_whatever_comes_again(world: AdapterWorld) -> None:
    terms = world.terms()
    world.earmark(terms)
    world.earmark(world.terms(2))
    world.deliver(terms)
    assert refusal_of(world.deliver(terms, sequence=2)) == "DvpEarmarkMismatch"
    world.dvp.sandbox.now_s = SETTLE_BY_S + EARMARK_MARGIN_S
    assert error_of(world.dvp.app, "reclaim", terms) == "DvpEarmarkMismatch"
    assert world.units() == (950, 25, 25)


def test_a_paid_trade_is_delivered_once_and_a_second_acknowledgement_changes_nothing(world: AdapterWorld) -> None:
    terms = world.terms(lead=LEAD_SECURITIES)
    packet = world.lock_and_send(terms)
    world.pay(packet, terms)
    assert world.acknowledge(packet, world.dvp.terms_hash(terms)).named("Noop")
    assert world.units() == (975, 25, 0)


@pytest.mark.xdist_group("trex")
@pytest.mark.parametrize("ended", [False, True])
def test_a_trade_id_used_with_one_adapter_is_used_for_all(ended: bool) -> None:  # noqa: FBT001 - a table of cases
    worlds = adapter_worlds()
    first = worlds["escrow"].terms()
    worlds["escrow"].earmark(first)
    if ended:
        worlds["escrow"].deliver(first)
    for world in worlds.values():
        for lead in (1, LEAD_SECURITIES):
            terms = world.terms(lead=lead)
            data = world.prepare(terms)
            function = "earmark" if lead == 1 else "lockAndSend"
            assert error_of(world.dvp.app, function, terms, data) == "DvpTradeIdUsed"


@pytest.mark.xdist_group("trex")
def test_a_packet_that_names_another_adapter_than_the_earmark_is_refused() -> None:
    worlds = adapter_worlds()
    terms = worlds["escrow"].terms()
    worlds["escrow"].earmark(terms)
    others = [world for world in worlds.values() if world.family != "escrow"]
    for sequence, world in enumerate(others, 2):
        other = with_field(terms, "adapter", world.dvp.adapter.address)
        assert refusal_of(worlds["escrow"].deliver(other, sequence)) == "DvpEarmarkMismatch"
    assert worlds["escrow"].units() == (975, 0, 25)


# ------------------------------------------------------------------------------------------------------------ the list


@pytest.fixture
def dvp() -> DvpDeployment:
    return deploy_dvp()


def second_adapter(dvp: DvpDeployment) -> tuple[DvpDeployment, Terms]:
    """An adapter that nobody has listed yet, with its token's consent, and terms that name it."""
    adapter = dvp.sandbox.deploy("EscrowAdapter", dvp.app.address)
    dvp.token.transact("allow", adapter.address)
    dvp.token.transact("approve", adapter.address, 1000, sender=SELLER)
    other = replace(dvp, adapter=adapter)
    return other, with_field(other.terms(), "window", LATER)


def test_an_adapter_that_is_not_listed_holds_nothing(dvp: DvpDeployment) -> None:
    _, terms = second_adapter(dvp)
    for function, lead in (("earmark", 1), ("lockAndSend", LEAD_SECURITIES)):
        asked = with_field(terms, "window", LATER & (1 << 128) - 1 | lead << 128)
        assert error_of(dvp.app, function, asked) == "DvpAdapterNotUsable"


@pytest.mark.parametrize(("offset_s", "usable"), [(-1, False), (0, True)])
def test_a_newly_listed_adapter_holds_nothing_before_the_delay_is_over(
    dvp: DvpDeployment,
    offset_s: int,
    usable: bool,  # noqa: FBT001 - a table of outcomes
) -> None:
    other, terms = second_adapter(dvp)
    dvp.app.transact("listAdapter", other.adapter.address)
    dvp.sandbox.now_s += LISTING_DELAY_S + offset_s
    if usable:
        dvp.app.transact("earmark", terms, sender=SELLER)
        assert other.balances() == (975, 0, 25)
    else:
        assert error_of(dvp.app, "earmark", terms) == "DvpAdapterNotUsable"


@pytest.mark.parametrize("end", ["delivered", "reclaimed"])
def test_a_retired_adapter_still_delivers_and_gives_back_but_holds_nothing_new(dvp: DvpDeployment, end: str) -> None:
    dvp.earmark(dvp.terms())
    dvp.app.transact("retireAdapter", dvp.adapter.address)
    assert error_of(dvp.app, "earmark", dvp.terms(2)) == "DvpAdapterNotUsable"
    if end == "delivered":
        dvp.receive(dvp.committed(dvp.packet(dvp.terms())))
        assert dvp.balances() == (975, 25, 0)
    else:
        dvp.sandbox.now_s = SETTLE_BY_S + EARMARK_MARGIN_S
        dvp.app.transact("reclaim", dvp.terms())
        assert dvp.balances() == (1000, 0, 0)


def test_listing_twice_does_not_shorten_the_delay_and_nonsense_is_not_listed(dvp: DvpDeployment) -> None:
    owner = dvp.sandbox.deployer
    assert error_of(dvp.app, "listAdapter", dvp.adapter.address, sender=owner) == "DvpAdapterListed"
    assert error_of(dvp.app, "listAdapter", STRANGER.address, sender=owner) == "DvpAdapterNotUsable"
    assert error_of(dvp.app, "retireAdapter", STRANGER.address, sender=owner) == "DvpAdapterNotUsable"


def test_an_owner_who_renounced_has_fixed_the_list_for_ever(dvp: DvpDeployment) -> None:
    owner = dvp.sandbox.deployer
    dvp.app.transact("renounceOwnership")
    for function in ("listAdapter", "retireAdapter"):
        assert error_of(dvp.app, function, dvp.adapter.address, sender=owner) == "OwnableUnauthorizedAccount"
    dvp.earmark(dvp.terms())


def test_an_adapter_of_another_app_does_not_listen_to_this_one(dvp: DvpDeployment) -> None:
    """Even listed by mistake: it takes nothing, so nothing can be lost in it."""
    foreign = dvp.sandbox.deploy("EscrowAdapter", dvp.token.address)
    dvp.app.transact("listAdapter", foreign.address)
    dvp.sandbox.now_s += LISTING_DELAY_S
    terms = with_field(replace(dvp, adapter=foreign).terms(), "window", LATER)
    assert error_of(dvp.app, "earmark", terms) == "AdapterCallerNotApp"


def test_a_contract_of_the_sellers_that_shows_the_right_earmark_delivers_nothing(dvp: DvpDeployment) -> None:
    """The ledger would find the terms hash in its storage; the packet is refused here, and the cash goes back."""
    rogue = dvp.sandbox.deploy("RogueAdapter")
    terms = with_field(dvp.terms(), "adapter", rogue.address)
    rogue.transact("pretend", terms[0], dvp.terms_hash(terms), sender=SELLER)
    slot = int.from_bytes(dvp.adapter.call("earmarkSlot", terms[0]), "big")
    assert dvp.sandbox.storage_at(rogue.address, slot) == dvp.terms_hash(terms)
    assert refusal_of(dvp.receive(dvp.committed(dvp.packet(terms)))) == "DvpEarmarkMismatch"
    assert not rogue.call("called")


# ------------------------------------------------------------------------------------------------- squatted trade ids


def squatters_terms(dvp: DvpDeployment, trade_id: bytes) -> Terms:
    """A stranger's trade in a token of its own making, under somebody else's trade id."""
    token = dvp.sandbox.deploy("WaywardToken")
    token.transact("mint", STRANGER.address, 1)
    token.transact("approve", dvp.adapter.address, 1, sender=STRANGER)
    terms = (trade_id, token.address, dvp.adapter.address, 1, STRANGER.address, BUYER.address)
    return (*terms, bytes(32), dvp.terms()[7])


def test_a_trade_id_that_names_its_seller_cannot_be_squatted(dvp: DvpDeployment) -> None:
    trade_id = seller_trade_id(SELLER.address, b"trade  1")
    assert error_of(dvp.app, "earmark", squatters_terms(dvp, trade_id), sender=STRANGER) == "DvpTradeIdForeign"
    terms = with_field(dvp.terms(), "trade_id", trade_id)
    dvp.earmark(terms)
    dvp.receive(dvp.committed(dvp.packet(terms)))
    assert dvp.balances() == (975, 25, 0)


def test_whoever_squats_a_plain_trade_id_stops_that_trade_and_gains_nothing(dvp: DvpDeployment) -> None:
    terms = dvp.terms()
    dvp.app.transact("earmark", squatters_terms(dvp, terms[0]), sender=STRANGER)
    dvp.token.transact("approve", dvp.adapter.address, 1000, sender=SELLER)
    assert error_of(dvp.app, "earmark", terms) == "DvpTradeIdUsed"
    assert refusal_of(dvp.receive(dvp.committed(dvp.packet(terms)))) == "DvpEarmarkMismatch"
    assert dvp.balances() == (1000, 0, 0)
    dvp.earmark(with_field(terms, "trade_id", seller_trade_id(SELLER.address, b"trade  1")))
