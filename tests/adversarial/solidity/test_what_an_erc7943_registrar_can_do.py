"""The reference token: what its registrar can do to a settlement, and what shows it."""

from __future__ import annotations

import pytest

from tests.fakes.adapter_worlds import AdapterWorld, adapter_world
from tests.fakes.dvp_deployment import BUYER, SELLER, refusal_of, with_field
from tests.fakes.evm_abi import decode_revert
from tests.fakes.evm_sandbox import Reverted

pytestmark = pytest.mark.xdist_group("trex")

ESCROW = "escrow"
#: function, arguments (`ESCROW` stands for the adapter) -> what keeps a delivery, and the alarms that stand
ACTS: dict[tuple[str, tuple[object, ...]], tuple[str, list[str]]] = {
    ("pause", ()): ("ERC7943CannotTransfer", ["ERC7943CannotTransfer"]),
    ("disallow", (ESCROW,)): ("ERC7943CannotSend", ["ERC7943CannotSend", "ERC7943CannotReceive"]),
    ("disallow", (BUYER.address,)): ("ERC7943CannotReceive", []),
    ("setFrozenTokens", (ESCROW, 1)): (
        "ERC7943InsufficientUnfrozenBalance",
        ["ERC7943InsufficientUnfrozenBalance"],
    ),
    ("setFrozenTokens", (ESCROW, 2**248 - 1)): (
        "ERC7943InsufficientUnfrozenBalance",
        ["ERC7943InsufficientUnfrozenBalance"],
    ),
    ("forcedTransfer", (ESCROW, SELLER.address, 1)): ("AdapterShortfall", ["AdapterShortfall"]),
    ("burn", (ESCROW, 1)): ("AdapterShortfall", ["AdapterShortfall"]),
}


@pytest.fixture
def world() -> AdapterWorld:
    world = adapter_world("erc7943")
    world.earmark(world.terms())
    return world


@pytest.mark.parametrize("act", ACTS, ids=lambda act: f"{act[0]}-{len(act[1])}")
def test_what_a_registrar_does_is_named_beforehand_refuses_the_packet_and_moves_nothing(
    world: AdapterWorld, act: tuple[str, tuple[object, ...]]
) -> None:
    function, arguments = act
    escrow = world.dvp.adapter.address
    world.dvp.token.transact(function, *(escrow if each == ESCROW else each for each in arguments))
    expected, standing = ACTS[act]
    assert decode_revert(world.dvp.adapter.call("obstacle", world.terms())).error == expected
    found = world.dvp.adapter.call("interference", [world.terms()])
    assert [decode_revert(alarm).error for alarm in found] == standing
    before = world.units()
    assert refusal_of(world.deliver(world.terms()))
    assert world.units() == before


def test_a_token_that_does_not_declare_the_standard_is_not_taken(world: AdapterWorld) -> None:
    token = world.dvp.sandbox.deploy("WaywardToken")
    terms = with_field(world.terms(2), "token", token.address)
    with pytest.raises(Reverted):
        world.dvp.app.transact("earmark", terms, sender=SELLER)


def test_terms_of_two_tokens_are_not_compared_with_one_balance(world: AdapterWorld) -> None:
    other = with_field(world.terms(2), "token", SELLER.address)
    with pytest.raises(Reverted) as caught:
        world.dvp.adapter.call("interference", [world.terms(), other])
    assert caught.value.error == "AdapterTokensMixed"


def test_trades_that_ended_or_never_were_do_not_count_as_held(world: AdapterWorld) -> None:
    world.deliver(world.terms())
    world.dvp.token.transact("pause")
    assert world.dvp.adapter.call("interference", [world.terms(), world.terms(9)]) == ()
