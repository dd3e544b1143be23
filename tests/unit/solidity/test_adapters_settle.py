"""What every family of tokens shows of a settlement. Its ends in both orders: tests/conformance/dvp_app."""

from __future__ import annotations

import pytest

from tests.fakes.adapter_worlds import FAMILIES, LEAD_SECURITIES, AdapterWorld, adapter_world
from tests.fakes.dvp_deployment import refusal_of
from tests.fakes.evm_sandbox import GENESIS_TIME_S

SPENT = (1).to_bytes(32, "big")
SETTLE_BY_S = GENESIS_TIME_S + 3600
FAMILY_OF_TREX = pytest.mark.xdist_group("trex")
EVERY_FAMILY = [pytest.param(family, marks=FAMILY_OF_TREX) for family in FAMILIES]


@pytest.fixture(params=EVERY_FAMILY)
def world(request: pytest.FixtureRequest) -> AdapterWorld:
    return adapter_world(request.param)


def test_an_adapter_says_its_family(world: AdapterWorld) -> None:
    assert world.dvp.adapter.call("family") == world.family


def test_with_cash_leading_the_packet_delivers(world: AdapterWorld) -> None:
    terms = world.terms()
    world.earmark(terms)
    assert world.units() == (975, 0, 25)
    assert world.dvp.adapter.call("earmarkOf", terms[0]) == world.dvp.terms_hash(terms)
    assert world.dvp.app.call("preflight", terms) == (bytes(4), b"")
    receipt = world.deliver(terms)
    assert receipt.named("WriteAcknowledgement")[0].args[3] == (world.dvp.terms_hash(terms),)
    assert world.units() == (975, 25, 0)
    assert world.dvp.app.call("earmarkOf", terms[0]) == SPENT
    assert world.dvp.app.call("adapterOf", terms[0]) == "0x" + world.dvp.adapter.address.hex()
    assert world.dvp.adapter.call("earmarkOf", terms[0]) == bytes(32)


def test_the_event_of_an_earmark_gives_all_eight_words(world: AdapterWorld) -> None:
    terms = world.terms()
    token, seller, adapter, buyer = ("0x" + each.hex() for each in (terms[1], terms[4], terms[2], terms[5]))
    earmarked = world.earmark(terms).named("Earmarked")[0]
    rest = (terms[3], terms[6], terms[7], world.dvp.terms_hash(terms))
    assert earmarked.args == (terms[0], token, seller, adapter, buyer, *rest)


def test_nothing_stands_in_the_way_of_an_earmark_that_nobody_touched(world: AdapterWorld) -> None:
    terms = [world.terms(number) for number in (1, 2)]
    for each in terms:
        world.earmark(each)
    assert world.dvp.adapter.call("obstacle", terms[0]) == b""
    assert world.dvp.adapter.call("interference", terms) == ()


def test_a_refused_delivery_leaves_the_earmark_to_be_released(world: AdapterWorld) -> None:
    terms = world.terms()
    world.earmark(terms)
    block_delivery(world)
    packet = world.dvp.committed(world.dvp.packet(terms))
    assert refusal_of(world.dvp.receive(packet))
    allow_delivery(world)
    world.dvp.app.transact("releaseRefused", terms, packet.abi)
    assert world.units() == (1000, 0, 0)


def test_what_will_block_a_paid_delivery_is_said_before_it_does(world: AdapterWorld) -> None:
    terms = world.terms(lead=LEAD_SECURITIES)
    world.lock_and_send(terms)
    world.dvp.sandbox.now_s = SETTLE_BY_S + 1
    assert world.dvp.app.call("preflight", terms) == (bytes(4), b"")
    block_delivery(world)
    reason, evidence = world.dvp.app.call("preflight", terms)
    assert evidence[:4] == reason != bytes(4)


def block_delivery(world: AdapterWorld) -> None:
    """The issuer stops deliveries of the token."""
    function = "setStatus" if world.family.startswith("ibet") else "pause"
    world.dvp.token.transact(function, *([False] if function == "setStatus" else []))


def allow_delivery(world: AdapterWorld) -> None:
    """And allows them again."""
    function = "setStatus" if world.family.startswith("ibet") else "unpause"
    world.dvp.token.transact(function, *([True] if function == "setStatus" else []))
