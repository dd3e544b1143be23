"""Tokens that cheat the escrow: keep a fee, pretend, say no, call back."""

from __future__ import annotations

from enum import IntEnum

import pytest

from tests.fakes.dvp_deployment import (
    BUYER,
    EARMARK_MARGIN_S,
    SELLER,
    DvpDeployment,
    deploy_dvp,
    refusal_of,
    with_field,
)
from tests.fakes.evm_abi import decode_revert
from tests.fakes.evm_sandbox import GENESIS_TIME_S, Contract, Reverted
from tests.fakes.ibc_oracle import Terms
from tests.fakes.progmat_oracle import keccak

SETTLE_BY_S = GENESIS_TIME_S + 3600


class TokenMood(IntEnum):
    """As in WaywardToken.sol."""

    HONEST = 0
    KEEPS_FEE = 1
    PRETENDS = 2
    SAYS_NO = 3
    REVERTS_WITHOUT_DATA = 4
    CALLS_BACK = 5
    RETURNS_NOTHING = 6
    CHARGES_PAYER = 7
    BLACKLISTS = 8


@pytest.fixture
def dvp() -> DvpDeployment:
    return deploy_dvp()


def wayward_token(dvp: DvpDeployment) -> tuple[Contract, Terms]:
    """A token that obeys the test, and terms for it."""
    token = dvp.sandbox.deploy("WaywardToken")
    token.transact("mint", SELLER.address, 1000)
    token.transact("approve", dvp.adapter.address, 1000, sender=SELLER)
    return token, with_field(dvp.terms(), "token", token.address)


@pytest.mark.parametrize(
    ("mood", "error"),
    [
        (TokenMood.KEEPS_FEE, "AdapterAmountMismatch"),
        (TokenMood.PRETENDS, "AdapterAmountMismatch"),
        (TokenMood.SAYS_NO, "SafeERC20FailedOperation"),
    ],
)
def test_a_token_that_moves_less_than_it_says_is_neither_earmarked_nor_delivered(
    dvp: DvpDeployment, mood: TokenMood, error: str
) -> None:
    token, terms = wayward_token(dvp)
    token.transact("setMood", int(mood), bytes(20), b"")
    with pytest.raises(Reverted) as caught:
        dvp.app.transact("earmark", terms, sender=SELLER)
    assert caught.value.error == error
    token.transact("setMood", int(TokenMood.HONEST), bytes(20), b"")
    dvp.app.transact("earmark", terms, sender=SELLER)
    token.transact("setMood", int(mood), bytes(20), b"")
    assert refusal_of(dvp.receive(dvp.committed(dvp.packet(terms)))) == error
    assert token.call("balanceOf", dvp.adapter.address) == 25


def test_a_token_that_refuses_without_a_reason_leaves_the_packet_to_time_out(dvp: DvpDeployment) -> None:
    token, terms = wayward_token(dvp)
    dvp.app.transact("earmark", terms, sender=SELLER)
    token.transact("setMood", int(TokenMood.REVERTS_WITHOUT_DATA), bytes(20), b"")
    packet = dvp.committed(dvp.packet(terms))
    with pytest.raises(Reverted) as caught:
        dvp.receive(packet)
    assert caught.value.error == "IBCAppOutOfGas"
    assert dvp.router.call("getCommitment", keccak(packet.receipt_path)) == bytes(32)


@pytest.mark.parametrize("during", ["delivery", "reclaim"])
def test_a_token_that_calls_back_cannot_be_paid_twice(dvp: DvpDeployment, during: str) -> None:
    token, terms = wayward_token(dvp)
    dvp.app.transact("earmark", terms, sender=SELLER)
    token.transact("mint", dvp.adapter.address, 25)
    token.transact("setMood", int(TokenMood.CALLS_BACK), dvp.app.address, dvp.app.encode("reclaim", terms))
    if during == "delivery":
        # the window for delivery ends before that for reclaiming begins: the callback is refused for its time
        assert refusal_of(dvp.receive(dvp.committed(dvp.packet(terms)))) == "DvpReclaimTooEarly"
    else:
        dvp.sandbox.now_s = SETTLE_BY_S + EARMARK_MARGIN_S
        with pytest.raises(Reverted) as caught:
            dvp.app.transact("reclaim", terms)
        assert caught.value.error == "ReentrancyGuardReentrantCall"
    assert token.call("balanceOf", dvp.adapter.address) == 50


