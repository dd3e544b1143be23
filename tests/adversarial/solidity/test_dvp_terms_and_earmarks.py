"""Attacks on the DvpApp: terms that differ, trade ids used again, earmarks taken back early."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.fakes.dvp_deployment import (
    BUYER,
    CLIENT_ID,
    EARMARK_MARGIN_S,
    LEAD_CASH,
    LEDGER_CLIENT_ID,
    RELAYER,
    SELLER,
    STRANGER,
    TERM_FIELDS,
    DvpDeployment,
    deploy_dvp,
    refusal_of,
    with_field,
)
from tests.fakes.evm_sandbox import GENESIS_TIME_S, Receipt, Reverted
from tests.fakes.ibc_oracle import Packet, Terms, terms_value, window
from tests.fakes.progmat_oracle import keccak, sha

SETTLE_BY_S = GENESIS_TIME_S + 3600


@pytest.fixture
def dvp() -> DvpDeployment:
    return deploy_dvp()


def refused_earmark(dvp: DvpDeployment, terms: Terms) -> str:
    dvp.token.transact("approve", dvp.adapter.address, 1000, sender=SELLER)
    with pytest.raises(Reverted) as caught:
        dvp.app.transact("earmark", terms, sender=SELLER)
    return caught.value.error


# ------------------------------------------------------------------------------------------------------------ arrival

OTHER_TERMS: dict[str, Any] = {
    "trade_id": keccak(b"another trade"),
    "token": STRANGER.address,
    "adapter": STRANGER.address,
    "quantity": 24,
    "seller": STRANGER.address,
    "buyer": STRANGER.address,
    "cash_hash": keccak(b"less cash"),
    "window": window(LEAD_CASH, GENESIS_TIME_S + 1800, SETTLE_BY_S + 1),
}


@pytest.mark.parametrize("field", TERM_FIELDS)
def test_a_packet_with_other_terms_than_the_earmark_is_refused_and_nothing_moves(
    dvp: DvpDeployment, field: str
) -> None:
    dvp.earmark(dvp.terms())
    other = with_field(dvp.terms(), field, OTHER_TERMS[field])
    assert refusal_of(dvp.receive(dvp.committed(dvp.packet(other)))) == "DvpEarmarkMismatch"
    assert dvp.balances() == (975, 0, 25)


@pytest.mark.parametrize("lead_leg", [0, 2, 3])
def test_a_packet_with_another_lead_leg_is_refused(dvp: DvpDeployment, lead_leg: int) -> None:
    dvp.earmark(dvp.terms())
    other = with_field(dvp.terms(), "window", window(lead_leg, GENESIS_TIME_S + 1800, SETTLE_BY_S))
    assert refusal_of(dvp.receive(dvp.committed(dvp.packet(other)))) == "DvpLeadLegInvalid"


def test_a_packet_without_an_earmark_is_refused(dvp: DvpDeployment) -> None:
    assert refusal_of(dvp.receive(dvp.committed(dvp.packet(dvp.terms())))) == "DvpEarmarkMismatch"


def test_a_second_packet_for_a_delivered_trade_is_refused(dvp: DvpDeployment) -> None:
    dvp.earmark(dvp.terms())
    dvp.receive(dvp.committed(dvp.packet(dvp.terms(), sequence=1)))
    assert refusal_of(dvp.receive(dvp.committed(dvp.packet(dvp.terms(), sequence=2)))) == "DvpEarmarkMismatch"
    assert dvp.balances() == (975, 25, 0)


PAYLOADS: dict[str, Callable[[bytes], tuple[str, str, str, str, bytes]]] = {
    "source port": lambda value: ("other", "dvp", "dvp-1", "application/x-solidity-abi", value),
    "version": lambda value: ("dvp", "dvp", "dvp-2", "application/x-solidity-abi", value),
    "encoding": lambda value: ("dvp", "dvp", "dvp-1", "application/json", value),
}


@pytest.mark.parametrize("what", PAYLOADS)
def test_a_proven_packet_of_another_app_or_format_is_refused(dvp: DvpDeployment, what: str) -> None:
    dvp.earmark(dvp.terms())
    payload = PAYLOADS[what](terms_value(dvp.terms()))
    packet = Packet(1, LEDGER_CLIENT_ID, CLIENT_ID, SETTLE_BY_S, (payload,))
    assert refusal_of(dvp.receive(dvp.committed(packet))) == "DvpPayloadMismatch"


@pytest.mark.parametrize("value", [b"", b"\x00", bytes(255), bytes(257), bytes(288)])
def test_a_value_that_is_not_eight_words_is_refused(dvp: DvpDeployment, value: bytes) -> None:
    packet = Packet(1, LEDGER_CLIENT_ID, CLIENT_ID, SETTLE_BY_S, (PAYLOADS["source port"](value),))
    payload = ("dvp", *packet.payloads[0][1:])
    packet = Packet(1, LEDGER_CLIENT_ID, CLIENT_ID, SETTLE_BY_S, (payload,))
    assert refusal_of(dvp.receive(dvp.committed(packet))) == "DvpValueInvalid"


@pytest.mark.parametrize("word", [1, 2, 4, 5])
def test_an_address_with_dirty_upper_bytes_is_refused(dvp: DvpDeployment, word: int) -> None:
    dvp.earmark(dvp.terms())
    value = bytearray(terms_value(dvp.terms()))
    value[word * 32] = 1
    payload = ("dvp", "dvp", "dvp-1", "application/x-solidity-abi", bytes(value))
    packet = Packet(1, LEDGER_CLIENT_ID, CLIENT_ID, SETTLE_BY_S, (payload,))
    assert refusal_of(dvp.receive(dvp.committed(packet))) == "DvpAddressInvalid"


def test_a_packet_over_another_client_is_refused_even_if_its_terms_are_right(dvp: DvpDeployment) -> None:
    """Another ledger's client on the same router must not be able to deliver this ledger's trades."""
    initial = (dvp.height, dvp.sandbox.now_s, bytes(32), dvp.validators.hash)
    other = dvp.sandbox.deploy("ProgmatLightClient", dvp.router.address, "progmat-test", 86400, 30, *initial)
    dvp.router.transact("addClient", "progmat-9", ("qbft-9", [b""]), other.address)
    dvp.earmark(dvp.terms())
    payload = dvp.packet(dvp.terms()).payloads
    packet = Packet(1, "qbft-9", "progmat-9", SETTLE_BY_S, payload)
    dvp.writes[packet.commitment_path] = packet.commitment
    dvp.router.transact("updateClient", "progmat-9", dvp.header(), sender=RELAYER)
    assert refusal_of(dvp.receive(packet)) == "DvpClientMismatch"
    assert dvp.balances() == (975, 0, 25)


def test_a_packet_from_another_counterparty_over_the_same_client_is_refused(dvp: DvpDeployment) -> None:
    """Governance may point the client id at another counterparty; the app stays bound to the one it was made for."""
    dvp.router.transact("migrateClient", CLIENT_ID, ("qbft-9", [b""]), dvp.light_client.address)
    dvp.earmark(dvp.terms())
    packet = Packet(1, "qbft-9", CLIENT_ID, SETTLE_BY_S, dvp.packet(dvp.terms()).payloads)
    assert refusal_of(dvp.receive(dvp.committed(packet))) == "DvpClientMismatch"
    assert dvp.balances() == (975, 0, 25)


@pytest.mark.parametrize(("offset_s", "delivered"), [(-1, True), (0, False)])
def test_a_packet_with_a_longer_timeout_than_its_terms_does_not_deliver_late(
    dvp: DvpDeployment,
    offset_s: int,
    delivered: bool,  # noqa: FBT001 - a table of outcomes
) -> None:
    dvp.earmark(dvp.terms())
    packet = dvp.packet(dvp.terms())
    packet = dvp.committed(Packet(1, LEDGER_CLIENT_ID, CLIENT_ID, SETTLE_BY_S + 900, packet.payloads))
    dvp.sandbox.now_s = SETTLE_BY_S + offset_s
    receipt = dvp.receive(packet)
    if delivered:
        assert dvp.balances() == (975, 25, 0)
    else:
        assert refusal_of(receipt) == "DvpSettleByElapsed"


def test_nobody_but_the_router_brings_packets(dvp: DvpDeployment) -> None:
    dvp.earmark(dvp.terms())
    packet = dvp.packet(dvp.terms())
    message = (LEDGER_CLIENT_ID, CLIENT_ID, 1, packet.payloads[0], RELAYER.address)
    for sender in (SELLER, BUYER, STRANGER, dvp.sandbox.deployer):
        with pytest.raises(Reverted) as caught:
            dvp.app.transact("onRecvPacket", message, sender=sender)
        assert caught.value.error == "DvpCallerNotRouter"


def test_nobody_but_the_router_brings_acknowledgements_and_time_outs(dvp: DvpDeployment) -> None:
    payload = dvp.packet(dvp.terms()).payloads[0]
    ack = (CLIENT_ID, LEDGER_CLIENT_ID, 1, payload, b"ack", RELAYER.address)
    timeout = (CLIENT_ID, LEDGER_CLIENT_ID, 1, payload, RELAYER.address)
    for function, message in (("onAcknowledgementPacket", ack), ("onTimeoutPacket", timeout)):
        with pytest.raises(Reverted) as caught:
            dvp.app.transact(function, message)
        assert caught.value.error == "DvpCallerNotRouter"


# ----------------------------------------------------------------------------------------------------------- earmarks


def test_only_the_seller_earmarks_the_sellers_tokens(dvp: DvpDeployment) -> None:
    dvp.token.transact("approve", dvp.adapter.address, 1000, sender=SELLER)
    for sender in (BUYER, STRANGER):
        with pytest.raises(Reverted) as caught:
            dvp.app.transact("earmark", dvp.terms(), sender=sender)
        assert caught.value.error == "DvpCallerNotSeller"


BAD_TERMS: dict[str, tuple[str, Any, str]] = {
    "trade id zero": ("trade_id", bytes(32), "DvpTermsInvalid"),
    "nothing to deliver": ("quantity", 0, "DvpTermsInvalid"),
    "buyer nobody": ("buyer", bytes(20), "DvpTermsInvalid"),
    "buyer is seller": ("buyer", SELLER.address, "DvpTermsInvalid"),
    "an adapter not on the list": ("adapter", STRANGER.address, "DvpAdapterNotUsable"),
    "lead leg nothing": ("window", window(0, GENESIS_TIME_S, SETTLE_BY_S), "DvpLeadLegInvalid"),
    "lead leg securities": ("window", window(2, GENESIS_TIME_S, SETTLE_BY_S), "DvpLeadLegInvalid"),
    "lead leg beyond": ("window", window(LEAD_CASH, GENESIS_TIME_S, SETTLE_BY_S) | 1 << 192, "DvpLeadLegInvalid"),
    "lock-by at settle-by": ("window", window(LEAD_CASH, SETTLE_BY_S, SETTLE_BY_S), "DvpWindowInvalid"),
    "settle-by past": ("window", window(LEAD_CASH, 1, GENESIS_TIME_S), "DvpWindowInvalid"),
}


@pytest.mark.parametrize("what", BAD_TERMS)
def test_terms_that_could_not_settle_are_not_earmarked(dvp: DvpDeployment, what: str) -> None:
    field, value, error = BAD_TERMS[what]
    assert refused_earmark(dvp, with_field(dvp.terms(), field, value)) == error
    assert dvp.balances() == (1000, 0, 0)


def test_no_contract_of_the_settlement_is_a_buyer(dvp: DvpDeployment) -> None:
    for involved in (dvp.app, dvp.adapter, dvp.token):
        assert refused_earmark(dvp, with_field(dvp.terms(), "buyer", involved.address)) == "DvpTermsInvalid"


@pytest.mark.parametrize("fate", ["earmarked", "delivered", "reclaimed", "cancelled"])
def test_a_trade_id_is_never_used_again(dvp: DvpDeployment, fate: str) -> None:
    terms = dvp.terms()
    dvp.earmark(terms)
    if fate == "delivered":
        dvp.receive(dvp.committed(dvp.packet(terms)))
    elif fate == "reclaimed":
        dvp.sandbox.now_s = SETTLE_BY_S + EARMARK_MARGIN_S
        dvp.app.transact("reclaim", terms)
    elif fate == "cancelled":
        release_cancelled(dvp, terms)
    again = with_field(dvp.terms(), "window", window(LEAD_CASH, SETTLE_BY_S, SETTLE_BY_S + 9000))
    for attempt in (again, with_field(again, "quantity", 1)):
        assert refused_earmark(dvp, attempt) == "DvpTradeIdUsed"


@pytest.mark.parametrize(("offset_s", "returned"), [(-1, False), (0, True), (1, True)])
def test_an_earmark_is_taken_back_from_its_expiry_on_and_not_before(
    dvp: DvpDeployment,
    offset_s: int,
    returned: bool,  # noqa: FBT001 - a table of outcomes
) -> None:
    dvp.earmark(dvp.terms())
    dvp.sandbox.now_s = SETTLE_BY_S + EARMARK_MARGIN_S + offset_s
    if returned:
        assert len(dvp.app.transact("reclaim", dvp.terms(), sender=STRANGER).named("Released")) == 1
        assert dvp.balances() == (1000, 0, 0)
    else:
        with pytest.raises(Reverted) as caught:
            dvp.app.transact("reclaim", dvp.terms(), sender=SELLER)
        assert caught.value.error == "DvpReclaimTooEarly"


def test_an_earmark_cannot_be_reclaimed_early_by_claiming_other_terms(dvp: DvpDeployment) -> None:
    dvp.earmark(dvp.terms())
    earlier = with_field(dvp.terms(), "window", window(LEAD_CASH, 1, 2))
    with pytest.raises(Reverted) as caught:
        dvp.app.transact("reclaim", earlier, sender=SELLER)
    assert caught.value.error == "DvpEarmarkMismatch"


def test_what_was_delivered_cannot_be_reclaimed_and_what_was_reclaimed_not_again(dvp: DvpDeployment) -> None:
    dvp.earmark(dvp.terms(1))
    dvp.earmark(dvp.terms(2))
    dvp.receive(dvp.committed(dvp.packet(dvp.terms(1))))
    dvp.sandbox.now_s = SETTLE_BY_S + EARMARK_MARGIN_S
    dvp.app.transact("reclaim", dvp.terms(2))
    for terms in (dvp.terms(1), dvp.terms(2), dvp.terms(3)):
        with pytest.raises(Reverted) as caught:
            dvp.app.transact("reclaim", terms)
        assert caught.value.error == "DvpEarmarkMismatch"
    assert dvp.balances() == (975, 25, 0)


# -------------------------------------------------------------------------------------------------------- cancellation


def release_cancelled(dvp: DvpDeployment, terms: Terms, *, word: bytes = b"cancelled") -> Receipt:
    """The ledger notes what became of the trade, and the earmark is released with its proof."""
    path = b"trade/" + terms[0]
    dvp.writes[path] = sha(word + dvp.terms_hash(terms))
    dvp.update()
    return dvp.app.transact("releaseCancelled", terms, dvp.proof(path), (0, dvp.height), sender=STRANGER)


def test_a_trade_locked_on_the_ledger_is_not_released_as_cancelled(dvp: DvpDeployment) -> None:
    dvp.earmark(dvp.terms())
    with pytest.raises(Reverted) as caught:
        release_cancelled(dvp, dvp.terms(), word=b"locked")
    assert caught.value.error == "ProgmatProofInvalid"
    assert dvp.balances() == (975, 0, 25)


def test_another_trades_cancellation_releases_nothing(dvp: DvpDeployment) -> None:
    dvp.earmark(dvp.terms(1))
    dvp.earmark(dvp.terms(2))
    release_cancelled(dvp, dvp.terms(2))
    proof = dvp.proof(b"trade/" + dvp.terms(2)[0])
    with pytest.raises(Reverted) as caught:
        dvp.app.transact("releaseCancelled", dvp.terms(1), proof, (0, dvp.height))
    assert caught.value.error == "ProgmatProofInvalid"
    assert dvp.balances() == (975, 0, 25)


def test_a_cancellation_of_other_terms_under_the_same_trade_id_releases_nothing(dvp: DvpDeployment) -> None:
    dvp.earmark(dvp.terms())
    with pytest.raises(Reverted) as caught:
        release_cancelled(dvp, with_field(dvp.terms(), "quantity", 1))
    assert caught.value.error == "DvpEarmarkMismatch"


def test_a_released_trade_is_not_delivered_any_more(dvp: DvpDeployment) -> None:
    dvp.earmark(dvp.terms())
    release_cancelled(dvp, dvp.terms())
    assert dvp.balances() == (1000, 0, 0)
    assert refusal_of(dvp.receive(dvp.committed(dvp.packet(dvp.terms())))) == "DvpEarmarkMismatch"
