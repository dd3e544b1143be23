"""A settlement on the contracts, what people can ask them, and what it costs."""

from __future__ import annotations

import pytest

from tests.fakes.dvp_deployment import (
    BUYER,
    CLIENT_ID,
    EARMARK_MARGIN_S,
    LEDGER_CLIENT_ID,
    RELAYER,
    SELLER,
    DvpDeployment,
    deploy_dvp,
)
from tests.fakes.dvp_gas import measure_deliveries, measure_joint_deliveries
from tests.fakes.evm_abi import decode_revert
from tests.fakes.evm_sandbox import Reverted
from tests.fakes.ibc_oracle import ack_commitment
from tests.fakes.progmat_oracle import keccak
from tests.fakes.relay_gas import measure_acknowledgements, measure_membership, measure_update
from tests.fakes.wayward_deployment import ANSWER, deploy_wayward

SPENT = (1).to_bytes(32, "big")


@pytest.fixture
def dvp() -> DvpDeployment:
    return deploy_dvp()


def test_a_settlement_in_one_multicall_of_update_and_receive(dvp: DvpDeployment) -> None:
    terms = dvp.terms()
    earmarked = dvp.earmark(terms).named("Earmarked")[0]
    digest = dvp.terms_hash(terms)
    addresses = ["0x" + account.address.hex() for account in (dvp.token, SELLER, BUYER, dvp.adapter)]
    token, seller, buyer, adapter = addresses
    assert earmarked.args == (terms[0], token, seller, adapter, buyer, 25, terms[6], terms[7], digest)
    assert dvp.balances() == (975, 0, 25)

    packet = dvp.packet(terms)
    dvp.writes[packet.commitment_path] = packet.commitment
    update = dvp.router.encode("updateClient", CLIENT_ID, dvp.header())
    calls = [update, dvp.router.encode("recvPacket", dvp.recv_args(packet))]
    receipt = dvp.router.transact("multicall", calls, sender=RELAYER)

    assert dvp.balances() == (975, 25, 0)
    assert receipt.named("Delivered")[0].args == (terms[0], digest)
    client_topic, sequence, recorded, acknowledgements = receipt.named("WriteAcknowledgement")[0].args
    assert (client_topic, sequence, acknowledgements) == (keccak(CLIENT_ID.encode()), 1, (digest,))
    assert recorded == (*packet.abi[:4], packet.payloads)
    assert dvp.router.call("getCommitment", keccak(packet.receipt_path)) == packet.receipt
    assert dvp.router.call("getCommitment", keccak(packet.ack_path)) == ack_commitment(digest)
    assert dvp.app.call("earmarkOf", terms[0]) == SPENT


def test_several_packets_share_one_update(dvp: DvpDeployment) -> None:
    packets = [dvp.packet(dvp.terms(number), sequence=number) for number in (1, 2, 3)]
    for number in (1, 2, 3):
        dvp.earmark(dvp.terms(number))
    dvp.writes |= {packet.commitment_path: packet.commitment for packet in packets}
    calls = [dvp.router.encode("updateClient", CLIENT_ID, dvp.header())]
    calls += [dvp.router.encode("recvPacket", dvp.recv_args(packet)) for packet in packets]
    assert len(dvp.router.transact("multicall", calls).named("Delivered")) == 3
    assert dvp.balances() == (925, 75, 0)


def test_a_multicall_returns_every_result_in_order(dvp: DvpDeployment) -> None:
    calls = [dvp.router.encode(name) for name in ("getNextClientSeq", "UNIVERSAL_ERROR_ACK", "MAX_TIMEOUT_DELTA")]
    calls.append(dvp.router.encode("getCounterparty", CLIENT_ID))
    results = dvp.router.call("multicall", calls)
    assert [int.from_bytes(results[0], "big"), int.from_bytes(results[2], "big")] == [0, 86_400]
    assert results[1] == dvp.router.call("UNIVERSAL_ERROR_ACK")
    assert LEDGER_CLIENT_ID.encode() in results[3]


