"""Tokens that cheat the escrow: keep a fee, pretend, say no, call back."""

from __future__ import annotations

from enum import IntEnum

import pytest

from tests.fakes.dvp_deployment import (
    EARMARK_MARGIN_S,
    SELLER,
    DvpDeployment,
    deploy_dvp,
    refusal_of,
    with_field,
)
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
