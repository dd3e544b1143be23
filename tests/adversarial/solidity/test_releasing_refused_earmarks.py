"""Attacks on `releaseRefused`: an earmark goes back at once only if this chain has refused that very packet."""

from __future__ import annotations

import pytest

from tests.fakes.dvp_deployment import (
    BUYER,
    CLIENT_ID,
    LEDGER_CLIENT_ID,
    STRANGER,
    DvpDeployment,
    deploy_dvp,
    refusal_of,
)
from tests.fakes.evm_sandbox import Receipt, Reverted
from tests.fakes.ibc_oracle import Packet


@pytest.fixture
def refused() -> DvpDeployment:
    """A deployment whose trade 1 is earmarked and whose packet was refused: the buyer is off the allow-list."""
    dvp = deploy_dvp()
    dvp.earmark(dvp.terms())
    dvp.token.transact("disallow", BUYER.address)
    assert refusal_of(dvp.receive(dvp.committed(dvp.packet(dvp.terms()))))
    return dvp


def release(dvp: DvpDeployment, packet: Packet, **terms: int) -> Receipt:
    return dvp.app.transact("releaseRefused", dvp.terms(**terms), packet.abi, sender=STRANGER)


def error_of(dvp: DvpDeployment, packet: Packet, **terms: int) -> str:
    with pytest.raises(Reverted) as caught:
        release(dvp, packet, **terms)
    assert dvp.balances()[2] != 0  # still in escrow
    return caught.value.error


def test_after_a_refusal_the_seller_has_the_tokens_back_at_once_whoever_calls(refused: DvpDeployment) -> None:
    assert refused.balances() == (975, 0, 25)
    release(refused, refused.packet(refused.terms()))
    assert refused.balances() == (1000, 0, 0)


def test_a_released_trade_is_never_delivered_nor_released_again(refused: DvpDeployment) -> None:
    release(refused, refused.packet(refused.terms()))
    refused.token.transact("allow", BUYER.address)
    assert refusal_of(refused.receive(refused.committed(refused.packet(refused.terms(), sequence=2))))
    with pytest.raises(Reverted) as caught:
        release(refused, refused.packet(refused.terms()))
    assert caught.value.error == "DvpEarmarkMismatch"
    assert refused.balances() == (1000, 0, 0)


def test_an_earmark_whose_packet_was_not_received_stays() -> None:
    dvp = deploy_dvp()
    dvp.earmark(dvp.terms())
    assert error_of(dvp, dvp.packet(dvp.terms())) == "DvpPacketNotRefused"
    dvp.committed(dvp.packet(dvp.terms()))  # under way on the ledger is not refused either
    assert error_of(dvp, dvp.packet(dvp.terms())) == "DvpPacketNotRefused"


def test_a_delivered_packet_releases_nothing() -> None:
    dvp = deploy_dvp()
    dvp.earmark(dvp.terms())
    dvp.receive(dvp.committed(dvp.packet(dvp.terms())))
    with pytest.raises(Reverted) as caught:
        release(dvp, dvp.packet(dvp.terms()))
    assert caught.value.error == "DvpPacketNotRefused"
    assert dvp.balances() == (975, 25, 0)


@pytest.mark.parametrize("change", ["sequence", "time-out", "version", "two payloads", "no payload"])
def test_another_packet_than_the_refused_one_releases_nothing(refused: DvpDeployment, change: str) -> None:
    packet = refused.packet(refused.terms())
    payload = packet.payloads[0]
    other = {
        "sequence": Packet(2, LEDGER_CLIENT_ID, CLIENT_ID, packet.timeout_s, packet.payloads),
        "time-out": Packet(1, LEDGER_CLIENT_ID, CLIENT_ID, packet.timeout_s + 1, packet.payloads),
        "version": Packet(1, LEDGER_CLIENT_ID, CLIENT_ID, packet.timeout_s, ((*payload[:2], "dvp-2", *payload[3:]),)),
        "two payloads": Packet(1, LEDGER_CLIENT_ID, CLIENT_ID, packet.timeout_s, (payload, payload)),
        "no payload": Packet(1, LEDGER_CLIENT_ID, CLIENT_ID, packet.timeout_s, ()),
    }[change]
    assert error_of(refused, other) in {"DvpPacketNotRefused", "DvpEarmarkMismatch"}


@pytest.mark.parametrize("clients", [("qbft-9", CLIENT_ID), (LEDGER_CLIENT_ID, "progmat-9")])
def test_a_packet_over_another_client_releases_nothing(refused: DvpDeployment, clients: tuple[str, str]) -> None:
    packet = refused.packet(refused.terms())
    other = Packet(1, clients[0], clients[1], packet.timeout_s, packet.payloads)
    assert error_of(refused, other) == "DvpClientMismatch"


def test_the_refusal_of_one_trade_releases_no_other(refused: DvpDeployment) -> None:
    refused.earmark(refused.terms(2))
    assert error_of(refused, refused.packet(refused.terms()), trade=2) == "DvpEarmarkMismatch"
    assert error_of(refused, refused.packet(refused.terms(2)), trade=2) == "DvpPacketNotRefused"