def test_a_multicall_undoes_everything_with_the_reason_of_the_call_that_failed(dvp: DvpDeployment) -> None:
    header = dvp.header()
    failing = dvp.router.encode("getIBCApp", "nothing")
    with pytest.raises(Reverted) as caught:
        dvp.router.transact("multicall", [dvp.router.encode("updateClient", CLIENT_ID, header), failing])
    assert (caught.value.error, caught.value.error_args) == ("IBCAppUnknown", ("nothing",))
    assert dvp.light_client.call("getConsensusState", dvp.height) == bytes(32)
    for empty in ([b""], [header, b""]):
        with pytest.raises(Reverted):
            dvp.router.transact("multicall", empty)


def preflight(dvp: DvpDeployment, number: int = 1) -> str:
    """The name of what would keep the delivery from happening, empty if nothing would."""
    before = dvp.balances()
    reason, evidence = dvp.app.call("preflight", dvp.terms(number))
    assert dvp.balances() == before
    assert evidence[:4] == reason.rstrip(b"\x00") or reason == evidence[:4]
    return decode_revert(evidence).error if evidence else ""


def test_preflight_says_why_a_delivery_would_fail(dvp: DvpDeployment) -> None:
    assert preflight(dvp) == "DvpEarmarkMismatch"
    dvp.earmark(dvp.terms())
    assert preflight(dvp) == ""
    dvp.token.transact("pause")
    assert preflight(dvp) == "EnforcedPause"
    dvp.token.transact("unpause")
    dvp.token.transact("disallow", BUYER.address)
    assert preflight(dvp) == "ERC7943CannotReceive"
    dvp.token.transact("allow", BUYER.address)
    dvp.token.transact("setFrozenTokens", dvp.adapter.address, 25)
    assert preflight(dvp) == "ERC7943InsufficientUnfrozenBalance"
    dvp.token.transact("setFrozenTokens", dvp.adapter.address, 0)
    dvp.token.transact("disallow", dvp.adapter.address)
    assert preflight(dvp) == "ERC7943CannotSend"
    dvp.token.transact("allow", dvp.adapter.address)
    dvp.sandbox.now_s += 3600
    assert preflight(dvp) == "DvpSettleByElapsed"


def test_preflight_sent_as_a_transaction_changes_nothing(dvp: DvpDeployment) -> None:
    dvp.earmark(dvp.terms())
    receipt = dvp.app.transact("preflight", dvp.terms())
    assert receipt.logs == ()
    assert dvp.balances() == (975, 0, 25)


def test_a_refusal_on_arrival_keeps_the_earmark_until_it_is_reclaimed(dvp: DvpDeployment) -> None:
    dvp.earmark(dvp.terms())
    packet = dvp.packet(dvp.terms())
    dvp.commit(packet)
    dvp.token.transact("pause")
    refusal = dvp.receive(packet).named("IBCAppRecvPacketCallbackError")[0].args[0]
    assert decode_revert(refusal).error == "EnforcedPause"
    dvp.token.transact("unpause")
    assert dvp.app.call("earmarkOf", dvp.terms()[0]) == dvp.terms_hash(dvp.terms())
    dvp.sandbox.now_s += 3600 + EARMARK_MARGIN_S
    assert dvp.app.transact("reclaim", dvp.terms()).named("Released")
    assert dvp.balances() == (1000, 0, 0)


def test_packets_of_one_client_are_numbered_from_one_and_acknowledged() -> None:
    wayward = deploy_wayward()
    packets = [wayward.send(), wayward.send()]
    assert [packet.sequence for packet in packets] == [1, 2]
    for packet in packets:
        assert wayward.commitment_of(packet.commitment_path) == packet.commitment
        wayward.answer(packet)
        receipt = wayward.acknowledge(packet)
        assert receipt.named("Acknowledged")[0].args == (packet.sequence, ANSWER)
        assert receipt.named("AckPacket")[0].args[3] == ANSWER


