"""What the relayer sends to a router that takes batches, and to one that knows the published ABI only."""

from __future__ import annotations

import pytest

from chains.evm.client.abi import EvmCall
from chains.evm.client.deployment import Deployment
from chains.evm.client.router import RECV_PACKET, RECV_PACKETS, TIMEOUT_PACKET, Router, batch_route
from chains.evm.client.rpc import EvmRpc
from ibc.packet import Packet, decode_packet
from primitives.errors import InvalidArgument
from relayer.chains.evm_calls import calls_of
from relayer.chains.evm_consensus import EVM_CONSENSUS
from relayer.core.chain import MessageKind, PacketMessage
from relayer.evm_config import ConsensusKind
from relayer.proof_ends import EvmAccess
from tests.fakes.dvp_deployment import RELAYER, DvpDeployment, deploy_dvp
from tests.fakes.evm_sandbox import Reverted


@pytest.fixture
def dvp() -> DvpDeployment:
    deployment = deploy_dvp()
    packets = [deployment.packet(deployment.terms(number), sequence=number) for number in (1, 2, 3)]
    for number in (1, 2, 3):
        deployment.earmark(deployment.terms(number))
    deployment.writes |= {packet.commitment_path: packet.commitment for packet in packets}
    deployment.update()
    return deployment


def to_receive(dvp: DvpDeployment, number: int, *, height: int | None = None) -> PacketMessage:
    """One committed packet with its own proof, as the relayer holds it."""
    packet = dvp.packet(dvp.terms(number), sequence=number)
    at = dvp.height if height is None else height
    return PacketMessage(MessageKind.RECEIVE, decode_packet(packet.encoded), dvp.proof(packet.commitment_path), at)


def selectors(calls: list[EvmCall]) -> list[bytes]:
    return [call.data[:4] for call in calls]


def test_packets_of_one_route_and_height_go_in_one_call_that_the_router_accepts(dvp: DvpDeployment) -> None:
    router = Router(dvp.router.address, takes_batches=True)
    calls = calls_of(router, [to_receive(dvp, number) for number in (1, 2, 3)])
    assert selectors(calls) == [RECV_PACKETS.selector]
    receipt = dvp.sandbox.send(RELAYER, dvp.router.address, router.multicall(*calls).data)
    assert len(receipt.named("Delivered")) == 3


def test_a_router_of_the_published_abi_gets_one_call_a_packet(dvp: DvpDeployment) -> None:
    router = Router(dvp.router.address)
    calls = calls_of(router, [to_receive(dvp, number) for number in (1, 2, 3)])
    assert selectors(calls) == [RECV_PACKET.selector] * 3
    receipt = dvp.sandbox.send(RELAYER, dvp.router.address, router.multicall(*calls).data)
    assert len(receipt.named("Delivered")) == 3


def test_a_packet_alone_and_what_is_not_received_are_not_batched(dvp: DvpDeployment) -> None:
    router = Router(dvp.router.address, takes_batches=True)
    late = PacketMessage(MessageKind.TIME_OUT, to_receive(dvp, 1).packet, b"", dvp.height)
    calls = calls_of(router, [late, to_receive(dvp, 1), to_receive(dvp, 2, height=dvp.height - 1)])
    assert sorted(selectors(calls)) == sorted([TIMEOUT_PACKET.selector, RECV_PACKET.selector, RECV_PACKET.selector])


def test_packets_of_different_routes_are_no_batch(dvp: DvpDeployment) -> None:
    one, other = to_receive(dvp, 1).packet, to_receive(dvp, 2).packet
    elsewhere = Packet(other.sequence, "qbft-9", other.destination_client, other.timeout_s, other.payloads)
    assert batch_route(one) == batch_route(other) != batch_route(elsewhere)
    with pytest.raises(InvalidArgument, match="differ in sequence"):
        Router(dvp.router.address).recv_packets([one, elsewhere], b"", 1)


def test_a_batch_with_a_forged_member_is_refused_whole(dvp: DvpDeployment) -> None:
    router = Router(dvp.router.address, takes_batches=True)
    good, other = to_receive(dvp, 1), to_receive(dvp, 2)
    forged = Packet(9, *batch_route(other.packet)[:2], other.packet.timeout_s, other.packet.payloads)
    stolen = PacketMessage(MessageKind.RECEIVE, forged, other.proof, other.proof_height)
    (call,) = calls_of(router, [good, stolen])
    with pytest.raises(Reverted):
        dvp.sandbox.send(RELAYER, dvp.router.address, call.data)


def test_who_relays_through_a_hub_or_enclaves_brings_packets_one_by_one() -> None:
    somewhere = "0x" + "11" * 20
    deployment = Deployment(
        chain_id=1337,
        rpc_url="http://127.0.0.1:8545",
        router=somewhere,
        light_client=somewhere,
        dvp_app=somewhere,
        token=somewhere,
        adapters={"escrow": somewhere},
        client_id="progmat-0",
        block_period_ms=1000,
        deployed_after=0,
        router_takes_batches=True,
    )
    evm = EvmAccess(EvmRpc(deployment.rpc_url), deployment, EVM_CONSENSUS[ConsensusKind.QBFT])
    assert evm.deployment.router_takes_batches
    assert not evm.without_batches().deployment.router_takes_batches