def test_a_token_that_calls_back_into_an_earmark_cannot_count_one_deposit_twice(dvp: DvpDeployment) -> None:
    token, terms = wayward_token(dvp)
    second = with_field(terms, "trade_id", keccak(b"second"))
    token.transact("setMood", int(TokenMood.CALLS_BACK), dvp.app.address, dvp.app.encode("earmark", second))
    with pytest.raises(Reverted):
        dvp.app.transact("earmark", terms, sender=SELLER)
    assert dvp.app.call("earmarkOf", second[0]) == bytes(32)


def test_a_token_that_returns_nothing_settles(dvp: DvpDeployment) -> None:
    token, terms = wayward_token(dvp)
    token.transact("setMood", int(TokenMood.RETURNS_NOTHING), bytes(20), b"")
    dvp.app.transact("earmark", terms, sender=SELLER)
    dvp.receive(dvp.committed(dvp.packet(terms)))
    assert token.call("balanceOf", BUYER.address) == 25


def test_a_token_upgraded_to_charge_the_payer_cannot_eat_into_other_trades(dvp: DvpDeployment) -> None:
    """Each delivery would take one unit more out of the escrow, and the last trade would be short."""
    token, terms = wayward_token(dvp)
    second = with_field(terms, "trade_id", keccak(b"second"))
    for each in (terms, second):
        dvp.app.transact("earmark", each, sender=SELLER)
    token.transact("setMood", int(TokenMood.CHARGES_PAYER), bytes(20), b"")
    assert refusal_of(dvp.receive(dvp.committed(dvp.packet(terms)))) == "AdapterAmountMismatch"
    dvp.sandbox.now_s = SETTLE_BY_S + EARMARK_MARGIN_S
    with pytest.raises(Reverted):
        dvp.app.transact("reclaim", second)
    assert token.call("balanceOf", dvp.adapter.address) == 50


def test_a_buyer_blacklisted_after_the_earmark_is_refused_and_the_seller_has_the_tokens_back(
    dvp: DvpDeployment,
) -> None:
    token, terms = wayward_token(dvp)
    dvp.app.transact("earmark", terms, sender=SELLER)
    token.transact("setMood", int(TokenMood.BLACKLISTS), BUYER.address, b"")
    packet = dvp.committed(dvp.packet(terms))
    assert refusal_of(dvp.receive(packet)) == "Blacklisted"
    dvp.app.transact("releaseRefused", terms, packet.abi)
    assert token.call("balanceOf", SELLER.address) == 1000


def test_a_seller_blacklisted_after_the_earmark_gets_nothing_until_the_token_agrees(dvp: DvpDeployment) -> None:
    token, terms = wayward_token(dvp)
    dvp.app.transact("earmark", terms, sender=SELLER)
    token.transact("setMood", int(TokenMood.BLACKLISTS), SELLER.address, b"")
    dvp.sandbox.now_s = SETTLE_BY_S + EARMARK_MARGIN_S
    with pytest.raises(Reverted):
        dvp.app.transact("reclaim", terms)
    token.transact("setMood", int(TokenMood.HONEST), bytes(20), b"")
    dvp.app.transact("reclaim", terms)
    assert token.call("balanceOf", SELLER.address) == 1000


@pytest.mark.parametrize("quantity", [1, 2, 3, 999])
def test_a_fee_of_one_unit_is_never_rounded_away(dvp: DvpDeployment, quantity: int) -> None:
    token, terms = wayward_token(dvp)
    terms = with_field(terms, "quantity", quantity)
    token.transact("setMood", int(TokenMood.KEEPS_FEE), bytes(20), b"")
    with pytest.raises(Reverted) as caught:
        dvp.app.transact("earmark", terms, sender=SELLER)
    assert caught.value.error_args[2:] == (quantity, quantity - 1)


def test_a_refusal_without_a_reason_is_named_before_it_happens(dvp: DvpDeployment) -> None:
    token, terms = wayward_token(dvp)
    dvp.app.transact("earmark", terms, sender=SELLER)
    token.transact("setMood", int(TokenMood.REVERTS_WITHOUT_DATA), bytes(20), b"")
    _, evidence = dvp.app.call("preflight", terms)
    assert decode_revert(evidence).error == "DvpRefusedWithoutReason"
