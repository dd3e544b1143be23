"""Securities leading: forged and foreign answers, ways to get the tokens back early, callbacks in the middle."""

from __future__ import annotations

import pytest

from tests.fakes.adapter_worlds import LEAD_SECURITIES, AdapterWorld, adapter_world
from tests.fakes.dvp_deployment import (
    BUYER,
    CLIENT_ID,
    EARMARK_MARGIN_S,
    LEDGER_CLIENT_ID,
    RELAYER,
    SELLER,
    STRANGER,
    refusal_of,
    with_field,
)
from tests.fakes.evm_sandbox import GENESIS_TIME_S, Account, Reverted
from tests.fakes.ibc_oracle import ERROR_ACK, Packet, Terms, terms_value, window
from tests.fakes.progmat_oracle import keccak, sha

SETTLE_BY_S = GENESIS_TIME_S + 3600
pytestmark = pytest.mark.xdist_group("trex")


@pytest.fixture
def world() -> AdapterWorld:
    return adapter_world("erc7943")


@pytest.fixture
def terms(world: AdapterWorld) -> Terms:
    return world.terms(lead=LEAD_SECURITIES)


def refused(world: AdapterWorld, function: str, *args: object, sender: Account = SELLER) -> str:
    with pytest.raises(Reverted) as caught:
        world.dvp.app.transact(function, *args, sender=sender)
    return caught.value.error


def test_tokens_under_way_come_back_by_no_other_way_than_the_packets_end(world: AdapterWorld, terms: Terms) -> None:
    packet = world.lock_and_send(terms)
    path = b"trade/" + terms[0]
    world.dvp.writes[path] = sha(b"cancelled" + world.dvp.terms_hash(terms))
    world.dvp.update()
    cancelled = (terms, world.dvp.proof(path), (0, world.dvp.height))
    assert refused(world, "releaseCancelled", *cancelled) == "DvpLeadLegInvalid"
    assert refused(world, "releaseRefused", terms, packet.abi) == "DvpLeadLegInvalid"
    world.dvp.sandbox.now_s = SETTLE_BY_S + EARMARK_MARGIN_S
    assert refused(world, "reclaim", terms) == "DvpLeadLegInvalid"
    cash_leads = with_field(terms, "window", window(1, 1, 2))
    assert refused(world, "reclaim", cash_leads) == "DvpEarmarkMismatch"
    assert world.units() == (975, 0, 25)


def test_a_packet_does_not_deliver_what_waits_for_an_acknowledgement(world: AdapterWorld, terms: Terms) -> None:
    """A ledger that both pays and is asked to: the same terms come back as a packet of its own."""
    world.lock_and_send(terms)
    assert refusal_of(world.deliver(terms)) == "DvpLeadLegInvalid"
    assert world.units() == (975, 0, 25)


@pytest.mark.parametrize("answer", [b"", b"\x01", bytes(32), keccak(b"other terms"), ERROR_ACK + b"\x00"])
def test_an_answer_that_is_neither_payment_nor_refusal_moves_nothing(
    world: AdapterWorld, terms: Terms, answer: bytes
) -> None:
    packet = world.lock_and_send(terms)
    world.answer(packet, answer)
    with pytest.raises(Reverted) as caught:
        world.acknowledge(packet, answer)
    assert caught.value.error == "DvpAcknowledgementUnknown"
    assert world.units() == (975, 0, 25)


def test_an_answer_that_the_ledger_did_not_give_is_not_proved(world: AdapterWorld, terms: Terms) -> None:
    packet = world.lock_and_send(terms)
    world.answer(packet, ERROR_ACK)
    with pytest.raises(Reverted) as caught:
        world.acknowledge(packet, world.dvp.terms_hash(terms))
    assert caught.value.error == "ProgmatProofInvalid"
    assert world.units() == (975, 0, 25)


def test_the_payment_of_one_trade_does_not_deliver_another(world: AdapterWorld) -> None:
    first, second = (world.terms(trade, lead=LEAD_SECURITIES) for trade in (1, 2))
    world.lock_and_send(first)
    packet = world.lock_and_send(second)
    world.answer(packet, world.dvp.terms_hash(first))
    with pytest.raises(Reverted) as caught:
        world.acknowledge(packet, world.dvp.terms_hash(first))
    assert caught.value.error == "DvpAcknowledgementUnknown"
    assert world.units() == (950, 0, 50)