def test_clients_get_generated_ids_in_order_and_prefixes_go_before_the_key(dvp: DvpDeployment) -> None:
    """A counterparty whose merkle prefix is not empty proves under it."""
    initial = (dvp.height, dvp.sandbox.now_s, bytes(32), dvp.validators.hash)
    other = dvp.sandbox.deploy("ProgmatLightClient", dvp.router.address, "progmat-test", 86400, 30, *initial)
    for number in (0, 1):
        assert dvp.router.call("getNextClientSeq") == number
        dvp.router.transact("addClient", ("qbft-5", [b"ibc/"]), other.address)
        assert dvp.router.call("getCounterparty", f"client-{number}") == ("qbft-5", (b"ibc/",))
    wayward = dvp.sandbox.deploy("WaywardApp", dvp.router.address)
    dvp.router.transact("addIBCApp", "wayward", wayward.address)
    packet = dvp.packet(dvp.terms())
    payload = ("wayward", "wayward", "v1", "application/octet-stream", b"value")
    packet = type(packet)(1, "qbft-5", "client-1", packet.timeout_s, (payload,))
    dvp.writes[b"ibc/" + packet.commitment_path] = packet.commitment
    dvp.router.transact("updateClient", "client-1", dvp.header())
    message = (packet.abi, dvp.proof(b"ibc/" + packet.commitment_path), (0, dvp.height))
    receipt = dvp.router.transact("recvPacket", message)
    assert receipt.named("WriteAcknowledgement")[0].args[3] == (ANSWER,)


def test_an_app_can_be_bound_to_the_port_of_its_address(dvp: DvpDeployment) -> None:
    dvp.router.transact("addIBCApp", dvp.token.address)
    port = "0x" + dvp.token.address.hex()
    assert dvp.router.call("getIBCApp", port) == port
    with pytest.raises(Reverted) as caught:
        dvp.router.call("getIBCApp", "nothing")
    assert caught.value.error == "IBCAppUnknown"


@pytest.mark.parametrize("wrong", range(7))
def test_a_light_client_is_not_made_of_nothing(wrong: int) -> None:
    sandbox = deploy_dvp().sandbox
    arguments: list[object] = [SELLER.address, "ledger", 60, 30, 1, sandbox.now_s, bytes(32), b"\x01" * 32]
    replacements = {0: bytes(20), 1: "", 2: 0, 3: 0, 4: 0, 5: 0, 6: bytes(32)}
    position = 7 if wrong == 6 else wrong
    arguments[position] = replacements[wrong]
    if wrong == 3:
        # no drift is fine, but then the first checkpoint must not be from the future
        arguments[5] = sandbox.now_s + 1
    with pytest.raises(Reverted) as caught:
        sandbox.deploy("ProgmatLightClient", *arguments)
    assert caught.value.error == "ProgmatInitialStateInvalid"


def test_an_app_is_not_bound_to_a_router_without_code() -> None:
    sandbox = deploy_dvp().sandbox
    with pytest.raises(Reverted) as caught:
        sandbox.deploy("DvpApp", SELLER.address, CLIENT_ID, LEDGER_CLIENT_ID, 1, SELLER.address, 0, [])
    assert caught.value.error == "DvpTermsInvalid"


@pytest.mark.parametrize(("packets", "limit"), [(1, 220_000), (20, 143_000)])
def test_gas_of_update_receive_and_delivery_stays_within_its_budget(packets: int, limit: int) -> None:
    assert measure_deliveries(packets).per_packet <= limit


def test_gas_of_the_light_client_and_of_batches_does_not_grow() -> None:
    """What was reached: a change that costs more says so here."""
    assert measure_update(3, 4) <= 62_400
    assert measure_membership() <= 16_000
    assert measure_joint_deliveries(20).per_packet <= 127_500
    assert measure_acknowledgements(1) <= 162_500