def test_a_packet_that_the_app_never_sent_cannot_be_answered(world: AdapterWorld, terms: Terms) -> None:
    packet = world.lock_and_send(terms)
    forged = Packet(9, CLIENT_ID, LEDGER_CLIENT_ID, packet.timeout_s, packet.payloads)
    world.answer(forged, world.dvp.terms_hash(terms))
    assert world.acknowledge(forged, world.dvp.terms_hash(terms)).named("Noop")
    assert world.units() == (975, 0, 25)


def test_a_payment_that_was_received_in_time_is_not_undone_by_a_late_time_out(
    world: AdapterWorld, terms: Terms
) -> None:
    packet = world.lock_and_send(terms)
    world.answer(packet, world.dvp.terms_hash(terms))
    world.dvp.sandbox.now_s = SETTLE_BY_S + 3600
    world.dvp.update()
    with pytest.raises(Reverted) as caught:
        world.time_out(packet)
    assert caught.value.error == "SmtProofKindInvalid"
    world.acknowledge(packet, world.dvp.terms_hash(terms))
    assert world.units() == (975, 25, 0)


@pytest.mark.parametrize("offset_s", [-1, 0])
def test_a_time_out_needs_a_checkpoint_at_or_after_settle_by(world: AdapterWorld, terms: Terms, offset_s: int) -> None:
    packet = world.lock_and_send(terms)
    world.dvp.sandbox.now_s = SETTLE_BY_S + 10
    world.dvp.update(timestamp_s=SETTLE_BY_S + offset_s)
    if offset_s == 0:
        world.time_out(packet)
        assert world.units() == (1000, 0, 0)
        assert world.time_out(packet).named("Noop")
        return
    with pytest.raises(Reverted) as caught:
        world.time_out(packet)
    assert caught.value.error == "IBCTimeoutNotReached"


def test_a_timed_out_trade_is_not_delivered_by_an_answer_that_comes_too_late(world: AdapterWorld, terms: Terms) -> None:
    packet = world.lock_and_send(terms)
    world.dvp.sandbox.now_s = SETTLE_BY_S
    world.dvp.update()
    world.time_out(packet)
    assert world.pay(packet, terms).named("Noop")
    assert world.units() == (1000, 0, 0)


def test_only_the_seller_sends_and_only_terms_in_which_securities_lead(world: AdapterWorld, terms: Terms) -> None:
    world.prepare(terms)
    for sender in (BUYER, STRANGER):
        assert refused(world, "lockAndSend", terms, sender=sender) == "DvpCallerNotSeller"
    cash_leads = world.terms()
    assert refused(world, "lockAndSend", cash_leads) == "DvpLeadLegInvalid"
    assert refused(world, "earmark", terms) == "DvpLeadLegInvalid"


def test_a_settle_by_beyond_the_routers_longest_time_out_holds_no_tokens(world: AdapterWorld, terms: Terms) -> None:
    world.prepare(terms)
    late = with_field(terms, "window", window(LEAD_SECURITIES, SETTLE_BY_S, GENESIS_TIME_S + 86_401))
    assert refused(world, "lockAndSend", late) == "IBCTimeoutInvalid"
    assert world.units() == (1000, 0, 0)


def test_nothing_is_sent_to_another_counterparty_than_the_app_was_made_for(world: AdapterWorld, terms: Terms) -> None:
    dvp = world.dvp
    dvp.router.transact("migrateClient", CLIENT_ID, ("qbft-9", [b""]), dvp.light_client.address)
    world.prepare(terms)
    assert refused(world, "lockAndSend", terms) == "DvpClientMismatch"
    assert world.units() == (1000, 0, 0)


def test_what_is_under_way_is_not_answered_by_another_counterparty(world: AdapterWorld, terms: Terms) -> None:
    """Governance that migrates the client id strands the packet until it migrates back; it cannot decide it."""
    packet = world.lock_and_send(terms)
    world.dvp.router.transact("migrateClient", CLIENT_ID, ("qbft-9", [b""]), world.dvp.light_client.address)
    other = Packet(1, CLIENT_ID, "qbft-9", packet.timeout_s, packet.payloads)
    for sent in (packet, other):
        world.answer(sent, world.dvp.terms_hash(terms))
        with pytest.raises(Reverted):
            world.acknowledge(sent, world.dvp.terms_hash(terms))
    assert world.units() == (975, 0, 25)


@pytest.mark.parametrize("callback", ["ackPacket", "lockAndSend", "reclaim"])
def test_a_token_that_calls_back_while_it_is_delivered_is_paid_once(callback: str) -> None:
    world = adapter_world("escrow")
    token = world.dvp.sandbox.deploy("WaywardToken")
    world.dvp.token = token
    token.transact("mint", SELLER.address, 1000)
    terms = world.terms(lead=LEAD_SECURITIES)
    packet = world.lock_and_send(terms)
    token.transact("mint", world.dvp.adapter.address, 25)
    paid = world.dvp.terms_hash(terms)
    world.answer(packet, paid)
    message = (packet.abi, paid, world.dvp.proof(packet.ack_path), (0, world.dvp.height))
    router, app = world.dvp.router, world.dvp.app
    calls = {
        "ackPacket": (router.address, router.encode("ackPacket", message)),
        "lockAndSend": (app.address, app.encode("lockAndSend", terms)),
        "reclaim": (app.address, app.encode("reclaim", terms)),
    }
    token.transact("setMood", 5, *calls[callback])
    with pytest.raises(Reverted):
        router.transact("ackPacket", message, sender=RELAYER)
    assert world.units() == (975, 0, 50)
    token.transact("setMood", 0, bytes(20), b"")
    world.acknowledge(packet, paid)
    assert world.units() == (975, 25, 25)


@pytest.mark.parametrize("callback", ["earmark", "lockAndSend", "sendPacket"])
def test_a_token_that_calls_back_while_it_is_locked_sends_one_packet(callback: str) -> None:
    world = adapter_world("escrow")
    token = world.dvp.sandbox.deploy("WaywardToken")
    world.dvp.token = token
    token.transact("mint", SELLER.address, 1000)
    terms, second = (world.terms(trade, lead=LEAD_SECURITIES) for trade in (1, 2))
    token.transact("approve", world.dvp.adapter.address, 1000, sender=SELLER)
    router, app = world.dvp.router, world.dvp.app
    payload = ("dvp", "dvp", "dvp-1", "application/x-solidity-abi", terms_value(second))
    calls = {
        "earmark": (app.address, app.encode("earmark", world.terms(2))),
        "lockAndSend": (app.address, app.encode("lockAndSend", second)),
        "sendPacket": (router.address, router.encode("sendPacket", (CLIENT_ID, SETTLE_BY_S, payload))),
    }
    token.transact("setMood", 5, *calls[callback])
    assert refused(world, "lockAndSend", terms) in {"ReentrancyGuardReentrantCall", "IBCSenderNotApp"}
    assert world.units() == (1000, 0, 0)


def test_a_token_that_calls_back_while_it_is_given_back_is_given_back_once() -> None:
    world = adapter_world("escrow")
    token = world.dvp.sandbox.deploy("WaywardToken")
    world.dvp.token = token
    token.transact("mint", SELLER.address, 1000)
    packet = world.lock_and_send(world.terms(lead=LEAD_SECURITIES))
    token.transact("mint", world.dvp.adapter.address, 25)
    world.dvp.sandbox.now_s = SETTLE_BY_S
    world.dvp.update()
    message = (packet.abi, world.dvp.proof(packet.receipt_path), (0, world.dvp.height))
    token.transact("setMood", 5, world.dvp.router.address, world.dvp.router.encode("timeoutPacket", message))
    with pytest.raises(Reverted) as caught:
        world.time_out(packet)
    assert caught.value.error == "ReentrancyGuardReentrantCall"
    assert world.units() == (975, 0, 50)
